import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';

import { received } from '../../src/delivery/received.ts';
import { thrownBy } from './contract.ts';

const piece = Buffer.alloc(64 * 1024);
const { signal } = new AbortController();

test('a file is fetched no faster than its pieces are taken', async () => {
  let fetched = 0;
  const pieces = received(signal, async (take) => {
    for (; fetched < 100; fetched += 1) await take(piece);
  });
  await pieces.next();
  await delay(20);
  expect(fetched).toBeLessThan(5);
  let bytes = piece.length;
  for await (const each of pieces) bytes += each.length;
  expect(bytes).toBe(100 * piece.length);
});

test('fetching ends where the pieces are wanted no more', async () => {
  let ended = false;
  const pieces = received(signal, async (take, until) => {
    try {
      while (!until.aborted) await take(piece);
    } finally {
      ended = true;
    }
  });
  for await (const each of pieces) if (each.length > 0) break;
  expect(ended).toBe(true);
});

test('what goes wrong in the middle of a file is told, and never looks like its end', async () => {
  const pieces = received(signal, async (take) => {
    await take(Buffer.from('a'));
    throw new Error('broken');
  });
  expect(
    await thrownBy(
      (async () => {
        for await (const each of pieces) expect(each.toString()).toBe('a');
      })(),
    ),
  ).toMatchObject({ message: 'broken' });
});
