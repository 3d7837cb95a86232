import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';

import { Aborted, within } from '../delivery/time-limit.ts';
import { MitschnittError } from '../errors.ts';
import { mimeBytes, mimeOf } from './mime.ts';
import { smtpProblem, type SmtpStep } from './smtp-errors.ts';
import { SmtpSession, type Envelope } from './smtp-session.ts';
import type { Mailer, Message } from './mail.ts';

interface Secret {
  reveal(): string;
}

/** A mail server that takes messages for others (RFC 5321, RFC 6409). */
export interface SmtpSettings {
  readonly host: string;
  readonly port: number;
  /**
   * Encryption: `implicit` (from the first byte), `required` (by STARTTLS, or nothing is sent), `optional` (by STARTTLS
   * if the server offers it), `none`.
   */
  readonly tls: 'implicit' | 'required' | 'optional' | 'none';
  /** PEM file of the authority that signed the certificate of the server, if it is no public one. */
  readonly ca?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: Secret | undefined;
  /** Address of the sender. */
  readonly from: string;
}

export interface SmtpLimits {
  /** For a connection, for the answer to one command, and for a message without any progress. */
  readonly answerMs: number;
  /** For the server's word on a whole message. Who gives up earlier sends it twice (RFC 5321, 4.5.3.2.6). */
  readonly acceptMs: number;
  /** What is waited for that word when the process is to stop. */
  readonly partingMs: number;
  /** A session that was idle for longer is tried before use: servers and firewalls drop such without a word. */
  readonly idleMs: number;
}

export const smtpLimits: SmtpLimits = {
  answerMs: 60_000,
  acceptMs: 600_000,
  partingMs: 5_000,
  idleMs: 5_000,
};

/** By so much nodemailer's own limits are longer than ours. */
const marginMs = 5_000;

/** Sends over one session that stays open from one message to the next. */
export class SmtpMailer implements Mailer {
  readonly #settings: SmtpSettings;
  readonly #limits: SmtpLimits;
  #session: SmtpSession | undefined;
  #usedAt = 0;

  constructor(settings: SmtpSettings, limits: SmtpLimits = smtpLimits) {
    this.#settings = settings;
    this.#limits = limits;
  }

  sizeOf(message: Message): Promise<number> {
    return mimeBytes(message, this.#settings.from);
  }

  async send(message: Message, signal: AbortSignal): Promise<void> {
    const { from } = this.#settings;
    const envelope = { from, to: message.to, bytes: await this.sizeOf(message) };
    const reused = this.#session;
    const taken: { begun: boolean } = { begun: false };
    const make = () => {
      taken.begun = true;
      return mimeOf(message, from);
    };
    try {
      await this.#sendOnce(envelope, make, signal);
    } catch (error) {
      // Many servers end a session after so many messages, or after so long.
      const isOver =
        error instanceof MitschnittError && ['server-busy', 'connection-lost'].includes(error.code);
      if (!reused || taken.begun || !isOver) throw error;
      await this.#sendOnce(envelope, make, signal);
    }
  }

  async #sendOnce(envelope: Envelope, make: () => Readable, signal: AbortSignal): Promise<void> {
    const session = await this.#connected(signal);
    await this.#explained('send', async () => {
      const { answerMs, acceptMs, partingMs } = this.#limits;
      const parting = delayed(signal, partingMs);
      const complete = Promise.withResolvers<undefined>();
      try {
        let accepted: Promise<void> = Promise.resolve();
        await within({ ms: answerMs, signal }, (progress) => {
          accepted = session.send(envelope, make, { progress, complete: () => complete.resolve(undefined) });
          return Promise.race([complete.promise, accepted]);
        });
        await within({ ms: acceptMs, signal: parting.signal }, () => accepted);
      } finally {
        parting.cancel();
      }
    });
  }

  async ask(to: readonly string[], signal: AbortSignal): Promise<void> {
    const { from } = this.#settings;
    const session = await this.#connected(signal);
    await this.#do('ask', signal, () => session.ask({ from, to }));
  }

  close(): void {
    this.#session?.close();
    this.#session = undefined;
  }

  /** The session of the last call if it is still good, else a new one. */
  async #connected(signal: AbortSignal): Promise<SmtpSession> {
    if (signal.aborted) await this.#explained('connect', () => Promise.reject(new Aborted()));
    if (this.#session && (await this.#answers(this.#session, signal))) return this.#session;
    this.close();
    const { username, password } = this.#settings;
    const session = new SmtpSession(await this.#options());
    this.#session = session;
    await this.#do('connect', signal, () => session.open());
    if (username !== undefined && password)
      await this.#do('login', signal, () => session.login(username, password.reveal()));
    return session;
  }

  async #answers(session: SmtpSession, signal: AbortSignal): Promise<boolean> {
    if (session.ended) return false;
    if (Date.now() - this.#usedAt < this.#limits.idleMs) return true;
    try {
      await this.#do('ask', signal, () => session.reset());
      return true;
    } catch {
      return false;
    }
  }

  async #options(): Promise<ConstructorParameters<typeof SmtpSession>[0]> {
    const { host, port, tls } = this.#settings;
    const { answerMs, acceptMs } = this.#limits;
    const theirs = answerMs + marginMs;
    return {
      ...{
        host,
        port,
        secure: tls === 'implicit',
        requireTLS: tls === 'required',
        ignoreTLS: tls === 'none',
      },
      // Ours end first. These hold where nobody of ours waits.
      ...{ connectionTimeout: theirs, greetingTimeout: theirs, dnsTimeout: theirs },
      ...{ socketTimeout: acceptMs, socketCloseTimeout: 0 },
      tls: { minVersion: 'TLSv1.2', ...(await this.#authority()) },
    };
  }

  async #authority(): Promise<{ ca?: string }> {
    const { ca } = this.#settings;
    if (ca === undefined) return {};
    try {
      return { ca: await readFile(ca, 'utf8') };
    } catch (cause) {
      throw new MitschnittError(`the certificate file ${ca} cannot be read`, {
        code: 'ca-unreadable',
        fault: 'configuration',
        retry: true,
        hint: 'Let smtp.ca name a PEM file that the user that Mitschnitt runs as may read.',
        cause,
      });
    }
  }

  #do<T>(step: SmtpStep, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    return this.#explained(step, () => within({ ms: this.#limits.answerMs, signal }, work));
  }

  /** One step of a session. After an error the session is of no more use. */
  async #explained<T>(step: SmtpStep, work: () => Promise<T>): Promise<T> {
    try {
      const result = await work();
      this.#usedAt = Date.now();
      return result;
    } catch (error) {
      this.close();
      // From the attachment.
      if (error instanceof MitschnittError) throw error;
      const { what, ...facts } = smtpProblem(error, { settings: this.#settings, step });
      throw new MitschnittError(what, facts);
    }
  }
}

/** Aborted some time after another signal. */
function delayed(signal: AbortSignal, ms: number): { readonly signal: AbortSignal; cancel(): void } {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const begin = () => {
    timer = setTimeout(() => controller.abort(), ms);
  };
  if (signal.aborted) begin();
  else signal.addEventListener('abort', begin, { once: true });
  return {
    signal: controller.signal,
    cancel: () => {
      signal.removeEventListener('abort', begin);
      clearTimeout(timer);
    },
  };
}
