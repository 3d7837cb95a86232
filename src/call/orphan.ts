import { directionOf, groupOf, isKnownParty, numberOf } from './classification.ts';
import type { Call, Direction, Instant, Leg, Policy, RecordingId, Verdict } from './call.ts';
import type { ChannelFacts } from './event.ts';

/** The rule of a recording whose file was found without its call. */
const orphaned: Verdict = { outcome: 'recorded', rule: 'orphan' };

/** Where an orphan was, or is, recorded, as far as Asterisk knows it. */
export interface RecordedChannel {
  readonly facts: ChannelFacts;
  /** Who else is in its bridge. */
  readonly others: readonly ChannelFacts[];
  /** The number of whom it was connected with last; empty when unknown. */
  readonly connected: string;
  readonly mixMonitor: string | undefined;
}

/** What a former line of the catalogue says of it. */
export interface Parties {
  readonly group: string;
  readonly direction: Direction;
  readonly from: string;
  readonly to: string;
}

export interface OrphanFacts {
  readonly callId: Call['id'];
  readonly recording: RecordingId;
  readonly startedAt: Instant;
  readonly endedAt: Instant;
  readonly channel: RecordedChannel | undefined;
  /** The channel lives: MixMonitor is to be stopped there. */
  readonly lives: boolean;
  readonly known: Parties | undefined;
}

/**
 * A call made of what is known of a file, with the one talk that was recorded. It is over; its file is still to be
 * collected. Undefined where there is no group to which it could belong.
 */
export function orphanCall(facts: OrphanFacts, policy: Policy): Call | undefined {
  const { callId, recording: id, startedAt, endedAt, channel, lives } = facts;
  const parties = partiesOf(facts, policy);
  if (!parties) return undefined;
  const member = channel && lives ? goneOn(channel.facts, endedAt) : undefined;
  return {
    id: callId,
    // Not Asterisk's: whoever still calls by that one is not of this call.
    linkedId: callId,
    startedAt,
    endedAt,
    legs: member ? [member] : [],
    gate: undefined,
    consents: [],
    segments: [
      {
        id,
        ...parties,
        memberChannel: channel?.facts.channel ?? '',
        memberName: member?.name ?? '',
        otherChannel: channel?.others[0]?.channel ?? '',
        startedAt,
        endedAt,
        endObserved: false,
        verdict: orphaned,
        recording: {
          state: 'ending',
          mixMonitor: channel?.mixMonitor,
          media: undefined,
          problem: undefined,
        },
      },
    ],
    verdict: undefined,
  };
}

function partiesOf({ channel, known }: OrphanFacts, policy: Policy): Parties | undefined {
  const [first] = policy.groups;
  if (!first) return undefined;
  // The group may have been renamed meanwhile: then it has no targets any more.
  const isStillThere = policy.groups.some(({ name }) => name === known?.group);
  if (known) {
    const { direction, from, to } = known;
    return { group: isStillThere ? known.group : first.name, direction, from, to };
  }
  if (!channel) return { group: first.name, direction: 'incoming', from: '', to: '' };
  const member = legOf(channel.facts);
  const group = groupOf(member, policy)?.name ?? first.name;
  const [own, { number, direction }] = [numberOf(member, policy), otherOf(channel, member, policy)];
  const [from, to] = member.role === 'caller' ? [own, number] : [number, own];
  return { group, direction, from, to };
}

/** The other party: who is there, else who was connected last. */
function otherOf(
  { others: [other], connected, facts }: RecordedChannel,
  member: Leg,
  policy: Policy,
): { readonly number: string; readonly direction: Direction } {
  if (other) {
    const leg = legOf(other);
    return { number: numberOf(leg, policy), direction: directionOf(leg, policy) };
  }
  const number = connected || (member.role === 'caller' ? facts.dialled : '');
  if (isKnownParty(number, policy)) return { number, direction: 'internal' };
  return { number, direction: member.role === 'caller' ? 'outgoing' : 'incoming' };
}

function legOf({ channel, name, linkedId, number, dialled }: ChannelFacts): Leg {
  const role = channel === linkedId ? 'caller' : 'called';
  return { channel, name, role, number, dialled, bridge: undefined, leftAt: undefined, hungUpAt: undefined };
}

/** Whatever the channel does now is another call's, and this one does not wait for its end. */
function goneOn(facts: ChannelFacts, at: Instant): Leg {
  return { ...legOf(facts), takenAt: at };
}
