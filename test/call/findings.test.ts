import { describe, expect, test } from 'vitest';

import { clippingOf, expectedMs, findingsOf, missingMs, silentSides } from '../../src/call/findings.ts';
import type { ControlAction, Recording, Segment } from '../../src/call/call.ts';
import type { Levels } from '../../src/recording/levels.ts';
import type { Media } from '../../src/recording/media.ts';

const spoken: Levels = { peak: 9_000, rms: 2_000, clipped: 0, audibleMs: 55_000, longestSilenceMs: 900 };
const silent: Levels = { peak: 8, rms: 3, clipped: 0, audibleMs: 0, longestSilenceMs: 60_000 };

const minute = 60_000;

function media(change: Partial<Media> = {}): Media {
  return {
    bytes: 960_044,
    durationMs: minute,
    sha256: 'cafe',
    repaired: false,
    sampleRate: 8_000,
    levels: [spoken],
    ...change,
  };
}

/** A talk of a minute. */
function segment(recorded: Media | undefined, change: Partial<Segment> = {}): Segment {
  const recording: Recording = { state: 'finished', mixMonitor: '0xM', media: recorded, problem: undefined };
  return {
    id: 'S1',
    group: 'Verkauf',
    direction: 'incoming',
    memberChannel: '2',
    memberName: 'PJSIP/200-00000002',
    otherChannel: '1',
    from: '+41791234567',
    to: '200',
    startedAt: 1_000,
    endedAt: 1_000 + minute,
    endObserved: true,
    verdict: { outcome: 'recorded', rule: 'announced' },
    recording,
    ...change,
  };
}

const action = (control: ControlAction['control'], at: number, problem?: string): ControlAction => ({
  control,
  at,
  actor: 'cli:root',
  problem,
});

describe('findings', () => {
  test.each<[string, Partial<Media>, Partial<Segment>, readonly string[]]>([
    ['a recording as it should be', {}, {}, []],
    ['two sides as they should be', { levels: [spoken, spoken] }, {}, []],
    ['a repaired header', { repaired: true }, {}, ['repaired']],
    ['what starting takes', { durationMs: minute - 1_000 }, {}, []],
    ['2 s less', { durationMs: minute - 2_000 }, {}, ['audio-missing']],
    ['2 s more', { durationMs: minute + 2_000 }, {}, []],
    ['less, and nobody saw the end', { durationMs: 1_000 }, { endObserved: false }, []],
    [
      'less, because it was stopped',
      { durationMs: 20_000 },
      { controls: [action('pause', 500, 'not now'), action('stop', 21_000)] },
      [],
    ],
    [
      'less than until it was stopped',
      { durationMs: 10_000 },
      { controls: [action('stop', 21_000)] },
      ['audio-missing'],
    ],
    [
      'less, and it was not stopped when somebody wanted it',
      { durationMs: 20_000 },
      { controls: [action('stop', 21_000, 'the recording has not begun yet')] },
      ['audio-missing'],
    ],
    ['silence', { levels: [silent] }, {}, ['silent']],
    ['silence of the member', { levels: [silent, spoken] }, {}, ['silent']],
    ['a click in silence', { levels: [{ ...silent, peak: 20_000, audibleMs: 60 }] }, {}, ['silent']],
    ['silence that somebody asked for', { levels: [silent] }, { controls: [action('pause', 2_000)] }, []],
    ['silence of a moment', { levels: [silent], durationMs: 2_000 }, { endedAt: 3_000 }, []],
    ['a shout', { levels: [{ ...spoken, clipped: 4_000 }] }, {}, []],
    ['distortion', { levels: [spoken, { ...spoken, clipped: 5_000 }] }, {}, ['clipped']],
    ['what only the catalogue remembers', { levels: undefined, sampleRate: undefined }, {}, []],
  ])('of %s', (_what, found, change, expected) => {
    expect(findingsOf(segment(media(found), change))).toEqual(expected);
  });

  test('are none of a recording that is no more', () => {
    const lost = segment(media({ levels: [silent] }));
    expect(
      findingsOf({ ...lost, recording: lost.recording && { ...lost.recording, state: 'too-short' } }),
    ).toEqual([]);
    expect(findingsOf(segment(undefined))).toEqual([]);
  });
});

test('a talk that goes on has no length yet, unless its recording was stopped', () => {
  const open = segment(media(), { endedAt: undefined });
  expect(expectedMs(open)).toBeUndefined();
  expect(missingMs(open, media())).toBeUndefined();
  expect(expectedMs({ ...open, controls: [action('stop', 5_000)] })).toBe(4_000);
});

test('each side is judged by itself', () => {
  expect(silentSides(media({ levels: [silent, spoken] }))).toEqual(['member']);
  expect(silentSides(media({ levels: [silent, silent] }))).toEqual(['member', 'other']);
  expect(silentSides(media({ levels: [silent] }))).toEqual(['both']);
  expect(clippingOf(media({ levels: [spoken, { ...spoken, clipped: 48_000 }] }))).toBe(0.1);
  expect(clippingOf(media({ durationMs: 0, levels: [] }))).toBe(0);
});
