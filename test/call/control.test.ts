import { describe, expect, test } from 'vitest';

import type { ControlAction, Segment } from '../../src/call/call.ts';
import {
  announced,
  asked,
  bridged,
  closed,
  connected,
  group,
  groupRecording,
  hungUp,
  left,
  muted,
  ordersOfLast,
  parted,
  policy,
  pressed,
  recording,
  seen,
  tell,
  trunkCalls,
  type Told,
} from './story.ts';

const talking: readonly Told[] = [...connected, recording];
const confirm: Told = { type: 'recording-started', recording: 'S2', mixMonitor: '0xN' };

const segmentsOf = (story: readonly Told[], rules = policy()): readonly Segment[] =>
  tell(story, rules).call.segments;
const actions = (story: readonly Told[], rules = policy()): readonly ControlAction[] =>
  segmentsOf(story, rules).flatMap(({ controls = [] }) => controls);
const pauseAfter = (...story: readonly Told[]): string =>
  segmentsOf([...talking, ...story])[0]?.recording?.pause?.state ?? 'none';

const refused = (on: boolean): Told => ({
  type: 'recording-mute-refused',
  recording: 'S1',
  muted: on,
  problem: 'No such channel',
});

describe('a pause', () => {
  test('counts when Asterisk confirmed it, and so does its end', () => {
    expect(pauseAfter(asked('pause'))).toBe('pausing');
    expect(pauseAfter(asked('pause'), muted(true))).toBe('paused');
    expect(pauseAfter(asked('pause'), muted(true), asked('resume'))).toBe('resuming');
    expect(pauseAfter(asked('pause'), muted(true), asked('resume'), muted(false))).toBe('none');
  });

  test('that was taken back before Asterisk confirmed it is over with the last confirmation', () => {
    expect(pauseAfter(asked('pause'), asked('resume'), muted(true))).toBe('resuming');
    expect(pauseAfter(asked('pause'), asked('resume'), muted(true), muted(false))).toBe('none');
  });

  test('that Asterisk refused is none', () => {
    expect(pauseAfter(asked('pause'), refused(true))).toBe('none');
    expect(pauseAfter(asked('pause'), muted(true), asked('resume'), refused(false))).toBe('paused');
  });

  test('ends by itself after the limit, and the catalogue says why', () => {
    const story = [...talking, asked('pause'), muted(true)];
    const since = segmentsOf(story)[0]?.recording?.pause?.since ?? 0;
    const timeout: Told = { type: 'pause-timeout', channel: '2', since };
    expect(ordersOfLast([...story, timeout])).toEqual(['mute-recording']);
    expect(actions([...story, timeout])).toMatchObject([
      { control: 'pause', actor: 'cli:root' },
      { control: 'resume', actor: 'pause-limit' },
    ]);
    expect(ordersOfLast([...story, { ...timeout, since: since - 1 }])).toEqual([]);
  });

  test('that Asterisk did not end is ended a little later', () => {
    const story = [...talking, asked('pause'), muted(true)];
    const { since = 0, until = 0 } = segmentsOf(story)[0]?.recording?.pause ?? {};
    const timeout: Told = { type: 'pause-timeout', channel: '2', since, at: until };
    const tried = [...story, timeout, refused(false)];
    expect(ordersOfLast(tried)).toEqual(['set-pause-timeout']);
    expect(ordersOfLast([...tried, { ...timeout, at: until + 10_000 }])).toEqual(['mute-recording']);
  });

  test('has no end without a limit', () => {
    const endless = policy({ groups: [group({ pauseLimitMs: undefined })] });
    expect(ordersOfLast([...talking, asked('pause')], endless)).toEqual(['mute-recording']);
  });

  test('does not outlive the talk', () => {
    const story = [...talking, asked('pause'), muted(true), ...hungUp('2', '1'), closed];
    expect(tell(story).call.verdict?.outcome).toBe('recorded');
  });
});

describe('a stop', () => {
  const stopped = [...talking, asked('stop')];

  test('ends the recording and not the talk', () => {
    expect(ordersOfLast(stopped)).toEqual(['stop-recording', 'collect-recording']);
    expect(segmentsOf([...stopped, closed])).toMatchObject([
      { endedAt: undefined, recording: { state: 'finished' } },
    ]);
  });

  test('leaves nothing to do at the end of the talk', () => {
    expect(ordersOfLast([...stopped, closed, ...hungUp('2')])).toEqual([]);
    expect(tell([...stopped, closed, ...hungUp('2', '1')]).call.verdict?.outcome).toBe('recorded');
  });
});

