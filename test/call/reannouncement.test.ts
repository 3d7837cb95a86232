import { describe, expect, test } from 'vitest';

import { consentInTalk } from '../../src/call/gate.ts';
import type { Announcement, Call, Group, Policy } from '../../src/call/call.ts';
import {
  announced,
  announcement,
  bridged,
  finished,
  gate,
  group,
  groupAnnouncing,
  hungUp,
  left,
  ordersOfLast,
  parted,
  policy,
  pressed,
  prompt,
  seen,
  started,
  tell,
  trunkCalls,
  unbridged,
  type Told,
} from './story.ts';

const wanting = (how: Announcement, direction: 'incoming' | 'internal' = 'incoming'): Policy =>
  groupAnnouncing(direction, { ...how, reannounce: true });
const optOut = wanting(announcement('opt-out'));
const notice = wanting(announcement('notice'));

/** Member 200 has an outside caller on the line who never passed the gate. */
const met: readonly Told[] = [trunkCalls('300'), seen('2', 'PJSIP/200'), ...bridged('2', '1')];
const asks = ['whisper', 'set-gate-timeout'];
const toTheEnd: readonly Told[] = [started('1'), { ...finished('1'), at: 20_000 }];
const silence: Told = { type: 'gate-timeout', channel: '1', phase: 'listening' };

const outcomes = (call: Call): string[] =>
  call.segments.map(({ verdict }) => `${verdict.outcome}: ${verdict.rule}`);

describe('who came to a member without having heard it', () => {
  test.each<[string, Policy, readonly string[]]>([
    ['is told in the talk', optOut, asks],
    ['is not, where that is not wanted', groupAnnouncing('incoming', announcement('opt-out')), []],
    ['is recorded without, where nothing is announced', wanting(announcement('none')), ['start-recording']],
  ])('%s', (_what, rules, orders) => {
    expect(ordersOfLast(met, rules)).toEqual(orders);
  });

  test('is not told where it is recorded on demand only, or never, or has consented', () => {
    const numbers = { neverRecord: [], alwaysRecord: [], skipAnnouncement: [] };
    const base = optOut.groups[0] ?? group();
    const orders = (change: Partial<Group>) =>
      ordersOfLast(met, policy({ groups: [{ ...base, ...change }] }));
    expect(orders({ record: { ...base.record, incoming: 'on-demand' } })).toEqual([]);
    expect(orders({ numbers: { ...numbers, neverRecord: ['+4179*'] } })).toEqual([]);
    expect(orders({ numbers: { ...numbers, skipAnnouncement: ['+4179*'] } })).toEqual(['start-recording']);
  });

  test('is not told when it is a colleague', () => {
    const story = [seen('1', 'PJSIP/300', { dialled: '200' }), ...met.slice(1)];
    expect(ordersOfLast(story, wanting(announcement('notice'), 'internal'))).toEqual([]);
  });

  describe('when it is handed over by somebody else', () => {
    const inGate = (...heard: readonly Told[]): readonly Told[] => [
      ...[trunkCalls(), gate('1', 'caller', '200'), started('1'), ...heard, left('1')],
      ...[seen('2', 'PJSIP/200'), ...bridged('2', '1')],
    ];
    const failed = inGate({ ...finished('1'), at: 4_100 });
    const heard = inGate({ ...finished('1'), at: 5_000 }, silence);
    const toMember = (...how: readonly Told[]): readonly Told[] => [...how, ...bridged('3')];
    const attended = toMember(seen('3', 'PJSIP/201'), unbridged('2', 'B', true), ...hungUp('2'));
    const lateEnd = [seen('3', 'PJSIP/201'), ...bridged('3'), unbridged('2', 'B', true)];
    const optIn = wanting(announcement('opt-in'));
    const throughLocal = [
      ...heard.slice(0, -3),
      seen('4', '', { name: 'Local/200@inside-00000000;1' }),
      ...bridged('4', '1'),
      unbridged('4', 'B', true),
      seen('2', 'PJSIP/200'),
      ...bridged('2'),
    ];

    test.each<[string, Policy, readonly Told[], readonly string[]]>([
      ['the announcement had failed', optOut, [...failed, ...attended], asks],
      ['it had pressed no key', optIn, [...heard, ...attended], asks],
      ['the end of the first talk is told late', optIn, [...heard, ...lateEnd], asks],
    ])('is told in the talk: %s', (_what, rules, story, orders) => {
      expect(ordersOfLast(story, rules)).toEqual(orders);
    });

    test.each<[string, Policy, readonly Told[]]>([
      ['it has consented', optOut, [...heard, ...attended]],
      ['it declined', optOut, [...inGate(pressed('1', '1')), ...attended]],
      ['it agreed', optIn, [...inGate(pressed('1', '1')), ...attended]],
      ['the announcement failed, and nobody handed it over', optOut, failed],
      ['the member it talks to was away for a moment', optIn, [...heard, ...parted('2'), ...bridged('2')]],
      ['only a Local channel had been there before the member', optIn, throughLocal],
    ])('is not: %s', (_what, rules, story) => {
      expect(tell(story, rules).commands.map(({ type }) => type)).not.toContain('whisper');
    });

    test('and is recorded from then on, if it agrees', () => {
      const story = [...heard, ...attended, started('1'), pressed('1', '1')];
      expect(outcomes(tell(story, optIn).call)).toEqual([
        'not-agreed: party-did-not-agree',
        'not-announced: before-the-announcement',
        'recorded: party-agreed',
      ]);
    });
  });

  test('is told although another group told it less', () => {
    const strict = { ...announcement('opt-in'), reannounce: true };
    const groups = [
      group({
        members: [{ kind: 'extension', first: '300', last: '300' }],
        announcement: { ...group().announcement, incoming: announcement('notice') },
      }),
      group({ name: 'Zweite', announcement: { ...group().announcement, incoming: strict } }),
    ];
    const story = [
      trunkCalls('300'),
      gate('1', 'caller', '300'),
      started('1'),
      { ...finished('1'), at: 6_000 },
      left('1'),
      ...met.slice(1),
    ];
    expect(ordersOfLast(story, policy({ groups }))).toEqual(asks);
  });
});

