// What somebody with an account of little power, or a site that an administrator opened, tries at the users.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { beforeAll, describe, expect, test } from 'vitest';

import { routes, type RouteName } from '../../src/web/api/routes.ts';
import { refusedRaw } from './client.ts';
import { password, signedIn, useConsole, type Client } from './console.ts';

const console = useConsole();
let admin: Client;
let anna: Client;

beforeAll(async () => {
  admin = await signedIn(console().url, 'admin');
  anna = await signedIn(console().url, 'anna');
});

/** Of whom there is to know, and what may not be known of them. */
async function people(): Promise<string> {
  return JSON.stringify(await console().catalogue.users());
}

/** What changes users, tokens or passwords: with a body that would be taken. */
const deeds: readonly (readonly [RouteName, string, unknown])[] = [
  ['POST /session', '/session', { name: 'anna', password }],
  ['PUT /password', '/password', { current: password, password: 'of the attacker' }],
  ['DELETE /session', '/session', undefined],
  ['POST /users', '/users', { name: 'evil', role: 'administrator', password: 'of the attacker' }],
  ['PATCH /users/:name', '/users/anna', { role: 'administrator', groups: [] }],
  ['DELETE /users/:name', '/users/bert', undefined],
  ['POST /users/:name/link', '/users/admin/link', {}],
  ['POST /tokens', '/tokens', { name: 'evil', role: 'administrator' }],
  ['DELETE /tokens/:id', '/tokens/5f0c2a55-1b6f-4e53-8a3c-0c0d0e0f0a0b', undefined],
];

describe('A supervisor', () => {
  test.each(deeds.filter(([, path]) => /users|tokens/.test(path)))(
    'gets no more power by %s',
    async (name, path, body) => {
      const before = await people();
      const [method = ''] = name.split(' ');
      expect((await anna.ask(method, path, body)).status).toBe(403);
      expect(await people()).toBe(before);
    },
  );

  test('reads no users, tokens, audit log or times of the gate, however the address is written', async () => {
    for (const path of ['/users', '/tokens', '/audit', '/gate'])
      for (const written of [path, `${path}/`, `/.${path}`, `/%2e${path}`, `/${path}`, path.toUpperCase()]) {
        const answer = await anna.ask('GET', `${written}?role=administrator`, undefined, {
          'x-http-method-override': 'GET',
          'x-original-url': '/api/v1/greeting',
        });
        expect([403, 404], written).toContain(answer.status);
        expect(await answer.text()).not.toMatch(/"(audi|bert)"|web:/);
      }
  });

  test('says nothing of own rights or of another name where a password is changed', async () => {
    const given = { current: password, password: 'zehn gelbe Zebras' };
    for (const more of [{ name: 'admin' }, { role: 'administrator' }, { groups: ['Support'] }])
      expect((await anna.ask('PUT', '/password', { ...given, ...more })).status).toBe(400);
    const entered = { name: 'anna', password };
    expect((await anna.ask('POST', '/session', { ...entered, role: 'administrator' })).status).toBe(400);
  });
});

test.each(deeds)(
  'Another site cannot have %s done by an administrator who is signed in',
  async (name, path, body) => {
    const before = await people();
    const [method = ''] = name.split(' ');
    for (const headers of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }]) {
      const sent = { method, path, body, headers: { ...headers, cookie: admin.cookie } };
      expect(await refusedRaw(console().url, sent)).toMatchObject({ status: 403, code: 'wrong-origin' });
    }
    expect(await people()).toBe(before);
  },
);

test('Every route of users and tokens that changes something is among these', () => {
  const changing = (Object.keys(routes) as RouteName[]).filter(
    (name) => /\/(users|tokens|password|session)\b/.test(name) && !name.startsWith('GET '),
  );
  expect(deeds.map(([name]) => name).sort()).toEqual(changing.sort());
});

test('Whoever has the catalogue has no password, cookie, link or token', async () => {
  await admin.ask('POST', '/users', { name: 'hugo', role: 'auditor' });
  const link = (await (await admin.ask('POST', '/users/hugo/link', {})).json()) as { token: string };
  const made = await admin.ask('POST', '/tokens', { name: 'kept', role: 'auditor' });
  const { secret } = (await made.json()) as { secret: string };
  const cookie = admin.cookie.slice('mitschnitt='.length);
  const told = await (await admin.ask('GET', '/users')).text();
  expect(told).not.toMatch(/scrypt|[0-9a-f]{64}/);
  const { folder } = console();
  const files = (await readdir(folder)).filter((name) => name.startsWith('catalogue.db'));
  const kept = Buffer.concat(await Promise.all(files.map((name) => readFile(join(folder, name)))));
  expect(kept.includes('hugo')).toBe(true);
  for (const each of [link.token, secret, secret.slice(4), cookie, password])
    expect(kept.includes(each)).toBe(false);
});

describe('The last administrator', () => {
  test.each([
    ['be made a supervisor', 'PATCH', { role: 'supervisor', groups: ['Verkauf'] }],
    ['be made an auditor', 'PATCH', { role: 'auditor' }],
    ['be disabled', 'PATCH', { disabled: true }],
    ['be disabled with a new password', 'PATCH', { disabled: true, password: 'zehn gelbe Zebras' }],
    ['be removed', 'DELETE', undefined],
  ])('cannot %s', async (_what, method, body) => {
    expect((await admin.ask(method, '/users/Admin', body)).status).toBe(409);
    expect((await admin.ask('GET', '/users')).status).toBe(200);
  });

  test('stays also where two put out each other at once', async () => {
    await admin.ask('POST', '/users', { name: 'ida', role: 'administrator', password });
    const ida = await signedIn(console().url, 'ida');
    const put = async (by: Client, name: string) =>
      (await by.ask('PATCH', `/users/${name}`, { disabled: true })).status;
    await Promise.all([put(admin, 'ida'), put(ida, 'admin')]);
    const able = (await console().catalogue.users()).filter(
      ({ role, isDisabled }) => role === 'administrator' && !isDisabled,
    );
    expect(able).toHaveLength(1);
    const [{ name } = { name: '' }] = able;
    const rest = name === 'ida' ? ida : admin;
    expect(
      (await rest.ask('PATCH', `/users/${name === 'ida' ? 'admin' : 'ida'}`, { disabled: false })).status,
    ).toBe(200);
  });
});