describe('a start', () => {
  test('after a stop records the rest of the talk as a segment of its own', () => {
    const story = [...talking, asked('stop'), closed, asked('start'), confirm];
    expect(ordersOfLast(story.slice(0, -1))).toEqual(['start-recording']);
    expect(segmentsOf(story)).toMatchObject([
      { id: 'S1', recording: { state: 'finished' } },
      { id: 'S2', endedAt: undefined, recording: { state: 'running' } },
    ]);
    expect(ordersOfLast([...story, ...hungUp('2')])).toEqual(['collect-recording']);
  });

  test('records what is recorded on demand', () => {
    const rules = groupRecording({ incoming: 'on-demand' });
    expect(segmentsOf(connected, rules)).toMatchObject([{ verdict: { rule: 'not-asked-for' } }]);
    const story = [...connected, asked('start', 'telephone:PJSIP/200')];
    expect(segmentsOf(story, rules)).toMatchObject([
      { verdict: { outcome: 'direction-off' }, recording: undefined },
      {
        verdict: { outcome: 'recorded' },
        recording: { state: 'starting' },
        controls: [{ actor: 'telephone:PJSIP/200' }],
      },
    ]);
  });

  test('tries again what failed', () => {
    const failed: Told = { type: 'recording-refused', recording: 'S1', problem: 'No such channel' };
    expect(ordersOfLast([...connected, failed, asked('start')])).toEqual(['start-recording']);
  });
});

describe('what was asked for holds when the same two are together again', () => {
  /** The member consults somebody and comes back. */
  const back: readonly Told[] = [...parted('2', 40_000), ...bridged('2')];

  test('a recording on demand goes on', () => {
    const rules = groupRecording({ incoming: 'on-demand' });
    const story = [...connected, asked('start'), confirm, ...back];
    expect(segmentsOf(story, rules).at(-1)).toMatchObject({ id: 'S3', recording: { state: 'starting' } });
  });

  test('not what was asked for in the talk with another party', () => {
    const rules = groupRecording({ incoming: 'on-demand' });
    const other: readonly Told[] = [...parted('2', 40_000), seen('3', 'PJSIP/201'), ...bridged('3')];
    const story = [...connected, asked('start'), confirm, ...other];
    expect(segmentsOf(story, rules).at(-1)?.verdict.rule).toBe('not-asked-for');
  });

  test('what was stopped stays so, until somebody starts it', () => {
    const story = [...talking, asked('stop'), closed, ...back];
    expect(segmentsOf(story).at(-1)).toMatchObject({
      verdict: { outcome: 'direction-off', rule: 'stopped-on-request' },
      recording: undefined,
    });
    expect(ordersOfLast([...story, asked('start')])).toEqual(['start-recording']);
  });

  test('not what a clean-up did', () => {
    const story = [...talking, asked('stop', 'cleanup:all:schedule'), closed, ...back];
    expect(segmentsOf(story).at(-1)).toMatchObject({ recording: { state: 'starting' } });
  });

  test('a pause goes on, to its limit', () => {
    const story = [...talking, asked('pause'), muted(true), ...back, confirm];
    expect(segmentsOf(story).at(-1)?.recording?.pause?.state).toBe('pausing');
    const [mute, timeout] = tell(story).commands.slice(-2);
    expect(mute).toMatchObject({ type: 'mute-recording', recording: 'S2', muted: true });
    expect(timeout).toMatchObject({ type: 'set-pause-timeout', channel: '2' });
    const since = segmentsOf(story).at(-1)?.recording?.pause?.since ?? 0;
    expect(ordersOfLast([...story, { type: 'pause-timeout', channel: '2', since }])).toEqual([
      'mute-recording',
    ]);
  });

  test('a pause that was over meanwhile does not', () => {
    const late: readonly Told[] = [...parted('2', 40_000), { ...bridged('2')[0], at: 200_000 } as Told];
    const story = [...talking, asked('pause'), muted(true), ...late, confirm];
    expect(segmentsOf(story).at(-1)?.recording?.pause).toBeUndefined();
  });
});

describe('what may not be is not done, and kept with the reason', () => {
  const declined = [...announced, pressed('1', '1'), left('1'), seen('2', 'PJSIP/200'), ...bridged('2', '1')];
  const unannounced = [trunkCalls(), seen('2', 'PJSIP/200'), ...bridged('2', '1')];

  test.each<[string, readonly Told[], Told, string]>([
    ['a pause of nothing', declined, asked('pause'), 'the talk is not recorded'],
    ['a pause before the beginning', connected, asked('pause'), 'the recording has not begun yet'],
    ['a second pause', [...talking, asked('pause')], asked('pause'), 'the recording is paused already'],
    ['an end of no pause', talking, asked('resume'), 'the recording is not paused'],
    ['a second stop', [...talking, asked('stop')], asked('stop'), 'the recording is over'],
    ['a second start', talking, asked('start'), 'the talk is being recorded already'],
    [
      'a start after the other party declined',
      declined,
      asked('start'),
      'the other party declined the recording',
    ],
    [
      'a start of what was not announced',
      unannounced,
      asked('start'),
      'the recording was not announced to the other party',
    ],
  ])('%s', (_what, story, request, problem) => {
    expect(ordersOfLast([...story, request])).toEqual([]);
    expect(actions([...story, request]).at(-1)?.problem).toBe(problem);
  });

  test('in a direction that is never recorded', () => {
    const rules = groupRecording({ incoming: false });
    const problem = 'the group does not record calls in this direction';
    expect(actions([...connected, asked('start')], rules)).toMatchObject([{ problem }]);
  });

  test('a request where nobody talks changes nothing', () => {
    expect(tell([...talking, ...hungUp('2'), asked('pause')]).call.segments[0]?.controls).toBeUndefined();
  });
});
