import { isExternal, isParty } from './classification.ts';
import { ask, consentInTalk, leftGate, type Step } from './gate.ts';
import { announcementFor } from './numbers.ts';
import { begin, groupOfSegment, talksOf, withSegments } from './talk.ts';
import type { Call, ChannelId, Gate, Instant, Policy, Segment } from './call.ts';
import type { Command } from './event.ts';

interface Moment {
  readonly at: Instant;
  readonly policy: Policy;
  readonly newId: () => string;
}

/**
 * Announces in a talk, where the group wants that, to an external party that came to a member without having heard it,
 * or was handed over to one and has not consented yet; when it has, decides the talk anew. `before` is the gate before the event.
 */
export function followReannouncement(before: Gate | undefined, call: Call, moment: Moment): Step {
  const attended = interrupted(call);
  const isOver =
    before?.place === 'talk' && attended.gate?.place !== 'talk' && !isTaken(call, before.channel);
  const [decided, commands] = isOver ? decideAgain(attended, before, moment) : [attended, []];
  const [asked, more] = decided.gate ? [decided, []] : askInTalk(decided, moment.policy);
  return asked === call && !isOver ? [call, []] : [asked, [...commands, ...more]];
}

/** The announcement goes with the party to the call that it became part of. */
function isTaken({ legs }: Call, channel: ChannelId): boolean {
  const leg = legs.find((each) => each.channel === channel);
  return !leg || leg.takenAt !== undefined;
}

/** Who is in no bridge any more is on the way to somewhere else. */
function interrupted(call: Call): Call {
  const { gate } = call;
  if (gate?.place !== 'talk') return call;
  const isBridged = call.legs.some((leg) => leg.channel === gate.channel && leg.bridge !== undefined);
  return isBridged ? call : leftGate(call, gate.channel, 'the talk ended during the announcement');
}

function openSegmentWith(call: Call, { channel }: Gate): Segment | undefined {
  return call.segments.find((segment) => segment.endedAt === undefined && segment.otherChannel === channel);
}

/** Recorded from now on is a segment of its own: what was said before is not in its file. */
function decideAgain(call: Call, gate: Gate, { at, policy, newId }: Moment): Step {
  const end: Command = { type: 'end-whisper', channel: gate.channel };
  const segment = openSegmentWith(call, gate);
  const talk = talksOf(call, policy).find(
    ({ member, other }) => member.channel === segment?.memberChannel && other.channel === gate.channel,
  );
  if (!segment || segment.recording || !talk) return [call, [end]];
  const [next, commands] = begin(call, talk, { id: newId(), at }, policy);
  const told: readonly Segment[] =
    next.verdict.outcome === 'recorded'
      ? [{ ...segment, endedAt: at, verdict: beforeTheAnnouncement }, next]
      : [{ ...segment, verdict: next.verdict }];
  return [withSegments(call, segment, told), [end, ...commands]];
}

const beforeTheAnnouncement = { outcome: 'not-announced', rule: 'before-the-announcement' } as const;

function askInTalk(call: Call, policy: Policy): Step {
  for (const segment of call.segments) {
    if (segment.endedAt !== undefined || !lacksAnnouncement(call, segment)) continue;
    const leg = call.legs.find(({ channel }) => channel === segment.otherChannel);
    const group = groupOfSegment(call, segment, policy);
    if (!leg || !group || !isExternal(leg, policy)) continue;
    const { direction, startedAt: at } = segment;
    const announcement = announcementFor(group, direction, leg, policy);
    if (!announcement.reannounce) continue;
    return ask(call, leg, { announcer: { group, direction }, announcement, place: 'talk', at }, policy);
  }
  return [call, []];
}

/**
 * Once in a talk. What failed in the gate, or was not answered there, is tried again with the next one who talks to the
 * party only; what the end of another talk cut short, in any.
 */
function lacksAnnouncement(call: Call, segment: Segment): boolean {
  const consent = consentInTalk(call, segment);
  if (consent && consent.countsFrom >= segment.startedAt) return false;
  const { outcome } = segment.verdict;
  if (outcome === 'not-announced' || !consent) return outcome === 'not-announced';
  if (outcome !== 'announcement-failed' && outcome !== 'not-agreed') return false;
  const wasCutShort = outcome === 'announcement-failed' && consent.place === 'talk';
  return wasCutShort || isHandedOver(call, segment, consent.countsFrom);
}

/** Of an attended transfer, the end of the first talk may be told after the beginning of the next. */
const handoverMs = 1_000;

/** Whether the party talked to somebody else since a time, who handed it over to this member. */
function isHandedOver({ legs }: Call, segment: Segment, since: Instant): boolean {
  const { memberChannel, otherChannel, startedAt } = segment;
  return legs
    .filter(isParty)
    .some(
      ({ channel, leftAt = -Infinity }) =>
        ![memberChannel, otherChannel].includes(channel) &&
        leftAt >= since &&
        leftAt <= startedAt + handoverMs,
    );
}
