// What is left of the rights of whoever came by a provider, when its word or the configuration changes.
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import type { ApiToken, User, UserRole } from '../../src/catalogue/console-ledger.ts';
import { SqliteCatalogue } from '../../src/catalogue/sqlite.ts';
import { Passwords } from '../../src/web/passwords.ts';
import { peopleHandlers } from '../../src/web/people.ts';
import { rulesOf } from '../../src/web/oidc/settings.ts';
import { SignIn } from '../../src/web/sign-in.ts';
import { Secret } from '../../src/config/secret.ts';
import { clientOf } from './client.ts';
import { Browser, startProvider, type Accounts, type IdentityProvider } from './identity-provider.ts';
import { oidcSection } from './oidc-section.ts';
import { startConsole, type StartedConsole } from './started-console.ts';

const issuer = 'https://login.example';
const hashOf = (secret: string) => createHash('sha256').update(secret).digest('hex');

function person(name: string, role: UserRole, by: 'password' | 'link' | 'oidc') {
  return {
    ...{ name, role, groups: role === 'supervisor' ? ['Verkauf'] : [], createdAt: 0 },
    ...{ password: by === 'password' ? 'scrypt' : undefined, lastSignInAt: undefined },
    identity: by === 'oidc' ? { issuer, subject: name } : undefined,
  };
}

function tokenOf(secret: string, maker: string | undefined): ApiToken {
  return {
    ...{ id: secret, name: secret, role: 'administrator', groups: [], hash: hashOf(secret), createdAt: 0 },
    ...{ createdBy: 'x', maker, lastUsedAt: undefined, expiresAt: undefined },
  };
}

let folder: string;
let catalogue: SqliteCatalogue;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mitschnitt-rights-'));
  catalogue = new SqliteCatalogue({ path: join(folder, 'catalogue.db') });
  await catalogue.open();
});
afterEach(async () => {
  await catalogue.close();
  await rm(folder, { recursive: true });
});

function signInOf(change: { issuer?: string | undefined; rules?: string } = {}): SignIn {
  const parts = { ledger: () => catalogue, passwords: new Passwords(), now: Date.now, issuer };
  return new SignIn({ ...parts, ...change });
}

describe('The first administrator', () => {
  const door = { address: '127.0.0.1', origin: 'http://127.0.0.1:9', setCookie: () => undefined } as never;

  function asked() {
    const signIn = signInOf();
    const facts = () => ({ version: '1', timeZone: 'UTC', groups: [], targets: [] });
    const parts = { ledger: () => catalogue, facts, signIn, passwords: new Passwords(), oidc: undefined };
    const more = { now: Date.now, time: String, signedOut: () => undefined };
    const handlers = peopleHandlers({ ...parts, ...more });
    const token = signIn.offerWelcome();
    return {
      isFirstUse: async () => (await handlers['GET /greeting']({} as never, door)).first_use,
      welcome: (name: string) => {
        const body = { token, name, password: 'acht blaue Elefanten' };
        return handlers['POST /welcome']({ body, audit: () => undefined } as never, door);
      },
    };
  }

  test('is made by the link in the log though others signed in by a provider, whatever they are', async () => {
    await catalogue.addUser(person('oidc:sub', 'supervisor', 'oidc'));
    await catalogue.addUser(person('oidc:adm', 'administrator', 'oidc'));
    await catalogue.addUser(person('anna', 'supervisor', 'password'));
    const { isFirstUse, welcome } = asked();
    expect(await isFirstUse()).toBe(true);
    await expect(welcome('anna')).rejects.toMatchObject({ status: 409 });
    expect(await welcome('chef')).toMatchObject({ name: 'chef', role: 'administrator' });
    expect(await isFirstUse()).toBe(false);
  });

  test('is made once: there is none to be made where somebody has a password, also disabled', async () => {
    await catalogue.addUser(person('chef', 'administrator', 'password'));
    await catalogue.addUser(person('next', 'administrator', 'password'));
    await catalogue.changeUser('chef', { isDisabled: true });
    const { isFirstUse, welcome } = asked();
    expect(await isFirstUse()).toBe(false);
    await expect(welcome('evil')).rejects.toMatchObject({ status: 409 });
  });
});

