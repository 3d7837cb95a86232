import { describe, expect, test } from 'vitest';

import type { Recording } from '../../src/call/call.ts';
import { step } from '../../src/call/lifecycle.ts';
import type { CallEvent } from '../../src/call/event.ts';
import {
  announced,
  asked,
  bridged,
  closed,
  connected,
  finished,
  gate,
  hungUp,
  left,
  muted,
  ordersOfLast,
  parted,
  policy,
  pressed,
  recording,
  seen,
  started,
  tell,
  trunkCalls,
  unbridged,
  type Told,
} from './story.ts';

/** Every state in which a call can be, as the story that leads there. */
const states = {
  new: [trunkCalls()],
  announcing: [trunkCalls(), gate('1', 'caller', '200'), started('1')],
  listening: announced,
  confirming: [...announced, pressed('1', '1')],
  leaving: [...announced, { type: 'gate-timeout', channel: '1', phase: 'listening' }],
  starting: connected,
  recording: [...connected, recording],
  paused: [...connected, recording, asked('pause'), muted(true)],
  ending: [...connected, recording, ...hungUp('2')],
  over: [...connected, recording, ...hungUp('2', '1'), closed],
} satisfies Record<string, readonly Told[]>;

/** Every event, as it concerns the caller's channel, the talk of the member's or the first segment. */
const events: { readonly [Type in CallEvent['type']]: Told } = {
  'channel-seen': seen('3', 'PJSIP/300'),
  dialled: { type: 'dialled', channel: '2', by: '1' },
  'bridge-entered': { type: 'bridge-entered', channel: '1', bridge: 'B' },
  'channel-renamed': { type: 'channel-renamed', channel: '1', name: 'PJSIP/trunk-00000009' },
  'bridge-left': unbridged('1'),
  'move-timeout': { type: 'move-timeout', channel: '1', since: 0 },
  'legs-taken': { type: 'legs-taken', channels: ['1'], channel: '1' },
  'legs-joined': { type: 'legs-joined', legs: [], consents: [], gate: undefined, channel: '1' },
  'hang-up-requested': { type: 'hang-up-requested', channel: '1' },
  'hung-up': { type: 'hung-up', channel: '1', observed: true },
  'gate-entered': gate('1', 'caller', '200'),
  'gate-left': left('1'),
  'went-by-itself': { type: 'went-by-itself', channel: '1' },
  'playback-started': started('1'),
  'playback-finished': { ...finished('1'), at: 10_000 },
  digit: pressed('1', '1'),
  'gate-timeout': { type: 'gate-timeout', channel: '1', phase: 'listening' },
  'policy-changed': { type: 'policy-changed', channel: '1' },
  'mixmonitor-stopped': { type: 'mixmonitor-stopped', channel: '2' },
  'recording-cut': { type: 'recording-cut', recording: 'S1' },
  'control-requested': asked('toggle'),
  'recording-muted': muted(false),
  'recording-mute-refused': {
    type: 'recording-mute-refused',
    recording: 'S1',
    muted: true,
    problem: 'No such channel',
  },
  'pause-timeout': { type: 'pause-timeout', channel: '2', since: 12_000 },
  'recording-started': recording,
  'recording-refused': { type: 'recording-refused', recording: 'S1', problem: 'No such channel' },
  'recording-unheard': { type: 'recording-unheard', recording: 'S1' },
  'recording-closed': closed,
  'recording-missing': { type: 'recording-missing', recording: 'S1', state: 'failed', problem: 'no file' },
};

function stateOf(audio: Recording | undefined): string {
  return (audio?.state === 'running' ? audio.pause?.state : undefined) ?? audio?.state ?? '-';
}

/** The state of a call in one line: gate, each segment's recording, outcome. */
function summary(story: readonly Told[]): string {
  const { call } = tell(story);
  const parts = [
    call.gate?.phase,
    ...call.segments.map(
      ({ endedAt, recording: audio }) => `${endedAt === undefined ? 'talk' : 'talked'}:${stateOf(audio)}`,
    ),
    call.verdict?.outcome,
  ];
  return parts.filter((part) => part !== undefined).join(' ') || '-';
}

