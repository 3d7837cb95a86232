// Two people who talk by turns, for pictures: nobody would believe a waveform of a tone.
import { formatWav } from '../live/wav.ts';

const sampleRate = 8_000;
const loudest = 9_000;

/** The same sequence each time, from 0 to 1. */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** The member left, the other party right. */
export function conversation(ms: number, seed: number): Buffer {
  const random = randomFrom(seed);
  const length = Math.round((ms * sampleRate) / 1_000);
  const sides = [new Int16Array(length), new Int16Array(length)] as const;
  let speaker: 0 | 1 = 1;
  for (let at = sampleRate / 2; at < length;) {
    const turn = Math.round((1.5 + random() * 6) * sampleRate);
    speak(sides[speaker], at, Math.min(length, at + turn), speaker === 0 ? 190 : 125, random);
    // Now and then both think.
    at += turn + Math.round((random() > 0.85 ? 2.5 : 0.3) * sampleRate);
    speaker = speaker === 0 ? 1 : 0;
  }
  return formatWav({ sampleRate, channels: sides });
}

/** Syllables of 120 to 300 ms, some louder, with a breath between phrases. */
function speak(side: Int16Array, from: number, to: number, pitch: number, random: () => number): void {
  for (let at = from; at < to;) {
    const length = Math.round((0.12 + random() * 0.18) * sampleRate);
    const level = loudest * (0.25 + 0.75 * random());
    const hz = pitch * (0.9 + 0.25 * random());
    for (let n = 0; n < length && at + n < to; n += 1) {
      const envelope = Math.sin((Math.PI * n) / length) ** 0.7;
      const phase = (2 * Math.PI * hz * n) / sampleRate;
      const voice = Math.sin(phase) + 0.5 * Math.sin(3 * phase) + 0.3 * Math.sin(7 * phase);
      side[at + n] = Math.round(level * envelope * (voice * 0.5 + (random() - 0.5) * 0.25));
    }
    at += length + Math.round((random() > 0.8 ? 0.35 : 0.03) * sampleRate);
  }
}
