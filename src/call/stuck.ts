import type { Instant, Recording, RecordingId, Segment } from './call.ts';

/** `stuck`: only what nobody talks for any more, or for too long; `all`: everything. */
export type CleanupMode = 'stuck' | 'all';

/** What is known of one recording that runs, or whose file is in `active/`. */
export interface OpenRecording {
  readonly id: RecordingId;
  /** The talk that it is of; undefined where no call is known. */
  readonly segment: Segment | undefined;
  /** Its file; undefined where Asterisk has written none. Times are those of the file. */
  readonly file: OpenFile | undefined;
  /** Where Asterisk records it: on a channel that talks to another one, or on one that does not. Undefined: nowhere. */
  readonly channel: 'talking' | { readonly apartSince: Instant } | undefined;
}

interface OpenFile {
  readonly createdAt: Instant;
  readonly writtenAt: Instant;
  /** Asterisk has written its lengths. */
  readonly closed: boolean;
  /** Its name is not one that we give: somebody else put it there. */
  readonly foreign: boolean;
}

/**
 * What is to be done about a recording, and why.
 * - `goes-on`: nothing, it is as it should be;
 * - `max-duration`, `all`: it is ended, and its call goes on;
 * - `not-closed`: its talk is over and Asterisk was told so, or was not: it is told again;
 * - `orphan`: nobody knows its call; it is ended where it runs, and taken over with what can be known.
 */
export type Judgement = 'goes-on' | 'max-duration' | 'all' | 'not-closed' | 'orphan';

/** What Asterisk was told it does within ms, on a stalled machine within seconds. */
const settlingMs = 10_000;
/** A channel that goes from one bridge to the next is in none for a moment. A parked one is recorded on, music and all. */
const apartMs = 10_000;
/** Whoever writes a file of a name of their own is not known, and may be slow. */
const foreignMs = 600_000;

export interface Rules {
  readonly mode: CleanupMode;
  readonly now: Instant;
  readonly maxDurationMs: number;
}

export function judge({ segment, ...rest }: OpenRecording, rules: Rules): Judgement {
  if (segment?.recording) return judgeKnown(segment, segment.recording, rules);
  // A file without a known call, or of a talk that nobody ordered to be recorded.
  return judgeStranger(rest, rules);
}

function judgeKnown(segment: Segment, { state }: Recording, { mode, now, maxDurationMs }: Rules): Judgement {
  const { startedAt, endedAt } = segment;
  const isSettling = now - (doneAt(segment) ?? startedAt) <= settlingMs;
  switch (state) {
    case 'running':
      if (endedAt !== undefined) return isSettling ? 'goes-on' : 'not-closed';
      if (mode === 'all') return 'all';
      return now - startedAt > maxDurationMs ? 'max-duration' : 'goes-on';
    case 'starting':
      if (mode === 'all' && endedAt === undefined) return 'all';
      return isSettling ? 'goes-on' : 'not-closed';
    case 'ending':
      return isSettling ? 'goes-on' : 'not-closed';
    case 'finished':
    case 'failed':
    case 'too-short':
    case 'lost':
      // Settled. What is still there is a stranger's as soon as the call is forgotten, which takes seconds.
      return 'goes-on';
  }
}

/** When the talk ended, or somebody stopped its recording. */
function doneAt({ endedAt, controls = [] }: Segment): Instant | undefined {
  return (
    controls.findLast(({ control, problem }) => control === 'stop' && problem === undefined)?.at ?? endedAt
  );
}

function judgeStranger({ file, channel }: Omit<OpenRecording, 'segment'>, rules: Rules): Judgement {
  const { mode, now, maxDurationMs } = rules;
  if (!file) return 'goes-on';
  if (mode === 'all' || file.closed) return 'orphan';
  if (file.foreign) return now - file.writtenAt > foreignMs ? 'orphan' : 'goes-on';
  if (channel === 'talking') return now - file.createdAt > maxDurationMs ? 'orphan' : 'goes-on';
  if (channel) return now - channel.apartSince > apartMs ? 'orphan' : 'goes-on';
  return 'orphan';
}
