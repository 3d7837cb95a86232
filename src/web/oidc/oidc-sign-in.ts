import { Attempts, networkOf } from '../attempts.ts';
import { tooMany } from '../sign-in.ts';
import type { Viewer } from '../viewer.ts';
import type { Log } from '../../log.ts';
import type { ConsoleLedger, User, UserIdentity } from '../../catalogue/console-ledger.ts';
import { accountNameOf, rightsOf, unknownNameOf, type Claims } from './claims.ts';
import { PendingSignIns, type PendingSignIn } from './pending.ts';
import type { Provider } from './provider.ts';
import { OidcRefusal, refusalOf } from './refusal.ts';
import type { OidcSettings } from './settings.ts';
import { withdraw } from '../withdrawal.ts';

const secondMs = 1_000;
/** A whole office may be behind one address. What was finished does not count. */
const fromOneAddress = { atOnce: 30, everyMs: 10 * secondMs };
/** As long as nobody knows the provider's addresses, it is asked for them so often at most. */
const inAll = { atOnce: 60, everyMs: secondMs };

/** OpenID Connect Core 1.0, 2. */
const longestSubject = 255;

/** Two who are called alike are told apart by a number. */
const mostOfOneName = 99;

export interface OidcParts {
  readonly settings: OidcSettings;
  readonly provider: Provider;
  readonly ledger: () => ConsoleLedger;
  readonly now: () => number;
  /** The rights of a user changed: what is open for him ends. */
  readonly signedOut: (which: (viewer: Viewer) => boolean) => void;
  readonly log: Log;
}

/** Signs in whom the provider vouches for. An account is known by issuer and subject, never by its name. */
export class OidcSignIn {
  readonly #parts: OidcParts;
  readonly #pending: PendingSignIns;
  readonly #byAddress: Attempts;
  readonly #all: Attempts;

  constructor(parts: OidcParts) {
    this.#parts = parts;
    this.#pending = new PendingSignIns(parts.now);
    this.#byAddress = new Attempts(fromOneAddress, parts.now);
    this.#all = new Attempts(inAll, parts.now);
  }

  get name(): string {
    return this.#parts.settings.name;
  }

  /** What the browser keeps, and where it goes. @throws ApiFailure */
  async begin(origin: string, address: string): Promise<{ readonly secret: string; readonly url: string }> {
    const { provider } = this.#parts;
    // Where nothing is asked of the provider, strangers could only shut the door for others.
    const isAsked = !provider.isKnown;
    const wait = this.#byAddress.take(networkOf(address)) || (isAsked ? this.#all.take('') : 0);
    if (wait > 0) throw tooMany(wait, 'Wait a moment, then begin again.');
    try {
      const { pending, url } = await provider.begin(`${origin}${callbackPath}`);
      if (isAsked) this.#all.giveBack('');
      return { secret: this.#pending.add(pending), url };
    } catch (error) {
      throw this.#told(error);
    }
  }

  /** What was begun by whoever has this secret, once. */
  take(secret: string, query: URLSearchParams): PendingSignIn | undefined {
    return this.#pending.take(secret, query.get('state') ?? '');
  }

  /** Who came back. @throws OidcRefusal */
  async finish(pending: PendingSignIn, query: URLSearchParams, address: string): Promise<User> {
    const claims = await this.#parts.provider.finish(pending, query).catch((error: unknown) => {
      throw this.#told(error);
    });
    const user = await this.#admit(claims, address);
    this.#byAddress.giveBack(networkOf(address));
    return user;
  }

  /** Where one signs out at the provider as well. */
  async signOutUrl(): Promise<string | undefined> {
    return await this.#parts.provider.signOutUrl();
  }

  #told(error: unknown): OidcRefusal {
    const { settings, log } = this.#parts;
    const refusal = refusalOf(error, settings.clientSecret.reveal());
    const { code, why } = refusal;
    log.warn('a sign-in by OpenID Connect failed', { code, issuer: settings.issuer, why });
    return refusal;
  }

  async #admit(claims: Claims & { readonly sub: string }, address: string): Promise<User> {
    const { settings, ledger, signedOut } = this.#parts;
    if (claims.sub === '' || claims.sub.length > longestSubject)
      throw this.#told(new OidcRefusal('oidc-invalid', 'its subject has no length that one has'));
    const identity = { issuer: settings.issuer, subject: claims.sub };
    const known = await ledger().userOf(identity);
    if (known?.isDisabled) throw new OidcRefusal('oidc-disabled', '', known.name);
    const rights = rightsOf(claims, settings);
    if (!rights) {
      if (known) await this.#putOut(known, address);
      throw new OidcRefusal('oidc-no-role', '', known?.name ?? unknownNameOf(claims));
    }
    if (!known) return { ...(await this.#made(claims, identity, rights)), ...rights };
    await ledger().changeUser(known.name, rights);
    // Also what a former time left behind.
    if (rights.role !== 'administrator') await this.#withdrawMadeBy(known.name, address);
    const isSame = known.role === rights.role && String(known.groups) === String(rights.groups);
    // An open page has what the former ones allowed.
    if (!isSame) signedOut(({ by, name }) => by === 'session' && name === known.name);
    return { ...known, ...rights };
  }

  /** In this order: what fails on the way leaves less behind than it found. */
  async #putOut({ name }: User, address: string): Promise<void> {
    const { ledger, now, signedOut } = this.#parts;
    await ledger().endSessions(name, undefined, now());
    signedOut((viewer) => viewer.by === 'session' && viewer.name === name);
    // A supervisor of nothing: there is no account without a role.
    await ledger().changeUser(name, { role: 'supervisor', groups: [] });
    await this.#withdrawMadeBy(name, address);
  }

  /** Whoever is no administrator any more also is none by what he made. */
  async #withdrawMadeBy(maker: string, address: string): Promise<void> {
    const { ledger, now, signedOut } = this.#parts;
    const ended = await withdraw(ledger(), maker, { at: now(), actor: 'mitschnitt', address });
    signedOut(({ by, key }) => by === 'token' && ended.has(key));
  }

  async #made(claims: Claims, identity: UserIdentity, rights: Pick<User, 'role' | 'groups'>): Promise<User> {
    const { ledger, now } = this.#parts;
    const wanted = accountNameOf(claims);
    for (let number = 1; number <= mostOfOneName; number += 1) {
      const name = number === 1 ? wanted : `${wanted}-${number}`;
      const facts = { password: undefined, createdAt: now(), lastSignInAt: undefined };
      await ledger().addUser({ name, ...rights, ...facts, identity });
      // Whoever signs in twice at once has one account.
      const made = await ledger().userOf(identity);
      if (made) return made;
    }
    throw new OidcRefusal(
      'oidc-misconfigured',
      `${mostOfOneName} accounts are called ${wanted}`,
      unknownNameOf(claims),
    );
  }
}

/** Where the provider sends browsers back to. */
export const callbackPath = '/oidc/callback';
