import type { ClientAuth, Configuration } from 'openid-client';

import { setTimeout as after } from 'node:timers/promises';
import { OidcRefusal, problemOf, refusalOf } from './refusal.ts';
import { UnfitAnswer, isConfidential, requestsTrusting } from './requests.ts';
import { claimAt, type Claims } from './claims.ts';
import type { PendingSignIn } from './pending.ts';
import type { OidcSettings } from './settings.ts';

/** Only whoever uses it waits for it. */
type Library = typeof import('openid-client');

const msPerSecond = 1_000;
/** So far two clocks may be apart, in s. */
const clockToleranceS = 30;
/** Providers change their addresses hardly ever, and their keys without a word: these are asked for when one is not known. */
const knownForMs = 3_600_000;
/** Whoever signs out waits for the provider so long at most. */
const signOutWaitMs = 1_000;

/** The provider of OpenID Connect: who somebody is, by its word. */
export class Provider {
  readonly #settings: OidcSettings;
  readonly #timeoutMs: number;
  readonly #now: () => number;
  #discovering: Promise<Configuration> | undefined;
  #known: { readonly configuration: Configuration; readonly until: number } | undefined;

  /** `timeoutMs`: of each of its answers. */
  constructor(settings: OidcSettings, timeoutMs: number, now: () => number) {
    this.#settings = settings;
    this.#timeoutMs = timeoutMs;
    this.#now = now;
  }

  /** Begins: what is to be remembered, and where the browser goes. */
  async begin(redirectUri: string): Promise<{ readonly pending: PendingSignIn; readonly url: string }> {
    const [library, configuration] = [await load(), await this.#discovered()];
    const state = library.randomState();
    const nonce = library.randomNonce();
    const verifier = library.randomPKCECodeVerifier();
    const url = library.buildAuthorizationUrl(configuration, {
      ...{ redirect_uri: redirectUri, scope: this.#settings.scopes.join(' '), state, nonce },
      code_challenge: await library.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    return { pending: { state, nonce, verifier, redirectUri }, url: url.href };
  }

  /** What the provider says of who came back with this query. @throws whatever openid-client finds wrong. */
  async finish(
    { redirectUri, state, nonce, verifier }: PendingSignIn,
    query: URLSearchParams,
  ): Promise<Claims & { readonly sub: string }> {
    const [library, configuration] = [await load(), await this.#discovered()];
    const url = new URL(redirectUri);
    url.search = query.toString();
    const tokens = await library.authorizationCodeGrant(configuration, url, {
      ...{ expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier },
      idTokenExpected: true,
    });
    const claims = tokens.claims();
    if (!claims) throw new UnfitAnswer('it gave no ID token');
    if (claims.iss !== configuration.serverMetadata().issuer)
      throw new OidcRefusal('oidc-invalid', 'the ID token is of another issuer');
    const isAllThere =
      claimAt(claims, this.#settings.rolesClaim) !== undefined &&
      (claims.preferred_username ?? claims.email) !== undefined;
    if (isAllThere || configuration.serverMetadata().userinfo_endpoint === undefined) return claims;
    const more = await library.fetchUserInfo(configuration, tokens.access_token, claims.sub);
    return { ...more, ...claims };
  }

  /** Whether it is there and what it says of itself fits. @throws MitschnittError */
  async check(): Promise<void> {
    try {
      await this.#discovered();
    } catch (thrown) {
      const { issuer, clientSecret } = this.#settings;
      throw problemOf(refusalOf(thrown, clientSecret.reveal()), issuer);
    }
  }

  /** Whether nothing has to be asked of it before browsers are sent there. */
  get isKnown(): boolean {
    return this.#known !== undefined && this.#known.until > this.#now();
  }

  /** Where one signs out of the provider as well; undefined: it has no such place, or does not say so in time. */
  async signOutUrl(): Promise<string | undefined> {
    // Nobody waits for it to sign out here.
    const asked = this.#discovered().catch(() => undefined);
    await Promise.race([asked, after(signOutWaitMs, undefined, { ref: false })]);
    if (this.#known?.configuration.serverMetadata().end_session_endpoint === undefined) return undefined;
    return (await load()).buildEndSessionUrl(this.#known.configuration).href;
  }

  /** Asked for once, by whoever needs it first; what failed is asked for again. */
  async #discovered(): Promise<Configuration> {
    if (this.#known && this.isKnown) return this.#known.configuration;
    this.#discovering ??= this.#discover().finally(() => (this.#discovering = undefined));
    return await this.#discovering;
  }

  async #discover(): Promise<Configuration> {
    const library = await load();
    const { issuer, ca, clientId, clientSecret } = this.#settings;
    const secret = clientSecret.reveal();
    const isPlain = new URL(issuer).protocol === 'http:';
    // What is allowed to be plain is on this machine: `requestsTrusting` sees to that.
    const plain = isPlain ? [library.allowInsecureRequests] : [];
    const configuration = await library.discovery(
      new URL(issuer),
      clientId,
      { [library.clockTolerance]: clockToleranceS },
      authentication(library, secret),
      {
        timeout: this.#timeoutMs / msPerSecond,
        [library.customFetch]: requestsTrusting(ca),
        // Signatures are looked at though the ID token comes over TLS.
        execute: [library.enableNonRepudiationChecks, ...plain],
      },
    );
    demandIssuer(configuration, issuer);
    demandConfidential(configuration);
    this.#known = { configuration, until: this.#now() + knownForMs };
    return configuration;
  }
}

async function load(): Promise<Library> {
  return await import('openid-client');
}

/**
 * The one that is configured, and no other: openid-client takes any for some hosts (login.microsoftonline.com and
 * b2clogin.com), where one address stands for the directories of everybody.
 */
function demandIssuer(configuration: Configuration, wanted: string): void {
  const { issuer } = configuration.serverMetadata();
  // As openid-client compares: a / behind a mere host makes no difference.
  if (!URL.canParse(issuer) || new URL(issuer).href !== new URL(wanted).href)
    throw new UnfitAnswer(`it calls itself issuer ${issuer}, which is not web.oidc.issuer`);
}

/** Where browsers are sent is looked at here; all else, before it is asked. */
function demandConfidential(configuration: Configuration): void {
  const { authorization_endpoint: entry, end_session_endpoint: exit } = configuration.serverMetadata();
  if (entry === undefined) throw new UnfitAnswer('it names no authorization endpoint');
  for (const address of [entry, exit])
    if (address !== undefined && !(URL.canParse(address) && isConfidential(new URL(address))))
      throw new UnfitAnswer('it sends browsers to an address that is not encrypted');
}

/** As the provider wants it; without a word of it, in the header (OpenID Connect Discovery 1.0, 3). */
function authentication(library: Library, secret: string): ClientAuth {
  const inHeader = library.ClientSecretBasic(secret);
  const inBody = library.ClientSecretPost(secret);
  return (server, client, body, headers) => {
    const { token_endpoint_auth_methods_supported: methods } = server;
    const isInHeader = methods?.includes('client_secret_basic') ?? true;
    (isInHeader ? inHeader : inBody)(server, client, body, headers);
  };
}
