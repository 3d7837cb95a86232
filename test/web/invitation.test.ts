// One-time links, as the console's page finds them in its address.
import { expect, test } from 'vitest';

import {
  invitationIn,
  isVoidLink,
  watchInvitations,
  type Invitation,
} from '../../src/web/console/connection/invitation.ts';

const token = 'abcdefghijklmnopqrstuvwxyz';

test('a one-time link is told from any other fragment', () => {
  expect(invitationIn(`#/welcome/${token}`)).toEqual({ kind: 'welcome', token });
  expect(invitationIn(`#/link/j%C3%B6rg/${token}`)).toEqual({ kind: 'link', name: 'jörg', token });
  for (const other of [
    '',
    '#',
    '#/recordings',
    `#/link/${token}`,
    `#/link/%E0%A4%A/${token}`,
    '#/welcome/short',
  ])
    expect(invitationIn(other), other).toBeUndefined();
});

test('one that is opened where the console is open already is seen, until nobody looks any more', () => {
  const page = Object.assign(new EventTarget(), { location: { hash: '' } });
  const opened: Invitation[] = [];
  const end = watchInvitations(page, (each) => opened.push(each));
  const go = (hash: string): void => {
    page.location.hash = hash;
    page.dispatchEvent(new Event('hashchange'));
  };
  go(`#/link/carla/${token}`);
  go('#/elsewhere');
  expect(opened).toEqual([{ kind: 'link', name: 'carla', token }]);
  end();
  go(`#/link/anna/${token}`);
  expect(opened).toHaveLength(1);
});

test('what was used up is void; what failed otherwise is tried again', () => {
  expect(['sign-in-refused', 'conflict'].map((code) => isVoidLink({ code }))).toEqual([true, true]);
  for (const code of ['unreachable', 'too-many-attempts', 'invalid-request', 'not-ready'])
    expect(isVoidLink({ code }), code).toBe(false);
});
