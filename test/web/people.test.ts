// Users: how they get in, and how they are kept out.
import { beforeAll, describe, expect, test } from 'vitest';

import { clientOf, password, signedIn, useConsole, type Client } from './console.ts';

const console = useConsole();
const other = 'neun graue Nashörner';
let admin: Client;

beforeAll(async () => {
  admin = await signedIn(console().url, 'admin');
});

interface Link {
  readonly token: string;
  readonly expires: string;
}

async function linkFor(name: string): Promise<Link> {
  const response = await admin.ask('POST', `/users/${name}/link`, {});
  expect(response.status).toBe(200);
  return (await response.json()) as Link;
}

let strangers = 0;

/** Each from an address of his own: what one tried does not count for the next. */
async function stranger(
  path: string,
  body: unknown,
  from = `192.0.2.${(strangers += 1)}`,
): Promise<Response> {
  return await clientOf(console().url).ask('POST', path, body, { 'x-forwarded-for': from });
}

async function usedBy(name: string, token: string, chosen = other): Promise<Response> {
  return await stranger('/link', { name, token, password: chosen });
}

async function refusal(response: Promise<Response>): Promise<unknown> {
  const { status } = await response;
  const { error } = (await (await response).json()) as { error: { code: string; message: string } };
  return { status, code: error.code, message: error.message };
}

const voidLink = { status: 401, code: 'sign-in-refused', message: 'this link is not good any more' };

