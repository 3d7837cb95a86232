import { expect, test } from 'vitest';

import { userName } from '../../src/web/api/session.ts';
import { accountNameOf, claimAt, rightsOf } from '../../src/web/oidc/claims.ts';
import { nasty } from '../nasty.ts';

const roles = {
  administrator: ['admins'],
  auditor: ['auditors'],
  supervisor: { Verkauf: ['sales', 'everybody'], Support: ['support', 'everybody'] },
};

function roleBy(groups: unknown, rolesClaim = 'groups') {
  return rightsOf({ groups }, { roles, rolesClaim });
}

test('the highest role counts, and a supervisor has every group that is given', () => {
  expect(roleBy(['sales', 'auditors', 'admins'])).toEqual({ role: 'administrator', groups: [] });
  expect(roleBy(['sales', 'auditors'])).toEqual({ role: 'auditor', groups: [] });
  expect(roleBy(['everybody'])).toEqual({ role: 'supervisor', groups: ['Verkauf', 'Support'] });
  expect(roleBy('support')).toEqual({ role: 'supervisor', groups: ['Support'] });
  expect(roleBy({ admins: { of: 'Zitadel' } })).toEqual({ role: 'administrator', groups: [] });
});

test('what is no value to the letter gives no role', () => {
  for (const groups of [
    ...[undefined, null, true, 1, [], {}, '', 'Admins', 'admins ', 'admins,sales', [['admins']]],
    ...[[{ admins: true }], 'constructor', ['__proto__'], 'toString'],
  ])
    expect(roleBy(groups)).toBeUndefined();
});

test('a claim is found by its name, dots and all, else by the way that they lead', () => {
  const claims = {
    realm_access: { roles: ['a'] },
    'https://example.com/roles': 'b',
    'x.y': 'c',
    x: { y: 1 },
  };
  expect(claimAt(claims, 'realm_access.roles')).toEqual(['a']);
  expect(claimAt(claims, 'https://example.com/roles')).toBe('b');
  expect(claimAt(claims, 'x.y')).toBe('c');
  for (const name of ['realm_access.constructor.name', 'realm_access.roles.length', '__proto__', 'a.b.c', ''])
    expect(claimAt(claims, name)).toBeUndefined();
});

test('whatever somebody is called by the provider, the name is as one is here, behind the prefix', () => {
  for (const text of [
    ...nasty,
    '',
    '@',
    '---',
    '..',
    `a${'\u0300'.repeat(200)}`,
    '🦣'.repeat(100),
    '𝒜'.repeat(99),
  ]) {
    const name = accountNameOf({ sub: 'a1', preferred_username: text });
    expect(name).toMatch(/^oidc:/);
    expect(name.length).toBeLessThanOrEqual(60);
    expect(userName.safeParse(name.slice('oidc:'.length)).success, JSON.stringify(text)).toBe(true);
  }
  expect(accountNameOf({ sub: 'a1', preferred_username: 7, email: 'anna@example.com' })).toBe(
    'oidc:anna@example.com',
  );
  expect(accountNameOf({ sub: 'a1' })).toBe('oidc:a1');
  expect(accountNameOf({ sub: '|' })).toBe('oidc:user');
});
