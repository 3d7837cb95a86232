// Sign-in by OpenID Connect, as a browser does it: the console and a real provider, over HTTP.
import { generateKeyPairSync } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

import { signedIn, type Client } from './client.ts';
import {
  altered,
  Browser,
  clientId,
  startProvider,
  type Accounts,
  type IdentityProvider,
} from './identity-provider.ts';
import { oidcSection } from './oidc-section.ts';
import { password, startConsole, type StartedConsole } from './started-console.ts';

const accounts: Accounts = {
  'sub-chef': { preferred_username: 'chef', groups: ['staff', 'mit-admins', 'sales-leads'] },
  'sub-anna': { preferred_username: 'anna', email: 'anna@example.com', groups: ['sales-leads'] },
  'sub-both': { email: 'both@example.com', groups: ['sales-leads', 'support-leads'] },
  'sub-audi': { preferred_username: 'revision', groups: 'mit-auditors' },
  'sub-none': { preferred_username: 'niemand', groups: ['staff'] },
};

let provider: IdentityProvider;
let running: StartedConsole;
let admin: Client;

beforeAll(async () => {
  provider = await startProvider(accounts);
  running = await startConsole({ ...patience }, oidcSection(provider.issuer));
  provider.register(`${running.url}/oidc/callback`);
  admin = await signedIn(running.url, 'admin');
});
afterEach(() => {
  provider.lie = undefined;
});
afterAll(async () => {
  await running.stop();
  await provider.stop();
});

const patience = {
  headersMs: 5_000,
  requestMs: 5_000,
  lookEveryMs: 1_000,
  providerMs: 5_000,
  stillMs: 5_000,
};

const json = { 'content-type': 'application/json' };

function api(path: string): string {
  return `${running.url}/api/v1${path}`;
}

/** Presses the button; returns where the browser is sent. */
async function begin(browser: Browser): Promise<string> {
  const answer = await browser.request(api('/oidc'), { method: 'POST', headers: json, body: '{}' });
  expect(answer.status).toBe(200);
  return ((await answer.json()) as { url: string }).url;
}

/** Up to the address of the console that the provider sends the browser back to. */
async function vouched(browser: Browser, account: string): Promise<string> {
  return await browser.logIn(await begin(browser), account, running.url);
}

/** All of it; where the browser is at last. */
async function entered(browser: Browser, account: string): Promise<string> {
  const back = await vouched(browser, account);
  return (await browser.open(back)).url.slice(running.url.length);
}

async function me(browser: Browser): Promise<Record<string, unknown>> {
  const answer = await browser.request(api('/session'));
  return (await answer.json()) as Record<string, unknown>;
}

async function audit(subject: string): Promise<unknown> {
  const answer = await admin.ask('GET', `/audit?subject=${encodeURIComponent(subject)}`);
  return ((await answer.json()) as { entries: unknown }).entries;
}

