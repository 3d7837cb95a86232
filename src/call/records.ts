import { headlineOf } from './classification.ts';
import { verdictOfSegment } from './rules.ts';
import type { Call, Leg, Policy, RecordingId, Segment } from './call.ts';
import type { CallRecord, FinishedRecording } from '../recording/recording.ts';

/**
 * Whether two states differ in nothing that must outlive the process: legs come and hang up, which is seen again; but
 * who went over to another call would be waited for in this one for ever.
 */
export function isSameSave(a: Call, b: Call): boolean {
  return (
    a.consents === b.consents &&
    a.gate === b.gate &&
    a.segments === b.segments &&
    a.endedAt === b.endedAt &&
    a.verdict === b.verdict &&
    (a.legs === b.legs || a.verdict !== undefined || a.legs.every((leg) => !isIn(a, leg) || isIn(b, leg)))
  );
}

function isIn(call: Call, { channel }: Leg): boolean {
  return call.legs.some((leg) => leg.channel === channel && leg.takenAt === undefined);
}

/** What there is to deliver of a segment; undefined as long as its recording is not finished, or if there is none. */
export function finishedRecordingOf(
  call: Call,
  segment: Segment,
): Omit<FinishedRecording, 'folder' | 'name'> | undefined {
  const media = segment.recording?.media;
  if (segment.recording?.state !== 'finished' || !media) return undefined;
  const { id, group, direction, from, to, startedAt, endedAt = startedAt + media.durationMs } = segment;
  const { bytes, durationMs, sha256 } = media;
  return {
    id,
    callId: call.id,
    group,
    direction,
    from,
    to,
    startedAt,
    endedAt,
    bytes,
    durationMs,
    sha256,
  };
}

/** The lines under which a call is listed and reported: one per talk, or one if there was none. */
export function recordsOf(
  call: Call,
  policy: Policy,
  files: ReadonlyMap<RecordingId, string>,
): readonly CallRecord[] {
  const common = { callId: call.id, linkedId: call.linkedId };
  if (call.segments.length === 0 && call.verdict) {
    const { group = '', direction, from, to, fromName } = headlineOf(call, policy);
    const { id, startedAt, verdict } = call;
    const parties = { group, direction, from, to, fromName };
    return [{ ...common, ...parties, id, startedAt, talkMs: 0, verdict, file: undefined }];
  }
  return call.segments.map((segment) => ({
    ...common,
    id: segment.id,
    group: segment.group,
    direction: segment.direction,
    from: segment.from,
    to: segment.to,
    fromName: segment.fromName,
    startedAt: segment.startedAt,
    // The clock may have been set while no process ran.
    talkMs: Math.max(0, (segment.endedAt ?? segment.startedAt) - segment.startedAt),
    verdict: verdictOfSegment(segment),
    file: files.get(segment.id),
  }));
}