describe('an announcement in the talk', () => {
  test('is heard to its end: recorded from then on, as a segment of its own', () => {
    const story = [...met, ...toTheEnd];
    expect(ordersOfLast(story, notice)).toEqual(['end-whisper', 'start-recording']);
    const { call } = tell(story, notice);
    expect(outcomes(call)).toEqual(['not-announced: before-the-announcement', 'recorded: announced']);
    expect(call.segments.map(({ startedAt, endedAt }) => [startedAt, endedAt])).toEqual([
      [4_000, 20_000],
      [20_000, undefined],
    ]);
    expect(call.consents).toMatchObject([{ place: 'talk', complete: true, playedTo: 20_000 }]);
    expect(call.gate).toBeUndefined();
  });

  test('leaves time for the key', () => {
    expect(ordersOfLast([...met, ...toTheEnd], optOut)).toEqual(['set-gate-timeout']);
    expect(ordersOfLast([...met, ...toTheEnd, silence], optOut)).toEqual(['end-whisper', 'start-recording']);
  });

  test.each<[string, readonly Told[], readonly string[]]>([
    ['during it', [started('1')], ['stop-playback', ...asks]],
    ['after it', toTheEnd, ['whisper', 'set-gate-timeout']],
  ])('is declined by key %s: the party is told so and stays unrecorded', (_when, before, orders) => {
    const story = [...met, ...before, pressed('1', '1')];
    expect(ordersOfLast(story, optOut)).toEqual(orders);
    const confirmed: Told = {
      type: 'playback-finished',
      channel: '1',
      playback: 'confirmation',
      problem: undefined,
    };
    expect(ordersOfLast([...story, confirmed], optOut)).toEqual(['end-whisper']);
    const { call } = tell([...story, confirmed], optOut);
    expect(outcomes(call)).toEqual(['declined: party-declined']);
    expect(call.segments.map((talk) => consentInTalk(call, talk)?.key)).toEqual(['1']);
  });

  test('that Asterisk refused is none, and is not tried again in this talk', () => {
    const refused: Told = {
      type: 'playback-finished',
      channel: '1',
      playback: 'announcement',
      problem: 'Channel not found',
    };
    const story = [...met, refused];
    expect(ordersOfLast(story, notice)).toEqual(['end-whisper']);
    const { call, commands } = tell([...story, seen('1', 'PJSIP/trunk')], notice);
    expect(outcomes(call)).toEqual(['not-announced: gate-not-passed']);
    expect(call.consents).toMatchObject([{ problem: 'Channel not found' }]);
    expect(commands.filter(({ type }) => type === 'whisper')).toHaveLength(1);
  });

  test('that has no prompt is none, and says why', () => {
    const broken = { ...prompt('notice'), media: undefined, problem: 'ansage.wav: no such file' };
    const { call, commands } = tell(met, wanting(announcement('notice', { prompt: broken })));
    expect(outcomes(call)).toEqual(['not-announced: gate-not-passed']);
    expect(call.consents).toMatchObject([{ problem: 'ansage.wav: no such file' }]);
    expect(commands).toEqual([]);
  });

  test.each<[string, Told]>([
    ['ended too early', { ...finished('1'), at: 5_100 }],
    ['was lost with the connection', { type: 'gate-left', channel: '1', problem: 'connection lost' }],
    ['never ended', { type: 'gate-timeout', channel: '1', phase: 'announcing' }],
  ])('that %s has failed', (_what, end) => {
    const { call, commands } = tell([...met, started('1'), end], notice);
    expect(outcomes(call)).toEqual(['announcement-failed: announcement-incomplete']);
    expect(commands.at(-1)).toEqual({ type: 'end-whisper', channel: '1' });
  });

  test('ends with the party', () => {
    const story = [...met, started('1'), ...hungUp('1')];
    expect(ordersOfLast(story, notice)).toEqual(['end-whisper']);
    expect(tell([...story, ...hungUp('2')], notice).call.verdict?.outcome).toBe('not-announced');
  });

  test('ends with the talk, and is begun again in the next one', () => {
    const parked = [...met, started('1'), ...parted('1')];
    expect(ordersOfLast(parked, notice)).toEqual(['end-whisper']);
    const fetched = [...parked, ...hungUp('2'), seen('3', 'PJSIP/201'), ...bridged('3', '1')];
    expect(ordersOfLast(fetched, notice)).toEqual(asks);
    const { call } = tell([...fetched, started('1'), { ...finished('1'), at: 40_000 }], notice);
    expect(outcomes(call).at(-1)).toBe('recorded: announced');
  });

  test('goes on where another member takes over the talk', () => {
    const story = [
      ...met,
      started('1'),
      seen('3', 'PJSIP/201'),
      unbridged('2', 'B', true),
      ...bridged('3'),
      { ...finished('1'), at: 20_000 },
    ];
    expect(tell(story, notice).commands.filter(({ type }) => type === 'whisper')).toHaveLength(1);
    const last = tell(story, notice).call.segments.at(-1);
    expect(last).toMatchObject({ to: '201', verdict: { outcome: 'recorded' } });
  });

  test('gives way to the gate, whichever connection tells first', () => {
    const story = [...met, started('1'), gate('1', 'caller', '201')];
    expect([...ordersOfLast(story, notice)].sort()).toEqual([
      'answer',
      'end-whisper',
      'play',
      'set-gate-timeout',
    ]);
    expect(tell(story, notice).call.gate?.place).toBe('gate');
  });

  test('goes with the party to another call, and stands back where one is asked already', () => {
    const before = tell([...met, started('1')], notice).call;
    const taken: Told = { type: 'legs-taken', channels: ['1'], channel: '1' };
    expect(ordersOfLast([...met, started('1'), taken], notice)).toEqual([]);

    const { legs, consents, gate: whispering } = before;
    const party = legs.filter(({ channel }) => channel === '1');
    const joins: Told = { type: 'legs-joined', legs: party, consents, gate: whispering, channel: '1' };
    const other = [seen('3', 'PJSIP/201'), ...bridged('3')];
    const { call } = tell([...other, joins, { ...finished('1'), at: 20_000 }], notice);
    expect(call.segments.at(-1)).toMatchObject({ to: '201', verdict: { outcome: 'recorded' } });
    const occupied = [seen('4', 'PJSIP/trunk'), gate('4', 'caller', '200'), ...other];
    expect(ordersOfLast([...occupied, joins], notice)).toEqual(['end-whisper']);
    // Who stands in the gate would wait there for ever.
    const inGate = whispering && { ...whispering, place: 'gate' as const };
    expect(ordersOfLast([...occupied, { ...joins, gate: inGate }], notice)).toEqual([
      'stop-playback',
      'stop-playback',
      'continue',
    ]);
  });

  test('is not repeated to who heard it in the gate', () => {
    const passed = [...announced, silence, left('1'), ...met.slice(1)];
    expect(ordersOfLast(passed, optOut)).toEqual(['start-recording']);
  });
});
