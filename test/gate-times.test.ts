import { describe, expect, test } from 'vitest';

import { GateTimes } from '../src/gate-times.ts';

const hour = 3_600_000;
const now = 1_000 * hour;

function served(times: GateTimes, ms: number, at = now, channel = 'a'): void {
  times.entered(channel, 0);
  times.served(channel, ms, at);
}

describe('The times of the gate', () => {
  test('are told by the hour, to within a fifth', () => {
    const times = new GateTimes();
    for (let ms = 1; ms <= 100; ms += 1) served(times, ms);
    served(times, 4, now + hour);
    const [first, second] = times.byHour(now + hour);
    expect(first).toMatchObject({ hour: now, calls: 100 });
    expect(Math.abs((first?.medianMs ?? 0) - 50)).toBeLessThan(10);
    expect(Math.abs((first?.p99Ms ?? 0) - 99)).toBeLessThan(20);
    expect(second).toEqual({ hour: now + hour, calls: 1, medianMs: 4, p99Ms: 4 });
  });

  test('count only the first thing that is done with a channel', () => {
    const times = new GateTimes();
    times.entered('a', 0);
    times.served('a', 2, now);
    times.served('a', 5_000, now);
    times.served('unknown', 7, now);
    expect(times.byHour(now)).toEqual([{ hour: now, calls: 1, medianMs: 2, p99Ms: 2 }]);
  });

  test('are forgotten after a day, whatever came in meanwhile', () => {
    const times = new GateTimes();
    served(times, 2);
    for (let channel = 0; channel < 5_000; channel += 1) times.entered(`gone-${channel}`, 0);
    served(times, 0, now + 25 * hour);
    served(times, 1e12, now + 25 * hour, 'stuck');
    const [only, ...others] = times.byHour(now + 25 * hour);
    expect(others).toEqual([]);
    expect(only?.calls).toBe(2);
    expect(times.byHour(now + 60 * hour)).toEqual([]);
  });
});
