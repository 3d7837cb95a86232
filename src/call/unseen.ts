import { stoppedAt } from './findings.ts';
import type { Instant, Segment } from './call.ts';
import type { Media } from '../recording/media.ts';

/** By how much a file may be shorter or longer than its talk where Asterisk and we have everything to do at once. */
const offMs = 2_000;

/** A talk that was found late, among many others, begins where its recording does; what is missing is told. */
export function unseenUntil(segment: Segment, at: Instant): Segment {
  if (segment.unseenMs === undefined || segment.endedAt !== undefined) return segment;
  return { ...segment, startedAt: at, unseenMs: segment.unseenMs + at - segment.startedAt };
}

/** What the finished file knows of a talk, of which nobody saw when it ended, or how it began. */
export function fittedTo(segment: Segment, media: Media): Segment {
  const ended = segment.endObserved ? segment : { ...segment, endedAt: endOf(segment, media) };
  const { startedAt, unseenMs } = ended;
  const until = stoppedAt(ended) ?? ended.endedAt;
  if (unseenMs === undefined || until === undefined) return ended;
  // Asterisk's answer to the order to record was read later than it was given, or by a process that died since: then
  // the talk begins as yet where it was found. Much more than that is of another talk, or missing.
  const wasAnswered = segment.recording?.mixMonitor !== undefined;
  const [earliest, latest] = [-Math.min(unseenMs, offMs), wasAnswered ? 0 : offMs];
  const laterMs = Math.min(latest, Math.max(earliest, until - media.durationMs - startedAt));
  return { ...ended, startedAt: startedAt + laterMs, unseenMs: unseenMs + laterMs };
}

/**
 * A talk lasted about as long as its file, which Asterisk closes when the member hangs up: that tells exactly, unless the
 * member did something else before.
 */
function endOf({ startedAt, endedAt = Infinity, unseenMs = 0 }: Segment, media: Media): Instant {
  const { durationMs, writtenAt = NaN } = media;
  const lasted = startedAt + durationMs;
  const isEnd =
    writtenAt >= Math.max(startedAt, lasted - unseenMs - offMs) &&
    writtenAt <= Math.min(endedAt, lasted + offMs);
  return isEnd ? writtenAt : lasted;
}
