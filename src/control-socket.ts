import { once } from 'node:events';
import { chmod, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';

import { messageOf, MitschnittError } from './errors.ts';

/** Only the user whom Mitschnitt runs as, and root. */
const socketMode = 0o600;

/** What the running process answers, by path: `/status`. */
export type Answers = Readonly<Record<string, () => Promise<unknown>>>;

/**
 * HTTP on a Unix socket, through which the command line asks the running process. It also keeps a second process from
 * recording the same calls: whoever holds the socket runs.
 */
export class ControlSocket {
  readonly #path: string;
  readonly #answers: Answers;
  readonly #server: Server;

  constructor(path: string, answers: Answers) {
    this.#path = path;
    this.#answers = answers;
    this.#server = createServer((request, response) => {
      void this.#answer(request.method === 'GET' ? (request.url ?? '') : '').then(({ status, body }) => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      });
    });
  }

  /** @throws MitschnittError `already-running` */
  async start(): Promise<void> {
    if (await isAnswered(this.#path)) {
      throw new MitschnittError(`Mitschnitt is running already: ${this.#path} is answered`, {
        code: 'already-running',
        fault: 'configuration',
        retry: false,
        hint: 'Stop the other process, or give this one a catalogue.path and spool.path of its own.',
      });
    }
    await rm(this.#path, { force: true }); // of a process that was killed
    this.#server.listen(this.#path);
    await once(this.#server, 'listening');
    await chmod(this.#path, socketMode);
  }

  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #answer(url: string): Promise<{ status: number; body: unknown }> {
    const answer = this.#answers[url];
    if (!answer) return { status: 404, body: { error: `nothing is known about ${url}` } };
    try {
      return { status: 200, body: await answer() };
    } catch (error) {
      return { status: 500, body: { error: messageOf(error) } };
    }
  }
}

async function isAnswered(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false; // no such file, or nobody listens on it
  } finally {
    socket.destroy();
  }
}
