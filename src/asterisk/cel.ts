import { field, type AmiMessage } from './ami-wire.ts';
import { createdAt, dialledBy } from './cdr.ts';
import type { CallDetail } from '../call/account.ts';
import type { Instant } from '../call/call.ts';

/** A channel in a bridge, as CEL tells of it. */
interface Party {
  readonly name: string;
  readonly uniqueId: string;
  readonly linkedId: string;
  readonly number: string;
  /** What it dialled to the outside. */
  readonly dialled: string | undefined;
  readonly since: Instant;
}

/** Parked calls and waiting agents: nobody hears anybody. */
const silentBridge = 'holding_bridge';
const msPerSecond = 1_000;

/**
 * Talks, from CEL's events `BRIDGE_ENTER` and `BRIDGE_EXIT`: each two channels that were in one bridge, from the entry of
 * the later to the exit of the earlier. Of those that were in it before the connection stood, the beginning is that.
 */
export class CelTalks {
  readonly #connectedAt: Instant;
  readonly #bridges = new Map<string, Map<string, Party>>();

  constructor(connectedAt: Instant) {
    this.#connectedAt = connectedAt;
  }

  /**
   * The talks that ended with an event.
   *
   * @param at when it came, for a `dateformat` in cel.conf that nobody can read.
   * @returns undefined when it is not as Asterisk sends it.
   */
  take(message: AmiMessage, at: Instant): readonly CallDetail[] | undefined {
    const kind = field(message, 'EventName');
    if (kind !== 'BRIDGE_ENTER' && kind !== 'BRIDGE_EXIT') return [];
    const { bridge_id: id, bridge_technology: technology } = extraOf(message);
    if (id === undefined || field(message, 'Channel') === '') return undefined;
    const members = this.#bridges.get(id) ?? new Map<string, Party>();
    const told = Number(field(message, 'EventTime')) * msPerSecond;
    const now = told > 0 ? Math.round(told) : at;
    if (kind === 'BRIDGE_ENTER') {
      this.#bridges.set(id, members);
      members.set(field(message, 'Channel'), partyOf(message, now));
      return [];
    }
    return this.#exit(message, { id, members, now, isSilent: technology === silentBridge });
  }

  #exit(
    message: AmiMessage,
    {
      id,
      members,
      now,
      isSilent,
    }: { id: string; members: Map<string, Party>; now: Instant; isSilent: boolean },
  ): readonly CallDetail[] {
    const name = field(message, 'Channel');
    const leaving = { ...partyOf(message, now), since: members.get(name)?.since ?? this.#connectedAt };
    members.delete(name);
    // Those who stay, as Asterisk has them: by a masquerade a channel may have got another name meanwhile.
    const peers = field(message, 'Peer')
      .split(',')
      .filter((peer) => peer !== '' && peer !== name);
    if (peers.length === 0) this.#bridges.delete(id);
    const others = peers.map(
      (peer) => members.get(peer) ?? { ...nobody, name: peer, since: this.#connectedAt },
    );
    return isSilent ? [] : others.map((other) => talkOf(leaving, other, now));
  }
}

const nobody: Omit<Party, 'name' | 'since'> = { uniqueId: '', linkedId: '', number: '', dialled: undefined };

function partyOf(message: AmiMessage, since: Instant): Party {
  return {
    name: field(message, 'Channel'),
    uniqueId: field(message, 'UniqueID'),
    linkedId: field(message, 'LinkedID'),
    number: field(message, 'CallerIDnum'),
    dialled: dialledBy(field(message, 'Application'), field(message, 'AppData')),
    since,
  };
}

/** JSON of Asterisk's own; of a version that sends none of it, nothing can be told. */
function extraOf(message: AmiMessage): { readonly bridge_id?: string; readonly bridge_technology?: string } {
  try {
    const extra: unknown = JSON.parse(field(message, 'Extra'));
    return typeof extra === 'object' && extra !== null ? extra : {};
  } catch {
    return {};
  }
}

function talkOf(one: Party, other: Party, endedAt: Instant): CallDetail {
  const [caller, called] = calledFirst(one, other) ? [other, one] : [one, other];
  const startedAt = Math.max(one.since, other.since);
  return {
    channel: caller.uniqueId || called.uniqueId,
    linkedId: caller.linkedId || called.linkedId,
    callerName: caller.name,
    calledName: called.name,
    from: caller.number,
    to: caller.dialled ?? called.number,
    startedAt,
    answeredAt: startedAt,
    endedAt,
  };
}

/** Whether the first of two is the one that was called: the other began the call, or came to be earlier. */
function calledFirst(one: Party, other: Party): boolean {
  if (one.uniqueId === one.linkedId || other.uniqueId === '') return false;
  if (other.uniqueId === other.linkedId || one.uniqueId === '') return true;
  return createdAt(other.uniqueId) < createdAt(one.uniqueId);
}