describe('The last enabled administrator', () => {
  test.each(['link', 'oidc', 'password'] as const)('stays, also by %s', async (by) => {
    await catalogue.addUser(person('chef', 'administrator', by));
    await catalogue.addUser(person('audi', 'auditor', 'password'));
    expect(await catalogue.changeUser('chef', { isDisabled: true })).toBe('last-administrator');
    expect(await catalogue.removeUser('chef')).toBe('last-administrator');
    await catalogue.addUser(person('next', 'administrator', 'password'));
    expect(await catalogue.changeUser('chef', { isDisabled: true })).toBe('changed');
  });

  test('with a password is not replaced by one of a provider, whose word counts all the same', async () => {
    await catalogue.addUser(person('chef', 'administrator', 'password'));
    await catalogue.addUser(person('oidc:adm', 'administrator', 'oidc'));
    expect(await catalogue.changeUser('chef', { isDisabled: true })).toBe('last-administrator');
    expect(await catalogue.changeUser('oidc:adm', { isDisabled: true })).toBe('changed');
    await catalogue.addUser(person('oidc:two', 'administrator', 'oidc'));
    expect(await catalogue.changeUser('oidc:two', { role: 'auditor' })).toBe('changed');
  });
});

describe('What an administrator of a provider made', () => {
  test('is good only while that provider is configured', async () => {
    await catalogue.addUser(person('oidc:adm', 'administrator', 'oidc'));
    await catalogue.addUser(person('chef', 'administrator', 'password'));
    await catalogue.addUser(person('anna', 'auditor', 'link'));
    await catalogue.addToken(tokenOf('his', 'oidc:adm'));
    await catalogue.addToken(tokenOf('local', 'chef'));
    const isTaken = async (by: string | undefined): Promise<boolean> => {
      const { link } = signInOf().makeLink('oidc:adm');
      await catalogue.changeUser('anna', { link });
      const chosen = { hash: link.hash, password: 'scrypt', now: Date.now() };
      return await catalogue.takeLink('anna', { ...chosen, issuer: by });
    };
    const open = signInOf();
    const viewer = await open.byToken('his');
    expect(viewer && (await open.isStill(viewer))).toBe(true);
    for (const change of [{ issuer: undefined }, { issuer: 'https://next.example' }]) {
      const signIn = signInOf(change);
      expect(await signIn.byToken('his')).toBeUndefined();
      expect(viewer && (await signIn.isStill(viewer))).toBe(false);
      expect(await signIn.byToken('local')).toMatchObject({ name: 'local' });
      expect(await isTaken(change.issuer)).toBe(false);
    }
    expect(await isTaken(issuer)).toBe(true);
  });
});

describe('A session', () => {
  const settings = {
    ...{ issuer, ca: undefined, clientId: 'x', clientSecret: new Secret('geheim'), name: 'Office' },
    ...{ scopes: ['openid'], rolesClaim: 'groups' },
    roles: { administrator: ['admins'], auditor: [], supervisor: {} },
  };

  test('by a provider ends where the rules became others by which it gave rights; no other does', async () => {
    await catalogue.addUser(person('oidc:adm', 'administrator', 'oidc'));
    await catalogue.addUser(person('chef', 'administrator', 'password'));
    const rules = rulesOf(settings);
    const [his, local] = await Promise.all(
      ['oidc:adm', 'chef'].map(async (name) =>
        signInOf({ rules }).begin((await catalogue.user(name)) as User),
      ),
    );
    const names = async (change: { rules?: string }) =>
      await Promise.all([his, local].map(async (each) => (await find(change, each?.secret))?.name));
    const find = (change: { rules?: string }, secret = '') => signInOf(change).bySession(secret);
    expect(await names({ rules: rulesOf({ ...settings, name: 'Other button' }) })).toEqual([
      'oidc:adm',
      'chef',
    ]);
    const roles = { ...settings.roles, administrator: ['others'] };
    for (const change of [{ roles }, { rolesClaim: 'roles' }, { clientId: 'y' }])
      expect(await names({ rules: rulesOf({ ...settings, ...change }) })).toEqual([undefined, 'chef']);
    expect(await names({})).toEqual([undefined, 'chef']);
  });
});