describe('Whoever the provider vouches for', () => {
  test.each([
    ['sub-chef', { name: 'oidc:chef', role: 'administrator', groups: null }],
    ['sub-anna', { name: 'oidc:anna', role: 'supervisor', groups: ['Verkauf'] }],
    ['sub-both', { name: 'oidc:both@example.com', role: 'supervisor', groups: ['Verkauf', 'Support'] }],
    ['sub-audi', { name: 'oidc:revision', role: 'auditor', groups: null }],
  ])('is signed in with the role of the claim: %s', async (account, expected) => {
    const browser = new Browser();
    expect(await entered(browser, account)).toBe('/');
    expect(await me(browser)).toMatchObject({ ...expected, by: 'session', has_password: false });
    expect(await audit(expected.name)).toMatchObject([{ action: 'sign-in', actor: expected.name, ok: true }]);
  });

  test('has a session as everybody else: a cookie that no script and no other site has', async () => {
    const browser = new Browser();
    const answer = await browser.request(await vouched(browser, 'sub-chef'));
    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toBe('/');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const cookies = answer.headers.getSetCookie();
    expect(cookies.find((each) => each.startsWith('mitschnitt='))).toMatch(/HttpOnly; SameSite=Strict/);
    expect(cookies.find((each) => each.startsWith('mitschnitt-oidc='))).toMatch(/^mitschnitt-oidc=;/);
  });

  test('and has no role is refused, told and noted; nothing is made of it', async () => {
    const browser = new Browser();
    expect(await entered(browser, 'sub-none')).toBe('/#/refused/oidc-no-role');
    expect(await me(browser)).toMatchObject({ error: { code: 'not-signed-in' } });
    expect(await running.catalogue.user('oidc:niemand')).toBeUndefined();
    expect(await audit('oidc:niemand (sub-none)')).toMatchObject([
      { action: 'sign-in-refused', actor: 'oidc:niemand (sub-none)', detail: 'oidc-no-role', ok: false },
    ]);
  });

  test('has at each sign-in the role that the provider tells then, and none when that is gone', async () => {
    accounts['sub-eva'] = { preferred_username: 'eva', groups: ['mit-admins'] };
    const browser = new Browser();
    await entered(browser, 'sub-eva');
    expect(await me(browser)).toMatchObject({ role: 'administrator' });
    accounts['sub-eva'].groups = ['support-leads'];
    expect(await entered(new Browser(), 'sub-eva')).toBe('/');
    // Also where she was signed in before.
    expect(await me(browser)).toMatchObject({ role: 'supervisor', groups: ['Support'] });
    accounts['sub-eva'].groups = [];
    expect(await entered(new Browser(), 'sub-eva')).toBe('/#/refused/oidc-no-role');
    expect(await me(browser)).toMatchObject({ error: { code: 'not-signed-in' } });
  });

  test('and is disabled stays out until enabled', async () => {
    accounts['sub-emil'] = { preferred_username: 'emil', groups: ['mit-auditors'] };
    const browser = new Browser();
    await entered(browser, 'sub-emil');
    const disabled = await admin.ask('PATCH', '/users/oidc%3Aemil', { disabled: true });
    expect(await disabled.json()).toMatchObject({ name: 'oidc:emil', sign_in: 'oidc', sessions: 0 });
    expect(await me(browser)).toMatchObject({ error: { code: 'not-signed-in' } });
    expect(await entered(new Browser(), 'sub-emil')).toBe('/#/refused/oidc-disabled');
    await admin.ask('PATCH', '/users/oidc%3Aemil', { disabled: false });
    expect(await entered(new Browser(), 'sub-emil')).toBe('/');
  });

  test('signs out here, and is told where to sign out of the provider as well', async () => {
    const browser = new Browser();
    await entered(browser, 'sub-chef');
    const answer = await browser.request(api('/session'), { method: 'DELETE' });
    const { provider: there } = (await answer.json()) as { provider: { name: string; url: string } };
    expect(there.name).toBe('Firmenkonto');
    expect(there.url).toBe(`${provider.issuer}/session/end?client_id=${clientId}`);
    expect(await me(browser)).toMatchObject({ error: { code: 'not-signed-in' } });
    expect((await browser.request(there.url)).status).toBe(200);
  });
});

