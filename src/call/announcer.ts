import {
  directionOf,
  firstGroup,
  groupOf,
  groupOfDestination,
  isExternal,
  isInCall,
  isKnownParty,
  isParty,
} from './classification.ts';
import { patternsOf } from './numbers.ts';
import { otherEnd, partiesBehind } from './rooms.ts';
import type { Call, Direction, Group, Leg, Policy } from './call.ts';
import type { CallEvent } from './event.ts';

/** Who announces to a party, and as what. */
export interface Announcer {
  readonly group: Group;
  readonly direction: Direction;
}

/** Who announces to the party that entered the gate. Undefined: nobody, it passes. */
export function announcerOf(
  call: Call,
  leg: Leg,
  { side, destination }: Pick<Extract<CallEvent, { type: 'gate-entered' }>, 'side' | 'destination'>,
  policy: Policy,
): Announcer | undefined {
  // A Local channel (a forwarding telephone, a queue's member in the dialplan) leads the call on: who waits at its other
  // end was asked before, or was not connected yet and would be by our answer, before anybody took the call.
  if (!isParty(leg)) return undefined;
  const { group, direction } =
    side === 'called' ? outgoing(call, leg, policy) : toDestination(leg, destination, policy);
  return group && mustHear(leg, group, direction, policy) ? { group, direction } : undefined;
}

/** Whether a group would announce to a party before it records it. */
function mustHear(leg: Leg, group: Group, direction: Direction, policy: Policy): boolean {
  const { neverRecord, alwaysRecord, skipAnnouncement } = patternsOf(group, leg, policy);
  if (neverRecord !== undefined || skipAnnouncement !== undefined) return false;
  const recorded = group.record[direction] !== false || alwaysRecord !== undefined;
  return recorded && group.announcement[direction].mode !== 'none';
}

interface Found {
  readonly group: Group | undefined;
  readonly direction: Direction;
}

/** The called party of an outgoing call hears it; an internal one does not: there it is the caller. */
function outgoing(call: Call, leg: Leg, policy: Policy): Found {
  if (!isExternal(leg, policy)) return { group: undefined, direction: 'outgoing' };
  const groups = callersOf(leg, call.legs).map((caller) => groupOf(caller, policy));
  return { group: firstGroup(groups, policy), direction: 'outgoing' };
}

/** Who is to be connected with a called party: who dialled it, or, where that one is gone or unknown, whoever calls. */
function callersOf(called: Leg, legs: readonly Leg[]): readonly Leg[] {
  const diallers = diallersOf(called, legs).filter(isInCall);
  if (diallers.length > 0) return diallers;
  return legs
    .filter((leg) => leg.role === 'caller' && isInCall(leg))
    .flatMap((leg) => partiesBehind(leg, legs));
}

/** Through Local channels: a queue's member in the dialplan, a telephone that forwards. */
function diallersOf({ dialledBy }: Leg, legs: readonly Leg[]): readonly Leg[] {
  const dialler = legs.find(({ channel }) => channel === dialledBy);
  if (!dialler) return [];
  const parties = partiesBehind(dialler, legs);
  if (parties.length > 0) return parties;
  const end = otherEnd(dialler, legs);
  return end ? diallersOf(end, legs) : [];
}

function toDestination(leg: Leg, destination: string, policy: Policy): Found {
  const wanted = groupOfDestination(destination, policy);
  const known = isKnownParty(destination, policy);
  if (!isExternal(leg, policy)) {
    const groups = known ? [groupOf(leg, policy), wanted] : [];
    return { group: firstGroup(groups, policy), direction: 'internal' };
  }
  // A party that a member called, and that is transferred now, stays one that was called.
  const direction = directionOf(leg, policy);
  // A queue, a ring group, a menu, a number in the network's form: a member may answer, so the caller is told, unless
  // there is no group that would have to tell this one.
  const anyone = policy.groups.find((group) => mustHear(leg, group, direction, policy));
  return { group: known ? wanted : anyone, direction };
}