/**
 * What an event changes: the new summary where it differs, then the orders. An event that is not listed changes
 * nothing and orders nothing.
 */
const table: { readonly [State in keyof typeof states]: { readonly [Type in CallEvent['type']]?: string } } =
  {
    new: {
      'legs-taken': 'not-answered',
      'hang-up-requested': 'not-answered',
      'hung-up': 'not-answered',
      'gate-entered': 'announcing | answer | play | set-gate-timeout',
    },
    announcing: {
      'legs-taken': 'not-answered',
      'hang-up-requested': 'not-answered',
      'hung-up': 'not-answered',
      'gate-entered': 'leaving | continue',
      'gate-left': '-',
      'playback-finished': 'listening | set-gate-timeout',
      digit: 'confirming | stop-playback | play | set-gate-timeout',
    },
    listening: {
      'legs-taken': 'not-answered',
      'hang-up-requested': 'not-answered',
      'hung-up': 'not-answered',
      'gate-entered': 'leaving | continue',
      'gate-left': '-',
      digit: 'confirming | play | set-gate-timeout',
      'gate-timeout': 'leaving | continue',
    },
    confirming: {
      'legs-taken': 'not-answered',
      'hang-up-requested': 'not-answered',
      'hung-up': 'not-answered',
      'gate-entered': 'leaving | continue',
      'gate-left': '-',
    },
    leaving: {
      'legs-taken': 'not-answered',
      'hang-up-requested': 'not-answered',
      'hung-up': 'not-answered',
      'gate-entered': ' | continue',
      'gate-left': '-',
    },
    starting: {
      'bridge-left': ' | set-move-timeout',
      'legs-taken': 'talked:starting',
      'hung-up': 'talked:starting',
      'gate-entered': 'leaving talk:starting | continue',
      'mixmonitor-stopped': ' | look-at-recording',
      'recording-cut': 'talked:ending talk:starting | collect-recording | start-recording',
      'recording-started': 'talk:running',
      'recording-refused': 'talk:failed',
      'recording-unheard': ' | start-recording',
      'recording-closed': 'talk:finished',
      'recording-missing': 'talk:failed',
    },
    recording: {
      'went-by-itself': 'talk:ending | stop-recording | collect-recording',
      'bridge-left': ' | set-move-timeout',
      'legs-taken': 'talked:ending | stop-recording | collect-recording',
      'hung-up': 'talked:ending | stop-recording | collect-recording',
      'gate-entered': 'leaving talk:running | continue',
      'mixmonitor-stopped': ' | look-at-recording',
      'recording-cut': 'talked:ending talk:starting | collect-recording | start-recording',
      'control-requested': 'talk:pausing | mute-recording | set-pause-timeout',
      'recording-closed': 'talk:finished',
      'recording-missing': 'talk:failed',
    },
    paused: {
      'went-by-itself': 'talk:ending | stop-recording | collect-recording',
      'bridge-left': ' | set-move-timeout',
      'legs-taken': 'talked:ending | stop-recording | collect-recording',
      'hung-up': 'talked:ending | stop-recording | collect-recording',
      'gate-entered': 'leaving talk:paused | continue',
      'mixmonitor-stopped': ' | look-at-recording',
      'recording-cut': 'talked:ending talk:starting | collect-recording | start-recording',
      'control-requested': 'talk:resuming | mute-recording',
      'pause-timeout': 'talk:resuming | mute-recording',
      'recording-closed': 'talk:finished',
      'recording-missing': 'talk:failed',
    },
    ending: {
      'bridge-left': ' | set-move-timeout',
      'gate-entered': 'leaving talked:ending | continue',
      'recording-closed': 'talked:finished',
      'recording-missing': 'talked:failed',
    },
    over: { 'gate-entered': ' | continue' },
  };

