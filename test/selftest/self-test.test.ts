import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { newCall } from '../../src/call/lifecycle.ts';
import type { Call, Segment } from '../../src/call/call.ts';
import { SqliteCatalogue } from '../../src/catalogue/sqlite.ts';
import { SelfTest } from '../../src/selftest/self-test.ts';
import { Spool } from '../../src/spool/spool.ts';
import { sampleCall } from '../catalogue/sample.ts';
import { eventually } from '../live/eventually.ts';

let folder: string;
let alarms: string[];
let log: string[];
let catalogue: SqliteCatalogue;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mitschnitt-selftest-'));
  [alarms, log] = [[], []];
  catalogue = new SqliteCatalogue({ path: join(folder, 'catalogue.db') });
  await catalogue.open();
});
afterEach(async () => {
  await catalogue.close();
  await rm(folder, { recursive: true });
});

const file = () => join(folder, 'selftest.json');

const [sampleSegment] = sampleCall('sample').segments as [Segment];
const spool = () => new Spool(join(folder, 'spool'));

/** One that has no PBX to call through yet. */
function lonely(): SelfTest {
  const write = (message: string): number => log.push(message);
  return new SelfTest({
    ledger: catalogue,
    recordingsFile: join(folder, 'selftest-recordings'),
    ...{ file: file(), targets: [], targetsOf: () => [], minDurationMs: 500, now: Date.now },
    prompts: [{ name: 'de/ansage', check: () => Promise.resolve() }],
    nameOf: () => ({ folder: '', name: 'Selbsttest.wav' }),
    files: spool(),
    alarms: {
      raise: ({ kind, problem }) => alarms.push(`${kind}: ${problem}`),
      clear: (kind) => alarms.push(`${kind} is over`),
    },
    log: { debug: write, info: write, warn: write, error: write },
  });
}

async function done(selfTest: SelfTest): Promise<string[] | undefined> {
  selfTest.begin();
  expect(selfTest.state.running).toBe(true);
  await eventually(() => !selfTest.state.running && selfTest.last);
  return selfTest.last?.steps.map(({ name, state, problem }) => `${name} ${problem?.code ?? state}`);
}

test('without Asterisk it says so, as an alarm too', async () => {
  expect(await done(lonely())).toEqual(['prompt ok', 'asterisk asterisk-disconnected']);
  expect(alarms).toEqual(['selftest-failed: No connection to Asterisk: ARI and AMI']);
});

test('the last result outlives the process, and so does its alarm', async () => {
  const first = lonely();
  await first.start();
  expect(first.state).toEqual({ running: false, result: undefined });
  await done(first);
  await eventually(async () => (await readFile(file(), 'utf8')) !== '');
  await first.stop();
  const second = lonely();
  await second.start();
  expect(second.last).toEqual(first.last);
  expect(alarms).toHaveLength(2);
});

test('a good one ends the alarm', async () => {
  await writeFile(file(), JSON.stringify({ at: 0, ms: 1, ok: true, steps: [] }));
  const selfTest = lonely();
  await selfTest.start();
  selfTest.use({
    groups: [],
    connections: () => ({ ari: true, ami: true }),
    control: () => Promise.reject(new Error('not asked')),
    telephones: {
      dial: () => Promise.reject(new Error('not asked')),
      press: () => Promise.reject(new Error('not asked')),
      speak: () => Promise.reject(new Error('not asked')),
      hangUp: () => Promise.reject(new Error('not asked')),
    },
  });
  expect(await done(selfTest)).toEqual(['prompt ok', 'asterisk ok']);
  expect(alarms).toEqual(['selftest-failed is over']);
});

test('a result that cannot be read is none, and is told', async () => {
  await writeFile(file(), '{"at":');
  const selfTest = lonely();
  await selfTest.start();
  expect(selfTest.last).toBeUndefined();
  expect(log).toEqual(['the result of the last self-test cannot be read']);
});

test('a second one that is asked for meanwhile is the same', async () => {
  const selfTest = lonely();
  selfTest.begin();
  expect(await done(selfTest)).toHaveLength(2);
});

test('what a process that died left of a test in the spool is removed by the next one, and nothing else', async () => {
  await spool().prepare();
  const [mono, stereo, other] = [randomUUID(), randomUUID(), randomUUID()];
  const left = [`active/${mono}.wav`, `active/${stereo}.member.wav16`, `transfer/${mono}.wav`];
  const kept = [`active/${other}.wav`, `transfer/${other}.wav`];
  for (const name of [...left, ...kept]) await writeFile(join(folder, 'spool', name), 'audio');
  const segments = [mono, stereo].map((id) => ({ ...sampleSegment, id }));
  const call: Call = { ...newCall('test', 'mitschnitt-selftest-1', 0), segments };
  const first = lonely();
  await first.start();
  first.tell(call);
  first.tell({ ...call, endedAt: 1 });
  const second = lonely();
  await second.start();
  const files = await readdir(join(folder, 'spool'), { recursive: true });
  expect(files.filter((name) => name.includes('.')).sort()).toEqual(kept);
  expect(await readdir(folder)).not.toContain('selftest-recordings');
});

test('a damaged note of such recordings leads nowhere', async () => {
  await spool().prepare();
  await writeFile(join(folder, 'spool', 'x.wav'), 'audio');
  await writeFile(join(folder, 'selftest-recordings'), `../x\n\n${randomUUID().slice(0, 20)}`);
  await lonely().start();
  expect(await readdir(join(folder, 'spool'))).toContain('x.wav');
  expect(log).toEqual([]);
});
