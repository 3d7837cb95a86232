import { describe, expect, test } from 'vitest';

import { directionOf, groupOf, isExternal, isParty } from '../../src/call/classification.ts';
import { directions, type Leg } from '../../src/call/call.ts';
import {
  isTestCall,
  isTestEnd,
  isTestMember,
  testCallOrder,
  withTestTelephones,
} from '../../src/call/self-test.ts';
import { nasty } from '../nasty.ts';
import { policy } from './story.ts';

const leg = (name: string, role: Leg['role'] = 'called'): Leg => ({
  ...{ channel: name, name, role, number: '', dialled: '' },
  ...{ bridge: undefined, leftAt: undefined, hungUpAt: undefined },
});
/** The channel of a telephone that is in the dialplan. */
const end = (endpoint: string, role?: Leg['role']): Leg => leg(`${endpoint}-0000001f;1`, role);

describe('the telephones of the self-test', () => {
  const tested = withTestTelephones(policy());

  test('are who they play: an external party, a member of each group, and a colleague', () => {
    tested.groups.forEach((group, index) => {
      expect(groupOf(end(testCallOrder('outgoing', index).from), tested)?.name).toBe(group.name);
    });
    const party = end(testCallOrder('incoming', 0).from, 'caller');
    expect(isExternal(party, tested)).toBe(true);
    expect(directionOf(party, tested)).toBe('incoming');
    const colleague = end(testCallOrder('internal', 0).from, 'caller');
    expect(directionOf(colleague, tested)).toBe('internal');
    expect(groupOf(colleague, tested)).toBeUndefined();
  });

  test('are parties only with the end that is in the dialplan; other Local channels never are', () => {
    const { from } = testCallOrder('incoming', 0);
    expect(isParty(leg(`${from}-0000001f;1`))).toBe(true);
    expect(isParty(leg(`${from}-0000001f;2`))).toBe(false);
    expect(isParty(leg('Local/200@from-queue-0000001f;1'))).toBe(false);
  });

  test('are nobody without the self-test: the policy of the administrator stays as it is', () => {
    expect(groupOf(end(testCallOrder('outgoing', 0).from), policy())).toBeUndefined();
    expect(tested.groups.map(({ name }) => name)).toEqual(policy().groups.map(({ name }) => name));
  });

  test('cannot be played by anybody else, whatever a caller calls itself', () => {
    for (const name of [...nasty, 'PJSIP/Local/8@mitschnitt-selftest-0000001f;1'])
      expect(isTestEnd({ name })).toBe(false);
    expect(isTestCall({ legs: [leg('PJSIP/200-00000001'), leg('PJSIP/trunk-00000002')] })).toBe(false);
  });

  test.each(directions)('call each other in a call that is %s, from a context of their own', (direction) => {
    const { context, extension, from } = testCallOrder(direction, 12);
    expect(context).toBe('mitschnitt-selftest');
    expect(extension).toMatch(/^[123]12$/);
    expect(isTestMember(/\/(\d+)@/.exec(from)?.[1] ?? '')).toBe(direction === 'outgoing');
  });
});
