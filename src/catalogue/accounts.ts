import type { Kysely, Selectable } from 'kysely';
import type {
  ApiToken,
  ChosenByLink,
  NewUser,
  Session,
  User,
  UserIdentity,
  Withdrawn,
} from './console-ledger.ts';
import type { ApiTokenRow, UserRow } from './console-tables.ts';
import type { Tables } from './tables.ts';

function keyOf(name: string): string {
  return name.toLowerCase();
}

export async function users(db: Kysely<Tables>): Promise<readonly (User & { readonly sessions: number })[]> {
  const rows = await db
    .selectFrom('users')
    .selectAll()
    .select((eb) =>
      eb
        .selectFrom('sessions')
        .select((count) => count.fn.countAll<number>().as('count'))
        .whereRef('sessions.user', '=', 'users.key')
        .as('sessions'),
    )
    .orderBy('key')
    .execute();
  return rows.map((row) => ({ ...userFrom(row), sessions: row.sessions ?? 0 }));
}

export async function userNamed(db: Kysely<Tables>, name: string): Promise<User | undefined> {
  const row = await db.selectFrom('users').selectAll().where('key', '=', keyOf(name)).executeTakeFirst();
  return row && userFrom(row);
}

export async function userOf(
  db: Kysely<Tables>,
  { issuer, subject }: UserIdentity,
): Promise<User | undefined> {
  const row = await db
    .selectFrom('users')
    .selectAll()
    .where('issuer', '=', issuer)
    .where('subject', '=', subject)
    .executeTakeFirst();
  return row && userFrom(row);
}

