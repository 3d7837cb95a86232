import { once } from 'node:events';
import { PassThrough } from 'node:stream';

/** Takes one piece of a file; the next one is wanted once it resolves. */
export type Take = (piece: Buffer) => Promise<void> | void;

/**
 * Turns the fetching of a file, which hands on piece by piece, into the pieces to loop over. It is held back where they
 * are not taken, and aborted where the loop is left.
 */
export async function* received(
  signal: AbortSignal,
  fetch: (take: Take, signal: AbortSignal) => Promise<void>,
): AsyncGenerator<Buffer, void, undefined> {
  const left = new AbortController();
  const pipe = new PassThrough();
  const take = async (piece: Buffer) => {
    if (!pipe.write(piece)) await once(pipe, 'drain', { signal: left.signal });
  };
  const fetching = fetch(take, AbortSignal.any([signal, left.signal])).then(
    () => pipe.end(),
    (error: unknown) => pipe.destroy(error as Error),
  );
  try {
    for await (const piece of pipe) yield piece as Buffer;
  } finally {
    left.abort();
    await fetching;
  }
}
