import type { Take } from './received.ts';
import type { SftpSession } from './sftp-session.ts';

/** OpenSSH takes so much in one request. */
const requestBytes = 128 * 1024;
/** Bytes on their way at the same time: enough for 1 Gbit/s over a way of 30 ms. */
const bytesOnTheWay = 4 * 1024 * 1024;
/** The same in requests, of servers that take so much in one. */
const mostOnTheWay = bytesOnTheWay / requestBytes;

/**
 * Writes a file from its beginning. `progress` is told of every answer. `atEnd` asks for what comes after the last
 * write, without waiting for the answer to that; what it finds is returned.
 */
export async function writeAll<T>(
  session: SftpSession,
  handle: Buffer,
  content: AsyncIterable<Buffer> | Iterable<Buffer>,
  progress: () => void,
  atEnd: () => Promise<T>,
): Promise<T> {
  const onTheWay: Promise<void>[] = [];
  const length = Math.min(requestBytes, session.mostWritten);
  const most = Math.floor(bytesOnTheWay / length);
  let position = 0;
  for await (const piece of content) {
    for (let at = 0; at < piece.length; at += length) {
      if (onTheWay.length >= most) await onTheWay.shift();
      const part = piece.subarray(at, at + length);
      onTheWay.push(expected(session.write(handle, part, position).then(progress)));
      position += part.length;
    }
    await session.drained();
  }
  const [ended] = await Promise.all([atEnd(), ...onTheWay]);
  return ended;
}

/** Hands on a file of `bytes`, piece by piece. */
export async function readAll(session: SftpSession, path: string, bytes: number, take: Take): Promise<void> {
  const handle = await session.openToRead(path);
  try {
    const onTheWay: Promise<Buffer>[] = [];
    for (let position = 0; position < bytes || onTheWay.length > 0;) {
      while (position < bytes && onTheWay.length < mostOnTheWay) {
        const length = Math.min(requestBytes, bytes - position);
        onTheWay.push(expected(readFully(session, handle, position, length)));
        position += length;
      }
      const piece = await onTheWay.shift();
      if (piece) await take(piece);
    }
  } finally {
    // Not waited for: where the connection is over, its error says more.
    void session.close(handle).catch(() => undefined);
  }
}

/** A server may answer with less than it was asked for. */
async function readFully(
  session: SftpSession,
  handle: Buffer,
  position: number,
  length: number,
): Promise<Buffer> {
  const first = await session.read(handle, position, length);
  if (first.length === length || first.length === 0) return first;
  const rest = await readFully(session, handle, position + first.length, length - first.length);
  return Buffer.concat([first, rest]);
}

/** Its failure is found when it is waited for, which may be later. */
function expected<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