describe('An account of the provider', () => {
  test('is never that of a local user of the same name, who signs in as before', async () => {
    const browser = new Browser();
    accounts['sub-admin'] = { preferred_username: 'ADMIN', email: 'admin', groups: ['sales-leads'] };
    await entered(browser, 'sub-admin');
    expect(await me(browser)).toMatchObject({ name: 'oidc:ADMIN', role: 'supervisor' });
    const local = await signedIn(running.url, 'admin');
    expect(await (await local.ask('GET', '/session')).json()).toMatchObject({ role: 'administrator' });
  });

  test('is known by its subject: who is called alike has another one, who is called anew has the same', async () => {
    accounts['sub-gast'] = { preferred_username: 'gast', groups: ['mit-admins'] };
    accounts['sub-other'] = { preferred_username: 'Gast', groups: ['sales-leads'] };
    const [first, second] = [new Browser(), new Browser()];
    await entered(first, 'sub-gast');
    await entered(second, 'sub-other');
    expect(await me(first)).toMatchObject({ name: 'oidc:gast', role: 'administrator' });
    expect(await me(second)).toMatchObject({ name: 'oidc:Gast-2', role: 'supervisor' });
    accounts['sub-gast'].preferred_username = 'Gast-2';
    await entered(first, 'sub-gast');
    expect(await me(first)).toMatchObject({ name: 'oidc:gast', role: 'administrator' });
  });

  test('has no password, link, role or groups that could be given here', async () => {
    const browser = new Browser();
    await entered(browser, 'sub-anna');
    for (const change of [{ password }, { role: 'administrator' }, { groups: ['Support'] }])
      expect((await admin.ask('PATCH', '/users/oidc%3Aanna', change)).status).toBe(409);
    expect((await admin.ask('POST', '/users/oidc%3Aanna/link', {})).status).toBe(409);
    const own = { current: password, password: 'zehn gelbe Zebras' };
    const changed = { method: 'PUT', headers: json, body: JSON.stringify(own) };
    expect((await browser.request(api('/password'), changed)).status).toBe(403);
    await running.catalogue.changeUser('oidc:anna', {
      password: (await running.catalogue.user('anna'))?.password,
    });
    const typed = { method: 'POST', headers: json, body: JSON.stringify({ name: 'oidc:anna', password }) };
    expect((await new Browser().request(api('/session'), typed)).status).toBe(401);
    expect((await admin.ask('POST', '/users', { name: 'oidc:x', role: 'auditor' })).status).toBe(400);
  });

  test('is in the list of users with its role, whatever the provider calls it', async () => {
    accounts['sub-nasty'] = {
      preferred_username: `<b>"../\u202Ex'; drop\r\n${'ü'.repeat(300)}`,
      groups: ['mit-auditors'],
    };
    expect(await entered(new Browser(), 'sub-nasty')).toBe('/');
    const { users } = (await (await admin.ask('GET', '/users')).json()) as { users: { name: string }[] };
    const made = users.find(({ name }) => name.startsWith('oidc:b'));
    expect(made).toMatchObject({ role: 'auditor', sign_in: 'oidc', has_password: false });
    expect(made?.name).toMatch(/^oidc:b-\.\.-x-drop-ü{20,}$/);
    expect(made?.name.length).toBeLessThan(64);
  });
});

