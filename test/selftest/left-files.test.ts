import { createHash, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { SqliteCatalogue } from '../../src/catalogue/sqlite.ts';
import { FolderTarget } from '../../src/delivery/folder.ts';
import { temporaryName } from '../../src/recording/naming.ts';
import { LeftFiles } from '../../src/selftest/left-files.ts';

let folder: string;
let root: string;
let catalogue: SqliteCatalogue;
let log: { message: string; facts: unknown }[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mitschnitt-left-'));
  root = join(folder, 'archiv');
  await mkdir(join(root, '2026/04'), { recursive: true });
  catalogue = new SqliteCatalogue({ path: join(folder, 'catalogue.db') });
  await catalogue.open();
  log = [];
});
afterEach(async () => {
  await catalogue.close();
  await rm(folder, { recursive: true });
});

const content = 'what a telephone said';
const name = 'Selbsttest_2026-04-07_05-30-00_Verkauf.wav';
const { signal } = new AbortController();

/** As the next process has it: with the catalogue and the configuration, and nothing else. */
function left(): LeftFiles {
  const write = (message: string, facts: unknown): void => void log.push({ message, facts });
  return new LeftFiles({
    ledger: catalogue,
    targets: [{ name: 'archiv', create: () => new FolderTarget('archiv', { type: 'folder', path: root }) }],
    log: { debug: write, info: write, warn: write, error: write },
    now: () => Date.UTC(2026, 3, 7, 3, 30),
  });
}

/** What a process that was about to deliver noted. */
async function noted(target = 'archiv'): Promise<string> {
  const id = randomUUID();
  const sha256 = createHash('sha256').update(content).digest('hex');
  const facts = { period: '', language: 'de' } as const;
  const file = { id, folder: '2026/04', name, source: '/gone', bytes: content.length, sha256, facts, signal };
  await left().note(file, target);
  return id;
}

const files = () => readdir(join(root, '2026/04'));
const store = (file: string, text = content) => writeFile(join(root, '2026/04', file), text);
const messages = () => log.map(({ message }) => message);

test('the whole file and a part of it are removed, told, and forgotten', async () => {
  const id = await noted();
  await store(name);
  await store(temporaryName(id), 'what');
  await store('Aufnahme.wav');
  await left().sweep(signal);
  expect(await files()).toEqual(['Aufnahme.wav']);
  expect(log).toEqual([
    {
      message: 'removed what a self-test had left at a target',
      facts: { target: 'archiv', file: `2026/04/${name}`, selftest: '2026-04-07T03:30:00.000Z' },
    },
  ]);
  expect(await catalogue.testFiles()).toEqual([]);
});

test('where nothing got there, nothing is told', async () => {
  await noted();
  await left().sweep(signal);
  expect(log).toEqual([]);
  expect(await catalogue.testFiles()).toEqual([]);
});

test('a file of that name that is not the one of the self-test stays', async () => {
  await noted();
  await store(name, 'somebody else');
  await left().sweep(signal);
  expect(await files()).toEqual([name]);
  expect(messages()).toEqual([
    'a file at a target has the name of one of a self-test, and other content: it stays',
  ]);
  expect(await catalogue.testFiles()).toEqual([]);
});

test('a target that is out of reach is tried again the next time', async () => {
  await noted();
  await store(name);
  await rename(root, `${root}.away`);
  await left().sweep(signal);
  expect(messages()).toEqual(['what self-tests left at a target cannot be removed yet']);
  await rename(`${root}.away`, root);
  await left().sweep(signal);
  expect(await files()).toEqual([]);
  expect(await catalogue.testFiles()).toEqual([]);
});

test('one that cannot be removed holds up no other', async () => {
  const first = await noted();
  await store(name);
  // What stands in the way of the first one: a folder that has the name of its part.
  await mkdir(join(root, '2026/04', temporaryName(first), 'x'), { recursive: true });
  const others = [await noted(), await noted()];
  await store(temporaryName(others[1] ?? ''), 'what');
  await left().sweep(signal);
  expect(await files()).toEqual([temporaryName(first)]);
  expect((await catalogue.testFiles()).map(({ recording }) => recording)).toEqual([first]);
  expect(log.at(-1)).toMatchObject({
    ...{ message: 'what self-tests left at a target cannot be removed yet', facts: { files: 1 } },
  });
});

test('a target that is not configured any more is named, until it is again', async () => {
  await noted('altes-nas');
  await left().sweep(signal);
  expect(messages()).toEqual(['a self-test left a file at a target that is not configured any more']);
  expect(await catalogue.testFiles()).toHaveLength(1);
});

test('what cannot be noted is not delivered', async () => {
  await catalogue.close();
  await expect(noted()).rejects.toMatchObject({ code: 'catalogue-not-writable' });
  await catalogue.open();
});
