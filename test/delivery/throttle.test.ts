import { expect, test } from 'vitest';

import { takeFrom, Throttle } from '../../src/delivery/throttle.ts';
import { turn, VirtualClock } from './virtual-clock.ts';

const { signal } = new AbortController();

/** Sends as fast as it may, in pieces of a size. Returns what tells how much that was so far. */
function sender(throttles: readonly Throttle[], piece: number): () => number {
  let sent = 0;
  void (async () => {
    while (sent < Number.MAX_SAFE_INTEGER) sent += await takeFrom(throttles, piece, signal);
  })();
  return () => sent;
}

test('what is sent keeps the rate, whatever the size of the pieces', async () => {
  for (const piece of [1_000, 256 * 1024, 10_000_000]) {
    const clock = new VirtualClock(0);
    const sent = sender([new Throttle(1_000_000, clock)], piece);
    await clock.pass(10_000);
    expect(sent()).toBeGreaterThan(9_700_000);
    expect(sent()).toBeLessThanOrEqual(10_500_000);
  }
});

test('after a pause no more than a quarter of a second is made up for', async () => {
  const clock = new VirtualClock(0);
  const throttle = new Throttle(1_000_000, clock);
  await clock.pass(60_000);
  const sent = sender([throttle], 10_000);
  await turn();
  expect(sent()).toBe(250_000);
});

test('several take turns, and together keep the rate', async () => {
  const clock = new VirtualClock(0);
  const throttle = new Throttle(100_000, clock);
  const senders = [
    sender([throttle], 256 * 1024),
    sender([throttle], 256 * 1024),
    sender([throttle], 256 * 1024),
  ];
  await clock.pass(30_000);
  const each = senders.map((sent) => sent());
  expect(Math.max(...each) - Math.min(...each)).toBeLessThanOrEqual(25_000);
  expect(each.reduce((sum, sent) => sum + sent)).toBeLessThanOrEqual(3_050_000);
});

test('the limit of a target holds under the limit of all, and leaves the rest to the others', async () => {
  const clock = new VirtualClock(0);
  const all = new Throttle(1_000_000, clock);
  const slow = sender([new Throttle(100_000, clock), all], 50_000);
  const fast = sender([all], 50_000);
  await clock.pass(20_000);
  expect(slow() / 20).toBeGreaterThan(90_000);
  expect(slow() / 20).toBeLessThan(105_000);
  expect(fast() / 20).toBeGreaterThan(850_000);
});

test('what was sent without asking is waited for', async () => {
  const clock = new VirtualClock(0);
  const throttle = new Throttle(1_000, clock);
  throttle.charge(10_250);
  let isSettled = false;
  void throttle.settled(signal).then(() => (isSettled = true));
  await clock.pass(9_900);
  expect(isSettled).toBe(false);
  await clock.pass(200);
  expect(isSettled).toBe(true);
});

test('nobody is held back any more once it is aborted', async () => {
  const throttle = new Throttle(1_000, new VirtualClock(0));
  const abort = new AbortController();
  throttle.charge(1_000_000);
  const taken = throttle.take(5_000, abort.signal);
  abort.abort();
  expect(await taken).toBe(5_000);
});

test('a clock that is set back gives nothing and takes nothing', async () => {
  let now = 1_000_000;
  const after = (ms: number, run: () => void) => {
    now += ms;
    queueMicrotask(run);
    return () => undefined;
  };
  const throttle = new Throttle(1_000, { now: () => now, after });
  await throttle.take(250, signal);
  now -= 500_000;
  const before = now;
  await throttle.take(250, signal);
  expect(now - before).toBeLessThanOrEqual(251);
});
