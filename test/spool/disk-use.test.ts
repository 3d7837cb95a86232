import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { describe, expect, test } from 'vitest';

import { diskUse, forecast } from '../../src/spool/disk-use.ts';

const hourMs = 3_600_000;
const disk = { totalBytes: 1_000_000, freeBytes: 150_000, used: 0.85 };

test('the use of a disk is what df tells', async () => {
  const { used, freeBytes } = await diskUse(tmpdir());
  const [, line = ''] = execFileSync('df', ['--output=pcent,avail', '-B1', tmpdir()], {
    encoding: 'utf8',
  }).split('\n');
  const [percent = '', available] = line.trim().split(/\s+/);
  // df rounds up.
  expect(Math.abs(used * 100 - Number.parseInt(percent, 10))).toBeLessThan(1.1);
  expect(Math.abs(freeBytes - Number(available))).toBeLessThan(1_000_000_000);
});

describe('the forecast', () => {
  test('is the line through what was measured, up to where recording stops', () => {
    const samples = [0, 1, 2, 3].map((hour) => ({
      at: hour * hourMs,
      // 10,000 an hour, and a file that comes and goes.
      freeBytes: 180_000 - hour * 10_000 + (hour % 3 === 0 ? 1_000 : -1_000),
      totalBytes: 1_000_000,
    }));
    const expected = { bytesPerHour: 10_000, hoursLeft: expect.closeTo(10, 5) as number };
    expect(forecast(samples, disk, 0.95)).toEqual(expected);
  });

  test('has no end while the disk becomes emptier, or stays as it is', () => {
    const emptier = [0, 1].map((hour) => ({
      at: hour * hourMs,
      freeBytes: hour * 5_000,
      totalBytes: 1_000_000,
    }));
    expect(forecast(emptier, disk, 0.95)).toEqual({ bytesPerHour: -5_000, hoursLeft: undefined });
    const still = [0, 1].map((hour) => ({ at: hour * hourMs, freeBytes: 5_000, totalBytes: 1_000_000 }));
    expect(forecast(still, disk, 0.95)?.hoursLeft).toBeUndefined();
  });

  test('is none before an hour was measured', () => {
    const samples = [0, 0.9].map((hour) => ({ at: hour * hourMs, freeBytes: 1, totalBytes: 1_000_000 }));
    expect(forecast(samples, disk, 0.95)).toBeUndefined();
    expect(forecast([], disk, 0.95)).toBeUndefined();
  });

  test('of a disk beyond the limit is that nothing is left', () => {
    const samples = [0, 1].map((hour) => ({
      at: hour * hourMs,
      freeBytes: 9_000 - hour,
      totalBytes: 1_000_000,
    }));
    expect(forecast(samples, { ...disk, freeBytes: 8_000 }, 0.95)?.hoursLeft).toBe(0);
  });
});
