import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { GrowthWatch } from '../../src/alarms/growth-watch.ts';
import { eventually } from '../live/eventually.ts';
import { connected, recording, tell, unbridged, hungUp } from '../call/story.ts';
import type { Call, Recording } from '../../src/call/call.ts';
import type { Obstacle } from '../../src/recording/media.ts';

let watch: GrowthWatch;
let now: number;
let bytes: number | undefined;
let looked: number;
let obstacle: Obstacle | undefined;
let standing: Map<string, string>;

const checkMs = 5_000;
const silenceMs = 30_000;

beforeEach(() => {
  [now, bytes, looked, obstacle] = [0, 44, 0, undefined];
  standing = new Map();
  const nobody = (): void => undefined;
  watch = new GrowthWatch({
    files: {
      activeBytes: () => {
        looked += 1;
        return bytes;
      },
      obstacle: () => Promise.resolve(obstacle),
    },
    alarms: {
      raise: ({ kind, subject, problem }) => standing.set(`${kind} ${subject}`, problem),
      clear: (kind, subject) => standing.delete(`${kind} ${subject}`),
    },
    log: { debug: nobody, info: nobody, warn: nobody, error: nobody },
    now: () => now,
  });
  watch.start();
});
afterEach(() => watch.stop());

/** A call whose member talks and is recorded. */
function running(change: Partial<Recording> = {}): Call {
  const { call } = tell([...connected, recording]);
  const segments = call.segments.map((segment) => ({
    ...segment,
    recording: segment.recording && { ...segment.recording, ...change },
  }));
  return { ...call, segments };
}

/** So much later, when the file was looked at. */
async function after(ms: number): Promise<void> {
  const before = looked;
  now += ms;
  await eventually(() => looked > before);
  // What is made of it comes a moment later.
  await new Promise((resolve) => setTimeout(resolve, 20));
}

const problem = (): string | undefined => standing.get('recording-not-growing Verkauf');

describe('a recording', () => {
  test.each<[string, number | undefined, Obstacle | undefined, RegExp]>([
    ['whose file is not there', undefined, undefined, /there is no file/],
    ['that has no more than headers', 88, undefined, /no audio/],
    ['that cannot be written', undefined, { rule: 'spool-full', problem: 'no space is left' }, /no space/],
  ])('%s after 5 s is told, and when it grows that is over', async (_what, size, reason, expected) => {
    [bytes, obstacle] = [size, reason];
    watch.follow(running());
    await after(checkMs);
    expect(problem()).toMatch(expected);
    [bytes, obstacle] = [32_812, undefined];
    await after(checkMs);
    expect(standing.size).toBe(0);
  });

  test('that has grown and does not because the disk is full is told within 5 s', async () => {
    bytes = 32_812;
    watch.follow(running());
    await after(checkMs);
    obstacle = { rule: 'spool-full', problem: 'no space is left' };
    await after(checkMs);
    expect(problem()).toMatch(/no space/);
  });

  test('that has grown and got no audio is told only after a long time', async () => {
    bytes = 32_812;
    watch.follow(running());
    await after(checkMs);
    for (let waited = checkMs; waited < silenceMs; waited += checkMs) {
      await after(checkMs);
      expect(standing.size).toBe(0);
    }
    await after(checkMs);
    expect(problem()).toMatch(/has not grown for 30 s/);
  });

  test('whose file goes away is told', async () => {
    bytes = 32_812;
    watch.follow(running());
    await after(checkMs);
    bytes = undefined;
    await after(checkMs);
    expect(problem()).toMatch(/is gone/);
  });

  test('that is paused may stand still', async () => {
    watch.follow(running({ pause: { state: 'paused', since: 0, until: undefined } }));
    await after(checkMs);
    expect(standing.size).toBe(0);
    watch.follow(running());
    await after(checkMs);
    expect(standing.size).toBe(1);
  });

  test('that is over is looked at no more, and its alarm is over', async () => {
    watch.follow(running());
    await after(checkMs);
    expect(standing.size).toBe(1);
    watch.follow(tell([...connected, recording, unbridged('2'), ...hungUp('1', '2')]).call);
    expect(standing.size).toBe(0);
    const before = looked;
    now += checkMs;
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(looked).toBe(before);
  });

  test('that is not confirmed yet is not looked at', async () => {
    watch.follow(running({ state: 'starting' }));
    now += checkMs;
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(looked).toBe(0);
  });
});

test('many recordings of a group are one alarm', async () => {
  const calls = ['A', 'B', 'C'].map((id) => {
    const call = running();
    return { ...call, id, segments: call.segments.map((segment) => ({ ...segment, id })) };
  });
  for (const call of calls) watch.follow(call);
  await after(checkMs);
  await eventually(() => looked === 3);
  await eventually(() => problem()?.includes('recording A (and 2 more)'));
  expect(standing.size).toBe(1);
});
