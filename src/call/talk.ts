import { directionOf, firstGroup, groupOf, isExternal, isParty, numberOf } from './classification.ts';
import { consentInTalk, isStillAsked } from './gate.ts';
import { patternsOf } from './numbers.ts';
import { roomsOf } from './rooms.ts';
import { decideTalk, noRoom } from './rules.ts';
import { wishesOf, type Wishes } from './wishes.ts';
import type { Step } from './gate.ts';
import type {
  Call,
  Consent,
  Group,
  Instant,
  Leg,
  Policy,
  Recording,
  RecordingId,
  Segment,
  Verdict,
} from './call.ts';
import type { CallEvent, Command } from './event.ts';

/** A member and another party in one bridge. */
export interface Talk {
  readonly group: Group;
  readonly member: Leg;
  readonly other: Leg;
  /** Who else is in the room, and so heard in the recording. */
  readonly bystanders: readonly Leg[];
}

/** Who talks to whom right now. A talk between two members is one talk, the caller's. */
export function talksOf(call: Call, policy: Policy): readonly Talk[] {
  const roomOf = roomsOf(call.legs);
  const present = call.legs.filter((leg) => leg.bridge !== undefined && isParty(leg));
  const othersOf = (leg: Leg): readonly Leg[] =>
    present.filter((other) => other !== leg && roomOf(other) === roomOf(leg));
  const talks: Talk[] = [];
  const add = (group: Group, member: Leg, other: Leg): void => {
    const bystanders = othersOf(member).filter((leg) => leg !== other && leg.leftAt === undefined);
    talks.push({ group, member, other, bystanders });
  };
  // Whoever a member talks to stays the other party while both are there, also when the member logs out of a queue.
  for (const segment of call.segments.filter(({ endedAt }) => endedAt === undefined)) {
    const member = present.find(({ channel }) => channel === segment.memberChannel);
    const other = member && othersOf(member).find(({ channel }) => channel === segment.otherChannel);
    const group = groupOfSegment(call, segment, policy);
    if (group && other) add(group, member, other);
  }
  for (const member of byRole(present)) {
    // Who is on the way to another bridge begins no talk any more.
    if (member.leftAt !== undefined || talks.some((talk) => talk.member === member)) continue;
    const isCovered = (other: Leg): boolean =>
      talks.some((talk) => talk.member === other && talk.other === member);
    const open = othersOf(member).filter((other) => other.leftAt === undefined && !isCovered(other));
    const other = open.find((party) => !groupOf(party, policy)) ?? open[0];
    if (!other || !groupOf(member, policy)) continue;
    const group = firstGroup([groupOf(member, policy), groupOf(other, policy)], policy);
    if (group) add(group, member, other);
  }
  return talks;
}

/** A group that has another name since the talk began is the one of which its member is now. */
export function groupOfSegment({ legs }: Call, segment: Segment, policy: Policy): Group | undefined {
  const { group, memberChannel, otherChannel } = segment;
  const parties = legs.filter(({ channel }) => channel === memberChannel || channel === otherChannel);
  return (
    policy.groups.find(({ name }) => name === group) ??
    firstGroup(
      parties.map((leg) => groupOf(leg, policy)),
      policy,
    )
  );
}

function byRole(legs: readonly Leg[]): readonly Leg[] {
  return [...legs.filter((leg) => leg.role === 'caller'), ...legs.filter((leg) => leg.role === 'called')];
}

/** Ends the segments whose parties parted and begins those of parties that met. */
export function followTalks(
  call: Call,
  { at, unseenSince }: CallEvent,
  { policy, newId }: { readonly policy: Policy; readonly newId: () => string },
): Step {
  const talks = talksOf(call, policy);
  const goesOn = (segment: Segment): boolean => {
    const talk = talks.find(
      ({ member, other }) =>
        member.channel === segment.memberChannel && other.channel === segment.otherChannel,
    );
    return talk !== undefined && isAsBefore(call, segment, talk, { at, policy });
  };
  const commands: Command[] = [];
  const segments = call.segments.map((segment) => {
    if (segment.endedAt !== undefined || goesOn(segment)) return segment;
    const { leftAt = at, leftUnseen } = partingOf(call, segment);
    const endObserved = unseenSince === undefined && leftUnseen === undefined;
    const ended: Segment = { ...segment, endedAt: leftAt, endObserved };
    if (segment.recording?.state !== 'running') return ended;
    const [ending, ends] = endRecording(call, ended, segment.recording);
    commands.push(...ends);
    return ending;
  });
  for (const talk of talks) {
    const open = segments.some(
      (segment) => segment.endedAt === undefined && segment.memberChannel === talk.member.channel,
    );
    if (open) continue;
    const [segment, begins] = begin(call, talk, { id: newId(), at }, policy);
    segments.push(
      unseenSince === undefined ? segment : { ...segment, unseenMs: Math.max(0, at - unseenSince) },
    );
    commands.push(...begins);
  }
  const changed =
    segments.length > call.segments.length || segments.some((now, i) => now !== call.segments[i]);
  return [changed ? { ...call, segments } : call, commands];
}

/** The call with other segments in the place of one. */
export function withSegments(call: Call, segment: Segment, by: readonly Segment[]): Call {
  return { ...call, segments: call.segments.flatMap((each) => (each === segment ? by : [each])) };
}

/** When the first of the two left the bridge, where that is known. */
export function partingOf(
  call: Call,
  { memberChannel, otherChannel }: Segment,
): Partial<Pick<Leg, 'leftAt' | 'leftUnseen'>> {
  const [first = {}] = call.legs
    .filter(({ channel }) => channel === memberChannel || channel === otherChannel)
    .filter(({ leftAt, leftUnseen }) => leftAt !== undefined || leftUnseen !== undefined)
    .sort((a, b) => (a.leftAt ?? Infinity) - (b.leftAt ?? Infinity));
  return first;
}

