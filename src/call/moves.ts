import { isInCall, isParty } from './classification.ts';
import { otherEnd, roomsOf } from './rooms.ts';
import type { BridgeId, Call, ChannelId, Consent, Instant, Leg } from './call.ts';
import type { CallEvent } from './event.ts';

/** Parties of one call that go on as part of another. */
export interface Move {
  readonly from: Call;
  /** Undefined: a call of their own, which begins now. */
  readonly into: Call | undefined;
  readonly channels: readonly ChannelId[];
  /** They met the parties of `into` in a bridge. */
  readonly met?: true;
}

/** Who goes on in another call after an event. */
export function movesAfter(
  event: CallEvent,
  calls: Iterable<Call>,
  callOf: (channel: ChannelId) => Call | undefined,
): readonly Move[] {
  if (event.type === 'dialled') return dialledBy(event, callOf);
  const bridge = bridgeOf(event);
  if (bridge === undefined) return [];
  const meetings = meetingsIn(bridge, calls);
  if (meetings.length > 0 || event.type !== 'bridge-entered') return meetings;
  return consultationBy(event.channel, callOf(event.channel));
}

/** The bridge that an event leads a channel into. */
function bridgeOf(event: CallEvent): BridgeId | undefined {
  if (event.type === 'bridge-entered') return event.bridge;
  return event.type === 'channel-seen' ? event.facts.bridge : undefined;
}

/** Whoever is called belongs to the call of who calls: Asterisk gives it the `Linkedid` of the first of all calls. */
function dialledBy(
  { channel, by }: Extract<CallEvent, { type: 'dialled' }>,
  callOf: (channel: ChannelId) => Call | undefined,
): readonly Move[] {
  const [from, into] = [callOf(channel), callOf(by)];
  const leg = from?.legs.find((each) => each.channel === channel);
  if (!from || !into || !leg || from === into) return [];
  const end = otherEnd(leg, from.legs);
  return [{ from, into, channels: [channel, ...(end ? [end.channel] : [])] }];
}

/**
 * Which calls became one in a bridge: an attended transfer connects the parties of two calls, and the talk goes on under
 * the id of the call that began first, as Asterisk does it with `Linkedid`. What is left of the younger call stays a
 * call of its own: the consultation.
 */
function meetingsIn(bridge: BridgeId, calls: Iterable<Call>): readonly Move[] {
  const present: Omit<Move, 'into'>[] = [];
  for (const call of calls) {
    const leg = call.legs.find((each) => each.bridge === bridge && each.leftAt === undefined);
    if (leg) present.push({ from: call, channels: withWhoRings(togetherWith(leg, call), call) });
  }
  // In the order in which they began: by their times they are not, if somebody set the clock meanwhile.
  const [oldest, ...younger] = present;
  return oldest ? younger.map((meeting) => ({ ...meeting, into: oldest.from, met: true })) : [];
}

/** Whoever is being called, or hears an announcement before, is called by those who move, if nobody else talks there. */
function withWhoRings(channels: readonly ChannelId[], { legs }: Call): readonly ChannelId[] {
  const rest = legs.filter((leg) => isInCall(leg) && !channels.includes(leg.channel));
  if (rest.some(({ bridge, leftAt }) => bridge !== undefined && leftAt === undefined)) return channels;
  const ringing = rest.filter(({ bridge }) => bridge === undefined);
  return [...channels, ...ringing.map(({ channel }) => channel)];
}

/** Everybody in the room of a leg, and the far ends of Local channels that lead out of it. */
function togetherWith(leg: Leg, { legs }: Call): readonly ChannelId[] {
  const roomOf = roomsOf(legs);
  const inside = legs.filter((each) => each.leftAt === undefined && roomOf(each) === roomOf(leg));
  const ends = inside.flatMap((each) => otherEnd(each, legs) ?? []);
  return [...new Set([...inside, ...ends])].map(({ channel }) => channel);
}

/**
 * A party who leaves another one waiting in a bridge and calls somebody through a Local channel: that is how Asterisk's
 * own attended transfer consults. The consultation is a call of its own.
 */
function consultationBy(channel: ChannelId, call: Call | undefined): readonly Move[] {
  const leg = call?.legs.find((each) => each.channel === channel);
  if (!call || !leg || !isParty(leg)) return [];
  const together = togetherWith(leg, call);
  const channels = [...together, ...dialledThrough(together, call)];
  const others = call.legs.filter(
    (each) => each !== leg && each.bridge !== undefined && each.leftAt === undefined,
  );
  const [here, elsewhere] = [
    others.filter((each) => channels.includes(each.channel)),
    others.filter((each) => !channels.includes(each.channel)),
  ];
  const calls = here.length > 0 && !here.some(isParty) && elsewhere.some(isParty);
  return calls ? [{ from: call, into: undefined, channels }] : [];
}

/** Who consults is in the bridge; who is consulted cannot be yet. */
function isTransferer(leg: Leg): boolean {
  return isParty(leg) && leg.bridge !== undefined;
}

/** Whoever was called already through a Local channel, and is in no bridge yet: it may be told before the bridge is. */
function dialledThrough(channels: readonly ChannelId[], { legs }: Call): readonly ChannelId[] {
  const locals = legs.filter((leg) => !isParty(leg) && channels.includes(leg.channel));
  return legs
    .filter((leg) => leg.bridge === undefined && locals.some(({ channel }) => channel === leg.dialledBy))
    .map(({ channel }) => channel);
}

function shifted(consent: Consent, ms: number): Consent {
  const { countsFrom, playedFrom, playedTo, keyAt } = consent;
  const later = (at: Instant | undefined): Instant | undefined => (at === undefined ? undefined : at + ms);
  return {
    ...consent,
    countsFrom: countsFrom + ms,
    playedFrom: later(playedFrom),
    playedTo: later(playedTo),
    keyAt: later(keyAt),
  };
}

/** What a move means to the two calls. `laterMs`: by how much the time of the second is ahead of that of the first. */
export function eventsOf(
  { from, into, channels, met }: Move,
  at: number,
  laterMs: number,
): { readonly taken: CallEvent; readonly joined: CallEvent } {
  const [channel = ''] = channels;
  const legs = from.legs.filter((leg) => channels.includes(leg.channel));
  return {
    taken: { at, type: 'legs-taken', channels, channel, met },
    joined: {
      at,
      type: 'legs-joined',
      // What was dialled belongs to the call from which somebody consults.
      legs: into
        ? legs
        : legs.map((leg) => ({ ...leg, role: isTransferer(leg) ? 'caller' : 'called', dialled: '' })),
      consents: from.consents
        .filter((consent) => channels.includes(consent.channel))
        .map((consent) => (laterMs === 0 ? consent : shifted(consent, laterMs))),
      gate: from.gate && channels.includes(from.gate.channel) ? from.gate : undefined,
      channel,
    },
  };
}
