import type { BridgeId, Call, CallEvent, ChannelId } from './call.ts';

/** Parties of one call that meet those of an older one in a bridge, and go on as part of that. */
export interface Meeting {
  readonly into: Call;
  readonly from: Call;
  readonly channels: readonly ChannelId[];
}

/** The bridge that an event leads a channel into. */
export function bridgeOf(event: CallEvent): BridgeId | undefined {
  if (event.type === 'bridge-entered') return event.bridge;
  return event.type === 'channel-seen' ? event.facts.bridge : undefined;
}

/**
 * Which calls became one in a bridge: an attended transfer connects the parties of two calls, and the talk goes on under
 * the id of the call that began first, as Asterisk does it with `Linkedid`. What is left of the younger call stays a
 * call of its own: the consultation.
 */
export function meetingsIn(bridge: BridgeId, calls: Iterable<Call>): readonly Meeting[] {
  const present: Omit<Meeting, 'into'>[] = [];
  for (const call of calls) {
    const channels = call.legs
      .filter((leg) => leg.bridge === bridge && leg.leftAt === undefined)
      .map(({ channel }) => channel);
    if (channels.length > 0) present.push({ from: call, channels });
  }
  const [oldest, ...younger] = present.sort((a, b) => a.from.startedAt - b.from.startedAt);
  return oldest ? younger.map((meeting) => ({ ...meeting, into: oldest.from })) : [];
}

/** What a meeting means to the two calls. */
export function eventsOf(
  { from, channels }: Meeting,
  at: number,
): { readonly taken: CallEvent; readonly joined: CallEvent } {
  const [channel = ''] = channels;
  return {
    taken: { at, type: 'legs-taken', channels, channel },
    joined: {
      at,
      type: 'legs-joined',
      legs: from.legs.filter((leg) => channels.includes(leg.channel)),
      consents: from.consents.filter((consent) => channels.includes(consent.channel)),
      channel,
    },
  };
}
