/** How much is looked at at once: long enough to tell two tones apart, short against a talk. */
const windowsPerSecond = 10;
/** Part of the power of a sound that one of two tones in it has, with room for a beep and for noise. */
const leastShare = 0.2;
/** Mean square below which nothing is to be heard: -50 dBFS. */
const silentPower = 100 * 100;
const msPerSecond = 1_000;

/** For how long a tone is to be heard, in ms. `hz` is far from any other tone in the sound (more than 50 Hz). */
export function toneMs(samples: Int16Array, sampleRate: number, hz: number): number {
  const length = Math.round(sampleRate / windowsPerSecond);
  let windows = 0;
  for (let from = 0; from + length <= samples.length; from += length) {
    if (isHeard(samples.subarray(from, from + length), sampleRate, hz)) windows += 1;
  }
  return (windows * msPerSecond) / windowsPerSecond;
}

/** By Goertzel's algorithm: the power at one frequency against that at all. */
function isHeard(samples: Int16Array, sampleRate: number, hz: number): boolean {
  const coefficient = 2 * Math.cos((2 * Math.PI * hz) / sampleRate);
  let [last, before, squares] = [0, 0, 0];
  for (const sample of samples) {
    [last, before] = [sample + coefficient * last - before, last];
    squares += sample * sample;
  }
  const power = last * last + before * before - coefficient * last * before;
  const count = samples.length;
  return squares / count >= silentPower && (2 * power) / (count * squares) >= leastShare;
}
