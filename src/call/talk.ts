import { directionOf, firstGroup, groupOf, isParty, numberOf } from './classification.ts';
import { consentInTalk } from './gate.ts';
import { decideTalk } from './rules.ts';
import type { Step } from './gate.ts';
import type { BridgeId, Call, Command, Group, Leg, Policy, Recording, Segment } from './call.ts';

/** A member and another party in one bridge. */
interface Talk {
  readonly group: Group;
  readonly member: Leg;
  readonly other: Leg;
}

/** Who talks to whom right now. A talk between two members is one talk, the caller's. */
function talksOf(call: Call, policy: Policy): readonly Talk[] {
  const roomOf = roomsOf(call);
  const present = call.legs.filter((leg) => leg.bridge !== undefined && isParty(leg));
  const found: Talk[] = [];
  for (const leg of byRole(present)) {
    const others = present.filter((other) => other !== leg && roomOf(other) === roomOf(leg));
    const covered = (other: Leg): boolean =>
      found.some((talk) => talk.member === other && talk.other === leg);
    const open = others.filter((other) => !covered(other));
    const other = currentPartner(call, leg, open) ?? open.find((party) => !groupOf(party, policy)) ?? open[0];
    if (!other || !groupOf(leg, policy)) continue;
    const group = firstGroup([groupOf(leg, policy), groupOf(other, policy)], policy);
    if (group) found.push({ group, member: leg, other });
  }
  return found;
}

/**
 * A pair of Local channels (`;1` and `;2` of one name) is a wire between two bridges: whoever is in them hear each
 * other. Asterisk mostly takes such pairs out of the way after the answer; with option `/n` they stay.
 */
function roomsOf(call: Call): (leg: Leg) => BridgeId | undefined {
  const rooms = new Map<BridgeId, BridgeId>();
  const find = (bridge: BridgeId): BridgeId => {
    const joined = rooms.get(bridge);
    return joined === undefined ? bridge : find(joined);
  };
  for (const one of call.legs) {
    if (isParty(one) || one.bridge === undefined || !one.name.endsWith(';1')) continue;
    const other = call.legs.find((leg) => leg.name === `${one.name.slice(0, -1)}2`);
    if (other?.bridge === undefined) continue;
    const [from, to] = [find(one.bridge), find(other.bridge)];
    if (from !== to) rooms.set(from, to);
  }
  return ({ bridge }) => (bridge === undefined ? undefined : find(bridge));
}

function byRole(legs: readonly Leg[]): readonly Leg[] {
  return [...legs.filter((leg) => leg.role === 'caller'), ...legs.filter((leg) => leg.role === 'called')];
}

/** Whoever a member talks to stays the other party of the segment while both are in the bridge. */
function currentPartner(call: Call, member: Leg, others: readonly Leg[]): Leg | undefined {
  const segment = call.segments.find(
    (open) => open.endedAt === undefined && open.memberChannel === member.channel,
  );
  return others.find((other) => other.channel === segment?.otherChannel);
}

/** Ends the segments whose parties parted and begins those of parties that met. */
export function followTalks(
  call: Call,
  event: { readonly at: number; readonly observed: boolean },
  { policy, newId }: { readonly policy: Policy; readonly newId: () => string },
): Step {
  const talks = talksOf(call, policy);
  const goesOn = (segment: Segment): boolean =>
    talks.some(
      (talk) => talk.member.channel === segment.memberChannel && talk.other.channel === segment.otherChannel,
    );
  const commands: Command[] = [];
  const segments = call.segments.map((segment) => {
    if (segment.endedAt !== undefined || goesOn(segment)) return segment;
    const ended: Segment = {
      ...segment,
      endedAt: partedAt(call, segment) ?? event.at,
      endObserved: event.observed,
    };
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
    const segment = begin(call, talk, newId(), event.at, policy);
    segments.push(segment);
    if (!segment.recording) continue;
    commands.push({ type: 'start-recording', recording: segment.id, channelName: talk.member.name });
  }
  const changed =
    segments.length > call.segments.length || segments.some((now, i) => now !== call.segments[i]);
  return [changed ? { ...call, segments } : call, commands];
}

/** When the first of the two left the bridge, where that is known. */
function partedAt(call: Call, { memberChannel, otherChannel }: Segment): number | undefined {
  const left = call.legs
    .filter(({ channel }) => channel === memberChannel || channel === otherChannel)
    .flatMap(({ leftAt }) => (leftAt === undefined ? [] : [leftAt]));
  return left.length === 0 ? undefined : Math.min(...left);
}

function begin(call: Call, { group, member, other }: Talk, id: string, at: number, policy: Policy): Segment {
  const direction = directionOf(other, policy);
  // Of two internal parties the one that was there first called the other.
  const cameFirst = call.legs.indexOf(member) < call.legs.indexOf(other);
  const memberCalled = direction === 'outgoing' || (direction === 'internal' && cameFirst);
  const [from, to] = memberCalled ? [member, other] : [other, member];
  const verdict = decideTalk({
    directionOn: group.record[direction],
    mode: group.announcement[direction].mode,
    consent: consentInTalk(call, {
      direction,
      memberChannel: member.channel,
      otherChannel: other.channel,
    }),
  });
  return {
    id,
    group: group.name,
    direction,
    memberChannel: member.channel,
    otherChannel: other.channel,
    from: numberOf(from, policy),
    to: numberOf(to, policy),
    startedAt: at,
    endedAt: undefined,
    endObserved: true,
    verdict,
    recording:
      verdict.outcome === 'recorded'
        ? { state: 'starting', mixMonitor: undefined, media: undefined, problem: undefined }
        : undefined,
  };
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
  const { id, memberChannel } = segment;
  const collect: Command = { type: 'collect-recording', recording: id };
  const member = call.legs.find((leg) => leg.channel === memberChannel);
  if (!member || member.hungUpAt !== undefined) return [collect];
  const { mixMonitor } = recording;
  return [{ type: 'stop-recording', recording: id, channelName: member.name, mixMonitor }, collect];
}
