// Whether a file was closed because its talk is over, or because somebody stopped its recording.
import { beforeEach, describe, expect, test } from 'vitest';

import { Collector } from '../src/collector.ts';
import type { CallEvent } from '../src/call/event.ts';

let told: CallEvent['type'][];
let isClosed: boolean;
/** What Asterisk told before it answered, and we have not read yet. */
let onItsWay: () => void;
let isToRun: boolean;
let isAnswering: boolean;
let collector: Collector;

const never = (): never => {
  throw new Error('nobody asks for that here');
};

const unasked = { activeFiles: never, activeBytes: never, collect: never, discard: never, obstacle: never };

beforeEach(() => {
  [told, isClosed, onItsWay, isToRun, isAnswering] = [[], true, () => undefined, true, true];
  collector = new Collector(
    {
      catalogue: { mediaOf: never },
      files: { ...unasked, isClosed: () => isClosed },
      alarms: { raise: never, clear: never },
      log: { debug: never, info: never, error: never, warn: () => undefined },
      now: Date.now,
      pbx: {
        caughtUp: () => {
          onItsWay();
          return Promise.resolve(isAnswering);
        },
      },
    },
    ({ type }) => told.push(type),
    () => isToRun,
  );
});

describe('a file that is closed', () => {
  test('while its talk goes on was stopped by somebody', async () => {
    await collector.look('S1', 0);
    expect(told).toEqual(['recording-cut']);
  });

  test('because its talk is over, as is read a moment later, was not', async () => {
    onItsWay = () => (isToRun = false);
    await collector.look('S1', 0);
    expect(told).toEqual([]);
  });

  test('while Asterisk does not say whether its talk goes on is not judged', async () => {
    isAnswering = false;
    await collector.look('S1', 0);
    expect(told).toEqual([]);
  });
});

test('a file that is not closed is looked at for as long as was asked', async () => {
  isClosed = false;
  setTimeout(() => (isClosed = true), 120);
  await collector.look('S1', 0);
  expect(told).toEqual([]);
  await collector.look('S1', 2_000);
  expect(told).toEqual(['recording-cut']);
});
