import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import Database from 'better-sqlite3';

import { codeOf, messageOf, MitschnittError } from './errors.ts';

/** Leaves of the rights those of the user whom Mitschnitt runs as; root needs none. */
const ownerOnly = 0o177;

/** What the running process answers, by method and path: `GET /status`. The body of a request is JSON. */
export type Answers = Readonly<Record<string, (body: unknown) => Promise<unknown>>>;

/** A request has a few words; more than this is none of ours. */
const longestBody = 10_000;

/**
 * HTTP on a Unix socket, through which the command line asks the running process. It also keeps a second process from
 * recording the same calls: whoever holds the lock beside the socket runs.
 */
export class ControlSocket {
  readonly #path: string;
  #answers: Answers;
  readonly #server: Server;
  #lock: Database.Database | undefined;

  constructor(path: string, answers: Answers) {
    this.#path = path;
    this.#answers = answers;
    this.#server = createServer((request, response) => {
      void this.#answer(request).then(({ status, body }) => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      });
    });
  }

  /** Answers otherwise from now on. */
  use(answers: Answers): void {
    this.#answers = answers;
  }

  /** @throws MitschnittError `already-running` */
  async start(): Promise<void> {
    this.#lock = locked(`${this.#path}.lock`);
    await rm(this.#path, { force: true }); // of a process that was killed
    // From the start, not by chmod(2): in between anybody could connect. listen() binds before it returns.
    const before = process.umask(ownerOnly);
    try {
      this.#server.listen(this.#path);
    } finally {
      process.umask(before);
    }
    await once(this.#server, 'listening');
  }

  async stop(): Promise<void> {
    if (this.#server.listening) {
      this.#server.closeAllConnections();
      this.#server.close();
      await once(this.#server, 'close');
    }
    this.#lock?.close();
  }

  async #answer(request: IncomingMessage): Promise<{ status: number; body: unknown }> {
    const asked = `${request.method ?? ''} ${request.url ?? ''}`;
    const answer = this.#answers[asked];
    if (!answer) return { status: 404, body: { error: `nothing is known about ${asked}` } };
    try {
      return { status: 200, body: await answer(await bodyOf(request)) };
    } catch (error) {
      return {
        status: 500,
        body: { error: messageOf(error), ...(error instanceof MitschnittError && toldOf(error)) },
      };
    }
  }
}

/** By which whoever asked can say the same. */
function toldOf({ code, fault, retry, hint }: MitschnittError) {
  return { code, fault, retry, hint };
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8') as AsyncIterable<string>) {
    text += chunk;
    if (text.length > longestBody) throw new RangeError('the request is too long');
  }
  return text === '' ? undefined : (JSON.parse(text) as unknown);
}

/**
 * A lock that ends with the process, however that ends, and that two who start at once cannot both get: SQLite takes
 * one of the operating system on the file.
 */
function locked(path: string): Database.Database {
  const lock = new Database(path, { timeout: 0 });
  try {
    lock.exec('begin exclusive');
    return lock;
  } catch (error) {
    lock.close();
    if (codeOf(error) !== 'SQLITE_BUSY') throw error;
    throw new MitschnittError(`Mitschnitt is running already: ${path} is locked`, {
      code: 'already-running',
      fault: 'configuration',
      retry: false,
      hint: 'Stop the other process, or give this one a catalogue.path and spool.path of its own.',
      cause: error,
    });
  }
}
