// What must be recorded, told from what the parties heard and pressed, and from nothing that Mitschnitt made of it.
import type { Direction, Outcome } from '../../../src/call/call.ts';
import { keyHeldMs } from '../../../src/call/gate.ts';
import type { Channel, Stay } from './asterisk.ts';
import type { Hearing } from './acoustics.ts';
import { isOutside } from './dialplan.ts';
import { longestWayMs } from './mitschnitt.ts';
import { declineKey, keyTimeoutMs, pauseLimitMs, type Performance, type Request } from './performance.ts';
import { promptMs } from './asterisk.ts';
import type { GroupName, Manner } from './story.ts';
import { nothingAsked, requestsIn, wantedIn, type Asked, type Span } from './wanted.ts';

/** Events and commands take their time: that much earlier or later is as good. */
export const toleranceMs = 6 * longestWayMs;

/** Two parties' talk, and what has to become of it. */
export interface Talk extends Hearing {
  readonly to: number;
  /** Undefined: neither was a member when it began. */
  readonly group: GroupName | undefined;
  readonly direction: Direction;
  /** Those of the two who are members, or were when it began. */
  readonly members: readonly Channel[];
  /** Undefined: it cannot be said; a key came in the last moment, say, or nobody was there to hear it. */
  readonly outcome: Outcome | undefined;
  /** When it has to be recorded, and when in silence; all of it, unless somebody asked for something else. */
  readonly recorded: readonly Span[];
  readonly silent: readonly Span[];
  /** A member asked for something. */
  readonly isControlled: boolean;
}

type PlainTalk = Omit<Talk, 'recorded' | 'silent' | 'isControlled'>;

/** Every talk in which a member takes part. */
export function talksOf(performance: Performance): readonly Talk[] {
  // Of two who talk again, what was asked for before holds.
  const pairs = new Map<string, Asked | 'unknown'>();
  return plainTalksOf(performance).map((talk) => {
    const pair = `${talk.a.id} ${talk.b.id}`;
    const [controlled, after] = controlledTalk(talk, pairs.get(pair) ?? nothingAsked, performance);
    pairs.set(pair, after);
    return controlled;
  });
}

function controlledTalk(
  talk: PlainTalk,
  before: Asked | 'unknown',
  performance: Performance,
): [Talk, Asked | 'unknown'] {
  const { a, b, from, to, outcome, group, direction, members, crowded } = talk;
  const onDemand = group !== undefined && performance.story.manners[group][direction] === 'on-demand';
  // A member of a queue may have logged out.
  const near = { a, b, from: from - toleranceMs, to: to + toleranceMs };
  const asked = requestsIn(near, [a, b], performance);
  const requests = requestsIn(talk, members, performance);
  const isAsked = before === 'unknown' || before.last !== undefined || before.pausedAt !== undefined;
  const plain = { ...talk, recorded: outcome === 'recorded' ? [{ from, to }] : [], silent: [] };
  if (asked.length === 0 && !isAsked && !onDemand) return [{ ...plain, isControlled: false }, before];
  const isControlled = asked.length > 0 || isAsked;
  const unknown: Talk = { ...plain, outcome: undefined, isControlled };
  if (before === 'unknown' || outcome === undefined || crowded) return [unknown, 'unknown'];
  if (isDoubtful(near, asked, before, performance)) return [unknown, 'unknown'];
  if (outcome !== 'recorded') return isAsked ? [unknown, 'unknown'] : [{ ...plain, isControlled }, before];
  const { recorded, silent, after } = wantedIn(talk, requests, { before, onDemand });
  const isRecorded = recorded.length > 0;
  return [
    {
      ...talk,
      outcome: isRecorded ? 'recorded' : 'direction-off',
      recorded,
      silent,
      isControlled: asked.length > 0,
    },
    after,
  ];
}

/** Requests take their time; who asks in the moment of something else cannot say which was first. */
function isDoubtful(
  { from, to }: Span,
  asked: readonly Request[],
  { pausedAt }: Asked,
  { blind }: Performance,
): boolean {
  const pauses = asked.filter(({ control }) => control === 'pause').map(({ at }) => at);
  const ends = [...(pausedAt === undefined ? [] : [pausedAt]), ...pauses].map((at) => at + pauseLimitMs);
  const moments = [from + toleranceMs, to - toleranceMs, ...asked.map(({ at }) => at), ...ends];
  const isClose = moments.some((one, index) =>
    moments.some((other, at) => at !== index && Math.abs(one - other) < toleranceMs),
  );
  // What holds from a talk before may have been lost as well.
  const isBlind = blind.some((span) => span.from - toleranceMs < to && span.to + toleranceMs > from);
  return isBlind || isClose;
}

function plainTalksOf(performance: Performance): readonly PlainTalk[] {
  const end = performance.asterisk.clock.now;
  return performance.asterisk.acoustics.hearings.flatMap((hearing): PlainTalk[] => {
    const to = hearing.to ?? end;
    const { a, b, from } = hearing;
    const groups = [groupAt(a, from, performance), groupAt(b, from, performance)];
    const group = (['Verkauf', 'Service'] as const).find((name) => groups.includes(name));
    if (!group && [a, b].every((party) => isMemberSteady(party, from, to, performance))) return [];
    const members = [a, b].filter((_, index) => groups[index] !== undefined);
    const direction = directionOf(a, b);
    const isSteady = [a, b].every(
      (party) => isMemberSteady(party, from, to, performance) && isRoleKnown(party, performance),
    );
    const isPlain = !performance.asterisk.acoustics.hearings.some((each) => isInstant(each, hearing));
    const outcome =
      isPlain && isSteady && group ? outcomeOf(hearing, members, group, direction, performance) : undefined;
    return [{ ...hearing, to, group, direction, members, outcome }];
  });
}