describe('At a console', () => {
  const accounts: Accounts = {};
  let provider: IdentityProvider;
  let running: StartedConsole;

  beforeAll(async () => {
    provider = await startProvider(accounts);
    running = await startConsole(undefined, oidcSection(provider.issuer));
    provider.register(`${running.url}/oidc/callback`);
  });
  afterAll(async () => {
    await running.stop();
    await provider.stop();
  });

  async function entered(browser: Browser, account: string): Promise<string> {
    const headers = { 'content-type': 'application/json' };
    const init = { method: 'POST', headers, body: '{}' };
    const { url } = (await (await browser.request(`${running.url}/api/v1/oidc`, init)).json()) as {
      url: string;
    };
    const back = await browser.logIn(url, account, running.url);
    return (await browser.open(back)).url.slice(running.url.length);
  }
  const statusOf = async (browser: Browser) =>
    (await browser.request(`${running.url}/api/v1/session`)).status;
  const byToken = async (secret: string, method = 'GET', path = '/session', body?: unknown) =>
    (await clientOf(running.url).ask(method, path, body, { authorization: `Bearer ${secret}` })).status;

  test('the session of whoever was vouched for is bound to the rules of the configuration', async () => {
    accounts['sub-ida'] = { preferred_username: 'ida', groups: ['mit-auditors'] };
    const browser = new Browser();
    expect(await entered(browser, 'sub-ida')).toBe('/');
    expect(await statusOf(browser)).toBe(200);
    const users = await running.catalogue.users();
    expect(users.find(({ name }) => name === 'oidc:ida')?.sessions).toBe(1);
    // Not kept by the hash of the cookie alone, as it is for all others.
    const cookie = browser.cookieOf(running.url, 'mitschnitt');
    expect(await running.catalogue.session(hashOf(cookie))).toBeUndefined();
  });

  test('an administrator who has no role any more is none, whatever fails on the way', async () => {
    accounts['sub-eva'] = { preferred_username: 'eva', groups: ['mit-admins'] };
    const browser = new Browser();
    await entered(browser, 'sub-eva');
    await running.catalogue.addToken(tokenOf('token-of-eva', 'oidc:eva'));
    expect(await byToken('token-of-eva')).toBe(200);
    accounts['sub-eva'].groups = [];
    const { catalogue } = running;
    const withdrawMadeBy = catalogue.withdrawMadeBy.bind(catalogue);
    catalogue.withdrawMadeBy = () => {
      catalogue.withdrawMadeBy = withdrawMadeBy;
      return Promise.reject(new Error('the disk is full'));
    };
    expect(await entered(new Browser(), 'sub-eva')).toBe('/#/refused/defect');
    expect(await statusOf(browser)).toBe(401);
    expect(await byToken('token-of-eva')).toBe(401);
    expect(await running.catalogue.user('oidc:eva')).toMatchObject({ role: 'supervisor', groups: [] });
    expect(await entered(new Browser(), 'sub-eva')).toBe('/#/refused/oidc-no-role');
    expect((await running.catalogue.tokens()).map(({ name }) => name)).not.toContain('token-of-eva');
  });

  test('whoever has no role is not written under the name of an account that is called alike', async () => {
    accounts['sub-otto'] = { preferred_username: 'otto', groups: ['mit-auditors'] };
    accounts['sub-false'] = { preferred_username: 'otto', groups: [] };
    await entered(new Browser(), 'sub-otto');
    expect(await entered(new Browser(), 'sub-false')).toBe('/#/refused/oidc-no-role');
    const [entry] = await running.catalogue.audit({ limit: 1 });
    expect(entry).toMatchObject({ action: 'sign-in-refused', detail: 'oidc-no-role' });
    expect(entry).toMatchObject({ actor: 'oidc:otto (sub-false)', subject: 'oidc:otto (sub-false)' });
  });

  test('a token of which nobody knows who made it makes no other', async () => {
    await running.catalogue.addToken(tokenOf('token-of-nobody', undefined));
    await running.catalogue.addToken(tokenOf('token-of-admin', 'admin'));
    const wanted = { name: 'another', role: 'administrator' };
    expect(await byToken('token-of-nobody')).toBe(200);
    expect(await byToken('token-of-nobody', 'POST', '/tokens', wanted)).toBe(403);
    expect(await byToken('token-of-admin', 'POST', '/tokens', wanted)).toBe(200);
  });
});
