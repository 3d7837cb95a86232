import { setTimeout as after } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { FileMemory, OpenRecording } from '../../src/delivery/local-file.ts';
import { Local, patterned } from './contract.ts';

let local: Local;
beforeAll(async () => {
  local = await Local.create();
});
afterAll(() => local.remove());

test('a piece of a large file stays as it is until the next but one is asked for: it may be on its way', async () => {
  const content = patterned(3_000_000);
  const source = await OpenRecording.open(await local.upload({ content }));
  let at = 0;
  let before: Buffer = Buffer.alloc(0);
  for await (const piece of source.pieces()) {
    // What comes next is read meanwhile.
    await after(5);
    expect(before.equals(content.subarray(at - before.length, at))).toBe(true);
    expect(piece.equals(content.subarray(at, at + piece.length))).toBe(true);
    before = piece;
    at += piece.length;
  }
  expect(at).toBe(content.length);
  await source.close();
});

test('a small file is read into memory that served before, but not where a transfer may still read from it', async () => {
  const memory = new FileMemory();
  const first = await OpenRecording.whole(await local.upload({ content: patterned(5000, 1) }), memory);
  const second = await OpenRecording.whole(await local.upload({ content: patterned(4000, 2) }), memory);
  expect(second.equals(patterned(4000, 2))).toBe(true);
  expect(second.buffer).toBe(first.buffer);
  memory.forget();
  const third = await OpenRecording.whole(await local.upload({ content: patterned(5000, 3) }), memory);
  expect(third.equals(patterned(5000, 3))).toBe(true);
  expect(second.equals(patterned(4000, 2))).toBe(true);
});
