import { expect, test } from 'vitest';

import { isOpen, untilNextMinute, type UploadWindow } from '../../src/delivery/windows.ts';

const timeZone = 'Europe/Zurich';
const hours = (from: number, to: number): UploadWindow => ({ from: from * 60, to: to * 60 });
const open = (windows: readonly UploadWindow[], instant: string) =>
  isOpen({ windows, timeZone }, Date.parse(instant));

test.each([
  ['2021-01-15T21:59:59+01:00', false],
  ['2021-01-15T22:00:00+01:00', true],
  ['2021-01-15T23:59:59+01:00', true],
  ['2021-01-16T00:00:00+01:00', true],
  ['2021-01-16T05:59:59+01:00', true],
  ['2021-01-16T06:00:00+01:00', false],
  ['2021-07-15T22:00:00+02:00', true],
  ['2021-07-15T21:00:00+02:00', false],
])('a window over midnight, 22:00-06:00, at %s: %s', (instant, expected) => {
  expect(open([hours(22, 6)], instant)).toBe(expected);
});

test('several windows are open one after the other, and one may last to the end of the day', () => {
  const windows = [hours(12, 13), hours(20, 24)];
  expect(open(windows, '2021-01-15T12:30:00+01:00')).toBe(true);
  expect(open(windows, '2021-01-15T13:30:00+01:00')).toBe(false);
  expect(open(windows, '2021-01-15T23:59:59+01:00')).toBe(true);
  expect(open(windows, '2021-01-16T00:00:00+01:00')).toBe(false);
});

test('without a window it is always open', () => {
  expect(open([], '2021-01-15T13:30:00+01:00')).toBe(true);
});

test('the clock on the wall decides when it is set: what it shows twice is open twice, what it leaves out never', () => {
  const night = [hours(2, 3)];
  // 28 March 2021: 02:00 becomes 03:00. 31 October 2021: 03:00 becomes 02:00.
  expect(open(night, '2021-03-28T01:59:59+01:00')).toBe(false);
  expect(open(night, '2021-03-28T03:00:00+02:00')).toBe(false);
  expect(open(night, '2021-10-31T02:30:00+02:00')).toBe(true);
  expect(open(night, '2021-10-31T02:30:00+01:00')).toBe(true);
  expect(open(night, '2021-10-31T03:00:00+01:00')).toBe(false);
});

test('it is looked again at the next full minute', () => {
  expect(untilNextMinute(Date.parse('2021-01-15T12:30:15.500Z'))).toBe(44_500);
  expect(untilNextMinute(Date.parse('2021-01-15T12:30:00Z'))).toBe(60_000);
});
