import { MitschnittError } from '../errors.ts';
import type { Mailer, Message } from '../mail/mail.ts';
import { emailText, reportText, type MailLanguage } from './email-message.ts';
import { OpenRecording } from './local-file.ts';
import { targetError } from './target-errors.ts';
import type { Stored, Target, Upload } from './target.ts';

/** Recordings attached to messages. */
export interface EmailSettings {
  readonly type: 'email';
  /** Addresses. */
  readonly to: readonly string[];
  /** Of the message as it is sent, in bytes: a file grows by 37 % on its way. */
  readonly max_size: number;
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
    const source = await OpenRecording.open(upload);
    try {
      const message = this.#message(upload, source.pieces());
      await this.#refuseTooLarge(message);
      await this.#do(() => this.#mailer.send(message, upload.signal));
    } finally {
      await source.close();
    }
    return { how: 'stored', confirmedBy: 'accepted' };
  }

  /** As far as that can be had without sending anything: connects, logs in, names sender and recipients, takes it back. */
  async check(signal: AbortSignal): Promise<void> {
    await this.#do(() => this.#mailer.ask(this.#settings.to, signal));
  }

  close(): Promise<void> {
    this.#mailer.close();
    return Promise.resolve();
  }

  #message({ id, name, bytes, facts }: Upload, content: AsyncIterable<Buffer>): Message {
    const { to, languageOf, timeZone } = this.#settings;
    const text =
      'period' in facts
        ? reportText(facts, name)
        : emailText(facts, name, { language: languageOf(facts.group), timeZone });
    return { id, to, ...text, attachment: { name, type: mediaType(name), bytes, content } };
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
