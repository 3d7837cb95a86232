import { newCall, step } from '../../src/call/lifecycle.ts';
import type {
  Announcement,
  Call,
  ConsentMode,
  Control,
  Direction,
  Group,
  Policy,
  Prompt,
  RecordMode,
} from '../../src/call/call.ts';
import type { CallEvent, ChannelFacts, Command } from '../../src/call/event.ts';

/** A prompt of 2 s. */
export function prompt(name: string): Prompt {
  return { name, language: 'de', media: `sound:/prompts/${name}`, sha256: 'f00d', durationMs: 2_000 };
}

export function announcement(mode: ConsentMode, change: Partial<Announcement> = {}): Announcement {
  return {
    mode,
    prompt: mode === 'none' ? undefined : prompt(mode),
    confirmation: prompt('abgelehnt'),
    key: '1',
    timeoutMs: 3_000,
    earlyMedia: false,
    reannounce: false,
    ...change,
  };
}

export function group(change: Partial<Group> = {}): Group {
  return {
    name: 'Verkauf',
    members: [{ kind: 'extension', first: '200', last: '201' }],
    record: { incoming: true, outgoing: true, internal: true },
    announcement: {
      incoming: announcement('opt-out'),
      outgoing: announcement('notice'),
      internal: announcement('none'),
    },
    byPrefix: [],
    numbers: { neverRecord: [], alwaysRecord: [], skipAnnouncement: [] },
    pauseLimitMs: 60_000,
    beepEverySeconds: undefined,
    audio: { stereo: false, wideband: false },
    deliverTo: ['archiv'],
    ...change,
  };
}

export function policy(change: Partial<Policy> = {}): Policy {
  return {
    groups: [group()],
    trunks: new Set(['PJSIP/trunk']),
    endpoints: new Set(['PJSIP/200', 'PJSIP/201', 'PJSIP/300', 'PJSIP/trunk']),
    queues: new Map(),
    minDurationMs: 500,
    ...change,
  };
}

/** A story without times, each event 1 s after the one before unless it says otherwise. */
export type Told = {
  [Type in CallEvent['type']]: Omit<Extract<CallEvent, { type: Type }>, 'at'>;
}[CallEvent['type']] & {
  readonly at?: number;
};

/** A channel of the call `linkedId` (by default the call of channel `1`). */
export function seen(channel: string, endpoint: string, change: Partial<ChannelFacts> = {}): Told {
  const facts = {
    channel,
    name: `${endpoint}-0000000${channel}`,
    linkedId: '1',
    number: endpoint === 'PJSIP/trunk' ? '+41791234567' : '',
    dialled: '',
    bridge: undefined,
    ...change,
  };
  return { type: 'channel-seen', facts };
}

export const trunkCalls = (dialled = '200'): Told => seen('1', 'PJSIP/trunk', { dialled });
export const memberCalls = (dialled: string): Told => seen('1', 'PJSIP/200', { dialled });
export const gate = (channel: string, side: 'caller' | 'called', destination = ''): Told => ({
  type: 'gate-entered',
  channel,
  side,
  destination,
});
export const started = (channel: string): Told => ({
  type: 'playback-started',
  channel,
  playback: 'announcement',
});
export const finished = (channel: string): Told => ({
  type: 'playback-finished',
  channel,
  playback: 'announcement',
  problem: undefined,
});
export const pressed = (channel: string, digit: string): Told => ({ type: 'digit', channel, digit });
/** The confirmation, which nobody ordered to be played now. */
export const confirmed = (channel: string): Told => ({
  type: 'playback-started',
  channel,
  playback: 'confirmation',
});
export const wentByItself = (channel: string): Told => ({ type: 'went-by-itself', channel });
export const left = (channel: string): Told => ({ type: 'gate-left', channel });
export const bridged = (...channels: string[]): Told[] =>
  channels.map((channel) => ({ type: 'bridge-entered', channel, bridge: 'B' }));
