// What stands between the console and its provider, and whose fault that is.
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

import { checksOf } from '../../src/assemble-checks.ts';
import { loadText } from '../../src/config/load.ts';
import { Secret } from '../../src/config/secret.ts';
import { OidcSignIn } from '../../src/web/oidc/oidc-sign-in.ts';
import { Provider } from '../../src/web/oidc/provider.ts';
import type { OidcSettings } from '../../src/web/oidc/settings.ts';
import {
  Browser,
  clientId,
  clientSecret,
  startProvider,
  type IdentityProvider,
} from './identity-provider.ts';
import { selfSigned } from './certificate.ts';
import { clientOf, signedIn } from './client.ts';
import { startConsole } from './started-console.ts';

const lines: string[] = [];
const keep = (message: string, fields?: unknown): void => void lines.push(JSON.stringify([message, fields]));
const log = { debug: keep, info: keep, warn: keep, error: keep };

const hastyMs = 400;
let provider: IdentityProvider;
let folder: string;
const servers: (Server | TlsServer)[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mitschnitt-oidc-'));
  provider = await startProvider({ chef: { preferred_username: 'chef', groups: ['admins'] } });
});
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});
afterAll(async () => {
  await provider.stop();
  await rm(folder, { recursive: true });
});

async function listening(server: Server | TlsServer, scheme = 'http', host = '127.0.0.1'): Promise<string> {
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return `${scheme}://${host}:${(server.address() as AddressInfo).port}`;
}

const answering = (listener: RequestListener) => listening(createServer(listener));

/** A server with metadata that is right but for this. */
async function telling(change: Record<string, unknown>): Promise<string> {
  const issuer = await answering((_request, response) => {
    const endpoints = { authorization_endpoint: `${issuer}/auth`, token_endpoint: `${issuer}/token` };
    response
      .setHeader('content-type', 'application/json')
      .end(JSON.stringify({ issuer, ...endpoints, jwks_uri: `${issuer}/jwks`, ...change }));
  });
  return issuer;
}

function signInWith(change: Partial<OidcSettings>, timeoutMs = hastyMs): OidcSignIn {
  const settings: OidcSettings = {
    ...{ issuer: provider.issuer, ca: undefined, clientId, clientSecret: new Secret(clientSecret) },
    ...{ name: 'Firmenkonto', scopes: ['openid', 'profile'], rolesClaim: 'groups' },
    ...{ roles: { administrator: ['admins'], auditor: [], supervisor: {} }, ...change },
  };
  const ledger = () => {
    throw new Error('nobody got so far');
  };
  const parts = { settings, ledger, now: Date.now, log, signedOut: () => undefined };
  return new OidcSignIn({ ...parts, provider: new Provider(settings, timeoutMs, Date.now) });
}

const origin = 'http://127.0.0.1:9';
const begin = (change: Partial<OidcSettings>) => signInWith(change).begin(origin, '127.0.0.1');

describe('mitschnitt check', () => {
  async function checked(change: string): Promise<void> {
    const text = `asterisk: { ari: { password: x }, ami: { secret: x } }
pbx: { trunks: [] }
spool: { path: ${folder}/spool }
web:
  oidc: { client_id: ${clientId}, client_secret: x, roles: { administrator: [a] }, ${change} }
`;
    const file = join(folder, 'mitschnitt.yaml');
    await writeFile(file, text, { mode: 0o600 });
    const { config } = await loadText(text, file);
    const own = checksOf(config).find(({ kind }) => kind === 'sign-in');
    if (!own) throw new Error('the provider is not tried');
    await own.run();
  }

  test('asks the provider, and says whose fault it is that it is none', async () => {
    const issuer = await telling({});
    await expect(checked(`issuer: "${issuer}"`)).resolves.toBeUndefined();
    await expect(checked('issuer: "http://127.0.0.1:1"')).rejects.toMatchObject({
      ...{ code: 'oidc-unreachable', fault: 'destination' },
      message: expect.stringMatching(/^http:\/\/127\.0\.0\.1:1: .*ECONNREFUSED/) as string,
    });
    const another = await telling({ issuer: 'https://elsewhere.example' });
    await expect(checked(`issuer: "${another}"`)).rejects.toMatchObject({ fault: 'configuration' });
    await expect(checked(`issuer: "${issuer}", ca: /nowhere.pem`)).rejects.toMatchObject({
      code: 'oidc-misconfigured',
    });
  });
});

