// Somebody else stops our MixMonitor in the middle of a talk.
import { describe, expect, test } from 'vitest';

import {
  asked,
  connected,
  muted,
  ordersOfLast,
  parted,
  recording,
  tell,
  unbridged,
  type Told,
} from './story.ts';

const stopped: Told = { type: 'mixmonitor-stopped', channel: '2' };
const cut: Told = { type: 'recording-cut', recording: 'S1' };
const again: Told = { type: 'recording-started', recording: 'S2', mixMonitor: '0xM' };

describe('a MixMonitor that was stopped on a channel', () => {
  test.each<[string, readonly Told[], readonly string[]]>([
    ['of the member while it is recorded: the file is looked at', [recording], ['look-at-recording']],
    ['before it is read that Asterisk began ours', [], ['look-at-recording']],
    ['after the talk', [recording, ...parted('2')], []],
  ])('%s', (_where, story, orders) => {
    expect(ordersOfLast([...connected, ...story, stopped])).toEqual(orders);
  });
});

describe('a file that was closed', () => {
  test('is collected, nothing is stopped any more, and the talk is recorded on', () => {
    const story = [...connected, recording, cut];
    expect(ordersOfLast(story)).toEqual(['collect-recording', 'start-recording']);
    const [first, second, ...more] = tell(story).call.segments;
    expect(more).toEqual([]);
    expect(first).toMatchObject({ id: 'S1', recording: { state: 'ending', mixMonitor: '' } });
    expect(first?.controls).toMatchObject([{ control: 'stop', actor: 'asterisk' }]);
    expect(second).toMatchObject({ id: 'S2', startedAt: first?.endedAt, recording: { state: 'starting' } });
    expect(second?.controls).toMatchObject([{ control: 'start', actor: 'mitschnitt' }]);
  });

  test('before it was read that it began: that is no news afterwards', () => {
    const story = [...connected, cut];
    expect(ordersOfLast(story)).toEqual(['collect-recording', 'start-recording']);
    expect(ordersOfLast([...story, recording])).toEqual([]);
    expect(tell([...story, recording, again]).call.segments).toMatchObject([
      { id: 'S1', recording: { state: 'ending' } },
      { id: 'S2', recording: { state: 'running' } },
    ]);
  });

  test('is told once', () => {
    expect(ordersOfLast([...connected, recording, cut, cut])).toEqual([]);
  });

  test('of a paused recording: the next file is silent, too', () => {
    const story = [...connected, recording, asked('pause'), muted(true), cut, again];
    expect(ordersOfLast(story)).toEqual(['mute-recording', 'set-pause-timeout']);
    expect(tell(story).call.segments[1]?.recording?.pause).toMatchObject({ state: 'pausing' });
  });

  test('of a member who has just left, for another bridge or for good: nobody talks there any more', () => {
    const story: Told[] = [
      ...connected,
      recording,
      { ...unbridged('2'), at: 20_000 },
      { ...cut, at: 20_020 },
    ];
    expect(ordersOfLast(story)).toEqual(['collect-recording']);
    expect(tell(story).call.segments).toMatchObject([{ id: 'S1', endedAt: 20_000 }]);
  });

  test('after the talk is what every file does', () => {
    expect(ordersOfLast([...connected, recording, ...parted('2'), cut])).toEqual([]);
  });
});
