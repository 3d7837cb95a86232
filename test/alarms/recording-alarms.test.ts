import { describe, expect, test } from 'vitest';

import { alarmsOf } from '../../src/alarms/recording-alarms.ts';
import { connected, hungUp, recording, tell, type Told } from '../call/story.ts';
import type { Media } from '../../src/recording/media.ts';

const spoken = { peak: 9_000, rms: 2_000, clipped: 0, audibleMs: 9_000, longestSilenceMs: 900 };
const media: Media = {
  bytes: 320_044,
  durationMs: 10_000,
  sha256: 'cafe',
  repaired: false,
  sampleRate: 8_000,
  levels: [spoken, spoken],
};

/** A talk of 10 s, of which this came. */
function talk(ended: Told): ReturnType<typeof alarmsOf> {
  const { call } = tell([
    ...connected,
    { ...recording, at: 10_000 },
    ...hungUp('2', '1').map((event) => ({ ...event, at: (call0.segments[0]?.startedAt ?? 0) + 10_000 })),
    ended,
  ]);
  expect(call.verdict).toBeDefined();
  return alarmsOf(call);
}

const { call: call0 } = tell(connected);
const closed = (change: Partial<Media>): Told => ({
  type: 'recording-closed',
  recording: 'S1',
  media: { ...media, ...change },
});

describe('a call that is over raises', () => {
  test('nothing when all is as it should be', () => {
    expect(talk(closed({}))).toEqual([]);
  });

  test.each<[string, Told, string, string, RegExp]>([
    [
      'an end check',
      closed({ durationMs: 4_000 }),
      'recording-finding',
      'Verkauf',
      /6\.0 s of the talk are missing/,
    ],
    [
      'a silent side',
      closed({ levels: [{ ...spoken, audibleMs: 0 }, spoken] }),
      'recording-finding',
      'Verkauf',
      /nothing is to be heard of the member/,
    ],
    ['a repaired header', closed({ repaired: true }), 'recording-finding', 'Verkauf', /header was repaired/],
    [
      'distortion',
      closed({ levels: [spoken, { ...spoken, clipped: 4_000 }] }),
      'recording-finding',
      'Verkauf',
      /5\.0 % of the samples are clipped/,
    ],
    [
      'a file that was never written',
      {
        type: 'recording-missing',
        recording: 'S1',
        state: 'failed',
        problem: 'no space is left',
        rule: 'spool-full',
      },
      'recording-failed',
      'Verkauf',
      /S1: no space is left/,
    ],
    [
      'a file that is lost',
      { type: 'recording-missing', recording: 'S1', state: 'lost', problem: 'it is in no folder' },
      'recording-failed',
      'Verkauf',
      /in no folder/,
    ],
  ])('one alarm for %s', (_what, ended, kind, subject, problem) => {
    const [alarm, ...more] = talk(ended);
    expect(more).toEqual([]);
    expect(alarm).toMatchObject({ kind, subject, problem: expect.stringMatching(problem) as string });
    expect(alarm?.hint).not.toBe('');
  });
});