describe('A user who was added without a password', () => {
  test('gets in by a one-time link, once, with the rights that were given and no others', async () => {
    const user = { name: 'carla', role: 'supervisor', groups: ['Verkauf'] };
    const added = await admin.ask('POST', '/users', user);
    expect(await added.json()).toMatchObject({ ...user, has_password: false, link_expires: null });
    expect(await refusal(signIn('carla', ''))).toMatchObject({ status: 401, code: 'sign-in-refused' });
    const { token, expires } = await linkFor('carla');
    expect(Date.parse(expires) - Date.now()).toBeGreaterThan(71 * 3_600_000);
    const entered = await usedBy('Carla', token);
    expect(await entered.json()).toMatchObject({ name: 'carla', role: 'supervisor', groups: ['Verkauf'] });
    expect(entered.headers.get('set-cookie')).toContain('mitschnitt=');
    expect(await refusal(usedBy('carla', token, 'another password'))).toEqual(voidLink);
    expect((await signIn('carla', other)).status).toBe(200);
    const kept = JSON.stringify(await console().catalogue.users());
    expect(kept).not.toContain(token);
  });

  test('and is asked for by many at once, is let in once', async () => {
    await admin.ask('POST', '/users', { name: 'dora', role: 'auditor' });
    const { token } = await linkFor('dora');
    const answers = await Promise.all(
      [1, 2, 3, 4].map((each) => usedBy('dora', token, `password ${each} x`)),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });
});

describe('A one-time link', () => {
  test('is void when another was made, for another name, and when its time is over', async () => {
    const first = await linkFor('bert');
    const second = await linkFor('bert');
    expect(await refusal(usedBy('bert', first.token))).toEqual(voidLink);
    expect(await refusal(usedBy('anna', second.token))).toEqual(voidLink);
    const kept = (await console().catalogue.user('bert'))?.link;
    await console().catalogue.changeUser('bert', { link: { hash: kept?.hash ?? '', expiresAt: Date.now() } });
    expect(await refusal(usedBy('bert', second.token))).toEqual(voidLink);
  });

  test('is void once the user chose a password without it, or was disabled meanwhile', async () => {
    const user = { name: 'gerda', role: 'auditor', password };
    await admin.ask('POST', '/users', user);
    const gerda = await signedIn(console().url, 'gerda');
    const first = await linkFor('gerda');
    const own = { current: password, password: 'zehn gelbe Zebras' };
    expect((await gerda.ask('PUT', '/password', own)).status).toBe(200);
    expect(await refusal(usedBy('gerda', first.token))).toEqual(voidLink);
    const second = await linkFor('gerda');
    await admin.ask('PATCH', '/users/gerda', { disabled: true });
    expect(await refusal(usedBy('gerda', second.token))).toEqual(voidLink);
    await admin.ask('PATCH', '/users/gerda', { disabled: false });
    expect(await refusal(usedBy('gerda', second.token))).toEqual(voidLink);
    const third = await linkFor('gerda');
    await admin.ask('PATCH', '/users/gerda', { password });
    expect(await refusal(usedBy('gerda', third.token))).toEqual(voidLink);
  });

  test('leaves the password as it is until another was chosen, and signs out everywhere then', async () => {
    const anna = await signedIn(console().url, 'anna');
    const { token } = await linkFor('anna');
    expect((await anna.ask('GET', '/session')).status).toBe(200);
    expect((await signIn('anna', password)).status).toBe(200);
    expect((await usedBy('anna', token)).status).toBe(200);
    expect((await anna.ask('GET', '/session')).status).toBe(401);
    expect((await signIn('anna', password)).status).toBe(401);
  });

  test('and its use are in the audit log, its token is not', async () => {
    const { token } = await linkFor('bert');
    await usedBy('bert', token);
    const audit = await (await admin.ask('GET', '/audit?subject=bert')).json();
    expect(audit).toMatchObject({
      entries: expect.arrayContaining([
        expect.objectContaining({ action: 'user-link', actor: 'web:admin', ok: true }),
        expect.objectContaining({ action: 'sign-in', detail: 'new password by one-time link', ok: true }),
      ]) as unknown,
    });
    expect(JSON.stringify(audit)).not.toContain(token);
  });

  test('is guessed by nobody', async () => {
    await linkFor('audi');
    const tries = [];
    for (let index = 0; index < 12; index += 1)
      tries.push(
        await stranger(
          '/link',
          { name: 'audi', token: `${'A'.repeat(40)}${String(index).padStart(3, '0')}`, password: other },
          '198.51.100.7',
        ),
      );
    expect(tries.at(-1)?.status).toBe(429);
  });
});

describe('A user who is disabled', () => {
  test('is signed out, cannot sign in, is told why only with the right password, and can be enabled', async () => {
    await admin.ask('POST', '/users', { name: 'emil', role: 'auditor', password });
    const emil = await signedIn(console().url, 'emil');
    const events = (await emil.ask('GET', '/events')).text();
    const changed = await admin.ask('PATCH', '/users/emil', { disabled: true });
    expect(await changed.json()).toMatchObject({
      name: 'emil',
      role: 'auditor',
      disabled: true,
      sessions: 0,
    });
    expect(await events).toContain('event: signed-out');
    expect((await emil.ask('GET', '/session')).status).toBe(401);
    expect(await refusal(signIn('emil', password))).toMatchObject({ message: 'this user is disabled' });
    expect(await refusal(signIn('emil', other))).toMatchObject({ message: 'name or password is not right' });
    expect((await admin.ask('POST', '/users/emil/link', {})).status).toBe(409);
    await admin.ask('PATCH', '/users/emil', { disabled: false });
    expect((await signIn('emil', password)).status).toBe(200);
  });

  test('is not the last administrator who can sign in', async () => {
    await admin.ask('POST', '/users', { name: 'fritz', role: 'administrator' });
    expect(await refusal(admin.ask('PATCH', '/users/admin', { disabled: true }))).toMatchObject({
      ...{ status: 409, message: 'this is the last administrator' },
    });
    expect((await admin.ask('DELETE', '/users/admin')).status).toBe(409);
    await admin.ask('PATCH', '/users/fritz', { password });
    expect((await admin.ask('PATCH', '/users/admin', { disabled: true })).status).toBe(200);
    const fritz = await signedIn(console().url, 'fritz');
    expect((await fritz.ask('PATCH', '/users/admin', { disabled: false })).status).toBe(200);
    admin = await signedIn(console().url, 'admin');
  });
});

test('What is changed of a user is what was sent, also where somebody else changes the rest meanwhile', async () => {
  await admin.ask('POST', '/users', { name: 'gustav', role: 'administrator', password });
  // Hashing the password takes longer than the other change.
  const [first, second] = await Promise.all([
    admin.ask('PATCH', '/users/gustav', { password: other }),
    admin.ask('PATCH', '/users/gustav', { role: 'supervisor', groups: ['Verkauf'] }),
  ]);
  expect([first.status, second.status]).toEqual([200, 200]);
  const kept = await console().catalogue.user('gustav');
  expect(kept).toMatchObject({ role: 'supervisor', groups: ['Verkauf'] });
  const { entries } = (await (await admin.ask('GET', '/audit?subject=gustav&action=user')).json()) as {
    entries: { detail: string }[];
  };
  expect(entries.map(({ detail }) => detail).sort()).toEqual([
    'administrator',
    'new password',
    'supervisor of Verkauf',
  ]);
});

describe('With an administrator ends what he made', () => {
  const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` });

  /** What he makes for himself and others: a token, one by that token, and a link each. */
  async function keysOf(name: string): Promise<{ secrets: string[]; links: Record<string, string> }> {
    await admin.ask('POST', '/users', { name, role: 'administrator', password });
    const by = await signedIn(console().url, name);
    const token = { name: `of ${name}`, role: 'administrator' };
    const { secret } = (await (await by.ask('POST', '/tokens', token)).json()) as { secret: string };
    const program = clientOf(console().url);
    const made = await program.ask('POST', '/tokens', { ...token, name: `by ${name}` }, bearer(secret));
    const second = (await made.json()) as { secret: string };
    const links: Record<string, string> = {};
    for (const [user, asks] of [
      [`${name}-one`, () => by.ask('POST', `/users/${name}-one/link`, {})],
      [`${name}-two`, () => program.ask('POST', `/users/${name}-two/link`, {}, bearer(second.secret))],
    ] as const) {
      await admin.ask('POST', '/users', { name: user, role: 'auditor' });
      links[user] = ((await (await asks()).json()) as Link).token;
    }
    return { secrets: [secret, second.secret], links };
  }

  const ask = async (secret: string) =>
    (await clientOf(console().url).ask('GET', '/session', undefined, bearer(secret))).status;

  test.each([
    ['who is disabled', 'hans', () => admin.ask('PATCH', '/users/Hans', { disabled: true })],
    ['who is removed', 'Ida', () => admin.ask('DELETE', '/users/ida')],
    ['who gets another role', 'Jörg', () => admin.ask('PATCH', '/users/j%C3%B6rg', { role: 'auditor' })],
  ] as const)('%s, and is told in the audit log', async (_what, name, end) => {
    const { secrets, links } = await keysOf(name);
    const own = (
      (await (await admin.ask('POST', '/tokens', { name: 'kept', role: 'auditor' })).json()) as {
        secret: string;
      }
    ).secret;
    expect(await Promise.all(secrets.map(ask))).toEqual([200, 200]);
    const events = clientOf(console().url).ask('GET', '/events', undefined, bearer(secrets[0] ?? ''));
    const heard = (await events).text();
    expect((await end()).status).toBe(200);
    expect(await heard).toContain('event: signed-out');
    expect(await Promise.all(secrets.map(ask))).toEqual([401, 401]);
    for (const [user, token] of Object.entries(links))
      expect(await refusal(usedBy(user, token))).toEqual(voidLink);
    expect(await ask(own), 'of somebody else').toBe(200);
    const { entries } = (await (await admin.ask('GET', '/audit?limit=20')).json()) as {
      entries: { action: string; subject: string; detail: string | null; actor: string }[];
    };
    const told = entries.filter(({ detail }) => detail === `made by ${name}`);
    expect(told.map(({ action, subject, actor }) => `${actor} ${action} ${subject}`).sort()).toEqual([
      `web:admin token-delete by ${name}`,
      `web:admin token-delete of ${name}`,
      `web:admin user-link-void ${name}-one`,
      `web:admin user-link-void ${name}-two`,
    ]);
  });

  test('also what he made in the same moment', async () => {
    await admin.ask('POST', '/users', { name: 'karl', role: 'administrator', password });
    const karl = await signedIn(console().url, 'karl');
    await admin.ask('POST', '/users', { name: 'lena', role: 'auditor' });
    const { catalogue } = console();
    const { token } = (await (await karl.ask('POST', '/users/lena/link', {})).json()) as Link;
    const { link } = (await catalogue.user('lena')) ?? {};
    await admin.ask('PATCH', '/users/karl', { disabled: true });
    await catalogue.changeUser('lena', { link });
    expect(await refusal(usedBy('lena', token))).toEqual(voidLink);
  });
});

test('The audit log is searched by the beginning of a name, whatever kind of person it is', async () => {
  const { catalogue } = console();
  const line = { action: 'playback', subject: 'x', group: undefined, detail: undefined, address: 'local' };
  for (const actor of ['web:Zora', 'cli:zora', 'token:zorawatch', 'web:a_zora', 'web:zo_ra'])
    await catalogue.addAudit({ ...line, at: Date.now(), actor, ok: true });
  const actors = async (person: string): Promise<string[]> => {
    const answer = await admin.ask('GET', `/audit?person=${encodeURIComponent(person)}`);
    const { entries } = (await answer.json()) as { entries: { actor: string }[] };
    return entries.map(({ actor }) => actor);
  };
  expect(await actors('ZORA')).toEqual(['token:zorawatch', 'cli:zora', 'web:Zora']);
  expect(await actors('zo_')).toEqual(['web:zo_ra']);
  expect(await actors("%' or 1=1 --")).toEqual([]);
});

async function signIn(name: string, given: string): Promise<Response> {
  return await stranger('/session', { name, password: given });
}
