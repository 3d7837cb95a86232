import type { Call, Direction, Leg, Policy } from './call.ts';

/**
 * The calls of the self-test. Its telephones are Local channels, which lead into this context of
 * dialplan/mitschnitt.conf; to all that follows they are an external party, a colleague, and one member of each group,
 * known by the group's place in the configuration.
 */
const context = 'mitschnitt-selftest';

const telephone = (extension: string): string => `Local/${extension}@${context}`;
const member = (group: number): string => `9${group}`;
const externalParty = '8';
const colleague = '7';

/** First digit of the extension that calls the other side, with the gate where it is in such a call. */
const callBy: Readonly<Record<Direction, string>> = { incoming: '1', outgoing: '2', internal: '3' };

/** What Asterisk is told to do for a call of the self-test. */
export interface TestCallOrder {
  /** The telephone that calls, as an endpoint. */
  readonly from: string;
  /** Where in the dialplan its call begins. */
  readonly context: string;
  readonly extension: string;
}

/** `group`: its place in the configuration, from 0. */
export function testCallOrder(direction: Direction, group: number): TestCallOrder {
  const caller = { incoming: externalParty, outgoing: member(group), internal: colleague }[direction];
  return { from: telephone(caller), context, extension: `${callBy[direction]}${group}` };
}

/** Whether one of the telephones, by its extension, is a member's. */
export function isTestMember(extension: string): boolean {
  return extension.startsWith('9');
}

/** The two ends of a telephone's Local channel: the first is in the dialplan, the second is the telephone. */
const ends = new RegExp(`^Local/\\d+@${context}-[\\da-f]{8};([12])$`);

export function isTestEnd({ name }: Pick<Leg, 'name'>): boolean {
  return ends.exec(name)?.[1] === '1';
}

/** Whether a channel, by its name, is of a telephone of the self-test, whichever end. */
export function isTestChannel(name: string): boolean {
  return ends.test(name);
}

/** Whether a call is one of the self-test: nobody's, and so in no list and no report. */
export function isTestCall({ legs }: Pick<Call, 'legs'>): boolean {
  return legs.some(isTestEnd);
}

/** The same policy, in which the telephones of the self-test are who they play. */
export function withTestTelephones(policy: Policy): Policy {
  return {
    ...policy,
    trunks: new Set([...policy.trunks, telephone(externalParty)]),
    groups: policy.groups.map((group, index) => ({
      ...group,
      members: [...group.members, { kind: 'endpoint', endpoint: telephone(member(index)) }],
    })),
  };
}
