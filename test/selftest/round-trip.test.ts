import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';

import { FolderTarget } from '../../src/delivery/folder.ts';
import type { Target } from '../../src/delivery/target.ts';
import { MitschnittError } from '../../src/errors.ts';
import { roundTrip } from '../../src/selftest/round-trip.ts';
import { Steps } from '../../src/selftest/steps.ts';
import { Local } from '../delivery/local.ts';

let local: Local;
let left: Set<string>;
let folder: string;
beforeAll(async () => {
  local = await Local.create();
});
afterAll(() => local.remove());
beforeEach(async () => {
  left = new Set();
  folder = await mkdtemp(join(tmpdir(), 'mitschnitt-round-trip-'));
});
afterEach(() => rm(folder, { recursive: true }));

const never = (error: Error): AsyncIterable<Buffer> => ({
  [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(error) }),
});

/** What is told of each step with a real folder that behaves as `change` has it. */
async function told(change: (real: Target) => Partial<Target> = () => ({})): Promise<string[]> {
  const real = new FolderTarget('archiv', { type: 'folder', path: folder });
  const target: Target = {
    name: 'archiv',
    put: (upload) => real.put(upload),
    read: (path, signal) => real.read(path, signal),
    remove: (path, signal) => real.remove(path, signal),
    check: (signal) => real.check(signal),
    close: () => real.close(),
    ...change(real),
  };
  const steps = new Steps(Date.now);
  await roundTrip(target, await local.upload({ folder: '2026/04' }), steps, {
    note: ({ id }, name) => Promise.resolve(void left.add(`${id} ${name}`)),
    forget: ({ id }, name) => Promise.resolve(void left.delete(`${id} ${name}`)),
  });
  return steps.done.map(({ name, state, problem }) => `${name} ${problem?.code ?? state}`);
}

test('a file is delivered, read back and removed, and nothing of it stays', async () => {
  const put = (real: Target): Partial<Target> => ({
    put: (upload) => {
      // Whoever is killed from now on has left a note.
      expect([...left]).toEqual([`${upload.id} archiv`]);
      return real.put(upload);
    },
  });
  expect(await told(put)).toEqual(['delivery ok', 'read-back ok', 'removal ok']);
  expect(left.size).toBe(0);
  expect(await readdir(join(folder, '2026/04'))).toEqual([]);
});

test('what was not delivered is not looked for', async () => {
  expect(await told(() => ({ put: () => Promise.reject(new Error('unforeseen')) }))).toEqual([
    'delivery unexpected',
    'read-back skipped',
    'removal skipped',
  ]);
  // Some of it may be there all the same.
  expect(left.size).toBe(1);
});

test('a file that lacks its end when it is read back is found, and removed all the same', async () => {
  const cut = (real: Target): Partial<Target> => ({
    async *read(path, signal) {
      for await (const piece of real.read(path, signal)) yield piece.subarray(0, -1);
    },
  });
  expect(await told(cut)).toEqual(['delivery ok', 'read-back content-differs', 'removal ok']);
  expect(await readdir(join(folder, '2026/04'))).toEqual([]);
});

test('a target that says that it removes and does not is found', async () => {
  expect(await told(() => ({ remove: () => Promise.resolve('removed') }))).toEqual([
    'delivery ok',
    'read-back ok',
    'removal not-removed',
  ]);
  expect(left.size).toBe(1);
});

test('what a target cannot do by its nature is left out', async () => {
  const beyond = new MitschnittError('It was sent as a message.', {
    ...{ code: 'not-possible', fault: 'configuration', retry: false, hint: 'Ask those who have it.' },
  });
  const message = { read: () => never(beyond), remove: () => Promise.reject(beyond) };
  expect(await told(() => message)).toEqual(['delivery ok', 'read-back skipped', 'removal skipped']);
});

test('a file that somebody else takes away meanwhile is found', async () => {
  expect(await told(() => ({ remove: () => Promise.resolve('absent') }))).toContain('removal file-missing');
});
