import { readFileSync } from 'node:fs';
import { formatWav, parseWav, type Sound } from './wav.ts';

/**
 * The tone that each party sends, in Hz. No two are harmonics of each other, and each is more than 55 Hz away
 * from Asterisk's German tones (425, 480), from the DTMF frequencies and from their harmonics, so that a
 * window of 40 ms tells them apart. (440 Hz would look like the ringback tone.)
 */
export const partyTones = { trunk: 560, '200': 1020, '201': 1860, '300': 2500 } as const;

/** The peak of every party's tone, of 32767: two of them mixed do not clip. */
const tonePeak = 8000;

/** A stretch of time in a sound, in milliseconds from its beginning. */
export interface Interval {
  readonly fromMs: number;
  readonly toMs: number;
}

/** A sine of `ms` milliseconds. */
export function tone(hz: number, ms: number, { sampleRate = 8000, peak = tonePeak } = {}): Int16Array {
  const length = Math.round((ms * sampleRate) / 1000);
  return Int16Array.from({ length }, (_, n) =>
    Math.round(peak * Math.sin((2 * Math.PI * hz * n) / sampleRate)),
  );
}

/** The sound of a key (DTMF), 8 kHz. */
export function keyTones(key: string, ms: number): Int16Array {
  const place = '123A456B789C*0#D'.indexOf(key);
  if (key.length !== 1 || place < 0) throw new Error(`there is no key '${key}' on a telephone`);
  const low = tone([697, 770, 852, 941][place >> 2] ?? 0, ms);
  const high = tone([1209, 1336, 1477, 1633][place & 3] ?? 0, ms);
  return low.map((sample, index) => sample + (high[index] ?? 0));
}

/** A WAV file with one tone, for whoever wants to play it. */
export function toneFile(hz: number, ms: number): Buffer {
  return formatWav({ sampleRate: 8000, channels: [tone(hz, ms)] });
}

/** Reads a WAV file. */
export function readWav(path: string): Sound {
  return parseWav(readFileSync(path));
}

/** How `tonesOver` looks. */
export interface Hearing {
  /** Length of the analysed window: at least 25 ms, or neighbouring tones run into each other. */
  readonly windowMs?: number;
  /** Which channel; 0 is the only one in mono, the left one in stereo. */
  readonly channel?: number;
  /** Expected peak of the tones. */
  readonly peak?: number;
  /** Interruptions up to this length, such as one lost packet, do not end an interval. */
  readonly bridgeMs?: number;
}

const hopMs = 5;
// Speech and noise have energy at every frequency, a tone has nearly all of its own at one. With four tones
// at once each still has a quarter.
const leastShare = 0.12;
// Shorter than this is a click, or speech that happened to hit the frequency.
const leastToneMs = 25;

/**
 * Where in a sound which of the frequencies (Hz) are present, accurate to about 5 ms. A tone counts when its
 * level is more than half of the expected and it makes up a good part of all that is heard.
 */
export function tonesOver(
  sound: Sound | string,
  frequencies: readonly number[],
  { windowMs = 40, channel = 0, peak = tonePeak, bridgeMs = 25 }: Hearing = {},
): Map<number, Interval[]> {
  const { sampleRate, channels } = typeof sound === 'string' ? readWav(sound) : sound;
  const samples = channels[channel];
  if (samples === undefined) throw new Error(`the sound has ${String(channels.length)} channel(s)`);
  const window = hann(Math.round((windowMs * sampleRate) / 1000));
  const hop = Math.round((hopMs * sampleRate) / 1000);
  const found = new Map<number, Interval[]>();
  for (const hz of frequencies) {
    const present: boolean[] = [];
    // Half a window beyond both ends, or the first and last 20 ms of the sound would never be centres.
    for (let centre = 0; centre <= samples.length; centre += hop) {
      const { amplitude, share } = listenAt(samples, centre, window, hz / sampleRate);
      present.push(amplitude > peak / 2 && share > leastShare);
    }
    found.set(hz, intervals(present, (samples.length * 1000) / sampleRate, bridgeMs));
  }
  return found;
}

/** Root mean square of a stretch of a sound, of 32767. */
export function rms(sound: Sound, { fromMs, toMs }: Interval, channel = 0): number {
  const at = (ms: number): number => Math.round((ms * sound.sampleRate) / 1000);
  const samples = (sound.channels[channel] ?? new Int16Array()).subarray(at(fromMs), at(toMs));
  if (samples.length === 0) return 0;
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
}

/** Total length of intervals in milliseconds. */
export function totalMs(found: readonly Interval[] | undefined): number {
  return (found ?? []).reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
}

function hann(length: number): Float64Array {
  return Float64Array.from({ length }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (n + 0.5)) / length));
}

/** Goertzel's algorithm: the peak of one frequency, and its share in all energy, around one sample. */
function listenAt(
  samples: Int16Array,
  centre: number,
  window: Float64Array,
  cyclesPerSample: number,
): { amplitude: number; share: number } {
  const coefficient = 2 * Math.cos(2 * Math.PI * cyclesPerSample);
  const begin = centre - (window.length >> 1);
  let [last, beforeLast, energy, weight] = [0, 0, 0, 0];
  for (let n = 0; n < window.length; n += 1) {
    const factor = window[n] ?? 0;
    const sample = (samples[begin + n] ?? 0) * factor;
    const next = sample + coefficient * last - beforeLast;
    beforeLast = last;
    last = next;
    energy += sample * sample;
    weight += factor;
  }
  const power = last * last + beforeLast * beforeLast - coefficient * last * beforeLast;
  const amplitude = (2 * Math.sqrt(Math.max(power, 0))) / weight;
  // A pure tone of amplitude a has the windowed energy a^2/2 * sum(w^2), and for Hann sum(w^2) = 3/4 sum(w).
  const share = energy === 0 ? 0 : (amplitude * amplitude * 0.375 * weight) / energy;
  return { amplitude, share };
}

function intervals(present: readonly boolean[], lengthMs: number, bridgeMs: number): Interval[] {
  const found: Interval[] = [];
  present.forEach((isPresent, index) => {
    if (!isPresent) return;
    const here = index * hopMs;
    const open = found.at(-1);
    if (open !== undefined && here - open.toMs <= bridgeMs) found[found.length - 1] = { ...open, toMs: here };
    else found.push({ fromMs: here, toMs: Math.min(here + 1, lengthMs) });
  });
  return found.filter(({ fromMs, toMs }) => toMs - fromMs >= leastToneMs);
}
