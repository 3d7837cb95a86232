import { describe, expect, test } from 'vitest';

import {
  decideRemote,
  decideRows,
  type KeptCall,
  type KeptFiles,
  type RetentionDecision,
  type RetentionPeriods,
} from '../../src/recording/retention.ts';

const day = 86_400_000;
/** Noon of the day before the clocks go back in Zurich. */
const noon = Date.parse('2026-10-24T12:00:00+02:00');
const periods: RetentionPeriods = { local: 0, remote: day, catalogue: 2 * day };
const files: KeptFiles = { endedAt: noon, isHeld: false, isDelivered: true };
const gone = { isDelivered: true, isLocalGone: true, isRemoteGone: true };
const call: KeptCall = { endedAt: noon, isHeld: false, recordings: [gone] };

describe('delivered files', () => {
  test.each<[string, Partial<KeptFiles>, Partial<RetentionPeriods>, number, RetentionDecision]>([
    ['stay for ever where nothing else was asked for', {}, { remote: undefined }, 99 * 365 * day, 'for-ever'],
    ['stay until their time is over', {}, {}, day - 1, 'period-not-over'],
    ['are due when it is', {}, {}, day, 'due'],
    ['stay as long as they are on hold', { isHeld: true }, {}, 99 * day, 'on-hold'],
    ['stay if one delivery is pending or set aside', { isDelivered: false }, {}, 99 * day, 'not-delivered'],
  ])('%s', (_what, change, changed, after, decision) => {
    expect(decideRemote({ ...files, ...change }, { ...periods, ...changed }, noon + after)).toBe(decision);
  });

  test('stay for elapsed time: a day with the change of the clocks in it ends at 11 on the wall', () => {
    expect(decideRemote(files, periods, Date.parse('2026-10-25T10:59:59+01:00'))).toBe('period-not-over');
    expect(decideRemote(files, periods, Date.parse('2026-10-25T11:00:00+01:00'))).toBe('due');
  });
});

describe('the rows of a call', () => {
  const left = { ...gone, isLocalGone: false };
  const remote = { ...gone, isRemoteGone: false };
  test.each<[string, Partial<KeptCall>, Partial<RetentionPeriods>, number, RetentionDecision]>([
    ['stay for ever where nothing else was asked for', {}, { catalogue: undefined }, 99 * day, 'for-ever'],
    ['stay while it goes on', { endedAt: undefined }, {}, 99 * day, 'not-over'],
    ['stay until their time is over', {}, {}, 2 * day - 1, 'period-not-over'],
    ['are due when it is', {}, {}, 2 * day, 'due'],
    ['are due without a recording', { recordings: [] }, {}, 2 * day, 'due'],
    ['stay as long as one is on hold', { isHeld: true }, {}, 99 * day, 'on-hold'],
    [
      'stay if a recording is not everywhere',
      { recordings: [{ ...gone, isDelivered: false }] },
      {},
      99 * day,
      'not-delivered',
    ],
    ['stay if a local file is there', { recordings: [gone, left] }, {}, 99 * day, 'files-first'],
    [
      'stay if files are still to be removed at a target',
      { recordings: [remote] },
      {},
      99 * day,
      'files-first',
    ],
    [
      'are due if files stay at the targets for ever',
      { recordings: [remote] },
      { remote: undefined },
      99 * day,
      'due',
    ],
  ])('%s', (_what, change, changed, after, decision) => {
    expect(decideRows({ ...call, ...change }, { ...periods, ...changed }, noon + after)).toBe(decision);
  });
});
