import { generateKeyPairSync, sign } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { Provider, type ClientMetadata, type KoaContextWithOIDC } from 'oidc-provider';

/** An account of the provider: its claims. A test may change them, as somebody there would. */
export type Accounts = Record<string, Record<string, unknown>>;

export interface IdentityProvider {
  readonly issuer: string;
  /** Set: what is done to each answer, as a server does that lies. */
  lie: ((context: KoaContextWithOIDC) => void) | undefined;
  /** Registers the one client, whose browsers come back to this address. */
  register(redirectUri: string, more?: Partial<ClientMetadata>): void;
  stop(): Promise<void>;
}

export const clientId = 'mitschnitt';
export const clientSecret = 'geheim-1337: + % &';

const lifeS = 300;

const key = generateKeyPairSync('rsa', { modulusLength: 2048 });
const keyId = 'of-this-test';

/** An ID token with other claims, signed by the key of the provider all the same: or by another one. */
export function altered(token: unknown, change: Record<string, unknown>, by = key.privateKey): string {
  const [, payload = ''] = String(token).split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
  const encoded = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const signed = `${encoded({ alg: 'RS256', kid: keyId })}.${encoded({ ...claims, ...change })}`;
  return `${signed}.${sign('sha256', Buffer.from(signed), by).toString('base64url')}`;
}

/**
 * A real provider, as it is used elsewhere: oidc-provider is certified by the OpenID Foundation. `host`: how it calls this
 * machine, which makes it another site than the console or the same.
 */
export async function startProvider(accounts: Accounts, host = '127.0.0.1'): Promise<IdentityProvider> {
  let answer: ReturnType<Provider['callback']> | undefined;
  const server: Server = createServer((request, response) => void answer?.(request, response));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const issuer = `http://${host}:${(server.address() as AddressInfo).port}`;
  const started: IdentityProvider = {
    issuer,
    lie: undefined,
    register(redirectUri, more) {
      const provider = new Provider(issuer, {
        clients: [
          { client_id: clientId, client_secret: clientSecret, redirect_uris: [redirectUri], ...more },
        ],
        clientAuthMethods: [more?.token_endpoint_auth_method ?? 'client_secret_basic'],
        claims: { openid: ['sub'], profile: ['preferred_username', 'groups'], email: ['email'] },
        ttl: { Interaction: lifeS, Session: lifeS, Grant: lifeS, AccessToken: lifeS, IdToken: lifeS },
        cookies: { keys: ['of this test'] },
        jwks: {
          keys: [{ ...key.privateKey.export({ format: 'jwk' }), kid: keyId, use: 'sig', alg: 'RS256' }],
        },
        findAccount: (_context, id) => {
          const claims = Object.hasOwn(accounts, id) ? accounts[id] : undefined;
          return claims && { accountId: id, claims: () => ({ sub: id, ...claims }) };
        },
      });
      provider.use(async (context, next) => {
        await next();
        started.lie?.(context as KoaContextWithOIDC);
      });
      answer = provider.callback();
    },
    stop: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
  return started;
}

/** A browser as far as it matters here: it keeps cookies of each address, and goes where it is sent. */
export class Browser {
  readonly #cookies = new Map<string, Map<string, string>>();
  /** Every address that it was at, in order. */
  readonly visited: string[] = [];

  /** One request; the answer as it is. */
  async request(address: string, init: RequestInit = {}): Promise<Response> {
    const { origin } = new URL(address);
    const jar = this.#cookies.get(origin) ?? new Map<string, string>();
    this.#cookies.set(origin, jar);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { ...(init.headers as Record<string, string> | undefined), cookie };
    const response = await fetch(address, { ...init, headers, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '' || /expires=thu, 01 jan 1970/i.test(line)) jar.delete(name);
      else jar.set(name, value);
    }
    return response;
  }

  /** What it keeps for this address; empty: nothing. */
  cookieOf(address: string, name: string): string {
    return this.#cookies.get(new URL(address).origin)?.get(name) ?? '';
  }

  /** Goes where it is sent, until there is a page, or until it would go to an address that begins so. */
  async open(
    address: string,
    { init, until }: { readonly init?: RequestInit; readonly until?: string } = {},
  ): Promise<{ readonly url: string; readonly page: string }> {
    let next = address;
    let given = init;
    for (let hops = 0; hops < mostHops; hops += 1) {
      if (until !== undefined && next.startsWith(until)) return { url: next, page: '' };
      this.visited.push(next);
      const response = await this.request(next, given);
      const location = response.headers.get('location');
      if (location === null) return { url: next, page: await response.text() };
      await response.body?.cancel();
      next = new URL(location, next).href;
      given = undefined;
    }
    throw new Error(`sent on for ever, lastly to ${next}`);
  }

  /** Fills in the forms of the provider (its login, then its consent) until it sends the browser back. */
  async logIn(url: string, account: string, until: string): Promise<string> {
    let at = await this.open(url, { until });
    for (let forms = 0; forms < mostForms && !at.url.startsWith(until); forms += 1) {
      const [, action = ''] = /<form[^>]* action="([^"]*)"/.exec(at.page) ?? [];
      const [, prompt = ''] = /name="prompt" value="([^"]*)"/.exec(at.page) ?? [];
      if (action === '') throw new Error(`there is no form at ${at.url}: ${at.page}`);
      const body = new URLSearchParams({ prompt, login: account, password: 'any' });
      at = await this.open(new URL(action, at.url).href, { init: { method: 'POST', body }, until });
    }
    return at.url;
  }
}

const mostHops = 10;
const mostForms = 3;
