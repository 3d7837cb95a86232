// What the parties say in a benchmark: a short lead tone, then another one to the end. How much of the lead tone a
// recording has tells what is missing at its start, whenever the recording itself began.
import { encodeAlaw } from '../live/alaw.ts';
import { tone, tonesOver, totalMs } from '../live/tone.ts';

import type { Sound } from '../live/wav.ts';

interface Voice {
  readonly lead: number;
  readonly rest: number;
}

// Of those that test/live/tone.ts can tell apart.
const voices: Readonly<Record<'caller' | 'called', Voice>> = {
  caller: { lead: 560, rest: 1860 },
  called: { lead: 1020, rest: 2500 },
};
const leadMs = 500;
/** Beyond the talk, so that the lead tone never comes again. */
const spareMs = 10_000;

/** One party's side of a call, as A-law without header. */
export function speech(party: keyof typeof voices, talkMs: number): Uint8Array {
  const { lead, rest } = voices[party];
  const restMs = Math.max(0, talkMs - leadMs) + spareMs;
  return encodeAlaw(Int16Array.from([...tone(lead, leadMs), ...tone(rest, restMs)]));
}

/** How much of what either party said first is not in a recording, in milliseconds; the worse of the two. */
export function missingAtStart({ sampleRate, channels }: Sound): number {
  const begin = (2 * leadMs * sampleRate) / 1_000;
  const start = { sampleRate, channels: channels.map((samples) => samples.subarray(0, begin)) };
  const { caller, called } = voices;
  const heard = tonesOver(start, [caller.lead, called.lead]);
  return leadMs - Math.min(totalMs(heard.get(caller.lead)), totalMs(heard.get(called.lead)));
}
