import { describe, expect, test } from 'vitest';

import { judge, type CleanupMode, type Judgement, type OpenRecording } from '../../src/call/stuck.ts';
import type { Recording, Segment } from '../../src/call/call.ts';
import { asked, connected, recording, tell } from './story.ts';

const hourMs = 3_600_000;
const now = 100 * hourMs;
const fresh = now - 1_000;
const old = now - hourMs;

function judged(open: Partial<OpenRecording>, mode: CleanupMode = 'stuck'): Judgement {
  const unknown = { id: 'S1', segment: undefined, file: undefined, channel: undefined };
  return judge({ ...unknown, ...open }, { mode, now, maxDurationMs: 8 * hourMs });
}

const written = (writtenAt: number, change: Partial<NonNullable<OpenRecording['file']>> = {}) => ({
  ...{ createdAt: writtenAt - 60_000, writtenAt, closed: false, foreign: false },
  ...change,
});

function talk(state: Recording['state'], change: Partial<Segment>): Segment {
  const [segment] = tell([...connected, recording]).call.segments;
  if (!segment?.recording) throw new Error('nothing is recorded');
  return { ...segment, startedAt: old, ...change, recording: { ...segment.recording, state } };
}

describe('a recording of a known call', () => {
  test.each<[string, Segment, Judgement, Judgement]>([
    ['that runs', talk('running', {}), 'goes-on', 'all'],
    ['that runs for too long', talk('running', { startedAt: now - 9 * hourMs }), 'max-duration', 'all'],
    ['that begins', talk('starting', { startedAt: fresh }), 'goes-on', 'all'],
    ['that never began', talk('starting', {}), 'not-closed', 'all'],
    ['whose talk has just ended', talk('ending', { endedAt: fresh }), 'goes-on', 'goes-on'],
    ['whose talk is over', talk('ending', { endedAt: old }), 'not-closed', 'not-closed'],
    ['that is settled', talk('finished', { endedAt: old }), 'goes-on', 'goes-on'],
  ])('%s', (_what, segment, stuck, all) => {
    const open = { segment, file: written(fresh) };
    expect([judged(open), judged(open, 'all')]).toEqual([stuck, all]);
  });

  test('that somebody stopped in a talk that goes on is to be closed soon after the stop', () => {
    const story = [...connected, recording, asked('stop')];
    const [segment] = tell(story).call.segments;
    if (!segment) throw new Error('no segment');
    const stoppedAt = segment.controls?.[0]?.at ?? 0;
    const at = (ms: number): Judgement =>
      judge(
        { id: 'S1', segment, file: written(ms), channel: undefined },
        { mode: 'stuck', now: stoppedAt + ms, maxDurationMs: hourMs },
      );
    expect([at(5_000), at(20_000)]).toEqual(['goes-on', 'not-closed']);
  });
});

describe('a file whose call nobody knows', () => {
  test.each<[string, Partial<OpenRecording>, Judgement]>([
    ['is left alone while two talk on its channel', { file: written(old), channel: 'talking' }, 'goes-on'],
    [
      'is stuck when they talk for too long',
      { file: written(fresh, { createdAt: now - 9 * hourMs }), channel: 'talking' },
      'orphan',
    ],
    [
      'is left alone while its channel may be on the way to another bridge',
      { file: written(fresh), channel: { apartSince: fresh } },
      'goes-on',
    ],
    [
      'is stuck when its channel talks to nobody',
      { file: written(fresh), channel: { apartSince: old } },
      'orphan',
    ],
    ['is stuck when no channel has it', { file: written(fresh) }, 'orphan'],
    ['is done when it is closed', { file: written(fresh, { closed: true }), channel: 'talking' }, 'orphan'],
    [
      'is left alone while somebody else may write it',
      { file: written(fresh, { foreign: true }) },
      'goes-on',
    ],
    ['is taken from whoever left it there', { file: written(old, { foreign: true }) }, 'orphan'],
  ])('%s', (_what, open, expected) => {
    expect(judged(open)).toBe(expected);
    expect(judged(open, 'all')).toBe('orphan');
  });
});
