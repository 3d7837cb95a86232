import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { StorageWatch } from '../../src/alarms/storage-watch.ts';
import type { StorageSample } from '../../src/catalogue/catalogue.ts';

const minuteMs = 60_000;

let used: number;
let now: number;
let standing: Map<string, string>;
let told: boolean[];
let samples: StorageSample[];
let watch: StorageWatch;

beforeEach(() => {
  [used, now, told, samples] = [0.5, 1_000 * minuteMs, [], []];
  standing = new Map();
  const nobody = (): void => undefined;
  watch = new StorageWatch({
    disk: () => Promise.resolve({ totalBytes: 1_000, freeBytes: 1_000 * (1 - used), used }),
    limits: { warn: 0.8, stop: 0.95 },
    path: '/spool',
    full: (isFull) => told.push(isFull),
    history: {
      addStorageSample: (sample) => {
        samples.push(sample);
        return Promise.resolve();
      },
      storageSamples: () => Promise.resolve(samples),
    },
    alarms: {
      raise: ({ kind, problem }) => standing.set(kind, problem),
      clear: (kind) => standing.delete(kind),
    },
    log: { debug: nobody, info: nobody, warn: nobody, error: nobody },
    now: () => now,
  });
});
afterEach(() => watch.stop());

/** The disk is looked at, used so far. */
async function at(share: number): Promise<void> {
  used = share;
  await watch.start();
  await watch.stop();
}

describe('the disk of the spool', () => {
  test('raises an alarm from storage.warn on, and records on', async () => {
    await at(0.79);
    expect([...standing.keys()]).toEqual([]);
    await at(0.8);
    expect([...standing]).toEqual([
      ['storage-nearly-full', 'the disk of /spool is used to 80 %; at 95 % (storage.stop) recording stops'],
    ]);
    expect(told).toEqual([false]);
  });

  test('stops recording from storage.stop on, with one alarm, until there is room again', async () => {
    await at(0.95);
    expect([...standing.keys()]).toEqual(['storage-full']);
    expect(told).toEqual([true]);
    await at(0.96);
    expect(told).toEqual([true]);
    await at(0.9);
    expect([...standing.keys()]).toEqual(['storage-nearly-full']);
    expect(told).toEqual([true, false]);
    await at(0.5);
    expect([...standing.keys()]).toEqual([]);
  });

  test('does not stop and go with each file at the limit', async () => {
    for (const share of [0.95, 0.949, 0.951, 0.942]) await at(share);
    expect(told).toEqual([true]);
    await at(0.939);
    expect(told).toEqual([true, false]);
    await at(0.795);
    expect([...standing.keys()]).toEqual(['storage-nearly-full']);
    await at(0.78);
    expect([...standing.keys()]).toEqual([]);
  });

  test('is kept for the forecast every ten minutes, whatever happens to the clock', async () => {
    for (const minutes of [0, 5, 5, 1]) {
      now += minutes * minuteMs;
      await at(0.5);
    }
    expect(samples).toHaveLength(2);
    now -= 500 * minuteMs;
    await at(0.5);
    expect(samples).toHaveLength(3);
  });
});
