import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import fastifyCookie from '@fastify/cookie';
import fastify, { type FastifyInstance } from 'fastify';

import { errorFields, type Log } from '../log.ts';
import { MitschnittError, messageOf } from '../errors.ts';
import { serveConsole } from './console-files.ts';
import { EventHub } from './event-hub.ts';
import { ApiFailure, failureBody, failureOf, notFound } from './failure.ts';
import { metricsText, metricsType, type Metric } from './metrics-text.ts';
import { openApi } from './openapi.ts';
import { setSecurityHeaders } from './origin.ts';
import { Passwords } from './passwords.ts';
import { hasOwnAdministrator, peopleHandlers, type Facts } from './people.ts';
import { Gatekeeper } from './gatekeeper.ts';
import { addRoutes } from './routing.ts';
import { addCallback } from './oidc/callback.ts';
import { OidcSignIn } from './oidc/oidc-sign-in.ts';
import { Provider } from './oidc/provider.ts';
import { SignIn } from './sign-in.ts';
import type { ConsoleLedger } from '../catalogue/console-ledger.ts';
import type { Handlers } from './handlers.ts';
import type { LiveSource } from './live.ts';
import { rulesOf, type OidcSettings } from './oidc/settings.ts';
import type { Viewer } from './viewer.ts';

/** The section `web` of the configuration. */
export interface ServerSettings {
  readonly host: string;
  readonly port: number;
  readonly tls: { readonly certificate: string; readonly key: string } | undefined;
  /** Addresses of proxies whose word about the client is taken. */
  readonly proxies: readonly string[];
  /** Whether anybody may read `/metrics`. */
  readonly openMetrics: boolean;
  /** Undefined: only by name and password. */
  readonly oidc: OidcSettings | undefined;
}

/** What the running program gives. Each throws `not-ready` while there is none. */
export interface ServerParts {
  readonly ledger: () => ConsoleLedger;
  readonly facts: () => Facts;
  readonly handlers: Handlers;
  readonly live: () => LiveSource;
  readonly metrics: () => Promise<readonly Metric[]>;
  /** Whether calls are recorded now: both connections to Asterisk stand. */
  readonly health: () => { readonly ok: boolean; readonly [fact: string]: unknown };
  readonly version: string;
  readonly time: (instant: number) => string;
  readonly now: () => number;
  readonly log: Log;
  /** Folder of the built console. */
  readonly consoleFolder: string;
}

/** How long clients and the provider may take. */
export interface Patience {
  readonly headersMs: number;
  /** With its body: uploads of announcements are the largest. */
  readonly requestMs: number;
  /** How often connections that are too slow are looked for. */
  readonly lookEveryMs: number;
  /** How long an answer of the OpenID Connect provider may take. */
  readonly providerMs: number;
  /** How long somebody may take nothing of the audio that is sent; a player that was paused asks again for the rest. */
  readonly stillMs: number;
}

const usualPatience: Patience = {
  headersMs: 10_000,
  requestMs: 30_000,
  lookEveryMs: 2_000,
  providerMs: 5_000,
  stillMs: 120_000,
};
const keepAliveMs = 60_000;
const mostConnections = 1_000;
/** Of JSON: a note, or a change of the configuration. */
const longestBody = 256 * 1024;
const longestParameter = 300;

/** The console in the browser, and the API. */
export class WebServer {
  readonly #settings: ServerSettings;
  readonly #parts: ServerParts;
  readonly #signIn: SignIn;
  readonly #passwords = new Passwords();
  readonly #patience: Patience;
  readonly hub: EventHub;
  #app: FastifyInstance | undefined;

  constructor(settings: ServerSettings, parts: ServerParts, patience = usualPatience) {
    this.#settings = settings;
    this.#patience = patience;
    this.#parts = parts;
    const { ledger, now } = parts;
    const vouched = { issuer: settings.oidc?.issuer, rules: settings.oidc && rulesOf(settings.oidc) };
    this.#signIn = new SignIn({ ledger, passwords: this.#passwords, now, ...vouched });
    const isStill = this.#signIn.isStill.bind(this.#signIn);
    this.hub = new EventHub({ ...parts, source: parts.live, isStill });
  }

  /** Where it can be reached; only after `start`. */
  get url(): string {
    const { tls } = this.#settings;
    const { address, port, family } = this.#app?.server.address() as AddressInfo;
    const host = family === 'IPv6' ? `[${address}]` : address;
    return `${tls ? 'https' : 'http'}://${host}:${port}`;
  }

  /** @throws MitschnittError when it cannot listen there. */
  async start(): Promise<void> {
    const { host, port } = this.#settings;
    const app = await this.#make();
    this.#app = app;
    try {
      await app.listen({ host, port });
    } catch (error) {
      throw new MitschnittError(`The console cannot listen on ${host}:${port}: ${messageOf(error)}`, {
        code: 'web-not-listening',
        fault: 'configuration',
        retry: false,
        hint: 'Set web.listen to an address of this machine and a port that is free.',
        cause: error,
      });
    }
    app.server.maxConnections = mostConnections;
  }

  async stop(): Promise<void> {
    this.hub.stop();
    this.#app?.server.closeAllConnections();
    await this.#app?.close();
  }

