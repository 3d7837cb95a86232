import { field, type AmiMessage } from './ami-wire.ts';

interface QueueMember {
  readonly endpoint: string;
  readonly paused: boolean;
}

/** The events that {@link Queues.take} reads: Asterisk is asked for no others. */
export const queueEvents = ['QueueMemberAdded', 'QueueMemberPause', 'QueueMemberRemoved'];

/** Who is logged in to which queue, by AMI's events of class `agent`: QueueMemberAdded, -Removed, -Pause. */
export class Queues {
  /** By queue, then by the interface under which the queue knows the member. */
  readonly #queues = new Map<string, Map<string, QueueMember>>();

  /** Whether the event changed who is there. */
  take(message: AmiMessage): boolean {
    const queue = field(message, 'Queue');
    const name = field(message, 'Interface');
    switch (field(message, 'Event')) {
      case 'QueueMemberAdded':
      case 'QueueMemberPause':
        this.#set(queue, name, message);
        return true;
      case 'QueueMemberRemoved':
        return this.#queues.get(queue)?.delete(name) ?? false;
      default:
        return false;
    }
  }

  /** Starts anew from the entries of QueueStatus, which call the interface `Location`. */
  reset(entries: readonly AmiMessage[]): void {
    this.#queues.clear();
    for (const entry of entries) {
      if (field(entry, 'Event') === 'QueueMember') {
        this.#set(field(entry, 'Queue'), field(entry, 'Location'), entry);
      }
    }
  }

  /** Endpoints that are logged in and not paused, by queue. */
  get members(): ReadonlyMap<string, ReadonlySet<string>> {
    return new Map(
      [...this.#queues].map(([queue, members]) => [
        queue,
        new Set([...members.values()].filter(({ paused }) => !paused).map(({ endpoint }) => endpoint)),
      ]),
    );
  }

  #set(queue: string, name: string, message: AmiMessage): void {
    const members = this.#queues.get(queue) ?? new Map<string, QueueMember>();
    this.#queues.set(queue, members);
    const endpoint = endpointOfMember(name, field(message, 'StateInterface'));
    members.set(name, { endpoint, paused: field(message, 'Paused') === '1' });
  }
}

/**
 * A member is often reached through `Local/200@agents/n`; its state interface then names the telephone. Where that is a
 * hint, the extension in the Local channel's name does.
 */
function endpointOfMember(name: string, stateInterface: string): string {
  if (!name.startsWith('Local/')) return name;
  if (stateInterface.includes('/') && !stateInterface.startsWith('Local/')) return stateInterface;
  return name.slice('Local/'.length).split('@')[0] ?? name;
}
