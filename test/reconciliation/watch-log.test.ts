import { beforeEach, expect, test } from 'vitest';

import { WatchLog } from '../../src/reconciliation/watch-log.ts';
import type { Unwatched } from '../../src/call/account.ts';

const second = 1_000;
const START = 1_000_000 * second;

let now: number;
let marked: number | undefined;
let kept: Unwatched[];
let alarms: string[];
let isWritable: boolean;

/** A process that watches with what a former one left. */
function process(): WatchLog {
  const nobody = () => undefined;
  return new WatchLog({
    mark: { start: () => Promise.resolve(), last: () => marked, note: (at) => (marked = at) },
    ledger: {
      saveUnwatched: (time) => {
        if (!isWritable) return Promise.reject(new Error('the disk is full'));
        kept = [...kept.filter(({ from, reason }) => from !== time.from || reason !== time.reason), time];
        return Promise.resolve();
      },
      unwatched: () => Promise.resolve(kept),
    },
    alarms: { raise: ({ kind }) => alarms.push(kind) },
    log: { debug: nobody, info: nobody, warn: nobody, error: nobody },
    now: () => now,
  });
}

/** Watches for so many seconds. */
async function watching(log: WatchLog, seconds: number): Promise<void> {
  for (let passed = 0; passed < seconds; passed++) {
    now += second;
    log.note(now);
    await log.stop();
  }
}

beforeEach(() => {
  [now, marked, kept, alarms, isWritable] = [START, undefined, [], [], true];
});

test('who watches each second misses nothing', async () => {
  await watching(process(), 60);
  expect(kept).toEqual([]);
});

test('a process that was dead for ten minutes reports these ten minutes, and raises an alarm', async () => {
  await watching(process(), 5);
  const diedAt = now;
  now += 600 * second;
  const next = process();
  await next.start();
  await watching(next, 5);
  expect(kept).toEqual([{ reason: 'not-running', from: diedAt, to: diedAt + 601 * second }]);
  expect(alarms).toEqual(['calls-unwatched']);
});

test('a restart of some seconds is kept, and no alarm', async () => {
  await watching(process(), 5);
  now += 5 * second;
  await watching(process(), 5);
  expect(kept).toMatchObject([{ reason: 'not-running' }]);
  expect(alarms).toEqual([]);
});

test('a process that stood still, or was cut off, says which of the two', async () => {
  const log = process();
  await watching(log, 5);
  now += 10 * second;
  await watching(log, 5);
  log.connection('ami', false);
  now += 20 * second;
  log.connection('ami', true);
  await watching(log, 5);
  expect(kept.map(({ reason }) => reason)).toEqual(['stood-still', 'ami-disconnected']);
});

test('while nothing can be announced is kept from its beginning on, and ends with the process at the latest', async () => {
  const log = process();
  await watching(log, 5);
  log.connection('ari', false);
  const since = now;
  await watching(log, 5);
  expect(kept).toEqual([{ reason: 'ari-disconnected', from: since, to: undefined }]);
  const next = process();
  await next.start();
  expect(kept).toEqual([{ reason: 'ari-disconnected', from: since, to: since + 5 * second }]);
  next.connection('ari', true);
  await next.stop();
  expect(kept).toHaveLength(1);
});

test('what cannot be kept is kept as soon as it can', async () => {
  await watching(process(), 2);
  now += 60 * second;
  const log = process();
  isWritable = false;
  await watching(log, 3);
  expect(kept).toEqual([]);
  isWritable = true;
  await watching(log, 1);
  expect(kept).toHaveLength(1);
});

test('what nobody watches now is told until it is kept', async () => {
  await watching(process(), 5);
  const diedAt = now;
  now += 600 * second;
  const next = process();
  await next.start();
  expect(next.unwatchedNow).toEqual([{ reason: 'not-running', from: diedAt, to: undefined }]);
  isWritable = false;
  await watching(next, 1);
  expect(next.unwatchedNow).toEqual([{ reason: 'not-running', from: diedAt, to: now }]);
  isWritable = true;
  await watching(next, 1);
  expect(next.unwatchedNow).toEqual([]);
  now += 10 * second;
  expect(next.unwatchedNow).toMatchObject([{ reason: 'stood-still', to: undefined }]);
});