describe('What comes back to the console', () => {
  test('is refused without the cookie of whoever began, with another state, and a second time', async () => {
    const [browser, thief] = [new Browser(), new Browser()];
    const back = await vouched(browser, 'sub-chef');
    expect((await thief.open(back)).url).toBe(`${running.url}/#/refused/oidc-expired`);
    const forged = new URL(back);
    forged.searchParams.set('state', 'A'.repeat(43));
    expect((await browser.open(forged.href)).url).toBe(`${running.url}/#/refused/oidc-expired`);
    // A foreign answer does not end what was begun.
    expect((await browser.open(back)).url).toBe(`${running.url}/`);
    expect((await browser.open(back)).url).toBe(`${running.url}/#/refused/oidc-expired`);
  });

  test('comes to the address at which the console was asked, with a cookie that only comes along from there', async () => {
    const behind = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'recordings.example' };
    const answer = await new Browser().request(api('/oidc'), {
      ...{ method: 'POST', body: '{}' },
      headers: { ...json, ...behind, origin: 'https://recordings.example' },
    });
    const { url } = (await answer.json()) as { url: string };
    const { origin, searchParams } = new URL(url);
    expect(origin).toBe(provider.issuer);
    expect(Object.fromEntries(searchParams)).toMatchObject({
      ...{ response_type: 'code', scope: 'openid profile email', code_challenge_method: 'S256' },
      redirect_uri: 'https://recordings.example/oidc/callback',
    });
    for (const name of ['state', 'nonce', 'code_challenge'])
      expect(searchParams.get(name)?.length).toBeGreaterThanOrEqual(43);
    expect(answer.headers.getSetCookie().join()).toMatch(
      /^__Host-mitschnitt-oidc=[\w-]{43}; Max-Age=600; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    );
  });

  test('is refused with a code that was used already', async () => {
    const [browser, other] = [new Browser(), new Browser()];
    const back = new URL(await vouched(browser, 'sub-chef'));
    await browser.open(back.href);
    const code = back.searchParams.get('code') ?? '';
    const begun = new URL(await begin(other));
    const replayed = new URL(back);
    replayed.searchParams.set('state', begun.searchParams.get('state') ?? '');
    replayed.searchParams.set('code', code);
    expect((await other.open(replayed.href)).url).toBe(`${running.url}/#/refused/oidc-expired`);
    expect(await me(other)).toMatchObject({ error: { code: 'not-signed-in' } });
  });

  test('is refused with a code that was given for another sign-in: PKCE and nonce', async () => {
    const [browser, thief] = [new Browser(), new Browser()];
    const stolen = new URL(await vouched(browser, 'sub-chef'));
    const begun = new URL(await begin(thief));
    stolen.searchParams.set('state', begun.searchParams.get('state') ?? '');
    expect((await thief.open(stolen.href)).url).toContain('/#/refused/oidc-');
    const url = new URL(await begin(thief));
    url.searchParams.set('nonce', 'of-somebody-else');
    const back = await thief.logIn(url.href, 'sub-chef', running.url);
    expect((await thief.open(back)).url).toBe(`${running.url}/#/refused/oidc-invalid`);
    expect(await me(thief)).toMatchObject({ error: { code: 'not-signed-in' } });
  });

  test('is told as the refusal that it is, and leads nowhere else', async () => {
    const browser = new Browser();
    const url = new URL(await begin(browser));
    const query = new URLSearchParams({
      ...{ state: url.searchParams.get('state') ?? '', iss: provider.issuer },
      ...{ error: 'access_denied', error_description: '<script>alert(1)</script>' },
      ...{ redirect: 'https://evil.example', return_to: '//evil.example' },
    });
    const answer = await browser.request(`${running.url}/oidc/callback?${query.toString()}`);
    expect(answer.headers.get('location')).toBe('/#/refused/oidc-refused');
    expect(await answer.text()).toBe('');
  });
});

const hour = 3_600;
const nowS = () => Math.floor(Date.now() / 1_000);

describe('An ID token', () => {
  test.each([
    ['that is over', () => ({ exp: nowS() - hour, iat: nowS() - 2 * hour }), undefined],
    ['of another issuer', () => ({ iss: 'https://evil.example' }), undefined],
    ['for another client', () => ({ aud: 'another' }), undefined],
    [
      'of a subject without end',
      () => ({ sub: 's'.repeat(256), preferred_username: 'a', groups: [] }),
      undefined,
    ],
    ['of another sign-in', () => ({ nonce: 'another' }), undefined],
    ['that another key signed', () => ({}), generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey],
  ])('%s signs nobody in', async (_what, change, by) => {
    provider.lie = (context) => {
      const body = context.body as Record<string, unknown> | undefined;
      if (context.path === '/token' && body) body.id_token = altered(body.id_token, change(), by);
    };
    const browser = new Browser();
    expect(await entered(browser, 'sub-chef')).toBe('/#/refused/oidc-invalid');
    expect(await me(browser)).toMatchObject({ error: { code: 'not-signed-in' } });
  });

  test('may be of a clock that is a little off', async () => {
    provider.lie = (context) => {
      const body = context.body as Record<string, unknown> | undefined;
      const change = { exp: nowS() - 10, iat: nowS() - 300 };
      if (context.path === '/token' && body) body.id_token = altered(body.id_token, change);
    };
    expect(await entered(new Browser(), 'sub-chef')).toBe('/');
  });

  test('does not count where the userinfo endpoint tells of somebody else', async () => {
    provider.lie = (context) => {
      const body = context.body as Record<string, unknown> | undefined;
      if (context.path === '/me' && body) body.sub = 'sub-chef';
    };
    expect(await entered(new Browser(), 'sub-none')).toContain('/#/refused/oidc-');
  });
});
