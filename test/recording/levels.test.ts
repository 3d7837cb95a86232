import { describe, expect, test } from 'vitest';

import { LevelMeter, type Levels } from '../../src/recording/levels.ts';
import { interleaved } from '../../src/recording/wav.ts';
import { tone } from '../live/tone.ts';

/** As it passes by: in pieces of so many samples. */
function measured(
  samples: Int16Array,
  { sampleRate = 8_000, channels = 1, piece = 65_536 } = {},
): readonly Levels[] {
  const meter = new LevelMeter(sampleRate, channels);
  for (let at = 0; at < samples.length; at += piece) meter.add(samples.subarray(at, at + piece));
  return meter.levels;
}

function inARow(...parts: readonly Int16Array[]): Int16Array {
  return Int16Array.from(parts.flatMap((part) => [...part]));
}

const silence = (ms: number): Int16Array => new Int16Array(ms * 8);

describe('levels', () => {
  test('of a tone are its peak and that by the root of two', () => {
    const [levels] = measured(tone(1_000, 1_000, { peak: 8_000 }));
    expect(levels).toMatchObject({ peak: 8_000, clipped: 0, audibleMs: 1_000, longestSilenceMs: 0 });
    expect(levels?.rms).toBeCloseTo(8_000 / Math.SQRT2, -2);
  });

  test.each([1, 2, 7])('tell the longest silence, in pieces of %d blocks', (blocks) => {
    const sound = inARow(tone(560, 400), silence(600), tone(560, 400), silence(1_000), tone(560, 20));
    expect(measured(sound, { piece: 160 * blocks })[0]).toMatchObject({
      audibleMs: 820,
      longestSilenceMs: 1_000,
    });
  });

  test('take what is below -50 dB for silence: A-law knows no zero', () => {
    expect(measured(new Int16Array(8_000).fill(-99))[0]).toMatchObject({
      audibleMs: 0,
      longestSilenceMs: 1_000,
    });
    expect(measured(new Int16Array(8_000).fill(-102))[0]).toMatchObject({ audibleMs: 1_000 });
  });

  test.each([32_767, 32_256, 32_124, -32_768, -32_124])(
    'count %i, which no codec exceeds, as clipped',
    (sample) => {
      expect(measured(Int16Array.of(0, sample, 31_000, sample))[0]).toMatchObject({
        clipped: 2,
        peak: Math.min(32_767, Math.abs(sample) - (sample < 0 ? 1 : 0)),
      });
    },
  );

  test('are told of each channel by itself, at every sample rate', () => {
    const left = tone(560, 500, { sampleRate: 16_000 });
    const right = new Int16Array(left.length);
    const [member, other, ...more] = measured(interleaved(left, right), { sampleRate: 16_000, channels: 2 });
    expect(member).toMatchObject({ audibleMs: 500, longestSilenceMs: 0, peak: 8_000 });
    expect(other).toEqual({ peak: 0, rms: 0, clipped: 0, audibleMs: 0, longestSilenceMs: 500 });
    expect(more).toEqual([]);
  });

  test('of nothing are nothing', () => {
    expect(measured(new Int16Array())).toEqual([
      { peak: 0, rms: 0, clipped: 0, audibleMs: 0, longestSilenceMs: 0 },
    ]);
  });
});
