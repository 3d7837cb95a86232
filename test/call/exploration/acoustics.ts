import type { Channel } from './asterisk.ts';

/** Two parties who hear each other. */
export interface Hearing {
  readonly a: Channel;
  readonly b: Channel;
  readonly from: number;
  /** Undefined while they do. */
  to: number | undefined;
  /** Somebody else was in the room, too. */
  crowded: boolean;
}

/** Who hears whom, and when. Who is in one room does; a Local channel is a door between two. */
export class Acoustics {
  readonly hearings: Hearing[] = [];
  /** Who was in a bridge, from when to when. */
  readonly #bridged: { readonly channel: Channel; readonly from: number; to: number | undefined }[] = [];
  #open = new Map<string, Hearing>();

  listen(living: readonly Channel[], now: number): void {
    this.#noteBridged(living, now);
    const open = new Map<string, Hearing>();
    for (const room of roomsOf(living)) {
      for (const [index, a] of room.entries()) {
        for (const b of room.slice(index + 1)) {
          const key = `${a.id} ${b.id}`;
          const hearing = this.#open.get(key) ?? this.#begin(a, b, now);
          if (room.length > 2) hearing.crowded = true;
          open.set(key, hearing);
        }
      }
    }
    for (const [key, hearing] of this.#open) if (!open.has(key)) hearing.to = now;
    this.#open = open;
  }

  bridgedMs(of: Channel, from: number, to: number): number {
    return this.#bridged
      .filter(({ channel }) => channel === of)
      .reduce((sum, stay) => sum + Math.max(0, Math.min(to, stay.to ?? to) - Math.max(from, stay.from)), 0);
  }

  #noteBridged(living: readonly Channel[], now: number): void {
    const inBridge = new Set(living.filter(({ bridge }) => bridge !== undefined));
    for (const stay of this.#bridged) {
      if (stay.to === undefined && !inBridge.delete(stay.channel)) stay.to = now;
    }
    for (const channel of inBridge) this.#bridged.push({ channel, from: now, to: undefined });
  }

  #begin(a: Channel, b: Channel, now: number): Hearing {
    const last = this.hearings.findLast((hearing) => hearing.a === a && hearing.b === b);
    if (last?.to === now) {
      // Asterisk moved one of them to another bridge in the same moment.
      last.to = undefined;
      return last;
    }
    const hearing: Hearing = { a, b, from: now, to: undefined, crowded: false };
    this.hearings.push(hearing);
    return hearing;
  }
}

/** The parties in each room, in the order of their channels. */
function roomsOf(living: readonly Channel[]): readonly (readonly Channel[])[] {
  const roomOf = new Map<Channel, Set<Channel>>();
  for (const channel of living) {
    if (!channel.bridge || channel.bridge.kind === 'parking') continue;
    roomOf.set(channel, channel.bridge.channels);
  }
  const rooms = new Set<Set<Channel>>();
  for (const start of roomOf.keys()) {
    const room = new Set<Channel>();
    const visit = (channel: Channel): void => {
      if (room.has(channel)) return;
      room.add(channel);
      for (const other of roomOf.get(channel) ?? []) visit(other);
      if (channel.half && roomOf.has(channel.half)) visit(channel.half);
    };
    if (![...rooms].some((known) => known.has(start))) {
      visit(start);
      rooms.add(room);
    }
  }
  return [...rooms].map((room) => living.filter((channel) => channel.phone && room.has(channel)));
}