export function groupAt({ phone }: Channel, at: number, { agents }: Performance): GroupName | undefined {
  if (!phone || isOutside(phone)) return undefined;
  const inQueue = agents.findLast(({ from }) => from <= at)?.in.has(phone) ?? false;
  if (phone === '200' || phone === '201' || inQueue) return 'Verkauf';
  return phone === '210' ? 'Service' : undefined;
}

/** Whether a party was a member, or was none, for all of this time and a little before. */
export function isMemberSteady(party: Channel, from: number, to: number, performance: Performance): boolean {
  const times = performance.agents
    .map((change) => change.from)
    .filter((at) => at > from - toleranceMs && at <= to);
  const group = groupAt(party, from - toleranceMs, performance);
  return [from, ...times].every((at) => groupAt(party, at, performance) === group);
}

/** Whether one of the two talked to somebody else in the middle, but for no time at all. */
function isInstant(other: Hearing, { a, b, from, to = Infinity }: Hearing): boolean {
  const isCommon = [other.a, other.b].some((party) => party === a || party === b);
  return isCommon && other.from === other.to && other.from > from - toleranceMs && other.from <= to;
}

/** Who joined an older call while nobody watched looks like one who was called. */
function isRoleKnown({ id, linkedId, origin, from }: Channel, { blind }: Performance): boolean {
  const isUnseen = blind.some((span) => span.from - toleranceMs <= from && from <= span.to);
  return !(isUnseen && origin === 'placed' && id !== linkedId);
}

function directionOf(a: Channel, b: Channel): Direction {
  const outside = [a, b].find(({ phone }) => phone && isOutside(phone));
  if (!outside) return 'internal';
  return outside.origin === 'placed' ? 'incoming' : 'outgoing';
}

function outcomeOf(
  { a, b, from }: Hearing,
  members: readonly Channel[],
  group: GroupName,
  direction: Direction,
  performance: Performance,
): Outcome | undefined {
  const need = performance.story.manners[group][direction];
  const asked = direction === 'internal' ? [a, b] : [a, b].filter((party) => !members.includes(party));
  const evidence = asked.flatMap((party) => evidenceOf(party, from, performance) ?? []);
  if (evidence.some(({ isDoubtful }) => isDoubtful)) return undefined;
  // Two inside who both were asked: one of them is enough to forbid it.
  const outcomes = (evidence.length === 0 ? [undefined] : evidence).map((one) => decide(need, one));
  const [first] = outcomes;
  if (outcomes.every((outcome) => outcome === first)) return first;
  return (['declined', 'not-agreed'] as const).find((outcome) => outcomes.includes(outcome));
}

interface Evidence {
  readonly mode: Manner;
  readonly heard: boolean;
  readonly pressed: boolean;
  readonly isDoubtful: boolean;
}

/** What a party heard and pressed before a talk. */
function evidenceOf(party: Channel, at: number, { asterisk, blind }: Performance): Evidence | undefined {
  const stays = asterisk.stays.filter(({ channel, from }) => channel === party && from < at);
  const isUnseen = stays.some((stay) => blind.some(({ from, to }) => from < endOf(stay) && to > stay.from));
  const stay = stays.find(({ played }) => played.length > 0);
  const announcement = stay?.played.find(({ kind }) => kind === 'announcement');
  if (!stay || !announcement) {
    return isUnseen ? { mode: 'none', heard: false, pressed: false, isDoubtful: true } : undefined;
  }
  const mode = announcement.media.split('/')[2] as Manner;
  const playedMs = (announcement.to ?? asterisk.clock.now) - announcement.from;
  const key = stay.keys.find((each) => each.key === declineKey);
  const closesAt = announcement.from + promptMs + keyTimeoutMs + keyHeldMs;
  const isLate = key !== undefined && Math.abs(key.at - closesAt) < toleranceMs;
  const isAlmost = playedMs < promptMs && playedMs > promptMs / 2 && key === undefined;
  return {
    mode,
    heard: playedMs >= promptMs,
    pressed: key !== undefined && key.at < closesAt,
    isDoubtful: isUnseen || isLate || isAlmost,
  };
}

function endOf(stay: Stay): number {
  return (stay.to ?? Infinity) + toleranceMs;
}

function decide(need: Manner, evidence: Evidence | undefined): Outcome {
  if (evidence?.mode === 'opt-out' && evidence.pressed) return 'declined';
  if (need === 'off') return 'direction-off';
  if (evidence?.mode === 'opt-in' && !evidence.pressed) {
    return evidence.heard ? 'not-agreed' : 'announcement-failed';
  }
  if (need === 'none' || need === 'on-demand') return 'recorded';
  if (!evidence) return 'not-announced';
  if (evidence.mode === 'opt-in') return 'recorded';
  if (!evidence.heard) return 'announcement-failed';
  return need === 'notice' || need === evidence.mode ? 'recorded' : 'not-announced';
}
