import { readFile } from 'node:fs/promises';

import type { Media } from '../recording/media.ts';
import { toneMs } from '../recording/tone.ts';
import { parseWavHeader, wavHeaderBytes } from '../recording/wav.ts';
import { found } from './steps.ts';

/**
 * What the telephones send, in Hz. Neither is a harmonic of the other, nor near the tones of a telephone network or of
 * keys, nor that of MixMonitor's beep (1,400).
 */
export const tones = { member: 620, other: 1_010 } as const;

/** The part of the recording in which both are to be heard: they begin to send when the talk has begun. */
const leastShare = 0.6;
const mono = 1;

/** Looks whether both telephones are to be heard in a recording, in stereo each on its side. */
export async function checkTestFile(path: string, { durationMs, sha256 }: Media): Promise<void> {
  const content = await readFile(path);
  const header = parseWavHeader(content);
  if (!header) throw unusable(`${path} is no WAV file`, sha256);
  const { channels, sampleRate } = header;
  const frames = Math.floor((content.length - wavHeaderBytes) / (2 * channels));
  const side = (channel: number): Int16Array =>
    Int16Array.from({ length: frames }, (_, frame) =>
      content.readInt16LE(wavHeaderBytes + 2 * (frame * channels + channel)),
    );
  const [member, other] = channels === mono ? [side(0), side(0)] : [side(0), side(1)];
  const heard = {
    member: toneMs(member, sampleRate, tones.member),
    other: toneMs(other, sampleRate, tones.other),
  };
  const silent = (['member', 'other'] as const).filter((who) => heard[who] < leastShare * durationMs);
  if (silent.length === 0) return;
  const names = { member: 'the member', other: 'the other party' };
  const heardOf = silent.map((who) => `${names[who]} for ${heard[who]} of ${durationMs} ms`);
  throw found(
    'tone-missing',
    'asterisk',
    `In the recording is not to be heard what was said: ${heardOf.join(' and ')}`,
    'Listen to a recording of a real call. Asterisk must have a timing source (module show like res_timing) and time enough (top).',
  );
}

function unusable(problem: string, sha256: string): Error {
  const hint = `See the log of Asterisk, and the disk of the spool (SHA-256 of what is there: ${sha256}).`;
  return found('file-unusable', 'asterisk', problem, hint);
}