describe('A provider', () => {
  test.each([
    ['that is down', () => Promise.resolve('http://127.0.0.1:1'), 'oidc-unreachable', 'ECONNREFUSED'],
    ['that never answers', () => answering(() => undefined), 'oidc-unreachable', 'TIMEOUT'],
    [
      'that begins to answer and never ends',
      () =>
        answering((_, response) =>
          response.writeHead(200, { 'content-type': 'application/json' }).write('{'),
        ),
      'oidc-unreachable',
      'TIMEOUT',
    ],
    [
      'that is broken',
      () => answering((_, response) => response.writeHead(503).end()),
      'oidc-unreachable',
      '503',
    ],
    ['that is none', () => answering((_, response) => response.end('<html>')), 'oidc-misconfigured', ''],
    ['that is elsewhere', () => answering((_, r) => r.writeHead(404).end()), 'oidc-misconfigured', '404'],
    [
      'that sends us elsewhere',
      () => answering((_, response) => response.writeHead(302, { location: 'https://evil.example' }).end()),
      'oidc-misconfigured',
      '302',
    ],
    ['of another name', () => telling({ issuer: 'https://evil.example' }), 'oidc-misconfigured', 'issuer'],
    [
      'whose page is not encrypted',
      () => telling({ authorization_endpoint: 'http://evil.example/auth' }),
      'oidc-misconfigured',
      'not encrypted',
    ],
    [
      'that sends browsers to a script',
      () => telling({ authorization_endpoint: 'javascript:alert(1)' }),
      'oidc-misconfigured',
      'not encrypted',
    ],
    [
      'that talks without end',
      () => telling({ more: 'x'.repeat(1_100_000) }),
      'oidc-misconfigured',
      'longer than',
    ],
  ])('%s is told as such, in time', async (_what, start, code, why) => {
    lines.length = 0;
    const issuer = await start();
    const before = Date.now();
    await expect(begin({ issuer })).rejects.toMatchObject({ status: 422, code });
    expect(Date.now() - before).toBeLessThan(hastyMs + 600);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(why);
  });

  test('that is there again is asked again', async () => {
    let isDown = true;
    const issuer = await answering((_request, response) => {
      if (isDown) return response.writeHead(503).end();
      const body = { issuer, authorization_endpoint: `${issuer}/auth`, token_endpoint: `${issuer}/token` };
      return response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
    });
    const signIn = signInWith({ issuer });
    await expect(signIn.begin(origin, '127.0.0.1')).rejects.toMatchObject({ code: 'oidc-unreachable' });
    isDown = false;
    expect((await signIn.begin(origin, '127.0.0.1')).url).toMatch(`${issuer}/auth?`);
  });

  test('with a certificate of its own is trusted by the file of its authority only', async () => {
    const [files, certificate] = [selfSigned('localhost'), join(folder, 'certificate.pem')];
    await writeFile(certificate, files.cert);
    const server = createTlsServer(files, (_request, response) => {
      const body = { issuer, authorization_endpoint: `${issuer}/auth`, token_endpoint: `${issuer}/token` };
      response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
    });
    const issuer = await listening(server, 'https', 'localhost');
    await expect(begin({ issuer })).rejects.toMatchObject({ code: 'oidc-unreachable' });
    expect(lines.at(-1)).toContain('SELF_SIGNED');
    expect((await begin({ issuer, ca: certificate })).url).toContain(`${issuer}/auth?`);
    await expect(begin({ issuer, ca: join(folder, 'none.pem') })).rejects.toMatchObject({
      code: 'oidc-misconfigured',
    });
  });

  test('is asked by no more than so many from one address', async () => {
    const signIn = signInWith({});
    provider.register(`${origin}/oidc/callback`);
    for (let count = 0; count < 30; count += 1) await signIn.begin(origin, '198.51.100.7');
    const refused = signIn.begin(origin, '198.51.100.7');
    await expect(refused).rejects.toMatchObject({ status: 429, code: 'too-many-attempts' });
    await expect(refused).rejects.not.toMatchObject({ hint: expect.stringContaining('password') as string });
    await signIn.begin(origin, '198.51.100.8');
  });

  test('is shut for nobody by strangers, however many', async () => {
    const signIn = signInWith({});
    for (let host = 1; host <= 200; host += 1) await signIn.begin(origin, `198.51.100.${host}`);
    expect((await signIn.begin(origin, '203.0.113.9')).url).toContain(provider.issuer);
  });

  test('that is down is asked by no more than so many', async () => {
    const signIn = signInWith({ issuer: 'http://127.0.0.1:1' });
    const codes = new Set<unknown>();
    for (let host = 1; host <= 70; host += 1)
      await signIn
        .begin(origin, `198.51.100.${host}`)
        .catch((error: unknown) => codes.add((error as { readonly code: string }).code));
    expect(codes).toEqual(new Set(['oidc-unreachable', 'too-many-attempts']));
  });

  test('tells where to sign out though nobody signed in since the start; one that hangs holds nobody up', async () => {
    expect(await signInWith({}).signOutUrl()).toContain(`${provider.issuer}/session/end`);
    const before = Date.now();
    expect(await signInWith({ issuer: 'http://127.0.0.1:1' }).signOutUrl()).toBeUndefined();
    const issuer = await answering(() => undefined);
    expect(await signInWith({ issuer }, 20_000).signOutUrl()).toBeUndefined();
    expect(Date.now() - before).toBeLessThan(3_000);
  });
});

