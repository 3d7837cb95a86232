import { isParty } from './classification.ts';
import type { BridgeId, Leg } from './call.ts';

/** Where a leg is; whoever is in the same room hear each other. */
export type RoomOf = (leg: Leg) => BridgeId | undefined;

/**
 * A pair of Local channels (`;1` and `;2` of one name) is a wire between two bridges: whoever is in them hear each
 * other. Asterisk mostly takes such pairs out of the way after the answer; with option `/n` they stay.
 */
export function roomsOf(legs: readonly Leg[]): RoomOf {
  const rooms = new Map<BridgeId, BridgeId>();
  const find = (bridge: BridgeId): BridgeId => {
    const joined = rooms.get(bridge);
    return joined === undefined ? bridge : find(joined);
  };
  for (const one of legs) {
    if (isParty(one) || one.bridge === undefined || !one.name.endsWith(';1')) continue;
    const other = otherEnd(one, legs);
    if (other?.bridge === undefined) continue;
    const [from, to] = [find(one.bridge), find(other.bridge)];
    if (from !== to) rooms.set(from, to);
  }
  return ({ bridge }) => (bridge === undefined ? undefined : find(bridge));
}

/** The other half of a pair of Local channels; undefined for any other channel. */
export function otherEnd({ name }: Pick<Leg, 'name'>, legs: readonly Leg[]): Leg | undefined {
  const [, pair, half] = /^(Local\/.*;)([12])$/.exec(name) ?? [];
  return pair === undefined
    ? undefined
    : legs.find((leg) => leg.name === `${pair}${half === '1' ? '2' : '1'}`);
}

/** A channel's own party, or, of one half of a pair of Local channels, whoever is at the other end. */
export function partiesBehind(leg: Leg, legs: readonly Leg[]): readonly Leg[] {
  if (isParty(leg)) return [leg];
  const end = otherEnd(leg, legs);
  if (end?.bridge === undefined) return [];
  const roomOf = roomsOf(legs);
  return legs.filter((each) => isParty(each) && roomOf(each) === roomOf(end));
}
