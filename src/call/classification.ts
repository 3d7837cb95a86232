import { isTestEnd } from './self-test.ts';
import type { Call, Direction, Group, Leg, Member, Policy } from './call.ts';

/** `PJSIP/200-0000001f` -> `PJSIP/200`; Asterisk appends `-` and a number to the endpoint's name. */
export function endpointOf(channelName: string): string {
  const dash = channelName.lastIndexOf('-');
  return dash === -1 ? channelName : channelName.slice(0, dash);
}

/** `PJSIP/200` -> `200`. */
function extensionOf(endpoint: string): string {
  return endpoint.slice(endpoint.indexOf('/') + 1);
}

/** A `Local/` channel is no party: it only leads to one. But the self-test has telephones of that kind. */
export function isParty(leg: Leg): boolean {
  return !leg.name.startsWith('Local/') || isTestEnd(leg);
}

/** An ISDN line is a trunk with all that is dialled on it: `DAHDI/i1` with `DAHDI/i1/0301234567-7`. */
/** Whether a channel is still part of the call: it neither hung up nor went on in another one. */
export function isInCall({ hungUpAt, takenAt }: Leg): boolean {
  return (hungUpAt ?? takenAt) === undefined;
}

export function isExternal(leg: Leg, { trunks }: Policy): boolean {
  const endpoint = endpointOf(leg.name);
  if (trunks.has(endpoint)) return true;
  const [technology, line, ...dialled] = endpoint.split('/');
  return dialled.length > 0 && trunks.has(`${technology}/${line}`);
}

/** Extensions are compared as digits of equal length: `210-219` has neither 2100 nor 21. */
function hasExtension(member: Member & { kind: 'extension' }, extension: string): boolean {
  if (member.first === member.last) return extension === member.first;
  const comparable = /^\d+$/.test(extension) && extension.length === member.first.length;
  return comparable && member.first <= extension && extension <= member.last;
}

function isMember(member: Member, endpoint: string, policy: Policy): boolean {
  switch (member.kind) {
    case 'endpoint':
      return member.endpoint === endpoint;
    case 'extension':
      return hasExtension(member, extensionOf(endpoint));
    case 'queue':
      return isInQueue(policy.queues.get(member.queue), endpoint);
  }
}

/** A queue knows some of its members by their extension only. */
function isInQueue(members: ReadonlySet<string> | undefined, endpoint: string): boolean {
  return members !== undefined && (members.has(endpoint) || members.has(extensionOf(endpoint)));
}

/** Whether the dialplan's `destination` means a member: an extension, an endpoint or `queue:NAME`. */
function isDestination(member: Member, destination: string): boolean {
  switch (member.kind) {
    case 'endpoint':
      return member.endpoint === destination || extensionOf(member.endpoint) === destination;
    case 'extension':
      return hasExtension(member, extensionOf(destination));
    case 'queue':
      return destination === `queue:${member.queue}`;
  }
}

/** The first group, in the order of the configuration, of which the party behind this leg is a member. */
export function groupOf(leg: Leg, policy: Policy): Group | undefined {
  if (!isParty(leg) || isExternal(leg, policy)) return undefined;
  const endpoint = endpointOf(leg.name);
  return policy.groups.find((group) => group.members.some((member) => isMember(member, endpoint, policy)));
}

/** The first group with a member that the dialplan calls `destination`. */
export function groupOfDestination(destination: string, policy: Policy): Group | undefined {
  return policy.groups.find((group) => group.members.some((member) => isDestination(member, destination)));
}

/** Whether the dialplan's `destination` is one party of this PBX, and not a queue, a menu or an outside number. */
export function isKnownParty(destination: string, policy: Policy): boolean {
  if (groupOfDestination(destination, policy) !== undefined) return true;
  for (const endpoint of policy.endpoints) {
    if (policy.trunks.has(endpoint)) continue;
    if (endpoint === destination || extensionOf(endpoint) === destination) return true;
  }
  return false;
}

/** The group that comes first in the configuration. */
export function firstGroup(groups: readonly (Group | undefined)[], policy: Policy): Group | undefined {
  return policy.groups.find((group) => groups.includes(group));
}

/**
 * The number under which a party is known. An extension of this PBX is known by its endpoint, which the PBX
 * authenticated, rather than by the caller id, which it sent itself.
 */
export function numberOf(leg: Leg, policy: Policy): string {
  const extension = extensionOf(endpointOf(leg.name));
  if (!isExternal(leg, policy) && /^\d+$/.test(extension)) return extension;
  if (leg.number !== '') return leg.number;
  return isExternal(leg, policy) ? '' : extension;
}

/** The direction of two parties' talk: who is external, and who called whom. */
export function directionOf(other: Leg, policy: Policy): Direction {
  if (!isExternal(other, policy)) return 'internal';
  return other.role === 'caller' ? 'incoming' : 'outgoing';
}

/** Whom the call is for, as the dialplan told the gate first. */
export function destinationOf({ legs }: Call): string | undefined {
  return legs.find(({ destination }) => destination !== undefined)?.destination;
}

/** What a call is listed under. */
export interface Headline {
  readonly group: string | undefined;
  readonly direction: Direction;
  readonly from: string;
  readonly to: string;
  readonly fromName?: string | undefined;
}

/** What a call is listed under: its first talk, or, when nobody ever talked, who called and who was wanted. */
export function headlineOf(call: Call, policy: Policy): Headline {
  const [talk] = call.segments;
  if (talk) return talk;
  const caller = call.legs.find((leg) => leg.role === 'caller' && isParty(leg));
  const called = call.legs.find((leg) => leg.role === 'called' && isParty(leg));
  const calledMember = call.legs.find((leg) => leg.role === 'called' && groupOf(leg, policy));
  const wanted = destinationOf(call) ?? caller?.dialled ?? '';
  const groups = [
    ...call.legs.map((leg) => groupOf(leg, policy)),
    groupOfDestination(wanted, policy),
    ...call.consents.map((consent) => policy.groups.find((group) => group.name === consent.group)),
  ];
  const direction = unansweredDirection(caller, called, policy);
  // Outside numbers as in an answered call: without what the dialplan strips on the way out.
  const reached = calledMember ?? (direction === 'outgoing' ? called : undefined);
  return {
    group: firstGroup(groups, policy)?.name,
    direction,
    from: caller ? numberOf(caller, policy) : '',
    fromName: caller?.callerName,
    to: (reached && numberOf(reached, policy)) || wanted || (called ? numberOf(called, policy) : ''),
  };
}

function unansweredDirection(caller: Leg | undefined, called: Leg | undefined, policy: Policy): Direction {
  if (caller && isExternal(caller, policy)) return 'incoming';
  return called && isExternal(called, policy) ? 'outgoing' : 'internal';
}

/** Whether a call touches a member at all, and so belongs into the catalogue. */
export function concernsMember(call: Call, policy: Policy): boolean {
  if (call.segments.length > 0) return true;
  // Nothing is left of a call whose parties all went on in another one: it only led them there.
  const goneOn = call.legs.length > 0 && call.legs.every(({ takenAt }) => takenAt !== undefined);
  return !goneOn && headlineOf(call, policy).group !== undefined;
}
