import { MitschnittError } from '../errors.ts';
import type { Attachment, Mailer, Message } from '../mail/mail.ts';
import { emailText, reportText, type MailLanguage } from './email-message.ts';
import { OpenRecording } from './local-file.ts';
import { OpusCopy, opusProblem, silence } from './email-opus.ts';
import { received } from './received.ts';
import { targetError } from './target-errors.ts';
import type { Stored, Target, TargetPath, Upload } from './target.ts';

/** Recordings attached to messages. */
export interface EmailSettings {
  readonly type: 'email';
  /** Addresses. */
  readonly to: readonly string[];
  /** Of the message as it is sent, in bytes: a file grows by 37 % on its way. */
  readonly max_size: number;
  /** What is attached: the recording itself, or a copy of it in Ogg Opus. */
  readonly format: 'wav' | 'opus';
  /** Language of the message for a recording of this group. */
  readonly languageOf: (group: string) => MailLanguage;
  /** IANA time zone of the PBX. */
  readonly timeZone: string;
}

/**
 * Sends each recording attached to a message. Nothing can be read back: it is stored when the mail server has taken
 * charge of it for all recipients. A message has no place and replaces nothing. If the process dies after the server's
 * word and before it is noted, the message is sent again with the same Message-ID.
 */
export class EmailTarget implements Target {
  readonly name: string;
  readonly #settings: EmailSettings;
  readonly #mailer: Mailer;

  constructor(name: string, settings: EmailSettings, mailer: Mailer) {
    this.name = name;
    this.#settings = settings;
    this.#mailer = mailer;
  }

  async put(upload: Upload): Promise<Stored> {
    const attachment = await this.#attachment(upload);
    try {
      const message = this.#message(upload, attachment);
      await this.#refuseTooLarge(message);
      await this.#do(() => this.#mailer.send(message, upload.signal));
    } finally {
      await attachment.close();
    }
    const { bytes: sent } = attachment;
    return { how: 'stored', confirmedBy: 'accepted', ...(sent === upload.bytes ? {} : { sent }) };
  }

  read({ name }: TargetPath, signal: AbortSignal): AsyncIterable<Buffer> {
    return received(signal, () => Promise.reject(this.#outOfReach(name)));
  }

  remove({ name }: TargetPath): Promise<'removed' | 'absent'> {
    return Promise.reject(this.#outOfReach(name));
  }

  /** As far as that can be had without sending anything: connects, logs in, names sender and recipients, takes it back. */
  async check(signal: AbortSignal): Promise<void> {
    if (this.#settings.format === 'opus') await (await this.#opus(silence(), signal)).close();
    await this.#do(() => this.#mailer.ask(this.#settings.to, signal));
  }

  close(): Promise<void> {
    this.#mailer.close();
    return Promise.resolve();
  }

  /** What is sent, open for one transfer. A sidecar is sent as it is in any case. */
  async #attachment(upload: Upload): Promise<Attachment & { close(): Promise<void> }> {
    const { name, bytes, signal } = upload;
    const type = mediaType(name);
    const isAudio = type === 'audio/wav';
    if (isAudio && this.#settings.format === 'opus') {
      // Not what is read is sent, but what is made of it.
      const source = await OpenRecording.open({ ...upload, pace: undefined, onProgress: undefined });
      const copy = await this.#opus(source.piecesToKeep(), signal).finally(() => source.close());
      const copyName = `${name.replace(/\.wav$/i, '')}.opus`;
      const content = copy.pieces(upload);
      return { name: copyName, type: 'audio/ogg', bytes: copy.bytes, content, close: () => copy.close() };
    }
    const source = await OpenRecording.open(upload);
    return { name, type, bytes, content: source.piecesToKeep(), close: () => source.close() };
  }

  async #opus(wav: AsyncIterable<Buffer>, signal: AbortSignal): Promise<OpusCopy> {
    try {
      return await OpusCopy.of(wav, signal);
    } catch (error) {
      if (error instanceof MitschnittError) throw error;
      throw targetError(this.name, opusProblem(error, `targets.${this.name}`));
    }
  }

  #message({ id, facts }: Upload, attachment: Attachment): Message {
    const { to, languageOf, timeZone } = this.#settings;
    const { name } = attachment;
    const text =
      'period' in facts
        ? reportText(facts, name)
        : emailText(facts, name, { language: languageOf(facts.group), timeZone });
    return { id, to, ...text, attachment };
  }

  #outOfReach(name: string): MitschnittError {
    const to = this.#settings.to.join(', ');
    return targetError(this.name, {
      what: `${name} was sent as a message and can neither be read back nor removed there: e-mail`,
      code: 'not-possible',
      fault: 'configuration',
      retry: false,
      hint: `Ask those who received it to do so (${to}), and whoever runs their mailboxes and backups.`,
    });
  }

  async #refuseTooLarge(message: Message): Promise<void> {
    const { max_size: limit } = this.#settings;
    const bytes = await this.#mailer.sizeOf(message);
    if (bytes <= limit) return;
    throw targetError(this.name, {
      what: `the message with this file has ${megabytes(bytes)}, and max_size is ${megabytes(limit)}`,
      code: 'too-large-for-email',
      fault: 'configuration',
      retry: false,
      hint: `Raise max_size in targets.${this.name} if the mail server takes so much, and retry the delivery; or add a target of another kind to the group.`,
    });
  }

  /** The mailer does not know for whom it sends. */
  async #do<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof MitschnittError) || error.code.startsWith('local-file-')) throw error;
      const { message: what, code, fault, retry, hint, cause } = error;
      throw targetError(this.name, { what, code, fault, retry, hint, cause });
    }
  }
}

const bytesPerMegabyte = 1e6;

function megabytes(bytes: number): string {
  return `${(bytes / bytesPerMegabyte).toFixed(1)} MB`;
}

/** Sidecars and reports are no audio. */
function mediaType(name: string): string {
  if (name.endsWith('.json')) return 'application/json';
  return name.endsWith('.csv') ? 'text/csv; charset=utf-8' : 'audio/wav';
}