/** Rule of a talk that is not recorded because of somebody else in the room. */
const roomRule = 'somebody-else-in-the-room';

interface Moment {
  readonly at: Instant;
  readonly policy: Policy;
}

/** Whoever is in the room is heard in the file: one of them is enough to forbid it. */
function forbidden(call: Call, talk: Talk, now: Moment): Verdict | undefined {
  const { policy } = now;
  for (const party of talk.bystanders) {
    const group = firstGroup([groupOf(talk.member, policy), groupOf(party, policy)], policy) ?? talk.group;
    const { outcome } = decideBetween(call, { ...talk, group, other: party }, 'start', now);
    // A colleague may listen where calls among colleagues are of no interest.
    const isOfNoInterest = outcome === 'direction-off' && !isExternal(party, policy);
    if (outcome !== 'recorded' && !isOfNoInterest) return { outcome, rule: roomRule };
  }
  return undefined;
}

/** Somebody may have come into the room who forbids the recording, or gone who did. */
function isAsBefore(call: Call, { recording, verdict }: Segment, talk: Talk, now: Moment): boolean {
  const wasForbidden = verdict.rule === roomRule;
  const isRecorded = recording?.state === 'starting' || recording?.state === 'running';
  return !(wasForbidden || isRecorded) || (forbidden(call, talk, now) !== undefined) === wasForbidden;
}

/** Whether two may be recorded. `asked`: what somebody asked for. */
function decideBetween(
  call: Call,
  { group, member, other }: Talk,
  asked: Wishes['asked'],
  { at, policy }: Moment,
): Verdict {
  const direction = directionOf(other, policy);
  const consent = consentInTalk(call, {
    direction,
    memberChannel: member.channel,
    otherChannel: other.channel,
    startedAt: at,
  });
  return decideTalk({
    record: group.record[direction],
    asked,
    mode: group.announcement[direction].mode,
    consent: consent && asHeard(call, consent),
    patterns: patternsOf(group, other, policy),
  });
}

function asHeard(call: Call, consent: Consent): Consent | undefined {
  // An announcement in the talk that has not begun, or that Asterisk refused, is none.
  if (consent.place === 'talk' && consent.playedFrom === undefined) return undefined;
  return isStillAsked(call, consent) ? { ...consent, complete: false } : consent;
}

/**
 * The segment of a talk from now on, and the order to record it if that may be. `wishes`: what is asked for now, where
 * that is not what was asked for before.
 */
export function begin(
  call: Call,
  talk: Talk,
  { id, at, wishes }: { readonly id: RecordingId; readonly at: Instant; readonly wishes?: Wishes },
  policy: Policy,
): readonly [Segment, readonly Command[]] {
  const { group, member, other } = talk;
  const { asked, pause } = wishes ?? wishesOf(call.segments, talk, at);
  const direction = directionOf(other, policy);
  // Of two internal parties the one that was there first called the other.
  const cameFirst = call.legs.indexOf(member) < call.legs.indexOf(other);
  const memberCalled = direction === 'outgoing' || (direction === 'internal' && cameFirst);
  const [from, to] = memberCalled ? [member, other] : [other, member];
  const patterns = patternsOf(group, other, policy);
  const own = decideBetween(call, talk, asked, { at, policy });
  const allowed = policy.storageFull === true ? noRoom : own;
  const verdict = own.outcome === 'recorded' ? (forbidden(call, talk, { at, policy }) ?? allowed) : own;
  const { beepEverySeconds, audio } = group;
  const recorded = verdict.outcome === 'recorded';
  const segment: Segment = {
    id,
    group: group.name,
    deliverTo: group.deliverTo,
    direction,
    memberChannel: member.channel,
    memberName: member.name,
    otherChannel: other.channel,
    from: numberOf(from, policy),
    to: numberOf(to, policy),
    // The name of who was called is no caller's, also where they call in the course of the call.
    ...(from.role === 'caller' && from.callerName !== undefined ? { fromName: from.callerName } : {}),
    startedAt: at,
    endedAt: undefined,
    endObserved: true,
    verdict,
    patterns,
    recording: recorded
      ? {
          state: 'starting',
          mixMonitor: undefined,
          media: undefined,
          problem: undefined,
          pause,
          beepEverySeconds,
          audio,
        }
      : undefined,
  };
  const start: Command = {
    type: 'start-recording',
    recording: id,
    channelName: member.name,
    beepEverySeconds,
    audio,
  };
  return [segment, recorded ? [start] : []];
}

/** The talk is over: what is left to do for its recording. */
export function endRecording(
  call: Call,
  segment: Segment,
  recording: Recording,
): readonly [Segment, readonly Command[]] {
  return [
    { ...segment, recording: { ...recording, state: 'ending' } },
    endingCommands(call, segment, recording),
  ];
}

/** Stops MixMonitor where the member's channel still lives, and has the file collected once it is closed. */
export function endingCommands(call: Call, segment: Segment, recording: Recording): readonly Command[] {
  const { id, memberChannel, memberName } = segment;
  const collect: Command = { type: 'collect-recording', recording: id };
  const member = call.legs.find((leg) => leg.channel === memberChannel);
  // An orphan whose channel is gone has the name of none.
  if (member?.hungUpAt !== undefined || memberName === '') return [collect];
  const { mixMonitor } = recording;
  const channelName = member?.name ?? memberName;
  return [{ type: 'stop-recording', recording: id, channelName, mixMonitor }, collect];
}
