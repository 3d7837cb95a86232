import { directionOf, firstGroup, groupOf, isExternal, isParty } from '../call/classification.ts';
import { patternsOf } from '../call/numbers.ts';
import { decideTalk } from '../call/rules.ts';
import type { CallDetail, Judgement } from '../call/account.ts';
import type { Call, Direction, Group, Instant, Leg, Policy, Segment } from '../call/call.ts';

/** The account of the PBX has whole seconds, cut off at either end. */
const secondMs = 1_000;
const toleranceMs = 2_000;
/** How long the catalogue may take to know of a call that is over. */
const settleMs = 10_000;
/** A party that was announced to and not connected hangs up, or tires of silence, within this after the key's time. */
const gateGraceMs = 3_000;

/** A member and whom it called, or who called it, as the account of the PBX has them. */
interface AccountedTalk {
  readonly group: Group;
  readonly member: Leg;
  readonly other: Leg;
}

/** Undefined: it concerns no member. */
export function talkOf(detail: CallDetail, policy: Policy): AccountedTalk | undefined {
  const leg = (role: Leg['role'], name: string, number: string): Leg => ({
    ...{ channel: '', role, name, number, dialled: '' },
    ...{ bridge: undefined, leftAt: undefined, hungUpAt: undefined },
  });
  const caller = leg('caller', detail.callerName, detail.from);
  const called = leg('called', detail.calledName, detail.to);
  const group = firstGroup([groupOf(caller, policy), groupOf(called, policy)], policy);
  if (!group) return undefined;
  const [member, other] = groupOf(caller, policy) ? [caller, called] : [called, caller];
  return { group, member, other };
}

/**
 * How a call of a member in the account of the PBX agrees with the catalogue; undefined as long as the catalogue may
 * still come to know it.
 *
 * Calls are compared by the ids of their channels only. By numbers and time, a call that is missing would be explained
 * by the next one between the same two.
 *
 * @param calls those of the catalogue in which one of the channels took part.
 */
export function judge(
  detail: CallDetail,
  calls: readonly Call[],
  policy: Policy,
  now: Instant,
): Judgement | undefined {
  const found = calls.flatMap((call) => segmentsOf(detail, call));
  if (found.length > 0) return found.some(isUnsettled) ? undefined : told(detail, found);
  const records = calls.filter(({ segments }) => segments.length === 0).map(({ id }) => id);
  if (talkMs(detail) < secondMs) return { match: 'no-talk', rule: 'not-connected', records };
  if (now - detail.endedAt < settleMs) return undefined;
  if (calls.some((call) => endedInGate(detail, call, policy)))
    return { match: 'no-talk', rule: 'ended-in-the-gate', records };
  const allowed = talkOf(detail, policy);
  const verdict = allowed && verdictOf(allowed, policy);
  if (verdict && (verdict.outcome === 'excepted' || verdict.outcome === 'direction-off'))
    return { match: 'outside-policy', rule: verdict.rule, records };
  return { match: 'gap', rule: nameOfGap(calls), records };
}

/** What the name of a gap tells of its cause. */
function nameOfGap(calls: readonly Call[]): string {
  if (calls.length === 0) return 'not-in-catalogue';
  return calls.some(({ verdict }) => verdict?.rule === 'nobody-watched') ? 'nobody-watched' : 'talk-not-seen';
}

/** The time in which the two may have talked. */
function talkMs({ answeredAt, endedAt }: CallDetail): number {
  return answeredAt === undefined ? 0 : endedAt - answeredAt;
}

function told(detail: CallDetail, segments: readonly Segment[]): Judgement {
  const records = segments.map(({ id }) => id);
  const inTime = segments.some((segment) => overlapMs(detail, segment) > 0);
  return inTime
    ? { match: 'matched', rule: 'same-channels', records }
    : { match: 'clock', rule: 'another-time', records };
}

function isUnsettled({ endedAt, recording }: Segment): boolean {
  const unsettled = ['starting', 'running', 'ending'];
  return endedAt === undefined || (recording !== undefined && unsettled.includes(recording.state));
}

/**
 * The talks of a call that are this one: between the same two channels, or, where only one is the same since the other
 * was replaced or is hidden behind a Local channel, for half of its time at least.
 */
function segmentsOf(detail: CallDetail, call: Call): readonly Segment[] {
  const nameOf = (channel: string): string => call.legs.find((leg) => leg.channel === channel)?.name ?? '';
  const names = [detail.callerName, detail.calledName];
  const samePair: Segment[] = [];
  const alike: Segment[] = [];
  for (const segment of call.segments) {
    const parties = [segment.memberName, nameOf(segment.otherChannel)];
    const same = parties.filter((party) => names.includes(party)).length;
    if (same === 2) samePair.push(segment);
    else if (same === 1 && overlapMs(detail, segment) * 2 >= talkMs(detail)) alike.push(segment);
  }
  const atThatTime = samePair.filter((segment) => overlapMs(detail, segment) > 0);
  const pair = atThatTime.length > 0 ? atThatTime : samePair;
  if (pair.length > 0) return pair;
  return talkMs(detail) < secondMs ? [] : alike;
}

function overlapMs({ startedAt, answeredAt = startedAt, endedAt }: CallDetail, segment: Segment): number {
  const until = Math.min(endedAt + toleranceMs, segment.endedAt ?? Infinity);
  return Math.max(0, until - Math.max(answeredAt - toleranceMs, segment.startedAt));
}

/** Who is announced to counts as answered, and may never have been connected. */
function endedInGate(detail: CallDetail, call: Call, policy: Policy): boolean {
  const asked = call.legs.filter(({ name }) => name === detail.callerName || name === detail.calledName);
  if (asked.some(({ leftUnseen }) => leftUnseen)) return false;
  const consent = call.consents.findLast(({ channel }) => asked.some((leg) => leg.channel === channel));
  if (!consent) return false;
  const { playedTo, keyAt = playedTo, problem } = consent;
  if (keyAt === undefined) return problem !== undefined;
  const group = policy.groups.find(({ name }) => name === consent.group);
  const { timeoutMs = 0, confirmation } = group?.announcement[consent.direction] ?? {};
  const confirmationMs = consent.decision === 'declined' ? (confirmation?.durationMs ?? 0) : 0;
  return detail.endedAt <= keyAt + timeoutMs + confirmationMs + gateGraceMs;
}

/** What policy says of a call of which nothing but this is known. */
function verdictOf({ group, member, other }: AccountedTalk, policy: Policy) {
  const verdicts = directionsOf(member, other, policy).map((direction) =>
    decideTalk({
      record: group.record[direction],
      asked: undefined,
      mode: group.announcement[direction].mode,
      consent: undefined,
      patterns: patternsOf(group, other, policy),
    }),
  );
  return verdicts.find(({ outcome }) => outcome !== 'excepted' && outcome !== 'direction-off') ?? verdicts[0];
}

/** Behind a Local channel anybody may be: what may be missing is told rather than not. */
function directionsOf(member: Leg, other: Leg, policy: Policy): readonly Direction[] {
  if (isParty(other) || isExternal(other, policy)) return [directionOf(other, policy)];
  return [member.role === 'called' ? 'incoming' : 'outgoing', 'internal'];
}
