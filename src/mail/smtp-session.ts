import SMTPConnection, { type SMTPConnectionOptions } from 'nodemailer/lib/smtp-connection';
import { Readable } from 'node:stream';

/** From whom and to whom, as the server is told. */
export interface Envelope {
  readonly from: string;
  readonly to: readonly string[];
  /** Size of the message in bytes. */
  readonly bytes: number;
}

/** The server refuses some recipients: then none gets the message. */
export class RecipientsRefused extends Error {
  readonly refusals: readonly Refusal[];

  constructor(refusals: readonly Refusal[]) {
    super('recipients refused');
    this.name = 'RecipientsRefused';
    this.refusals = refusals;
  }
}

/** What happens to a message that is being sent. */
export interface Sending {
  /** Called for each piece that goes to the server. */
  readonly progress: () => void;
  /** Called after the last one. */
  readonly complete: () => void;
}

/** Under this name a handler runs that nodemailer lets send commands of one's own. It is no way to log in. */
const asking = 'X-MITSCHNITT-ASK';

/** One connection to a mail server, in promises. Errors are those of nodemailer, or what a message threw. */
export class SmtpSession {
  readonly #connection: SMTPConnection;
  /** Why it ended while nobody waited, or what everybody who waits is told. */
  readonly #failed: Promise<never>;
  #asked: Refusals = { sender: undefined, recipients: [] };
  #question: Pick<Envelope, 'from' | 'to'> = { from: '', to: [] };

  constructor(options: SMTPConnectionOptions) {
    this.#connection = new SMTPConnection({
      ...options,
      customAuth: {
        [asking]: async (context) => {
          this.#asked = await refusalsOf(this.#question, (command) => context.sendCommand(command));
        },
      },
    });
    const { promise, reject } = Promise.withResolvers<never>();
    this.#failed = promise;
    promise.catch(() => undefined);
    this.#connection.on('error', reject);
    // What ended it is told right after that it did.
    this.#connection.on('end', () => setImmediate(() => reject(new SessionEnded())));
  }

  get ended(): boolean {
    return this.#connection.destroyed;
  }

  /** Greets, and encrypts as the options say. */
  async open(): Promise<void> {
    await this.#answer((done) => this.#connection.connect(done));
  }

  async login(user: string, pass: string): Promise<void> {
    await this.#answer((done) => this.#connection.login({ user, pass }, done));
  }

  /** Whether it still answers: forgets what was begun (RSET). */
  async reset(): Promise<void> {
    await this.#answer((done) => this.#connection.reset(done));
  }

  /** Whether the server would take a message, without sending one. */
  async ask(question: Pick<Envelope, 'from' | 'to'>): Promise<void> {
    this.#question = question;
    await this.#answer((done) => this.#connection.login({ method: asking }, done));
    const { sender, recipients } = this.#asked;
    if (sender) throw sender;
    if (recipients.length > 0) throw new RecipientsRefused(recipients);
  }

  /**
   * Sends a message, which is made when the server is ready for it; resolves with the server's final answer. After an
   * error the session is of no more use.
   */
  async send({ from, to, bytes }: Envelope, make: () => Readable, sending: Sending): Promise<void> {
    // nodemailer notes the refused recipients in here before it takes the first piece of the message.
    const envelope: NoteOfRecipients = { from, to: [...to], size: bytes };
    let thrown: unknown;
    async function* pieces(): AsyncGenerator<Buffer> {
      let message: Readable | undefined;
      try {
        if (envelope.rejectedErrors?.length) throw new RecipientsRefused(envelope.rejectedErrors);
        message = make();
        for await (const piece of message) {
          sending.progress();
          yield piece as Buffer;
        }
        sending.complete();
      } catch (error) {
        thrown = error;
        // Not the error itself: nodemailer would write its own code into it.
        throw new Error('the message broke off', { cause: error });
      } finally {
        message?.destroy();
      }
    }
    const source = Readable.from(pieces(), { objectMode: false });
    try {
      await this.#answer((done) => this.#connection.send(envelope, source, done));
    } catch (error) {
      // Without the dot that ends it, no server delivers what it has (RFC 5321, 4.1.1.4).
      this.close();
      throw thrown ?? allRefused(envelope) ?? error;
    }
  }

  /** Ends it at once; the server forgets what was begun. */
  close(): void {
    this.#connection.close();
  }

  #answer(work: (done: (error?: Error | null) => void) => void): Promise<void> {
    const answered = new Promise<void>((resolve, reject) => {
      work((error) => (error ? reject(error) : resolve()));
    });
    return Promise.race([answered, this.#failed]);
  }
}

/** The connection is over and nodemailer has nothing to say about it. */
class SessionEnded extends Error {
  constructor() {
    super('the session has ended');
    this.name = 'SessionEnded';
  }
}

interface NoteOfRecipients {
  from: string;
  to: string[];
  size: number;
  rejectedErrors?: Refusal[];
  mailError?: Error;
}

function allRefused({ mailError, rejectedErrors }: NoteOfRecipients): RecipientsRefused | undefined {
  return mailError || !rejectedErrors?.length ? undefined : new RecipientsRefused(rejectedErrors);
}

/** An answer of the server that is no, as nodemailer gives it. */
export interface Refusal extends Error {
  readonly code: string;
  readonly command: string;
  readonly response: string;
  readonly responseCode: number;
  readonly recipient?: string;
}

interface Refusals {
  readonly sender: Refusal | undefined;
  readonly recipients: readonly Refusal[];
}

type Command = (command: string) => Promise<{ readonly status: number; readonly response: string }>;

/** Begins a message, names each recipient, and takes it all back. */
async function refusalsOf({ from, to }: Pick<Envelope, 'from' | 'to'>, send: Command): Promise<Refusals> {
  const refused = async (command: string, address: string, recipient?: string) => {
    const { status, response } = await send(`${command}:<${address}>`);
    if (status >= 200 && status < 300) return undefined;
    const facts = { code: 'EENVELOPE', command, response, responseCode: status };
    return Object.assign(new Error(response), facts, recipient === undefined ? {} : { recipient });
  };
  const sender = await refused('MAIL FROM', from);
  if (sender) return { sender, recipients: [] };
  const recipients: Refusal[] = [];
  for (const address of to) {
    const refusal = await refused('RCPT TO', address, address);
    if (refusal) recipients.push(refusal);
  }
  await send('RSET');
  return { sender, recipients };
}
