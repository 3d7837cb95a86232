import { describe, expect, test } from 'vitest';

import { consentInTalk } from '../../src/call/gate.ts';
import type { Announcement, ConsentMode } from '../../src/call/call.ts';
import {
  announced,
  announcement,
  bridged,
  connected,
  finished,
  gate,
  group,
  groupAnnouncing,
  hungUp,
  left,
  memberCalls,
  ordersOfLast,
  policy,
  pressed,
  seen,
  started,
  tell,
  trunkCalls,
  unbridged,
  type Told,
} from './story.ts';

const passes = ['continue'];
const announces = ['answer', 'play', 'set-gate-timeout'];

describe('consent over transfers', () => {
  const toOtherGroup = (how: Announcement) =>
    policy({
      groups: [
        group({ members: [{ kind: 'extension', first: '200', last: '200' }] }),
        group({ name: 'Zweite', announcement: { ...group().announcement, incoming: how } }),
      ],
    });
  const transferred = [...connected, ...hungUp('2'), seen('3', 'PJSIP/201'), ...bridged('3')];

  test('holds with another member', () => {
    const { call } = tell(transferred);
    expect(call.segments.map(({ verdict }) => verdict.outcome)).toEqual(['recorded', 'recorded']);
  });

  test.each([
    ['the same', 'opt-out', 'recorded'],
    ['less', 'notice', 'recorded'],
    ['nothing', 'none', 'recorded'],
    ['more', 'opt-in', 'not-announced'],
  ] as const)('holds with a member of a group that demands %s (%s): %s', (_what, mode, outcome) => {
    const { call } = tell(transferred, toOtherGroup(announcement(mode)));
    expect(call.segments.map(({ group: name, verdict }) => [name, verdict.outcome])).toEqual([
      ['Verkauf', 'recorded'],
      ['Zweite', outcome],
    ]);
  });
});

describe('a party that is transferred through the gate', () => {
  const again = (mode: ConsentMode) => groupAnnouncing('incoming', announcement(mode, { reannounce: true }));
  const returning = [unbridged('1'), ...hungUp('2'), gate('1', 'caller', '201')];
  const answered = [left('1'), seen('3', 'PJSIP/201'), ...bridged('3', '1')];

  test('passes where that is not wanted', () => {
    expect(ordersOfLast([...connected, ...returning])).toEqual(passes);
  });

  test('hears it again; the earlier talk keeps its evidence, the later one has the new', () => {
    const story = [...connected, ...returning];
    expect(ordersOfLast(story, again('opt-out'))).toEqual(announces);
    const { call } = tell([...story, started('1'), pressed('1', '1'), ...answered], again('opt-out'));
    expect(call.segments.map(({ verdict }) => verdict.outcome)).toEqual(['recorded', 'declined']);
    expect(call.segments.map((talk) => consentInTalk(call, talk)?.decision)).toEqual(['none', 'declined']);
  });

  test('hears it again whichever connection tells first', () => {
    const gateFirst = [...connected, gate('1', 'caller', '201')];
    expect(ordersOfLast(gateFirst, again('opt-out'))).toEqual(announces);
  });

  test('is judged by what it did the last time', () => {
    const agreed = [trunkCalls(), gate('1', 'caller', '200'), started('1'), pressed('1', '1'), left('1')];
    const silent: readonly Told[] = [
      started('1'),
      { ...finished('1'), at: 60_000 },
      { type: 'gate-timeout', channel: '1', phase: 'listening' },
    ];
    const first = [...agreed, seen('2', 'PJSIP/200'), ...bridged('2', '1')];
    const { call } = tell([...first, ...returning, ...silent, ...answered], again('opt-in'));
    expect(call.segments.map(({ verdict }) => verdict.outcome)).toEqual(['recorded', 'not-agreed']);
  });

  test('is not asked again after it declined', () => {
    const declined = [
      ...announced,
      pressed('1', '1'),
      left('1'),
      seen('2', 'PJSIP/200'),
      ...bridged('2', '1'),
    ];
    expect(ordersOfLast([...declined, ...returning], again('opt-out'))).toEqual(passes);
  });

  test('is not asked again before it talked to anybody', () => {
    const rerouted = [...announced, left('1'), gate('1', 'caller', '201')];
    expect(ordersOfLast(rerouted, again('opt-out'))).toEqual(passes);
  });

  test('is asked as the called party that it was', () => {
    const called = [
      memberCalls('0123'),
      seen('2', 'PJSIP/trunk'),
      gate('2', 'called'),
      started('2'),
      finished('2'),
      left('2'),
      ...bridged('2', '1'),
      ...hungUp('1'),
      unbridged('2'),
      gate('2', 'caller', '201'),
    ];
    const rules = groupAnnouncing('outgoing', announcement('notice', { reannounce: true }));
    expect(ordersOfLast(called, rules)).toEqual(announces);
    expect(tell(called, rules).call.consents.map(({ direction }) => direction)).toEqual([
      'outgoing',
      'outgoing',
    ]);
  });
});