describe('what each event does in each state', () => {
  const cells = (Object.keys(states) as (keyof typeof states)[]).flatMap((state) =>
    (Object.keys(events) as CallEvent['type'][]).map((type) => [state, type] as const),
  );

  test.each(cells)('%s, %s', (state, type) => {
    const before = summary(states[state]);
    const story = [...states[state], events[type]];
    const after = summary(story);
    const seenCell = [after === before ? '' : after, ...ordersOfLast(story)].join(' | ');
    expect(seenCell).toBe(table[state][type] ?? '');
  });
});

describe('a recording', () => {
  test('is named by the numbers of who called and who was called', () => {
    const [segment] = tell(connected).call.segments;
    expect(segment).toMatchObject({ direction: 'incoming', from: '+41791234567', to: '200' });
  });

  test('runs on the channel of the member, whoever entered the bridge first', () => {
    const order = tell(connected).commands.find(({ type }) => type === 'start-recording');
    expect(order).toMatchObject({ recording: 'S1', channelName: 'PJSIP/200-00000002' });
  });

  test('that Asterisk confirms after the parties parted is stopped and collected', () => {
    expect(ordersOfLast([...connected, ...parted('1'), recording])).toEqual([
      'stop-recording',
      'collect-recording',
    ]);
  });

  test('of a member who hung up needs no stop, only its file', () => {
    expect(ordersOfLast([...connected, recording, ...hungUp('2')])).toEqual(['collect-recording']);
  });

  test('that is shorter than the minimum is discarded', () => {
    const media = { bytes: 44, durationMs: 0, sha256: 'cafe', repaired: false };
    const { call, commands } = tell([
      ...connected,
      recording,
      ...hungUp('2', '1'),
      { type: 'recording-closed', recording: 'S1', media },
    ]);
    expect(call.verdict).toEqual({ outcome: 'too-short', rule: 'less-audio-than-the-minimum' });
    expect(commands.at(-1)).toEqual({ type: 'discard-recording', recording: 'S1' });
  });

  test.each([
    [
      'although the parties talked for long enough is start-failed, and why',
      3_000,
      'start-failed',
      'spool-full',
    ],
    ['because the parties parted at once is too short', 1_200, 'too-short', 'less-audio-than-the-minimum'],
  ])('without audio %s', (_what, talkMs, outcome, rule) => {
    const media = { bytes: 44, durationMs: 0, sha256: 'cafe', repaired: false };
    const obstacle = { rule: 'spool-full', problem: 'no space is left' };
    const at = (tell(connected).call.segments[0]?.startedAt ?? 0) + talkMs;
    const { call, commands } = tell([
      ...connected,
      { ...recording, at: at - talkMs },
      ...hungUp('2', '1').map((event) => ({ ...event, at })),
      { type: 'recording-closed', recording: 'S1', media, obstacle },
    ]);
    expect(call.verdict).toEqual({ outcome, rule });
    expect(commands.at(-1)).toEqual({ type: 'discard-recording', recording: 'S1' });
  });

  test('that was never written is start-failed, and why', () => {
    const { call } = tell([
      ...connected,
      recording,
      ...hungUp('2', '1'),
      {
        type: 'recording-missing',
        recording: 'S1',
        state: 'failed',
        problem: 'the folder is gone',
        rule: 'spool-missing',
      },
    ]);
    expect(call.verdict).toEqual({ outcome: 'start-failed', rule: 'spool-missing' });
    expect(call.segments[0]?.recording?.problem).toBe('the folder is gone');
  });

  test('that Asterisk refused because the parties were gone at once is too short, and no failure', () => {
    const [met, parted] = [20_000, 20_100];
    const { call } = tell([
      ...connected.slice(0, -1),
      { type: 'bridge-entered', channel: '1', bridge: 'B', at: met },
      { type: 'hung-up', channel: '2', observed: true, at: parted },
      { type: 'recording-refused', recording: 'S1', problem: 'No such channel', at: parted },
      ...hungUp('1'),
    ]);
    expect(call.verdict).toEqual({ outcome: 'too-short', rule: 'less-audio-than-the-minimum' });
  });

  test('whose end nobody saw ends where its file ends', () => {
    const { call } = tell([
      ...connected,
      recording,
      { type: 'hung-up', channel: '2', observed: false },
      closed,
    ]);
    const [segment] = call.segments;
    expect((segment?.endedAt ?? 0) - (segment?.startedAt ?? 0)).toBe(1_000);
  });

  test('does not begin while the disk is full, and the call says so; one that runs goes on', () => {
    const full = policy({ storageFull: true });
    const { call, commands } = tell([...connected, ...hungUp('2', '1')], full);
    expect(commands).not.toContainEqual(expect.objectContaining({ type: 'start-recording' }));
    expect(call.verdict).toEqual({ outcome: 'disk-full', rule: 'storage-stop' });
    const running = tell([...connected, recording]).call;
    const context = { policy: full, newId: () => 'S2' };
    const [after] = step(running, { at: 90_000, type: 'bridge-entered', channel: '2', bridge: 'B' }, context);
    expect(after.segments.map((segment) => segment.recording?.state)).toEqual(['running']);
  });

  test('begins anew when the parties meet again', () => {
    const { call } = tell([...connected, recording, ...parted('1'), ...bridged('1')]);
    expect(call.segments.map(({ id, recording: audio }) => [id, audio?.state])).toEqual([
      ['S1', 'ending'],
      ['S2', 'starting'],
    ]);
  });

  test('does not begin with a called party that hung up in the gate, although Asterisk bridges it', () => {
    const { call } = tell([
      seen('1', 'PJSIP/200', { dialled: '0123' }),
      seen('2', 'PJSIP/trunk'),
      gate('2', 'called'),
      started('2'),
      { type: 'hang-up-requested', channel: '2' },
      ...bridged('2', '1'),
      ...hungUp('2', '1'),
    ]);
    expect(call.verdict?.outcome).toBe('not-answered');
    expect(call.consents[0]?.problem).toContain('hung up');
  });

  test('of two members is one', () => {
    const { call } = tell([
      seen('1', 'PJSIP/200', { dialled: '201' }),
      seen('2', 'PJSIP/201'),
      ...bridged('1', '2'),
    ]);
    expect(call.segments).toHaveLength(1);
    expect(call.segments[0]).toMatchObject({
      direction: 'internal',
      memberChannel: '1',
      from: '200',
      to: '201',
    });
  });

  test('follows the member to whom the call is transferred', () => {
    const { call } = tell([
      ...connected,
      recording,
      unbridged('2'),
      ...hungUp('2'),
      seen('3', 'PJSIP/201'),
      ...bridged('3'),
    ]);
    expect(call.segments.map(({ to, endedAt }) => [to, endedAt === undefined])).toEqual([
      ['200', false],
      ['201', true],
    ]);
  });
});

describe('the outcome of a call', () => {
  test('waits for the file', () => {
    expect(tell([...connected, recording, ...hungUp('2', '1')]).call.verdict).toBeUndefined();
  });

  test.each([
    ['failed', 'start-failed', 'asterisk-refused'],
    ['lost', 'lost', 'recording-vanished'],
  ] as const)('tells of a recording that %s, even beside one that was recorded', (state, outcome, rule) => {
    const { call } = tell([
      ...connected,
      recording,
      ...parted('1'),
      closed,
      ...bridged('1'),
      ...hungUp('2', '1'),
      { type: 'recording-started', recording: 'S2', mixMonitor: undefined },
      { type: 'recording-missing', recording: 'S2', state, problem: 'no file' },
    ]);
    expect(call.verdict).toEqual({ outcome, rule });
  });

  test('of a call between strangers is of no concern', () => {
    const { call } = tell([trunkCalls('300'), seen('2', 'PJSIP/300'), ...bridged('1', '2')]);
    expect(call.segments).toEqual([]);
  });
});