export async function addUser(db: Kysely<Tables>, user: NewUser): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('users')
    .values({
      key: keyOf(user.name),
      name: user.name,
      role: user.role,
      groups: JSON.stringify(user.groups),
      password: user.password ?? '',
      created_at: user.createdAt,
      last_sign_in_at: user.lastSignInAt ?? null,
      ...{ disabled: 0, link_hash: null, link_expires_at: null, link_maker: '' },
      ...{ issuer: user.identity?.issuer ?? null, subject: user.identity?.subject ?? null },
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow();
  return numInsertedOrUpdatedRows === 1n;
}

export async function changeUser(
  db: Kysely<Tables>,
  name: string,
  change: Partial<User>,
): Promise<'changed' | 'unknown' | 'last-administrator'> {
  return await db.transaction().execute(async (transaction) => {
    const known = await userNamed(transaction, name);
    if (!known) return 'unknown';
    const { role, groups, password, lastSignInAt, isDisabled, link } = change;
    // Roles of whom a provider vouches for are its word, which counts also for the last one.
    const goes = (role !== undefined && role !== 'administrator' && !known.identity) || isDisabled === true;
    if (goes && (await isLastAdministrator(transaction, known))) return 'last-administrator';
    await transaction
      .updateTable('users')
      .set({
        ...(role === undefined ? {} : { role }),
        ...(groups === undefined ? {} : { groups: JSON.stringify(groups) }),
        ...(password === undefined ? {} : { password }),
        ...(lastSignInAt === undefined ? {} : { last_sign_in_at: lastSignInAt }),
        ...(isDisabled === undefined ? {} : { disabled: isDisabled ? 1 : 0 }),
        ...('link' in change
          ? {
              ...{ link_hash: link?.hash ?? null, link_expires_at: link?.expiresAt ?? null },
              link_maker: keyOf(link?.maker ?? ''),
            }
          : {}),
        // Nothing to change is no statement.
        key: keyOf(name),
      })
      .where('key', '=', keyOf(name))
      .execute();
    return 'changed';
  });
}

export async function removeUser(
  db: Kysely<Tables>,
  name: string,
): Promise<'removed' | 'unknown' | 'last-administrator'> {
  return await db.transaction().execute(async (transaction) => {
    const known = await userNamed(transaction, name);
    if (!known) return 'unknown';
    if (await isLastAdministrator(transaction, known)) return 'last-administrator';
    await transaction.deleteFrom('users').where('key', '=', keyOf(name)).execute();
    return 'removed';
  });
}

export async function takeLink(
  db: Kysely<Tables>,
  name: string,
  { hash, password, now, issuer }: ChosenByLink,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('users')
    .set({ password, link_hash: null, link_expires_at: null, link_maker: '' })
    .where('key', '=', keyOf(name))
    .where('link_hash', '=', hash)
    .where('link_expires_at', '>', now)
    .where('disabled', '=', 0)
    .where((eb) => eb.or([eb('link_maker', '=', ''), eb('link_maker', 'in', administrators(db, issuer))]))
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}

/**
 * Whoever is none any more may have made something in the same moment: it is looked at again where it is used. Nor is
 * anybody for whom another provider vouched than the one that is configured.
 */
function administrators(db: Kysely<Tables>, issuer: string | undefined) {
  return db
    .selectFrom('users as makers')
    .select('makers.key')
    .where('makers.role', '=', 'administrator')
    .where('makers.disabled', '=', 0)
    .where((eb) => eb.or([eb('makers.issuer', 'is', null), eb('makers.issuer', '=', issuer ?? null)]));
}

/**
 * Whether nobody else could sign in as administrator. Who has a password is not replaced by who has none: a provider may
 * be down, and a link may be lost.
 */
async function isLastAdministrator(
  db: Kysely<Tables>,
  { name, role, isDisabled, password, identity }: User,
): Promise<boolean> {
  if (role !== 'administrator' || isDisabled) return false;
  const others = db
    .selectFrom('users')
    .select('key')
    .where('role', '=', 'administrator')
    .where('disabled', '=', 0)
    .where('key', '<>', keyOf(name));
  const isSure = password !== undefined && !identity;
  const alike = isSure ? others.where('password', '<>', '').where('issuer', 'is', null) : others;
  const another = await alike.limit(1).executeTakeFirst();
  return another === undefined;
}

export async function addSession(db: Kysely<Tables>, session: Session): Promise<void> {
  const { hash, user, createdAt, seenAt, expiresAt } = session;
  await db
    .insertInto('sessions')
    .values({ hash, user: keyOf(user), created_at: createdAt, seen_at: seenAt, expires_at: expiresAt })
    .execute();
}

export async function sessionOf(
  db: Kysely<Tables>,
  hash: string,
): Promise<{ session: Session; user: User } | undefined> {
  const row = await db
    .selectFrom('sessions')
    .innerJoin('users', 'users.key', 'sessions.user')
    .selectAll('users')
    .select(['sessions.created_at as signed_in_at', 'sessions.seen_at', 'sessions.expires_at'])
    .where('sessions.hash', '=', hash)
    .executeTakeFirst();
  if (!row) return undefined;
  const user = userFrom(row);
  const session = {
    ...{ hash, user: user.name, createdAt: row.signed_in_at },
    ...{ seenAt: row.seen_at, expiresAt: row.expires_at },
  };
  return { session, user };
}

export async function touchSession(
  db: Kysely<Tables>,
  hash: string,
  seenAt: number,
  expiresAt: number,
): Promise<void> {
  await db
    .updateTable('sessions')
    .set({ seen_at: seenAt, expires_at: expiresAt })
    .where('hash', '=', hash)
    .execute();
}

export async function endSession(db: Kysely<Tables>, hash: string): Promise<void> {
  await db.deleteFrom('sessions').where('hash', '=', hash).execute();
}

export async function endSessions(
  db: Kysely<Tables>,
  user: string,
  exceptHash: string | undefined,
  now: number,
): Promise<void> {
  await db
    .deleteFrom('sessions')
    .where((eb) =>
      eb.or([
        eb.and([eb('user', '=', keyOf(user)), eb('hash', '<>', exceptHash ?? '')]),
        eb('expires_at', '<=', now),
      ]),
    )
    .execute();
}

export async function tokens(db: Kysely<Tables>): Promise<readonly ApiToken[]> {
  const rows = await db.selectFrom('api_tokens').selectAll().orderBy('created_at').execute();
  return rows.map(tokenFrom);
}

export async function tokenOf(
  db: Kysely<Tables>,
  hash: string,
  issuer: string | undefined,
): Promise<ApiToken | undefined> {
  const row = await db
    .selectFrom('api_tokens')
    .selectAll()
    .where('hash', '=', hash)
    .where((eb) => eb.or([eb('maker', '=', ''), eb('maker', 'in', administrators(db, issuer))]))
    .executeTakeFirst();
  return row && tokenFrom(row);
}

export async function addToken(db: Kysely<Tables>, token: ApiToken): Promise<void> {
  await db
    .insertInto('api_tokens')
    .values({
      id: token.id,
      name: token.name,
      role: token.role,
      groups: JSON.stringify(token.groups),
      hash: token.hash,
      created_at: token.createdAt,
      created_by: token.createdBy,
      maker: keyOf(token.maker ?? ''),
      last_used_at: null,
      expires_at: token.expiresAt ?? null,
    })
    .execute();
}

export async function touchToken(db: Kysely<Tables>, id: string, at: number): Promise<void> {
  await db.updateTable('api_tokens').set({ last_used_at: at }).where('id', '=', id).execute();
}

export async function removeToken(db: Kysely<Tables>, id: string): Promise<boolean> {
  const { numDeletedRows } = await db.deleteFrom('api_tokens').where('id', '=', id).executeTakeFirstOrThrow();
  return numDeletedRows > 0n;
}

export async function withdrawMadeBy(db: Kysely<Tables>, name: string): Promise<Withdrawn> {
  const maker = keyOf(name);
  return await db.transaction().execute(async (transaction) => {
    const tokens = await transaction
      .deleteFrom('api_tokens')
      .where('maker', '=', maker)
      .returning(['id', 'name'])
      .execute();
    const links = await transaction
      .updateTable('users')
      .set({ link_hash: null, link_expires_at: null, link_maker: '' })
      .where('link_maker', '=', maker)
      .returning('name')
      .execute();
    return { tokens, links: links.map((each) => each.name) };
  });
}

function userFrom(row: Selectable<UserRow>): User {
  return {
    name: row.name,
    role: row.role,
    groups: JSON.parse(row.groups) as string[],
    password: row.password === '' ? undefined : row.password,
    createdAt: row.created_at,
    lastSignInAt: row.last_sign_in_at ?? undefined,
    isDisabled: row.disabled === 1,
    link:
      row.link_hash === null || row.link_expires_at === null
        ? undefined
        : { hash: row.link_hash, expiresAt: row.link_expires_at, maker: row.link_maker || undefined },
    identity:
      row.issuer === null || row.subject === null ? undefined : { issuer: row.issuer, subject: row.subject },
  };
}

function tokenFrom(row: Selectable<ApiTokenRow>): ApiToken {
  return {
    id: row.id,
    name: row.name,
    role: row.role,
    groups: JSON.parse(row.groups) as string[],
    hash: row.hash,
    createdAt: row.created_at,
    createdBy: row.created_by,
    maker: row.maker || undefined,
    lastUsedAt: row.last_used_at ?? undefined,
    expiresAt: row.expires_at ?? undefined,
  };
}
