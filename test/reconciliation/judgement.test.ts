import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { judge, talkOf } from '../../src/reconciliation/judgement.ts';
import type { CallDetail } from '../../src/call/account.ts';
import type { Call, Verdict } from '../../src/call/call.ts';
import { callOf, consentOf, detailOf, recorded, rules } from './accounts.ts';

const detail = detailOf(1);
const later = (of: CallDetail) => of.endedAt + 60_000;
const judged = (of: CallDetail, calls: readonly Call[], now = later(of)) => judge(of, calls, rules, now);
const outgoing = detailOf(2, {
  callerName: 'PJSIP/200-00000004',
  calledName: 'PJSIP/trunk-00000005',
  from: '200',
  to: '+41791234567',
});
const internal = detailOf(3, { callerName: 'PJSIP/201-00000006', from: '201' });
const moved = (call: Call, ms: number): Call => ({
  ...call,
  segments: call.segments.map((segment) => ({
    ...segment,
    startedAt: segment.startedAt + ms,
    endedAt: (segment.endedAt ?? 0) + ms,
  })),
});
const declined: Verdict = { outcome: 'declined', rule: 'party-declined' };
const unwatched = callOf(detail, undefined, { verdict: { outcome: 'not-answered', rule: 'nobody-watched' } });

test.each<[what: string, of: CallDetail, calls: readonly Call[], match: string, rule: string]>([
  ['recorded', detail, [callOf(detail, recorded)], 'matched', 'same-channels'],
  ['declined', detail, [callOf(detail, declined)], 'matched', 'same-channels'],
  ['outgoing, recorded', outgoing, [callOf(outgoing, recorded)], 'matched', 'same-channels'],
  [
    'in the catalogue an hour later',
    detail,
    [moved(callOf(detail, recorded), 3_600_000)],
    'clock',
    'another-time',
  ],
  [
    'not answered',
    { ...detail, answeredAt: undefined },
    [callOf(detail, undefined)],
    'no-talk',
    'not-connected',
  ],
  [
    'not answered, not in the catalogue',
    { ...detail, answeredAt: undefined },
    [],
    'no-talk',
    'not-connected',
  ],
  ['over at once', { ...detail, endedAt: detail.startedAt }, [], 'no-talk', 'not-connected'],
  ['not in the catalogue', detail, [], 'gap', 'not-in-catalogue'],
  ['outgoing, not in the catalogue', outgoing, [], 'gap', 'not-in-catalogue'],
  ['internal, not in the catalogue', internal, [], 'outside-policy', 'direction-is-off'],
  [
    'of a number that is never recorded',
    { ...detail, from: '+41799999999' },
    [],
    'outside-policy',
    'number-never-recorded',
  ],
  ['known, but its talk was not seen', detail, [callOf(detail, undefined)], 'gap', 'talk-not-seen'],
  ['known, and nobody watched it', detail, [unwatched], 'gap', 'nobody-watched'],
  [
    'hung up during the announcement',
    outgoing,
    [callOf(outgoing, undefined, { consents: [consentOf(outgoing, { problem: 'the party hung up' })] })],
    'no-talk',
    'ended-in-the-gate',
  ],
  [
    'announced, and then half a minute long without a talk that was seen',
    outgoing,
    [
      callOf(outgoing, undefined, {
        consents: [consentOf(outgoing, { complete: true, playedTo: outgoing.startedAt + 5_000 })],
      }),
    ],
    'gap',
    'talk-not-seen',
  ],
  ['behind a Local channel', { ...detail, callerName: 'Local/200@x-01;2' }, [], 'gap', 'not-in-catalogue'],
  [
    'to a second member after a transfer, not seen',
    {
      ...detail,
      calledName: 'PJSIP/201-000000ff',
      startedAt: detail.endedAt,
      answeredAt: detail.endedAt,
      endedAt: detail.endedAt + 60_000,
    },
    [callOf(detail, recorded)],
    'gap',
    'talk-not-seen',
  ],
])('a call that is %s: %s', (_what, of, calls, match, rule) => {
  expect(judged(of, calls)).toMatchObject({ match, rule });
});

describe('the catalogue', () => {
  test('is given time to know of a call that is just over', () => {
    expect(judged(detail, [], detail.endedAt + 2_000)).toBeUndefined();
  });

  test('is waited for as long as a recording is not finished', () => {
    const call = callOf(detail, recorded);
    const [segment] = call.segments;
    const running = { state: 'ending', mixMonitor: undefined, media: undefined, problem: undefined } as const;
    const open = segment ? { ...call, segments: [{ ...segment, recording: running }] } : call;
    expect(judged(detail, [open])).toBeUndefined();
  });
});

test('only calls of members are of interest', () => {
  expect(talkOf(detail, rules)?.group.name).toBe('Verkauf');
  expect(talkOf({ ...detail, calledName: 'PJSIP/300-00000003' }, rules)).toBeUndefined();
  expect(talkOf({ ...detail, calledName: '' }, rules)).toBeUndefined();
});

test('another call between the same two never explains one that is missing', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 999 }), fc.integer({ min: -60_000, max: 60_000 }), (n, ms) => {
      const other = detailOf(n);
      expect(judged(detail, [moved(callOf(other, recorded), ms)])?.match).toBe('gap');
    }),
  );
});
