import { destinationOf } from '../call/classification.ts';
import { clippingOf, findingsOf, missingMs, sidesOf, silentSides } from '../call/findings.ts';
import { consentInTalk } from '../call/gate.ts';
import { verdictOfSegment } from '../call/rules.ts';
import type { Consent, ControlAction, NumberPatterns, Segment } from '../call/call.ts';
import type { Delivery, ListedRecord } from '../catalogue/catalogue.ts';
import type { Hold } from '../catalogue/retention-ledger.ts';
import { isoWithOffset, timesIn } from '../recording/local-time.ts';

/**
 * A line of the listing with all that explains it, as `recordings --json` and `report --json` give it. Times are
 * ISO 8601 in the time zone of the PBX; what is not known is null.
 */
export function recordJson(record: ListedRecord, timeZone: string) {
  const deliveries = record.deliveries.map((delivery) => deliveryJson(delivery, timeZone));
  const hold = record.hold ? holdJson(record.hold, timeZone) : null;
  return { ...recordFacts(record, timeZone), hold, deliveries };
}

/** What forbids that something be deleted. */
function holdJson({ subject, kind, at, actor, reason }: Hold, timeZone: string) {
  return { on: subject, kind, since: isoWithOffset(at, timeZone), by: actor, reason: reason ?? null };
}

/** The same without what became of its deliveries: it does not change any more once the call is closed. */
export function recordFacts(record: ListedRecord, timeZone: string) {
  const time = timesIn(timeZone);
  const segment = record.call.segments.find(({ id }) => id === record.id);
  const consent = segment ? consentInTalk(record.call, segment) : record.call.consents.at(-1);
  return {
    id: record.id,
    call_id: record.callId,
    linked_id: record.linkedId,
    group: record.group,
    direction: record.direction,
    from: record.from,
    to: record.to,
    from_name: record.fromName ?? null,
    start: time(record.startedAt),
    talk_ms: record.talkMs,
    // How much longer the talk may have been: nobody watched its beginning.
    gap_ms: segment?.unseenMs ?? 0,
    outcome: record.verdict.outcome,
    rule: record.verdict.rule,
    file: record.file ?? null,
    media: segment ? mediaJson(segment) : null,
    consent: consent ? consentJson(consent, time) : null,
    call: {
      start: time(record.call.startedAt),
      end: time(record.call.endedAt),
      destination: destinationOf(record.call) ?? null,
      outcome: record.call.verdict?.outcome ?? null,
      rule: record.call.verdict?.rule ?? null,
    },
    consents: record.call.consents.map((each) => consentJson(each, time)),
    segments: record.call.segments.map((segment) => segmentJson(segment, time)),
  };
}

/** Each record as something shows it. */
export async function* viewed<View>(
  records: AsyncIterable<ListedRecord>,
  view: (record: ListedRecord, timeZone: string) => View,
  timeZone: string,
): AsyncIterable<View> {
  for await (const record of records) yield view(record, timeZone);
}

type Time = ReturnType<typeof timesIn>;

function consentJson(consent: Consent, time: Time) {
  return {
    group: consent.group,
    direction: consent.direction,
    mode: consent.mode,
    channel: consent.channel,
    number: consent.number,
    prompt: consent.prompt,
    sha256: consent.sha256 ?? null,
    language: consent.language,
    place: consent.place,
    played_from: time(consent.playedFrom),
    played_to: time(consent.playedTo),
    complete: consent.complete,
    key: consent.key ?? null,
    key_at: time(consent.keyAt),
    decision: consent.decision,
    problem: consent.problem ?? null,
  };
}

/** The entries of the group's lists of numbers that the other party's number matches, by the list's key. */
function patternsJson({ neverRecord, alwaysRecord, skipAnnouncement }: NumberPatterns) {
  return {
    never_record: neverRecord ?? null,
    always_record: alwaysRecord ?? null,
    skip_announcement: skipAnnouncement ?? null,
  };
}

function controlJson({ control, at, actor, problem }: ControlAction, time: Time) {
  return { control, at: time(at), actor, problem: problem ?? null };
}

function segmentJson(segment: Segment, time: Time) {
  const { recording } = segment;
  const { outcome, rule } = verdictOfSegment(segment);
  return {
    id: segment.id,
    group: segment.group,
    direction: segment.direction,
    from: segment.from,
    to: segment.to,
    from_name: segment.fromName ?? null,
    start: time(segment.startedAt),
    end: time(segment.endedAt),
    end_observed: segment.endObserved,
    gap_ms: segment.unseenMs ?? 0,
    member_channel: segment.memberChannel,
    other_channel: segment.otherChannel,
    outcome,
    rule,
    number_patterns: patternsJson(segment.patterns ?? {}),
    controls: (segment.controls ?? []).map((action) => controlJson(action, time)),
    recording: recording
      ? {
          state: recording.state,
          bytes: recording.media?.bytes ?? null,
          duration_ms: recording.media?.durationMs ?? null,
          sha256: recording.media?.sha256 ?? null,
          repaired: recording.media?.repaired ?? null,
          problem: recording.problem ?? null,
        }
      : null,
  };
}

/** What the check at the end of a recording found. Levels are in dB below the loudest there is. */
function mediaJson(segment: Segment) {
  const media = segment.recording?.media;
  if (!media) return null;
  return {
    bytes: media.bytes,
    duration_ms: media.durationMs,
    sha256: media.sha256,
    repaired: media.repaired,
    sample_rate: media.sampleRate ?? null,
    channels: media.levels?.length ?? null,
    missing_ms: missingMs(segment, media) ?? null,
    silent_sides: media.levels ? silentSides(media) : null,
    clipping: media.levels ? Number(clippingOf(media).toFixed(shareDigits)) : null,
    sides: sidesOf(media).map(({ side, peak, rms, audibleMs, longestSilenceMs, clipped }) => ({
      side,
      peak_db: decibels(peak),
      rms_db: decibels(rms),
      audible_ms: audibleMs,
      longest_silence_ms: longestSilenceMs,
      clipped_samples: clipped,
    })),
    findings: findingsOf(segment),
  };
}

const shareDigits = 5;
const loudest = 32_768;
const decibelsPerDecade = 20;

/** Null: digital silence. */
function decibels(level: number): number | null {
  return level === 0 ? null : Number((decibelsPerDecade * Math.log10(level / loudest)).toFixed(1));
}

/** What became of one recording at one target. */
export function deliveryJson(delivery: Delivery, timeZone: string) {
  const { problem } = delivery;
  const time = timesIn(timeZone);
  return {
    target: delivery.target,
    state: delivery.state,
    attempts: delivery.attempts,
    name: delivery.name,
    due: delivery.state === 'pending' ? time(delivery.dueAt) : null,
    delivered: time(delivery.deliveredAt),
    removed: time(delivery.removedAt),
    confirmed_by: delivery.confirmedBy ?? null,
    problem: problem
      ? { at: time(problem.at), code: problem.code, message: problem.message, hint: problem.hint }
      : null,
  };
}
