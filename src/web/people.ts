import { ApiFailure, conflict, notFound } from './failure.ts';
import type { ResponseOf } from './api/routes.ts';
import type { Asked, PeopleRoute } from './handlers.ts';
import type { Passwords } from './passwords.ts';
import { accountPrefix } from './oidc/claims.ts';
import type { OidcSignIn } from './oidc/oidc-sign-in.ts';
import type { SignIn } from './sign-in.ts';
import type { Viewer } from './viewer.ts';
import { withdraw } from './withdrawal.ts';
import type { ApiToken, ConsoleLedger, NewUser, User } from '../catalogue/console-ledger.ts';

/** What the program says of itself to whoever is signed in. */
export interface Facts {
  readonly version: string;
  readonly timeZone: string;
  /** In the order of the configuration. */
  readonly groups: readonly string[];
  readonly targets: readonly string[];
}

export interface PeopleParts {
  readonly ledger: () => ConsoleLedger;
  readonly facts: () => Facts;
  readonly passwords: Passwords;
  readonly signIn: SignIn;
  /** Undefined: nobody's word is taken but that of a password. */
  readonly oidc: OidcSignIn | undefined;
  readonly now: () => number;
  /** ISO 8601 in the time zone of the PBX. */
  readonly time: (instant: number) => string;
  /** A user was changed or removed: what is open for him ends. */
  readonly signedOut: (which: (viewer: Viewer) => boolean) => void;
}

/** What a request has beside what the table of routes knows: where it comes from, and the cookie of its answer. */
export interface Door {
  readonly address: string;
  setCookie(secret: string): void;
  clearCookie(): void;
  /** At which the console was asked. */
  readonly origin: string;
  /** Of a sign-in that a provider finishes. */
  setPendingCookie(secret: string): void;
}

type PeopleHandlers = {
  readonly [Name in PeopleRoute]: (asked: Asked<Name>, door: Door) => Promise<ResponseOf<Name>>;
};

const msPerDay = 86_400_000;

/** Signing in and out, users, tokens and the audit log. */
export function peopleHandlers(parts: PeopleParts): PeopleHandlers {
  return {
    ...greetingHandlers(parts),
    ...sessionHandlers(parts),
    ...userHandlers(parts),
    ...tokenHandlers(parts),
    ...auditHandlers(parts),
  };
}

function sessionHandlers(parts: PeopleParts) {
  const { ledger, passwords, signIn, oidc, now, signedOut } = parts;
  const enter = async (
    user: Pick<NewUser, 'name' | 'role' | 'groups' | 'identity'>,
    door: Door,
  ): Promise<ResponseOf<'GET /session'>> => {
    const { secret, viewer } = await signIn.begin(user);
    door.setCookie(secret);
    return meOf(viewer, parts);
  };
  return {
    'POST /session': async ({ body, audit }, door) => {
      audit({ subject: body.name });
      return await enter(await signIn.byPassword(body.name, body.password, door.address), door);
    },
    'POST /welcome': async ({ body, audit }, door) => {
      audit({ subject: body.name });
      signIn.checkWelcome(body.token, door.address);
      const password = await passwords.hash(body.password);
      if (await hasOwnAdministrator(ledger())) throw conflict('there is an administrator already');
      const user = newUser({ name: body.name, role: 'administrator', groups: [] }, password, now());
      if (!(await ledger().addUser(user))) throw conflict('there is a user of this name already');
      signIn.welcomed();
      return await enter(user, door);
    },
    'POST /link': async ({ body, audit }, door) => {
      audit({ subject: body.name, detail: 'new password by one-time link' });
      const user = await signIn.byLink(body.name, body.token, body.password, door.address);
      await ledger().endSessions(user.name, undefined, now());
      signedOut(isOf(user.name));
      return await enter(user, door);
    },
    'GET /session': ({ viewer }) => Promise.resolve(meOf(viewer, parts)),
    'DELETE /session': async ({ viewer }, door) => {
      await ledger().endSession(viewer.key);
      door.clearCookie();
      signedOut(({ key }) => key === viewer.key);
      const url = isOidcAccount(viewer) ? await oidc?.signOutUrl() : undefined;
      return { ok: true, provider: oidc && url !== undefined ? { name: oidc.name, url } : null };
    },
    'PUT /password': async ({ viewer, body }, door) => {
      if (viewer.by === 'token') throw new ApiFailure(403, 'not-allowed', 'a token has no password');
      if (isOidcAccount(viewer)) throw new ApiFailure(403, 'not-allowed', 'your password is at the provider');
      await signIn.byPassword(viewer.name, body.current, door.address);
      // A link that is still about would undo what was chosen here.
      await ledger().changeUser(viewer.name, {
        password: await passwords.hash(body.password),
        link: undefined,
      });
      await ledger().endSessions(viewer.name, viewer.key, now());
      signedOut(({ name, by, key }) => by === 'session' && name === viewer.name && key !== viewer.key);
      return { ok: true };
    },
  } satisfies Partial<PeopleHandlers>;
}