/** As far as the code: what the console does with it. */
async function finish(signIn: OidcSignIn): Promise<unknown> {
  const { url, secret } = await signIn.begin(origin, '127.0.0.1');
  const query = new URL(await new Browser().logIn(url, 'chef', origin)).searchParams;
  const pending = signIn.take(secret, query);
  if (!pending) throw new Error('the state is another one');
  return await signIn.finish(pending, query, '127.0.0.1');
}

describe('The secret of the client', () => {
  test('that is wrong is a fault of the configuration; neither it nor a code is in the log', async () => {
    lines.length = 0;
    provider.register(`${origin}/oidc/callback`, { token_endpoint_auth_method: 'client_secret_post' });
    provider.lie = (context) => {
      const body = context.body as Record<string, unknown> | undefined;
      if (context.path === '/token' && body)
        body.error_description = `\u001B[2Jnot wrong-secret ${'x'.repeat(999)}`;
    };
    const signIn = signInWith({ clientSecret: new Secret('wrong-secret') });
    await expect(finish(signIn)).rejects.toMatchObject({ code: 'oidc-misconfigured' });
    provider.lie = undefined;
    expect(lines.join()).toContain('invalid_client');
    expect(lines.join()).not.toMatch(/wrong-secret|\p{Cc}|code=/u);
    expect(lines.join().length).toBeLessThan(600);
  });

  test.each(['client_secret_basic', 'client_secret_post'] as const)(
    'is sent as %s wants it',
    async (method) => {
      provider.register(`${origin}/oidc/callback`, { token_endpoint_auth_method: method });
      await expect(finish(signInWith({}))).rejects.toThrow('nobody got so far');
    },
  );
});

test('A console whose provider is down tells it where somebody signs in by it, and does all else', async () => {
  const oidc = `{ issuer: "http://127.0.0.1:1", client_id: x, client_secret: ${clientSecret.slice(0, 11)},
    roles: { administrator: [a] } }`;
  const running = await startConsole(undefined, oidc);
  try {
    const stranger = clientOf(running.url);
    const greeting = await stranger.ask('GET', '/greeting');
    expect(await greeting.json()).toMatchObject({ oidc: { name: 'OpenID Connect' } });
    const answer = await stranger.ask('POST', '/oidc', {});
    expect(answer.status).toBe(422);
    const text = await answer.text();
    expect(JSON.parse(text)).toMatchObject({ error: { code: 'oidc-unreachable' } });
    const admin = await signedIn(running.url, 'admin');
    const told = await (await admin.ask('GET', '/configuration')).text();
    for (const each of [text, told]) expect(each).not.toContain(clientSecret.slice(0, 11));
    expect((await stranger.ask('POST', '/oidc', {}, { origin: 'https://evil.example' })).status).toBe(403);
  } finally {
    await running.stop();
  }
});

test('Whoever came by a provider that is not configured any more is out', async () => {
  const running = await startConsole();
  try {
    const { catalogue } = running;
    const facts = { password: undefined, createdAt: 0, lastSignInAt: undefined };
    const identity = { issuer: 'https://former.example', subject: '1' };
    await catalogue.addUser({ name: 'oidc:x', role: 'administrator', groups: [], ...facts, identity });
    const hash = createHash('sha256').update('a-cookie').digest('hex');
    const times = { createdAt: Date.now(), seenAt: Date.now(), expiresAt: Date.now() + 60_000 };
    await catalogue.addSession({ hash, user: 'oidc:x', ...times });
    const client = clientOf(running.url, 'mitschnitt=a-cookie');
    expect((await client.ask('GET', '/session')).status).toBe(401);
    expect((await client.ask('POST', '/oidc', {})).status).toBe(404);
  } finally {
    await running.stop();
  }
});
