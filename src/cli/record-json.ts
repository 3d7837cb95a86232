import { consentInTalk } from '../call/gate.ts';
import type { Consent, Segment } from '../call/call.ts';
import type { Delivery, ListedRecord } from '../catalogue/catalogue.ts';
import { isoWithOffset } from './point-in-time.ts';

/**
 * A line of the listing with all that explains it, as `recordings --json` and `report --json` give it. Times are
 * ISO 8601 in the time zone of the PBX; what is not known is null.
 */
export function recordJson(record: ListedRecord, timeZone: string) {
  const time = (instant: number | undefined) =>
    instant === undefined ? null : isoWithOffset(instant, timeZone);
  const segment = record.call.segments.find(({ id }) => id === record.id);
  const consent = (segment && consentInTalk(record.call, segment)) ?? record.call.consents[0];
  return {
    id: record.id,
    call_id: record.callId,
    linked_id: record.linkedId,
    group: record.group,
    direction: record.direction,
    from: record.from,
    to: record.to,
    start: time(record.startedAt),
    talk_ms: record.talkMs,
    outcome: record.verdict.outcome,
    rule: record.verdict.rule,
    file: record.file ?? null,
    consent: consent ? consentJson(consent, time) : null,
    call: {
      start: time(record.call.startedAt),
      end: time(record.call.endedAt),
      destination: record.call.destination ?? null,
      outcome: record.call.verdict?.outcome ?? null,
      rule: record.call.verdict?.rule ?? null,
    },
    segments: record.call.segments.map((segment) => segmentJson(segment, time)),
    deliveries: record.deliveries.map((delivery) => deliveryJson(delivery, time)),
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

type Time = (instant: number | undefined) => string | null;

function consentJson(consent: Consent, time: Time) {
  return {
    group: consent.group,
    direction: consent.direction,
    mode: consent.mode,
    number: consent.number,
    prompt: consent.prompt,
    sha256: consent.sha256 ?? null,
    language: consent.language,
    played_from: time(consent.playedFrom),
    played_to: time(consent.playedTo),
    complete: consent.complete,
    key: consent.key ?? null,
    key_at: time(consent.keyAt),
    decision: consent.decision,
    problem: consent.problem ?? null,
  };
}

function segmentJson(segment: Segment, time: Time) {
  const { recording } = segment;
  return {
    id: segment.id,
    group: segment.group,
    direction: segment.direction,
    from: segment.from,
    to: segment.to,
    start: time(segment.startedAt),
    end: time(segment.endedAt),
    end_observed: segment.endObserved,
    outcome: segment.verdict.outcome,
    rule: segment.verdict.rule,
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

function deliveryJson(delivery: Delivery, time: Time) {
  const { problem } = delivery;
  return {
    target: delivery.target,
    state: delivery.state,
    attempts: delivery.attempts,
    name: delivery.name,
    due: delivery.state === 'pending' ? time(delivery.dueAt) : null,
    delivered: time(delivery.deliveredAt),
    confirmed_by: delivery.confirmedBy ?? null,
    problem: problem
      ? { at: time(problem.at), code: problem.code, message: problem.message, hint: problem.hint }
      : null,
  };
}
