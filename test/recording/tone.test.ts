import { describe, expect, test } from 'vitest';

import { toneMs } from '../../src/recording/tone.ts';

const rate = 8_000;
const sine = (hz: number, ms: number, peak = 7_000): Int16Array =>
  Int16Array.from({ length: (ms * rate) / 1_000 }, (_, at) =>
    Math.round(peak * Math.sin((2 * Math.PI * hz * at) / rate)),
  );
const mixed = (one: Int16Array, other: Int16Array): Int16Array =>
  one.map((sample, at) => sample + (other[at] ?? 0));

describe('a tone', () => {
  test('is heard for as long as it is there', () => {
    const sound = Int16Array.from([...new Int16Array(rate), ...sine(1_010, 1_500), ...new Int16Array(rate)]);
    expect(toneMs(sound, rate, 1_010)).toBe(1_500);
  });

  test('is heard beside another one, and in noise', () => {
    const both = mixed(sine(620, 1_000), sine(1_010, 1_000));
    expect(toneMs(both, rate, 620)).toBe(1_000);
    expect(toneMs(both, rate, 1_010)).toBe(1_000);
    const noise = both.map((sample, at) => sample + (((at * 7_919) % 4_001) - 2_000));
    expect(toneMs(noise, rate, 620)).toBe(1_000);
  });

  test.each<[string, Int16Array]>([
    ['silence', new Int16Array(rate)],
    ['a tone so faint that nobody hears it', sine(1_010, 1_000, 20)],
    ['another tone', sine(620, 1_000)],
    ['noise', Int16Array.from({ length: rate }, (_, at) => ((at * 7_919 * (at % 13)) % 16_001) - 8_000)],
    ['less than a tenth of a second', sine(1_010, 90)],
  ])('is not heard in %s', (_, sound) => {
    expect(toneMs(sound, rate, 1_010)).toBe(0);
  });
});