  /** The address at which the first administrator makes himself known; undefined: there is one. */
  async welcomeLink(): Promise<string | undefined> {
    if (await hasOwnAdministrator(this.#parts.ledger())) return undefined;
    return `${this.url}/#/welcome/${this.#signIn.offerWelcome()}`;
  }

  async #make(): Promise<FastifyInstance> {
    const { tls, proxies } = this.#settings;
    const files = tls && { cert: await readFile(tls.certificate), key: await readFile(tls.key) };
    const { headersMs, requestMs, lookEveryMs } = this.#patience;
    const timeouts = { headersTimeout: headersMs, connectionsCheckingInterval: lookEveryMs };
    const options = {
      bodyLimit: longestBody,
      requestTimeout: requestMs,
      keepAliveTimeout: keepAliveMs,
      trustProxy: proxies.length > 0 ? [...proxies] : false,
      routerOptions: { maxParamLength: longestParameter },
      logger: false,
      exposeHeadRoutes: false,
    } as const;
    const app = (
      files
        ? fastify({ ...options, https: { ...files, ...timeouts } })
        : fastify({ ...options, http: timeouts })
    ) as FastifyInstance;
    await app.register(fastifyCookie);
    this.#answerFaults(app);
    app.addHook('onRequest', (_request, reply, done) => {
      setSecurityHeaders(reply, tls !== undefined);
      done();
    });
    await this.#addAll(app);
    return app;
  }

  async #addAll(app: FastifyInstance): Promise<void> {
    const { parts, passwords, signIn } = {
      parts: this.#parts,
      passwords: this.#passwords,
      signIn: this.#signIn,
    };
    const gatekeeper = new Gatekeeper(signIn);
    const oidc = this.#oidc();
    const people = peopleHandlers({
      ...parts,
      ...{ passwords, signIn, oidc },
      signedOut: (which) => this.hub.signOut(which),
    });
    if (oidc) addCallback(app, { ...parts, oidc, signIn });
    const { stillMs } = this.#patience;
    addRoutes(app, { ...parts, people, gatekeeper, hub: this.hub, stillMs });
    app.get('/api/v1/openapi.json', () => openApi(parts.version));
    app.get('/api/*', () => {
      throw notFound();
    });
    app.get('/healthz', (_request, reply) => {
      const health = parts.health();
      return reply
        .code(health.ok ? 200 : 503)
        .header('cache-control', 'no-store')
        .send(health);
    });
    app.get('/metrics', async (request, reply) => {
      if (!this.#settings.openMetrics) {
        const { role } = await gatekeeper.viewerOf(request);
        if (role === 'supervisor')
          throw new ApiFailure(403, 'not-allowed', 'supervisors see calls of their groups');
      }
      return reply
        .type(metricsType)
        .header('cache-control', 'no-store')
        .send(metricsText(await parts.metrics()));
    });
    await serveConsole(app, parts.consoleFolder);
  }

  #oidc(): OidcSignIn | undefined {
    const { oidc: settings } = this.#settings;
    const { now } = this.#parts;
    if (!settings) return undefined;
    const provider = new Provider(settings, this.#patience.providerMs, now);
    const signedOut = (which: (viewer: Viewer) => boolean): void => this.hub.signOut(which);
    return new OidcSignIn({ ...this.#parts, settings, provider, signedOut });
  }

  #answerFaults(app: FastifyInstance): void {
    app.setErrorHandler((error, request, reply) => {
      const failure = failureOf(error) ?? refusedByFastify(error) ?? this.#defect(error, request.url);
      const { retry_after: retryAfter } = failure.details;
      if (typeof retryAfter === 'number') reply.header('retry-after', String(retryAfter));
      if (failure.status === 401) reply.header('www-authenticate', 'Bearer');
      return reply.code(failure.status).header('cache-control', 'no-store').send(failureBody(failure));
    });
  }

  #defect(error: unknown, url: string): ApiFailure {
    // The path only: what is searched for is nobody's business.
    this.#parts.log.error('a request could not be answered', {
      path: url.split('?')[0],
      ...errorFields(error),
    });
    return new ApiFailure(500, 'defect', 'something went wrong inside', 'The log of Mitschnitt says what.');
  }
}

const refusals: Readonly<Record<number, readonly [code: string, message: string]>> = {
  400: ['invalid-request', 'the request cannot be understood'],
  // Of the files of the console: an address with a backslash or a zero in it.
  403: ['not-allowed', 'there is nothing at such an address'],
  408: ['invalid-request', 'the request took too long'],
  413: ['too-large', 'the request is too large'],
  414: ['too-large', 'the address is too long'],
  415: ['wrong-content-type', 'the content has a type that is not taken here'],
};

/** What the server software itself refuses, in our words. */
function refusedByFastify(error: unknown): ApiFailure | undefined {
  const status = (error as { readonly statusCode?: unknown } | undefined)?.statusCode;
  const [code, message] = (typeof status === 'number' ? refusals[status] : undefined) ?? [];
  return typeof status === 'number' && code !== undefined && message !== undefined
    ? new ApiFailure(status, code, message)
    : undefined;
}
