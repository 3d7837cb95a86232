import { describe, expect, test } from 'vitest';

import {
  announced,
  announcement,
  bridged,
  dialled,
  finished,
  gate,
  group,
  groupAnnouncing,
  groupRecording,
  hungUp,
  left,
  memberCalls,
  ordersOfLast,
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
import { longestStayMs } from '../../src/call/gate.ts';
import type { Group, Place } from '../../src/call/call.ts';

/** A pair of Local channels, the second of which has the number after the first. */
const local = (channel: string, name: string, by: string): readonly Told[] => [
  seen(channel, name, { name: `${name}-00000000;1` }),
  seen(String(Number(channel) + 1), name, { name: `${name}-00000000;2` }),
  dialled(channel, by),
];

const passes = ['continue'];
const announces = ['answer', 'play', 'set-gate-timeout'];
const announcesToCalled = ['play', 'set-gate-timeout'];

test('whoever can still press the key when its call becomes part of one in which somebody is asked is not recorded', () => {
  const rules = groupAnnouncing('incoming', announcement('opt-out'));
  const { call } = tell(announced, rules);
  expect(call).toMatchObject({ gate: { phase: 'listening' }, consents: [{ complete: true }] });
  const { legs, consents, gate: listening } = call;
  const joins: Told = { type: 'legs-joined', legs, consents, gate: listening, channel: '1' };
  const occupied = [seen('4', 'PJSIP/trunk'), gate('4', 'caller', '200'), seen('3', 'PJSIP/201')];
  const met = tell([...occupied, joins, ...bridged('1', '3')], rules).call;
  expect(met.consents.find(({ channel }) => channel === '1')).toMatchObject({ complete: false });
  expect(met.segments.map(({ verdict }) => verdict.outcome)).toEqual(['announcement-failed']);
});

describe('who hears the announcement', () => {
  test.each<[string, readonly Told[], readonly string[]]>([
    ['an outside caller to a member', [trunkCalls(), gate('1', 'caller', '200')], announces],
    ['an outside caller to no member', [trunkCalls('300'), gate('1', 'caller', '300')], passes],
    [
      'an outside caller to a queue or a number in the form of the network: a member may answer',
      [trunkCalls('4930555'), gate('1', 'caller', '4930555')],
      announces,
    ],
    [
      'the called outside party of a member',
      [memberCalls('0123'), seen('2', 'PJSIP/trunk'), gate('2', 'called')],
      announcesToCalled,
    ],
    [
      'the called outside party of no member',
      [seen('1', 'PJSIP/300'), seen('2', 'PJSIP/trunk'), gate('2', 'called')],
      passes,
    ],
    [
      'the called inside party: there it is the caller',
      [memberCalls('201'), seen('2', 'PJSIP/201'), gate('2', 'called')],
      passes,
    ],
    ['a member on the way to the outside', [memberCalls('0123'), gate('1', 'caller', '0123')], passes],
    [
      'a forwarded outside party: no member takes part',
      [trunkCalls('300'), seen('2', 'PJSIP/trunk'), gate('2', 'called')],
      passes,
    ],
    [
      'an outside party whom a member calls that was itself called, and transferred, by no member',
      [
        ...[seen('1', 'PJSIP/300', { dialled: '200' }), seen('2', 'PJSIP/200'), ...bridged('2', '1')],
        ...[unbridged('1'), unbridged('2'), seen('3', 'PJSIP/trunk'), dialled('3', '2'), gate('3', 'called')],
      ],
      announcesToCalled,
    ],
    [
      'an outside party to whom a member transfers another one: the member will not talk to it',
      [
        ...[memberCalls('0123'), seen('2', 'PJSIP/trunk'), ...bridged('2', '1')],
        ...[unbridged('1'), unbridged('2'), seen('3', 'PJSIP/trunk'), dialled('3', '2'), gate('3', 'called')],
      ],
      passes,
    ],
    [
      'an outside party that a member calls through a telephone that forwards (302)',
      [
        ...[memberCalls('300'), ...local('4', 'Local/0123@internal', '1')],
        ...[seen('6', 'PJSIP/trunk'), dialled('6', '5'), gate('6', 'called')],
      ],
      announcesToCalled,
    ],
  ])('%s', (_who, story, orders) => {
    expect(ordersOfLast(story)).toEqual(orders);
  });

  test.each<[string, Told]>([
    ['a member who calls a stranger of this PBX', seen('1', 'PJSIP/200', { dialled: '300' })],
    ['a stranger of this PBX who calls a member', seen('1', 'PJSIP/300', { dialled: '200' })],
  ])('the caller of an internal call: %s', (_who, caller) => {
    const destination = caller.type === 'channel-seen' ? caller.facts.dialled : '';
    const internal = groupAnnouncing('internal', announcement('notice'));
    expect(ordersOfLast([caller, gate('1', 'caller', destination)], internal)).toEqual(announces);
  });

  test('not a caller whom a telephone forwards (302) to another member: asked already, or not yet answered', () => {
    const internal = groupAnnouncing('internal', announcement('notice'));
    const forwarded = [
      seen('2', 'PJSIP/200'),
      seen('3', 'Local/201@internal', { name: 'Local/201@internal-00000000;2' }),
      gate('3', 'caller', '201'),
    ];
    expect(ordersOfLast([...announced, left('1'), ...forwarded], internal)).toEqual(passes);
    expect(ordersOfLast([trunkCalls('ring'), ...forwarded], internal)).toEqual(passes);
  });

  test('nobody in a direction that is off', () => {
    const off = groupRecording({ incoming: false });
    expect(ordersOfLast([trunkCalls(), gate('1', 'caller', '200')], off)).toEqual(passes);
  });

  test('nobody where the mode is none', () => {
    const none = groupAnnouncing('incoming', announcement('none'));
    expect(ordersOfLast([trunkCalls(), gate('1', 'caller', '200')], none)).toEqual(passes);
  });

  describe('before the answer', () => {
    const early = announcement('opt-out', { earlyMedia: true });
    const base = group();
    const rules = policy({
      groups: [group({ announcement: { ...base.announcement, incoming: early, outgoing: early } })],
    });
    const unanswered = announces.slice(1);

    test.each<[string, readonly Told[], readonly string[], Place]>([
      ['a caller', [trunkCalls(), gate('1', 'caller', '200')], unanswered, 'early-media'],
      [
        'not a caller who was connected and is transferred',
        [
          trunkCalls('300'),
          seen('2', 'PJSIP/300'),
          ...bridged('2', '1'),
          unbridged('1'),
          gate('1', 'caller', '200'),
        ],
        announces,
        'gate',
      ],
      [
        'not the called party',
        [memberCalls('0123'), seen('2', 'PJSIP/trunk'), gate('2', 'called')],
        announcesToCalled,
        'gate',
      ],
    ])('%s, and the evidence says so', (_who, story, orders, evidence) => {
      expect(ordersOfLast(story, rules)).toEqual(orders);
      expect(tell(story, rules).call.consents[0]?.place).toBe(evidence);
    });
  });

  test('a second party of the same call does not wait for the first', () => {
    const story = [trunkCalls(), gate('1', 'caller', '200'), seen('2', 'PJSIP/200'), gate('2', 'called')];
    expect(tell(story).commands.at(-1)).toEqual({ type: 'continue', channel: '2' });
    expect(tell(story).call.gate?.channel).toBe('1');
  });

  describe('by the lists of numbers of the group', () => {
    const none = { neverRecord: [], alwaysRecord: [], skipAnnouncement: [] };
    const off = { incoming: false, outgoing: false, internal: false };
    const silent = group().announcement.internal;
    const incoming = [trunkCalls(), gate('1', 'caller', '200')];
    const outgoing = [
      memberCalls('0123'),
      seen('2', 'PJSIP/trunk', { number: '+41791234567' }),
      gate('2', 'called'),
    ];

    test.each<[string, Partial<Group>, readonly Told[], readonly string[]]>([
      ['never_record', { numbers: { ...none, neverRecord: ['+4179*'] } }, incoming, passes],
      ['never_record', { numbers: { ...none, neverRecord: ['+4179*'] } }, outgoing, passes],
      ['skip_announcement', { numbers: { ...none, skipAnnouncement: ['+4179*'] } }, incoming, passes],
      ['skip_announcement', { numbers: { ...none, skipAnnouncement: ['+4179*'] } }, outgoing, passes],
      ['always_record', { numbers: { ...none, alwaysRecord: ['+4179*'] } }, incoming, announces],
      [
        'always_record, direction off',
        { record: off, numbers: { ...none, alwaysRecord: ['+4179*'] } },
        incoming,
        announces,
      ],
      [
        'always_record, nothing to announce',
        {
          announcement: { ...group().announcement, incoming: silent },
          numbers: { ...none, alwaysRecord: ['+4179*'] },
        },
        incoming,
        passes,
      ],
      [
        'always_record and skip_announcement',
        { numbers: { ...none, alwaysRecord: ['+4179*'], skipAnnouncement: ['+4179*'] } },
        incoming,
        passes,
      ],
      ['other numbers', { numbers: { ...none, neverRecord: ['+4178*'] } }, incoming, announces],
    ])('%s', (_list, change, story, orders) => {
      expect(ordersOfLast(story, policy({ groups: [group(change)] }))).toEqual(orders);
    });

    test('who may answer is not known: told is whoever has to be told by any group, and by that one', () => {
      const exempt = group({ numbers: { ...none, neverRecord: ['+4179*'] } });
      const strict = group({ name: 'Zweite', members: [{ kind: 'endpoint', endpoint: 'PJSIP/300' }] });
      const queue = [trunkCalls('queue'), gate('1', 'caller', 'queue')];
      expect(ordersOfLast(queue, policy({ groups: [exempt] }))).toEqual(passes);
      const { call } = tell(queue, policy({ groups: [exempt, strict] }));
      expect(call.consents[0]?.group).toBe('Zweite');
    });

    test('a party on a list is recorded or not without evidence of its own, and the segment says by which entry', () => {
      const numbers = { ...none, skipAnnouncement: ['+4178*', '+4179*'] };
      const rules = policy({ groups: [group({ numbers })] });
      const { call } = tell([...incoming, left('1'), seen('2', 'PJSIP/200'), ...bridged('2', '1')], rules);
      expect(call.consents).toEqual([]);
      expect(call.segments).toMatchObject([
        {
          verdict: { outcome: 'recorded', rule: 'standing-consent' },
          patterns: { skipAnnouncement: '+4179*' },
        },
      ]);
    });
  });

  test('a party speaks the language of its number, and the confirmation is in it as well', () => {
    const inFrench = (name: string) => ({ ...prompt(name), language: 'fr', media: `sound:/fr/${name}` });
    const spoken = announcement('opt-out', { prompt: inFrench('o'), confirmation: inFrench('abgelehnt') });
    const byPrefix = [
      { prefix: '+41', announcement: { ...group().announcement, incoming: spoken } },
      { prefix: '+4', announcement: group().announcement },
    ];
    const { call, commands } = tell(
      [trunkCalls(), gate('1', 'caller', '200'), started('1'), pressed('1', '1')],
      policy({ groups: [group({ byPrefix })] }),
    );
    expect(call.consents[0]?.language).toBe('fr');
    const played = commands.flatMap((command) => (command.type === 'play' ? [command.media] : []));
    expect(played).toEqual(['sound:/fr/o', 'sound:/fr/abgelehnt']);
  });

  test('the first group in the configuration that has the member decides', () => {
    const groups = [
      group({ name: 'Andere', members: [{ kind: 'extension', first: '400', last: '499' }] }),
      group({ name: 'Erste', members: [{ kind: 'endpoint', endpoint: 'PJSIP/200' }] }),
      group({ name: 'Zweite' }),
    ];
    const { call } = tell([trunkCalls(), gate('1', 'caller', '200')], policy({ groups }));
    expect(call.consents[0]?.group).toBe('Erste');
  });
});

describe('what is played in the gate', () => {
  const stayOf = (story: readonly Told[], rules = policy()) =>
    tell(story, rules).commands.flatMap((command) => (command.type === 'play' ? [command.stay] : []));

  test('is ordered together with the way out: whatever becomes of us, nobody is held', () => {
    const asked = [trunkCalls(), gate('1', 'caller', '200'), started('1')];
    const margins = { keyHeld: 300, late: 5_000 };
    const silenceMs = 3_000 + margins.keyHeld + margins.late;
    const confirmation = 'sound:/prompts/abgelehnt';
    expect(stayOf(asked)).toEqual([{ silenceMs, confirmation }]);
    // The confirmation is on its way already.
    expect(stayOf([...asked, pressed('1', '1')])).toEqual([{ silenceMs, confirmation }, undefined]);
  });

  test('needs no silence that is longer than the one there is', () => {
    const longest = groupAnnouncing('incoming', announcement('opt-in', { timeoutMs: 60_000 }));
    const [stay] = stayOf([trunkCalls(), gate('1', 'caller', '200')], longest);
    expect(stay?.silenceMs).toBeLessThanOrEqual(longestStayMs);
  });
});

describe('a called party in the gate whose caller hung up', () => {
  const asked = [memberCalls('0123'), seen('2', 'PJSIP/trunk'), gate('2', 'called'), started('2')];

  test('is let go at once, and did not hear the announcement', () => {
    expect(ordersOfLast([...asked, ...hungUp('1')])).toEqual(['stop-playback', 'continue']);
    const [consent] = tell([...asked, ...hungUp('1')]).call.consents;
    expect(consent).toMatchObject({ complete: false, problem: 'the caller hung up during the announcement' });
  });

  test('is let go once', () => {
    const twice = [...asked, { type: 'hang-up-requested', channel: '1' } as const, ...hungUp('1')];
    expect(ordersOfLast(twice)).toEqual([]);
  });

  test('stays while somebody else waits for it: a party that the caller transferred', () => {
    const transferred = [memberCalls('300'), seen('3', 'PJSIP/300'), ...asked.slice(1)];
    expect(ordersOfLast([...transferred, ...hungUp('1')])).toEqual([]);
  });
});

describe('the evidence', () => {
  test('names prompt, language, hash, party and time', () => {
    expect(tell(announced).call.consents[0]).toMatchObject({
      group: 'Verkauf',
      direction: 'incoming',
      mode: 'opt-out',
      number: '+41791234567',
      prompt: 'opt-out',
      language: 'de',
      sha256: 'f00d',
      playedFrom: 3_000,
      playedTo: 5_000,
      complete: true,
      decision: 'none',
    });
  });

  test('has the key and its time', () => {
    const [consent] = tell([...announced, pressed('1', '1')]).call.consents;
    expect(consent).toMatchObject({ key: '1', keyAt: 6_000, decision: 'declined' });
  });

  test.each<[string, readonly Told[]]>([
    ['hung up', hungUp('1')],
    ['was taken out of the gate', [left('1')]],
    ['waited for a playback that never ended', [{ type: 'gate-timeout', channel: '1', phase: 'announcing' }]],
    ['heard a fraction of it', [{ ...finished('1'), at: 3_100 }]],
    [
      'met a prompt that failed',
      [{ type: 'playback-finished', channel: '1', playback: 'announcement', problem: 'failed' }],
    ],
  ])('is incomplete and says why when the party %s', (_what, end) => {
    const [consent] = tell([trunkCalls(), gate('1', 'caller', '200'), started('1'), ...end]).call.consents;
    expect(consent?.complete).toBe(false);
    expect(consent?.problem).toBeTruthy();
  });

  test('is incomplete when nobody would have heard the key after the prompt', () => {
    const [consent] = tell([...announced, { type: 'gate-left', channel: '1', problem: 'restarted' }]).call
      .consents;
    expect(consent).toMatchObject({ complete: false, problem: 'restarted' });
  });

  test('a prompt that cannot be played lets the call go on, unrecorded', () => {
    const broken = { ...prompt('opt-out'), media: undefined, problem: 'ansage.wav: no such file' };
    const rules = groupAnnouncing('incoming', announcement('opt-out', { prompt: broken }));
    const story = [trunkCalls(), gate('1', 'caller', '200')];
    expect(ordersOfLast(story, rules)).toEqual(passes);
    const { call } = tell([...story, left('1'), seen('2', 'PJSIP/200'), ...bridged('1', '2')], rules);
    expect(call.segments[0]?.verdict).toEqual({
      outcome: 'announcement-failed',
      rule: 'announcement-incomplete',
    });
  });
});

test('a party that declined is connected, and stays unrecorded through a transfer to another member', () => {
  const { call, commands } = tell([
    ...announced,
    pressed('1', '1'),
    { type: 'playback-finished', channel: '1', playback: 'confirmation', problem: undefined },
    left('1'),
    seen('2', 'PJSIP/200'),
    ...bridged('2', '1'),
    ...hungUp('2'),
    seen('3', 'PJSIP/201'),
    ...bridged('3'),
  ]);
  expect(call.segments.map(({ verdict }) => verdict.outcome)).toEqual(['declined', 'declined']);
  expect(commands.map(({ type }) => type)).not.toContain('start-recording');
});

test('click to call through a Local channel: the member at its other end calls, and the outside hears it', () => {
  const { call } = tell([
    seen('1', '', { name: 'Local/200@inside-00000000;1', dialled: '0123' }),
    seen('2', '', { name: 'Local/200@inside-00000000;2' }),
    seen('3', 'PJSIP/200'),
    ...bridged('3', '2'),
    seen('4', 'PJSIP/trunk'),
    gate('4', 'called'),
  ]);
  expect(call.gate).toMatchObject({ channel: '4', phase: 'announcing' });
});