/** What is asked before anybody is known. */
function greetingHandlers({ ledger, facts, oidc }: PeopleParts) {
  return {
    'GET /greeting': async () => ({
      version: facts().version,
      first_use: !(await hasOwnAdministrator(ledger())),
      oidc: oidc ? { name: oidc.name } : null,
    }),
    'POST /oidc': async (_asked, door) => {
      if (!oidc) throw notFound();
      const { secret, url } = await oidc.begin(door.origin, door.address);
      door.setPendingCookie(secret);
      return { url };
    },
  } satisfies Partial<PeopleHandlers>;
}

/** Who can get in whatever becomes of a provider. As long as there is none, the link in the log makes one. */
export async function hasOwnAdministrator(ledger: Pick<ConsoleLedger, 'users'>): Promise<boolean> {
  const users = await ledger.users();
  return users.some(
    ({ role, password, identity }) => role === 'administrator' && password !== undefined && !identity,
  );
}

async function userNamed(wanted: string, { ledger, time }: PeopleParts) {
  const user = (await ledger().users()).find(({ name }) => name.toLowerCase() === wanted.toLowerCase());
  if (!user) throw notFound();
  return userJson(user, time);
}

function userHandlers(parts: PeopleParts) {
  const { ledger, passwords, signIn, now, time, signedOut } = parts;
  const found = (name: string) => userNamed(name, parts);
  return {
    'GET /users': async () => ({ users: (await ledger().users()).map((user) => userJson(user, time)) }),
    'POST /users': async ({ body, audit }) => {
      audit({ subject: body.name, detail: rightsOf(body) });
      checkRights(body);
      if (await ledger().user(body.name)) throw conflict('there is a user of this name already');
      const password = body.password === undefined ? undefined : await passwords.hash(body.password);
      const added = await ledger().addUser(newUser(body, password, now()));
      if (!added) throw conflict('there is a user of this name already');
      return await found(body.name);
    },
    'PATCH /users/:name': async ({ viewer, params, body, audit }, door) => {
      const { role, groups = role && [], password, disabled } = body;
      const known = await ledger().user(params.name);
      if (!known) throw notFound();
      if (known.identity && (role ?? groups ?? password) !== undefined) throw notOurs();
      const rights = { role: role ?? known.role, groups: groups ?? known.groups };
      audit({ detail: changeOf(groups && rights, body) });
      if (groups) checkRights(rights);
      // A password that an administrator gives replaces the one that somebody may still choose by a link.
      const hash =
        password === undefined ? {} : { password: await passwords.hash(password), link: undefined };
      // Nor does a former link get anybody in who is enabled again.
      const able =
        disabled === undefined ? {} : { isDisabled: disabled, ...(disabled && { link: undefined }) };
      // What was not sent may have been changed by somebody else meanwhile.
      const given = { ...(role && { role }), ...(groups && { groups }) };
      const result = await ledger().changeUser(params.name, { ...given, ...hash, ...able });
      if (result === 'last-administrator') throw lastAdministrator();
      if (password !== undefined || disabled === true)
        await ledger().endSessions(params.name, undefined, now());
      if (disabled === true || (role !== undefined && role !== 'administrator'))
        await withdrawMadeBy(known.name, parts, viewer, door);
      // Also where only the rights changed: an open page has what the former ones allowed.
      signedOut(isOf(known.name));
      return await found(params.name);
    },
    'DELETE /users/:name': async ({ viewer, params }, door) => {
      const known = await ledger().user(params.name);
      const result = await ledger().removeUser(params.name);
      if (result === 'unknown' || !known) throw notFound();
      if (result === 'last-administrator') throw lastAdministrator();
      await withdrawMadeBy(known.name, parts, viewer, door);
      signedOut(isOf(known.name));
      return { ok: true };
    },
    'POST /users/:name/link': async ({ viewer, params, audit }) => {
      audit({ subject: params.name });
      const known = await ledger().user(params.name);
      if (!known) throw notFound();
      if (known.identity) throw notOurs();
      if (known.isDisabled) throw conflict('this user is disabled', 'Enable the user first.');
      const { link, secret } = signIn.makeLink(viewer.person);
      await ledger().changeUser(params.name, { link });
      return { token: secret, expires: time(link.expiresAt) };
    },
  } satisfies Partial<PeopleHandlers>;
}

function isOidcAccount({ name, by }: Viewer): boolean {
  return by === 'session' && name.startsWith(accountPrefix);
}

function notOurs(): ApiFailure {
  return conflict(
    'this user signs in by OpenID Connect',
    'Role and groups follow from the claims of the provider (web.oidc.roles); there is no password here.',
  );
}

/** Whoever is no administrator any more also is none by what he made. */
async function withdrawMadeBy(
  maker: string,
  { ledger, now, signedOut }: PeopleParts,
  { actor }: Viewer,
  { address }: Door,
): Promise<void> {
  const ended = await withdraw(ledger(), maker, { at: now(), actor, address });
  signedOut(({ by, key }) => by === 'token' && ended.has(key));
}

function changeOf(
  rights: Rights | undefined,
  { password, disabled }: { readonly password?: string | undefined; readonly disabled?: boolean | undefined },
): string {
  const able = disabled === undefined ? [] : [disabled ? 'disabled' : 'enabled'];
  const given = rights ? [rightsOf(rights)] : [];
  return [...given, ...(password === undefined ? [] : ['new password']), ...able].join(', ');
}

