import { describe, expect, test } from 'vitest';

import { eventsOf, meetingsIn } from '../../src/call/exchange.ts';
import { newCall, step } from '../../src/call/lifecycle.ts';
import type { Call, CallEvent } from '../../src/call/call.ts';
import { announced, bridged, hungUp, left, policy, seen, unbridged, type Told } from './story.ts';

/** Tells one story to several calls, as the recorder does: a channel belongs to the call that it came with. */
function tellAll(story: readonly Told[]): readonly Call[] {
  const calls = new Map<string, Call>();
  const callOf = new Map<string, string>();
  let [at, segments] = [0, 0];
  const apply = (key: string, event: CallEvent): void => {
    const call = calls.get(key) ?? newCall(`C${key}`, key, event.at);
    const [next] = step(call, event, { policy: policy(), newId: () => `S${++segments}` });
    calls.set(key, next);
  };
  for (const told of story) {
    at = told.at ?? at + 1_000;
    const event = { ...told, at } as CallEvent;
    if ('recording' in event) continue;
    if (event.type === 'channel-seen') callOf.set(event.facts.channel, event.facts.linkedId);
    const channel = event.type === 'channel-seen' ? event.facts.channel : event.channel;
    apply(callOf.get(channel) ?? '?', event);
    if (event.type !== 'bridge-entered') continue;
    for (const meeting of meetingsIn(event.bridge, calls.values())) {
      const { taken, joined } = eventsOf(meeting, at);
      for (const moved of meeting.channels) callOf.set(moved, meeting.into.linkedId);
      apply(meeting.from.linkedId, taken);
      apply(meeting.into.linkedId, joined);
    }
  }
  return [...calls.values()];
}

/** Who talked to whom, in which call: `from>to`. */
const talks = (calls: readonly Call[]): string[] =>
  calls.map((call) => `${call.id}: ${call.segments.map(({ from, to }) => `${from}>${to}`).join(' ')}`);

const inside = (bridge: string, ...channels: string[]): Told[] =>
  channels.map((channel) => ({ type: 'bridge-entered', channel, bridge }));

/** An outside caller talks to 200, who then calls 201 or 300 to ask. */
const consulting = (colleague: string): readonly Told[] => [
  ...announced,
  { type: 'gate-timeout', channel: '1', phase: 'listening' },
  left('1'),
  seen('2', 'PJSIP/200'),
  ...bridged('2', '1'),
  seen('3', 'PJSIP/200', { linkedId: '3', dialled: colleague }),
  seen('4', `PJSIP/${colleague}`, { linkedId: '3' }),
  ...inside('C', '4', '3'),
];

/** The outside caller takes the place of 200 in the bridge of the consultation. */
const completed: readonly Told[] = [
  unbridged('3', 'C', true),
  { type: 'bridge-entered', channel: '1', bridge: 'C' },
  ...hungUp('3', '2'),
];

describe('an attended transfer', () => {
  test('to a member goes on under the id of the first call; the consultation is a call of its own', () => {
    const calls = tellAll([...consulting('201'), ...completed]);
    expect(talks(calls)).toEqual(['C1: +41791234567>200 +41791234567>201', 'C3: 200>201']);
    expect(calls[0]?.segments[1]).toMatchObject({ direction: 'incoming', verdict: { outcome: 'recorded' } });
    expect(calls[1]?.endedAt).toBeDefined();
  });

  test('to a stranger ends the recording', () => {
    const calls = tellAll([...consulting('300'), ...completed]);
    expect(talks(calls)).toEqual(['C1: +41791234567>200', 'C3: 200>300']);
    expect(calls[0]?.segments[0]?.endedAt).toBeDefined();
  });

  test('that is given up goes on as before', () => {
    const calls = tellAll([...consulting('201'), unbridged('3', 'C'), ...hungUp('3', '4')]);
    expect(talks(calls)).toEqual(['C1: +41791234567>200', 'C3: 200>201']);
    expect(calls[0]?.segments[0]?.endedAt).toBeUndefined();
  });

  test('takes the consent of a party along that comes from the younger call', () => {
    // 200 talks to 201, then calls outside, where the announcement is heard, and leaves the two to each other.
    const calls = tellAll([
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
      { type: 'bridge-entered', channel: '4', bridge: 'B' },
      ...hungUp('2', '3'),
    ]);
    expect(talks(calls)).toEqual(['C1: 201>200 201>123', 'C3: 200>123']);
    expect(calls[0]?.segments[1]?.verdict).toEqual({ outcome: 'recorded', rule: 'announced' });
  });
});