export const inside = (bridge: string, ...channels: string[]): Told[] =>
  channels.map((channel) => ({ type: 'bridge-entered', channel, bridge }));
export const unbridged = (channel: string, bridge = 'B', replaced = false): Told => ({
  type: 'bridge-left',
  channel,
  bridge,
  replaced,
});
export const dialled = (channel: string, by: string): Told => ({ type: 'dialled', channel, by });
/** It left its bridge and did not come into another one. */
export const parted = (channel: string, at = 20_000): Told[] => [
  { ...unbridged(channel), at },
  { type: 'move-timeout', channel, since: at, at: at + 100 },
];
export const hungUp = (...channels: string[]): Told[] =>
  channels.map((channel) => ({ type: 'hung-up', channel, observed: true }));
export const recording: Told = { type: 'recording-started', recording: 'S1', mixMonitor: '0xM' };
export const asked = (control: Control | 'toggle', actor = 'cli:root'): Told => ({
  type: 'control-requested',
  channel: '2',
  control,
  actor,
});
export const muted = (on: boolean): Told => ({ type: 'recording-muted', recording: 'S1', muted: on });
export const closed: Told = {
  type: 'recording-closed',
  recording: 'S1',
  media: { bytes: 16_044, durationMs: 1_000, sha256: 'cafe', repaired: false },
};

/** Caller in the gate, prompt played to its end. */
export const announced: readonly Told[] = [
  trunkCalls(),
  gate('1', 'caller', '200'),
  started('1'),
  { ...finished('1'), at: 5_000 },
];

/** ... and then nobody pressed a key, and member 200 answered. */
export const connected: readonly Told[] = [
  ...announced,
  { type: 'gate-timeout', channel: '1', phase: 'listening' },
  left('1'),
  seen('2', 'PJSIP/200'),
  ...bridged('2', '1'),
];

/** 201 talks to 200, who then calls outside, where the announcement is heard, and leaves the two to each other. */
export const handedOver: readonly Told[] = [
  seen('1', 'PJSIP/201', { dialled: '200' }),
  seen('2', 'PJSIP/200'),
  ...inside('B', '1', '2'),
  seen('3', 'PJSIP/200', { linkedId: '3', dialled: '0123' }),
  seen('4', 'PJSIP/trunk', { linkedId: '3', number: '123' }),
  { type: 'gate-entered', channel: '4', side: 'called', destination: '' },
  { type: 'playback-started', channel: '4', playback: 'announcement' },
  { type: 'playback-finished', channel: '4', playback: 'announcement', problem: undefined, at: 20_000 },
  left('4'),
  ...inside('C', '4', '3'),
  unbridged('2', 'B', true),
  ...inside('B', '4'),
  ...hungUp('2', '3'),
];

/** Tells a story to a new call; segments are named S1, S2, ... */
export function tell(story: readonly Told[], rules: Policy = policy()): { call: Call; commands: Command[] } {
  let call = newCall('C', '1', 0);
  let at = 0;
  let segments = 0;
  const commands: Command[] = [];
  for (const told of story) {
    at = told.at ?? at + 1_000;
    const context = { policy: rules, newId: () => `S${++segments}` };
    const [next, orders] = step(call, { ...told, at }, context);
    call = next;
    commands.push(...orders);
  }
  return { call, commands };
}

/** Only the orders that the last event of a story caused. */
export function ordersOfLast(story: readonly Told[], rules?: Policy): string[] {
  const before = tell(story.slice(0, -1), rules).commands.length;
  return tell(story, rules)
    .commands.slice(before)
    .map((command) => command.type);
}

export function groupRecording(record: Partial<Record<Direction, RecordMode>>): Policy {
  return policy({
    groups: [group({ record: { incoming: true, outgoing: true, internal: true, ...record } })],
  });
}

export function groupAnnouncing(direction: Direction, how: Announcement): Policy {
  const base = group();
  return policy({ groups: [{ ...base, announcement: { ...base.announcement, [direction]: how } }] });
}
