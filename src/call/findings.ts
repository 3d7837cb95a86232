import type { ControlAction, Instant, Segment } from './call.ts';
import type { Media } from '../recording/media.ts';
import type { Levels } from '../recording/levels.ts';

/**
 * What is not as it should be with a finished recording.
 * - `repaired`: Asterisk did not come to close the file, and what it had not yet written of it is gone;
 * - `audio-missing`: it is shorter than the talk;
 * - `silent`: nobody is heard, on one side or at all;
 * - `clipped`: somebody was too loud, and is distorted.
 */
export type Finding = 'repaired' | 'audio-missing' | 'silent' | 'clipped';

/** Whom a channel of the file is of. */
export type Side = 'both' | 'member' | 'other';

/** Starting, and the last packets; and telephones' clocks differ by so much of a call. */
const missingToleranceMs = 1_000;
const missingToleranceShare = 0.002;
/** A click is no voice. */
const leastAudibleMs = 100;
/** Of less nobody can say that there should have been a word of both. */
const leastJudgedMs = 3_000;
/** Shouting clips for a moment; a line that is set wrong does all the time. */
const clippedShare = 0.01;
const msPerSecond = 1_000;

/** How long the recording should be, in ms: from the beginning of the talk until it ended or was stopped. */
export function expectedMs(segment: Segment): number | undefined {
  const until = stoppedAt(segment) ?? (segment.endObserved ? segment.endedAt : undefined);
  return until === undefined ? undefined : until - segment.startedAt;
}

/** How long it may have been, in ms, where nobody saw its end. */
export function longestMs(segment: Segment): number {
  return expectedMs({ ...segment, endObserved: true }) ?? 0;
}

/** When somebody stopped the recording of a talk that went on. */
export function stoppedAt({ controls = [] }: Segment): Instant | undefined {
  return controls.find(({ control, problem }) => control === 'stop' && problem === undefined)?.at;
}

/** How much shorter than the talk the file is, in ms; undefined when nobody saw the end of the talk. */
export function missingMs(segment: Segment, { durationMs }: Media): number | undefined {
  const expected = expectedMs(segment);
  return expected === undefined ? undefined : Math.max(0, expected - durationMs);
}

/** The channels of the file, in their order. */
export function sidesOf({ levels = [] }: Media): readonly (Levels & { readonly side: Side })[] {
  const names: readonly Side[] = levels.length === 1 ? ['both'] : ['member', 'other'];
  return levels.flatMap((of, index) => {
    const side = names[index];
    return side ? [{ ...of, side }] : [];
  });
}

/** Sides on which nothing is to be heard. */
export function silentSides(media: Media): readonly Side[] {
  return sidesOf(media).flatMap(({ side, audibleMs }) => (audibleMs < leastAudibleMs ? [side] : []));
}

/** The share of samples, from 0 to 1, that are as large as they can be: of the side with the most. */
export function clippingOf(media: Media): number {
  const samples = (media.durationMs * (media.sampleRate ?? 0)) / msPerSecond;
  const most = Math.max(0, ...sidesOf(media).map(({ clipped }) => clipped));
  return samples === 0 ? 0 : most / samples;
}

/** What is to be told of a finished recording; nothing of any other. */
export function findingsOf(segment: Segment): readonly Finding[] {
  const { media, state } = segment.recording ?? {};
  if (!media || state !== 'finished') return [];
  const expected = expectedMs(segment) ?? 0;
  const isMissing = (missingMs(segment, media) ?? 0) > missingToleranceMs + expected * missingToleranceShare;
  const isSilent =
    media.durationMs >= leastJudgedMs && silentSides(media).length > 0 && !wasPaused(segment.controls);
  const found: Readonly<Record<Finding, boolean>> = {
    repaired: media.repaired,
    'audio-missing': isMissing,
    silent: isSilent,
    clipped: clippingOf(media) > clippedShare,
  };
  return (Object.keys(found) as Finding[]).filter((finding) => found[finding]);
}

function wasPaused(controls: readonly ControlAction[] = []): boolean {
  return controls.some(({ control, problem }) => control === 'pause' && problem === undefined);
}
