import { createHash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';

import { Attempts, networkOf } from './attempts.ts';
import { ApiFailure } from './failure.ts';
import { accountPrefix } from './oidc/claims.ts';
import type { Passwords } from './passwords.ts';
import type { Viewer } from './viewer.ts';
import type { ApiToken, NewUser, User, UserLedger, UserLink } from '../catalogue/console-ledger.ts';

/** A session ends when nobody used it for so long, and at the latest after so long. */
const idleMs = 12 * 3_600_000;
const longestMs = 7 * 24 * 3_600_000;
/** That it is used is noted at most so often. */
const noteUseMs = 60_000;
const secretBytes = 32;
/** Over a weekend, so that whoever gets one on Friday can use it on Monday. */
const linkMs = 72 * 3_600_000;

const minuteMs = 60_000;
/** Somebody who does not remember gets this far; a program that guesses does not. */
const fromOneAddress = { atOnce: 10, everyMs: minuteMs / 2 };
/** From wherever: a name that is attacked is slow for its owner as well, but open. */
const forOneName = { atOnce: 30, everyMs: minuteMs / 6 };
/** Whatever happens, so much of the processor is the most. */
const inAll = { atOnce: 60, everyMs: 1_000 };

export interface SignInParts {
  /** Undefined while the program takes over a configuration. */
  readonly ledger: () => UserLedger;
  readonly passwords: Passwords;
  readonly now: () => number;
  /** Whose word is taken; undefined: nobody's. */
  readonly issuer: string | undefined;
  /** By what rights follow from its word: another one ends the sessions that it began. */
  readonly rules?: string | undefined;
}

/** Signs in, and tells who somebody is. Of cookies and tokens only hashes are kept. */
export class SignIn {
  readonly #parts: SignInParts;
  readonly #byAddress: Attempts;
  readonly #byName: Attempts;
  readonly #all: Attempts;
  #welcome: Buffer | undefined;

  constructor(parts: SignInParts) {
    this.#parts = parts;
    this.#byAddress = new Attempts(fromOneAddress, parts.now);
    this.#byName = new Attempts(forOneName, parts.now);
    this.#all = new Attempts(inAll, parts.now);
  }

  /** @throws ApiFailure `too-many-attempts` before anything is hashed, `sign-in-refused` */
  async byPassword(name: string, password: string, address: string): Promise<User> {
    this.#limit(name, address);
    const found = await this.#parts.ledger().user(name);
    // Whoever is vouched for by a provider has no password, whatever the catalogue has.
    const user = found?.identity ? undefined : found;
    if (!(await this.#parts.passwords.matches(password, user?.password)) || !user) throw refused();
    this.#byAddress.giveBack(networkOf(address));
    this.#byName.giveBack(name.toLowerCase());
    // Told only to whoever knows the password.
    if (user.isDisabled) throw disabled();
    return user;
  }

  #limit(name: string, address: string): void {
    // In this order: who is stopped by his address does not use up what others may try.
    const wait =
      this.#byAddress.take(networkOf(address)) || this.#byName.take(name.toLowerCase()) || this.#all.take('');
    if (wait > 0 || this.#parts.passwords.isBusy) throw tooMany(Math.max(wait, msPerSecond));
  }

  /** Begins a session; returns what the cookie has. */
  async begin(
    user: Pick<NewUser, 'name' | 'role' | 'groups' | 'identity'>,
  ): Promise<{ secret: string; viewer: Viewer }> {
    const { ledger, now } = this.#parts;
    const secret = randomBytes(secretBytes).toString('base64url');
    const at = now();
    const session = {
      ...{
        hash: user.identity ? this.#vouchedHashOf(secret) : hashOf(secret),
        user: user.name,
        createdAt: at,
      },
      ...{ seenAt: at, expiresAt: at + idleMs },
    };
    await ledger().endSessions('', undefined, at);
    await ledger().addSession(session);
    await ledger().changeUser(user.name, { lastSignInAt: at });
    return { secret, viewer: viewerOf(user, session.hash, session.expiresAt) };
  }

  /** Undefined: it is none, or it is over. */
  async bySession(secret: string): Promise<Viewer | undefined> {
    const { ledger, now } = this.#parts;
    const found = (await ledger().session(hashOf(secret))) ?? (await this.#vouched(secret));
    if (!found || found.session.expiresAt <= now() || this.#isShutOut(found.user)) return undefined;
    const { session, user } = found;
    const { hash } = session;
    if (user.identity && hash !== this.#vouchedHashOf(secret)) return undefined;
    const at = now();
    if (at - session.seenAt < noteUseMs) return viewerOf(user, hash, session.expiresAt);
    const expiresAt = Math.min(at + idleMs, session.createdAt + longestMs);
    await ledger().touchSession(hash, at, expiresAt);
    return viewerOf(user, hash, expiresAt);
  }

  async #vouched(secret: string): ReturnType<UserLedger['session']> {
    return await this.#parts.ledger().session(this.#vouchedHashOf(secret));
  }

  /** No session for which a provider vouched is found under other rules. */
  #vouchedHashOf(secret: string): string {
    return hashOf(`${this.#parts.rules ?? ''} ${secret}`);
  }

  async byToken(secret: string): Promise<Viewer | undefined> {
    const { ledger, now } = this.#parts;
    const token = await ledger().tokenOf(hashOf(secret), this.#parts.issuer);
    if (!token || (token.expiresAt !== undefined && token.expiresAt <= now())) return undefined;
    const at = Math.floor(now() / noteUseMs) * noteUseMs;
    if (token.lastUsedAt !== at) await ledger().touchToken(token.id, at);
    return {
      ...{ actor: `token:${token.name}`, name: token.name, role: token.role, by: 'token' },
      person: token.maker,
      groups: token.role === 'supervisor' ? token.groups : undefined,
      key: token.id,
      expiresAt: token.expiresAt,
    };
  }

  /** Whether a session or token is still good, and gives the same rights. */
  async isStill(viewer: Viewer): Promise<boolean> {
    const { ledger, now } = this.#parts;
    if (viewer.by === 'token') {
      const kept = (await ledger().tokens()).find(({ id }) => id === viewer.key);
      const token = kept && (await ledger().tokenOf(kept.hash, this.#parts.issuer));
      return token !== undefined && (token.expiresAt ?? Infinity) > now();
    }
    const found = await ledger().session(viewer.key);
    if (!found || found.session.expiresAt <= now() || this.#isShutOut(found.user)) return false;
    const { role, groups } = viewerOf(found.user, viewer.key, undefined);
    return role === viewer.role && JSON.stringify(groups) === JSON.stringify(viewer.groups);
  }

  /** Also whom a provider vouched for that is not in the configuration any more. */
  #isShutOut({ isDisabled, identity }: User): boolean {
    return isDisabled || (identity !== undefined && identity.issuer !== this.#parts.issuer);
  }

  makeToken(wanted: Pick<ApiToken, 'name' | 'role' | 'groups' | 'expiresAt' | 'createdBy' | 'maker'>): {
    readonly token: ApiToken;
    readonly secret: string;
  } {
    const secret = `mit_${randomBytes(secretBytes).toString('base64url')}`;
    const kept = { id: randomUUID(), hash: hashOf(secret), createdAt: this.#parts.now() };
    return { secret, token: { ...wanted, ...kept, lastUsedAt: undefined } };
  }

  /** By which a user chooses a password, once. */
  makeLink(maker: string | undefined): { readonly link: UserLink; readonly secret: string } {
    const secret = randomBytes(secretBytes).toString('base64url');
    return { secret, link: { hash: hashOf(secret), expiresAt: this.#parts.now() + linkMs, maker } };
  }

  /** Keeps the password that was chosen by a link. @throws ApiFailure unless the link is good. */
  async byLink(name: string, secret: string, password: string, address: string): Promise<User> {
    const { ledger, passwords, now, issuer } = this.#parts;
    const wait = this.#byAddress.take(networkOf(address));
    if (wait > 0) throw tooMany(wait);
    const hash = hashOf(secret);
    const known = await ledger().user(name);
    // Looked at before anything is hashed, which costs; what counts is the ledger's word afterwards.
    if (known?.link?.hash !== hash) throw noLink();
    const chosen = { hash, password: await passwords.hash(password), now: now(), issuer };
    if (!(await ledger().takeLink(name, chosen))) throw noLink();
    this.#byAddress.giveBack(networkOf(address));
    return known;
  }

  /** A secret that makes the first administrator, once; the former one is void. */
  offerWelcome(): string {
    const secret = randomBytes(secretBytes).toString('base64url');
    this.#welcome = Buffer.from(hashOf(secret));
    return secret;
  }

  /** @throws ApiFailure unless it is the one that was offered. */
  checkWelcome(secret: string, address: string): void {
    const wait = this.#byAddress.take(networkOf(address));
    if (wait > 0) throw tooMany(wait);
    const given = Buffer.from(hashOf(secret));
    if (this.#welcome && timingSafeEqual(given, this.#welcome)) return;
    throw noLink(welcomeHint);
  }

  welcomed(): void {
    this.#welcome = undefined;
  }
}

const welcomeHint =
  'Use the link of the latest start of Mitschnitt from its log, or add a user: mitschnitt user add NAME --role administrator.';

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

function viewerOf(
  user: Pick<User, 'name' | 'role' | 'groups'>,
  key: string,
  expiresAt: number | undefined,
): Viewer {
  const { name, role, groups } = user;
  return {
    ...{ actor: actorOf(name), name, person: name, role, by: 'session', key, expiresAt },
    groups: role === 'supervisor' ? groups : undefined,
  };
}

/** Names of accounts of a provider say themselves what they are. */
function actorOf(name: string): string {
  return name.startsWith(accountPrefix) ? name : `web:${name}`;
}

function noLink(hint = 'Ask an administrator for another one.'): ApiFailure {
  return new ApiFailure(401, 'sign-in-refused', 'this link is not good any more', hint);
}

function disabled(): ApiFailure {
  return new ApiFailure(401, 'sign-in-refused', 'this user is disabled', 'Ask an administrator.');
}

function refused(): ApiFailure {
  return new ApiFailure(401, 'sign-in-refused', 'name or password is not right');
}

const msPerSecond = 1_000;

const forgotten = 'Whoever forgot a password asks an administrator for another one.';

export function tooMany(waitMs: number, hint = forgotten): ApiFailure {
  const seconds = Math.ceil(waitMs / msPerSecond);
  return new ApiFailure(
    429,
    'too-many-attempts',
    `there were too many attempts: try again in ${seconds} s`,
    hint,
    { retry_after: seconds },
  );
}
