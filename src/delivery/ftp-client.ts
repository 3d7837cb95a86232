import { once } from 'node:events';
import { Readable, Writable } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { Client, FTPError } from 'basic-ftp';

import type { Take } from './received.ts';

/** How long a server may take to say why it ended a data connection. It usually says so at once. */
const reasonMs = 2_000;

/**
 * A client of basic-ftp 6.2 that ends the session only when the control connection breaks. By itself it does so for a
 * broken data connection, too, and then the reason that the server gives (RFC 959: 426, 451, 452, 552) is never heard:
 * a full disk looks like a bad network.
 */
export function createFtpClient(timeoutMs: number): Client {
  const client = new Client(timeoutMs);
  let prepare = client.prepareTransfer;
  const prepareAndKeep: typeof prepare = async (ftp) => {
    const reply = await prepare(ftp);
    if (client.prepareTransfer !== prepareAndKeep) {
      // The first transfer finds out which command the server understands (EPSV, PASV) and notes that here.
      prepare = client.prepareTransfer;
      client.prepareTransfer = prepareAndKeep;
    }
    const { dataSocket } = ftp;
    dataSocket?.removeAllListeners('error');
    // The last one: TLS has a listener of its own before it.
    const closing = dataSocket?.listeners('close').at(-1) as (() => void) | undefined;
    if (closing) dataSocket?.removeListener('close', closing);
    // The transfer itself sees the error as well. Before it begins, nobody would.
    dataSocket?.on('error', () => undefined);
    return reply;
  };
  client.prepareTransfer = prepareAndKeep;
  return client;
}

/** What the server says of a transfer that broke off; `error` itself when it says nothing. */
export async function reasonOf(client: Client, error: unknown): Promise<unknown> {
  if (error instanceof FTPError || client.closed) return error;
  let patience: NodeJS.Timeout | undefined;
  const silence = new Promise<unknown>((resolve) => (patience = setTimeout(resolve, reasonMs, error)));
  const reply = client.ftp.handle(undefined, (answer, task) =>
    answer instanceof Error ? task.reject(answer) : task.resolve(answer),
  );
  const reason = reply.then(
    () => error,
    (answer: unknown) => (answer instanceof FTPError ? answer : error),
  );
  return Promise.race([reason, silence]).finally(() => clearTimeout(patience));
}

/** Sends a file. It begins when the data connection is encrypted. */
export async function store(client: Client, content: Readable, path: string): Promise<void> {
  const source = Readable.from(whenEncrypted(client, content), { objectMode: false });
  const stored = client.uploadFrom(source, path);
  // basic-ftp ends the session at an error of the source, and that of a data connection that broke may come out there
  // before the server has said why. The transfer itself sees it as well.
  source.removeAllListeners('error');
  source.on('error', () => undefined);
  await stored;
}

/** Hands on a file, as fast as its pieces are taken. */
export async function fetch(client: Client, take: Take, path: string): Promise<void> {
  const sink = new Writable({
    write(piece: Buffer, _encoding, done) {
      Promise.resolve(take(piece)).then(() => done(), done);
    },
  });
  await client.downloadTo(sink, path);
}

/**
 * Ended before the handshake is over, as an empty file is, the connection breaks: basic-ftp takes TLS for established
 * once the cipher is known, and Node then leaves out the rest of the handshake.
 */
async function* whenEncrypted(client: Client, content: Readable): AsyncGenerator<Buffer> {
  const { dataSocket } = client.ftp;
  if (dataSocket instanceof TLSSocket && dataSocket.getFinished() === undefined) {
    await once(dataSocket, 'secureConnect');
  }
  yield* content as AsyncIterable<Buffer>;
}
