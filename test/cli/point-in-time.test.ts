import { describe, expect, test } from 'vitest';

import { isPointInTime, periodOf } from '../../src/cli/point-in-time.ts';
import { isoWithOffset } from '../../src/recording/local-time.ts';
import { localDateTime } from '../../src/recording/local-time.ts';

const iso = (instant: number | undefined) =>
  instant === undefined ? undefined : new Date(instant).toISOString();

describe('a period', () => {
  test.each([
    [
      'a winter day',
      'Europe/Zurich',
      '2026-01-10',
      '2026-01-10',
      '2026-01-09T23:00:00.000Z',
      '2026-01-10T23:00:00.000Z',
    ],
    [
      'a day of 23 hours',
      'Europe/Zurich',
      '2026-03-29',
      '2026-03-29',
      '2026-03-28T23:00:00.000Z',
      '2026-03-29T22:00:00.000Z',
    ],
    [
      'a day of 25 hours',
      'Europe/Zurich',
      '2026-10-25',
      '2026-10-25',
      '2026-10-24T22:00:00.000Z',
      '2026-10-25T23:00:00.000Z',
    ],
    [
      'the last day of a year',
      'Asia/Kolkata',
      '2026-12-31',
      '2026-12-31',
      '2026-12-30T18:30:00.000Z',
      '2026-12-31T18:30:00.000Z',
    ],
    [
      'a day that begins at one',
      'America/Santiago',
      '2026-09-06',
      '2026-09-06',
      '2026-09-06T04:00:00.000Z',
      '2026-09-07T03:00:00.000Z',
    ],
    [
      'local times',
      'Europe/Zurich',
      '2026-07-01T08:00',
      '2026-07-01T17:30:15',
      '2026-07-01T06:00:00.000Z',
      '2026-07-01T15:30:15.000Z',
    ],
    [
      'a day that was left out',
      'Pacific/Apia',
      '2011-12-30',
      '2011-12-31',
      '2011-12-30T10:00:00.000Z',
      '2011-12-31T10:00:00.000Z',
    ],
    [
      'an hour that was left out',
      'Europe/Zurich',
      '2026-03-29T02:30',
      '2026-03-29T03:30',
      '2026-03-29T01:00:00.000Z',
      '2026-03-29T01:30:00.000Z',
    ],
    [
      'the first of an hour that came twice',
      'Europe/Zurich',
      '2026-10-25T02:30',
      '2026-10-25T03:00',
      '2026-10-25T00:30:00.000Z',
      '2026-10-25T02:00:00.000Z',
    ],
    [
      'instants',
      'Europe/Zurich',
      '2026-07-01T08:00:00.250Z',
      '2026-07-01T08:00+02:00',
      '2026-07-01T08:00:00.250Z',
      '2026-07-01T06:00:00.000Z',
    ],
  ])('from the beginning of one to the end of the other: %s', (_what, zone, from, to, begin, end) => {
    const period = periodOf(from, to, zone);
    expect([iso(period.from), iso(period.to)]).toEqual([begin, end]);
  });

  test('may be open', () => {
    expect(periodOf(undefined, undefined, 'UTC')).toEqual({ from: undefined, to: undefined });
  });

  test.each([
    '2026-11-23',
    '2028-02-29',
    '2026-11-23T14:00',
    '2026-11-23T14:00:59',
    '2026-11-23T14:00Z',
    '2026-11-23T14:00:00.5+01:00',
  ])('understands %s', (text) => expect(isPointInTime(text)).toBe(true));

  test.each([
    '',
    'today',
    '23.11.2026',
    '2026-11',
    '2026-02-29',
    '2026-11-31',
    '2026-11-23T24:30',
    '2026-11-23T14',
    '2026-11-23T14:61Z',
    ' 2026-11-23',
  ])('does not understand %j', (text) => expect(isPointInTime(text)).toBe(false));
});

describe('a time', () => {
  test.each([
    ['Europe/Zurich', '2026-10-25T02:30:00.007+02:00', '2026-10-25T00:30:00.007Z'],
    ['Europe/Zurich', '2026-10-25T02:30:00.000+01:00', '2026-10-25T01:30:00.000Z'],
    ['America/St_Johns', '2026-07-01T09:30:00.000-02:30', '2026-07-01T12:00:00.000Z'],
    ['UTC', '2026-07-01T12:00:00.999+00:00', '2026-07-01T12:00:00.999Z'],
  ])('is shown with its offset in %s: %s', (zone, shown, instant) => {
    expect(isoWithOffset(Date.parse(instant), zone)).toBe(shown);
    expect(Date.parse(shown)).toBe(Date.parse(instant));
  });

  test('is shown on the clock of the PBX in tables', () => {
    expect(localDateTime(Date.UTC(2021, 3, 7, 11, 34, 26), 'Europe/Zurich')).toBe('2021-04-07 13:34:26');
  });
});
