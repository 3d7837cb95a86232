import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { SelfTest } from '../../src/selftest/self-test.ts';
import { eventually } from '../live/eventually.ts';

let folder: string;
let alarms: string[];
let log: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mitschnitt-selftest-'));
  [alarms, log] = [[], []];
});
afterEach(() => rm(folder, { recursive: true }));

const file = () => join(folder, 'selftest.json');

/** One that has no PBX to call through yet. */
function lonely(): SelfTest {
  const write = (message: string): number => log.push(message);
  return new SelfTest({
    ...{ file: file(), targets: [], targetsOf: () => [], minDurationMs: 500, now: Date.now },
    prompts: [{ name: 'de/ansage', check: () => Promise.resolve() }],
    nameOf: () => ({ folder: '', name: 'Selbsttest.wav' }),
    files: { transferFile: () => '', discard: () => Promise.resolve() },
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
