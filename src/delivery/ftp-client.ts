import { once } from 'node:events';
import { Writable } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { Client, FTPError, type FTPResponse } from 'basic-ftp';

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
  const { ftp } = client;
  const handle = ftp.handle.bind(ftp);
  ftp.handle = (command, respond) => {
    // It has the trace of each command put into words, which costs more than the command.
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    try {
      return handle(command, respond);
    } finally {
      Error.stackTraceLimit = limit;
    }
  };
  let prepare = client.prepareTransfer;
  const prepareAndKeep: typeof prepare = async (context) => {
    const reply = await prepare(context);
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

/** What a server said to one command; a no is an error. */
type FtpReply = FTPResponse | FTPError;

/** Gives commands of which none needs the answer to another, in one packet. The replies are in the order of these. */
export function askTogether(client: Client, commands: readonly string[]): Promise<readonly FtpReply[]> {
  const { ftp } = client;
  const replies: FtpReply[] = [];
  const answered = ftp.handle(undefined, (reply, task) => {
    // Neither is one of those that are waited for: the session is over (421: RFC 959, 4.2.1).
    if (reply instanceof Error && !(reply instanceof FTPError && reply.code !== 421)) task.reject(reply);
    else if (replies.push(reply) === commands.length) task.resolve(replies);
  });
  if (!client.closed) {
    ftp.socket.cork();
    for (const command of commands) ftp.send(command);
    ftp.socket.uncork();
  }
  return answered as Promise<readonly FtpReply[]>;
}

/** What a server says to SIZE (RFC 3659, 4.2); undefined where it is no size. Some say more behind it. */
export function sizeIn(reply: FtpReply | undefined): number | undefined {
  const [, bytes] = /^213 (\d+)/.exec(reply?.message ?? '') ?? [];
  return bytes === undefined ? undefined : Number(bytes);
}

/** Of the control connection, in ms. */
const noLimit = 0;
/** A reply from this on is the last one to its command (RFC 959, 4.2.1). */
const completed = 200;

/**
 * Sends a file. `progress` is told whenever some of it was taken. Not by streams: for a small file those take longer
 * than the sending.
 */
export async function store(
  client: Client,
  content: AsyncIterable<Buffer> | Iterable<Buffer>,
  path: string,
  progress: () => void,
): Promise<void> {
  const { ftp } = client;
  await client.prepareTransfer(ftp);
  let sending: Promise<void> | undefined;
  const stored = ftp.handle(`STOR ${path}`, (reply, task) => {
    if (reply instanceof Error) task.reject(reply);
    else if (reply.code < completed) {
      sending ??= send(client, content, progress);
      sending.catch((error: unknown) => task.reject(error as Error));
    } else {
      // Some servers say so before all that was sent has been read here, too.
      sending?.then(
        () => task.resolve(reply),
        () => undefined,
      );
    }
  });
  // Ends the sending as well, where the server does not want any more of it.
  await stored.finally(() => (ftp.dataSocket = undefined));
}

async function send(
  { ftp }: Client,
  content: AsyncIterable<Buffer> | Iterable<Buffer>,
  progress: () => void,
): Promise<void> {
  const socket = ftp.dataSocket;
  if (!socket) throw new Error('there is no data connection');
  // The server says nothing there until the file is over, however long that takes.
  ftp.socket.setTimeout(noLimit);
  // Ended before the handshake is over, as an empty file is, the connection breaks: Node leaves out the rest of it.
  if (socket instanceof TLSSocket && socket.getFinished() === undefined) await once(socket, 'secureConnect');
  let sending: Promise<void> | undefined;
  // The next is read and hashed while one is taken.
  for await (const piece of content) {
    await sending;
    progress();
    sending = taken((done) => socket.write(piece, done));
    sending.catch(() => undefined);
  }
  await sending;
  progress();
  await taken((done) => socket.end(done));
  ftp.socket.setTimeout(ftp.timeout);

  function taken(work: (done: (error?: Error | null) => void) => unknown): Promise<void> {
    return new Promise((resolve, reject) => {
      work((error) => (error ? reject(socket?.errored ?? error) : resolve()));
    });
  }
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