function isOf(name: string): (viewer: Viewer) => boolean {
  return (viewer) => viewer.by === 'session' && viewer.name === name;
}

function tokenHandlers({ ledger, signIn, now, time, signedOut }: PeopleParts) {
  return {
    'GET /tokens': async () => ({ tokens: (await ledger().tokens()).map((token) => tokenJson(token, time)) }),
    'POST /tokens': async ({ viewer, body, audit }) => {
      // It would be good for ever, with whomever it ought to end.
      if (viewer.person === undefined)
        throw new ApiFailure(403, 'not-allowed', 'nobody knows who made this token');
      audit({ subject: body.name, detail: rightsOf(body) });
      checkRights(body);
      const { name, role, groups, days } = body;
      const expiresAt = days === null ? undefined : now() + days * msPerDay;
      const { token, secret } = signIn.makeToken({
        name,
        role,
        groups,
        expiresAt,
        createdBy: viewer.actor,
        maker: viewer.person,
      });
      await ledger().addToken(token);
      return { token: tokenJson(token, time), secret };
    },
    'DELETE /tokens/:id': async ({ params, audit }) => {
      const known = (await ledger().tokens()).find(({ id }) => id === params.id);
      // Afterwards nobody knows what it was.
      if (known) audit({ subject: known.name });
      if (!(await ledger().removeToken(params.id))) throw notFound();
      signedOut(({ key }) => key === params.id);
      return { ok: true };
    },
  } satisfies Partial<PeopleHandlers>;
}

function auditHandlers({ ledger, time }: PeopleParts) {
  return {
    'GET /audit': async ({ query }) => {
      const { from, to, actor, person, action, subject, limit, after } = query;
      const span = { from: instantOf(from), to: instantOf(to) };
      const entries = await ledger().audit({ ...span, actor, person, action, subject, limit, before: after });
      const json = entries.map(({ id, at, group, detail, ...entry }) => ({
        ...{ id, at: time(at), ...entry },
        group: group ?? null,
        detail: detail ?? null,
      }));
      return { entries: json, next: entries.length === limit ? (entries.at(-1)?.id ?? null) : null };
    },
  } satisfies Partial<PeopleHandlers>;
}

export function instantOf(time: string | undefined): number | undefined {
  return time === undefined ? undefined : Date.parse(time);
}

function meOf(viewer: Viewer, { facts, time }: PeopleParts): ResponseOf<'GET /session'> {
  const { version, timeZone, groups, targets } = facts();
  const { name, role, by, expiresAt } = viewer;
  return {
    ...{ name, role, by, version, time_zone: timeZone },
    groups: viewer.groups ? [...viewer.groups] : null,
    expires: expiresAt === undefined ? null : time(expiresAt),
    has_password: by === 'session' && !isOidcAccount(viewer),
    known_groups: groups.filter((group) => viewer.groups?.includes(group) ?? true),
    known_targets: viewer.groups ? [] : [...targets],
  };
}

function newUser(
  { name, role, groups }: Pick<User, 'name' | 'role' | 'groups'>,
  password: string | undefined,
  at: number,
): NewUser {
  return { name, role, groups, password, createdAt: at, lastSignInAt: undefined };
}

type Rights = Pick<User, 'role' | 'groups'>;

function rightsOf({ role, groups }: Rights): string {
  return groups.length === 0 ? role : `${role} of ${groups.join(', ')}`;
}

function checkRights({ role, groups }: Rights): void {
  if ((role === 'supervisor') === groups.length > 0) return;
  const message =
    role === 'supervisor' ? 'a supervisor needs at least one group' : 'only a supervisor is given groups';
  throw new ApiFailure(400, 'invalid-request', message, '', { details: [{ path: 'groups', message }] });
}

function lastAdministrator(): ApiFailure {
  return conflict('this is the last administrator', 'Make another user administrator first.');
}

function userJson(
  user: User & { readonly sessions: number },
  time: PeopleParts['time'],
): ResponseOf<'GET /users'>['users'][number] {
  const { name, role, groups, createdAt, lastSignInAt, sessions, isDisabled, password, link, identity } =
    user;
  const last = lastSignInAt === undefined ? null : time(lastSignInAt);
  return {
    ...{ name, role, groups: [...groups], created: time(createdAt), last_sign_in: last, sessions },
    sign_in: identity ? 'oidc' : 'password',
    ...{ disabled: isDisabled, has_password: password !== undefined },
    link_expires: link ? time(link.expiresAt) : null,
  };
}

function tokenJson(token: ApiToken, time: PeopleParts['time']): ResponseOf<'GET /tokens'>['tokens'][number] {
  const { id, name, role, groups, createdAt, createdBy, lastUsedAt, expiresAt } = token;
  return {
    ...{ id, name, role, groups: [...groups], created: time(createdAt), created_by: createdBy },
    last_used: lastUsedAt === undefined ? null : time(lastUsedAt),
    expires: expiresAt === undefined ? null : time(expiresAt),
  };
}
