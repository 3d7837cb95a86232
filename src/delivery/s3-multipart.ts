import { createHash } from 'node:crypto';
import type { CompletedPart } from '@aws-sdk/client-s3';

import type { S3Body } from './s3-connection.ts';

/** A part of a large object, from 1 on. */
export interface S3Part extends S3Body {
  readonly number: number;
}

/** Parts on their way at the same time; each costs the memory of one. */
const partsAtOnce = 4;
/** S3 takes no more in one object. */
const mostParts = 10_000;

/** Size of the parts of an object of `bytes`, at least `least`. */
export function partBytesFor(bytes: number, least: number): number {
  return Math.max(least, Math.ceil(bytes / mostParts));
}

/**
 * Cuts `content` into parts and hands them to `send`, some at the same time. The first failure, of either, ends it, when
 * `send` has ended for all: `stop` is called to make that soon.
 */
export async function sendParts(
  content: AsyncIterable<Buffer>,
  partBytes: number,
  send: (part: S3Part) => Promise<CompletedPart>,
  stop: () => void,
): Promise<CompletedPart[]> {
  const sent: CompletedPart[] = [];
  const onTheWay = new Set<Promise<void>>();
  // Used again and again: the memory that it takes is the same for any file.
  const free: Buffer[] = Array.from({ length: partsAtOnce }, () => Buffer.allocUnsafeSlow(partBytes));
  try {
    for await (const part of partsOf(content, () => free.pop() ?? Buffer.allocUnsafeSlow(partBytes))) {
      const sending: Promise<void> = send(part).then((completed) => {
        sent.push(completed);
        free.push(part.buffer);
        onTheWay.delete(sending);
      });
      onTheWay.add(sending);
      sending.catch(() => undefined);
      if (onTheWay.size === partsAtOnce) await Promise.race(onTheWay);
    }
    await Promise.all(onTheWay);
  } catch (error) {
    stop();
    await Promise.allSettled(onTheWay);
    throw error;
  }
  return sent.sort((one, other) => (one.PartNumber ?? 0) - (other.PartNumber ?? 0));
}

async function* partsOf(
  content: AsyncIterable<Buffer>,
  takeBuffer: () => Buffer,
): AsyncGenerator<S3Part & { readonly buffer: Buffer }> {
  let number = 1;
  let buffer = takeBuffer();
  let filled = 0;
  let hash = createHash('sha256');
  const part = () => ({ number, buffer, content: buffer.subarray(0, filled), sha256: hash.digest('hex') });
  for await (const piece of content) {
    for (let at = 0; at < piece.length;) {
      if (filled === buffer.length) {
        yield part();
        number += 1;
        buffer = takeBuffer();
        filled = 0;
        hash = createHash('sha256');
      }
      const copied = piece.copy(buffer, filled, at);
      hash.update(piece.subarray(at, at + copied));
      filled += copied;
      at += copied;
    }
  }
  yield part();
}
