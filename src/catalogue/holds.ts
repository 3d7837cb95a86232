import { sql } from 'kysely';
import { comparable } from '../call/numbers.ts';
import type { Kysely } from 'kysely';
import type { Hold } from './retention-ledger.ts';
import type { Tables } from './tables.ts';

/** Of a row of `recordings`: neither it, its call nor a number of it is on hold. */
export const isNotHeld = sql<boolean>`not exists (
  select 1 from holds where released_at is null and (
    (kind = 'id' and subject in (recordings.id, recordings.call_id)) or
    (kind = 'number' and subject in (comparable(recordings.from_number), comparable(recordings.to_number)))))`;

/** What a hold can be on. */
export interface Holdable {
  readonly ids: readonly string[];
  readonly numbers: readonly string[];
}

/** The first hold that is on something. */
export function holdOn(holds: readonly Hold[], { ids, numbers }: Holdable): Hold | undefined {
  return holds.find(({ kind, subject }) =>
    kind === 'id' ? ids.includes(subject) : numbers.some((number) => comparable(number) === subject),
  );
}

export async function placeHold(
  db: Kysely<Tables>,
  hold: Hold,
): Promise<'placed' | 'already-held' | 'unknown'> {
  if (hold.kind === 'id' && !(await isKnown(db, hold.subject))) return 'unknown';
  const { subject, kind, at, actor, reason = null } = hold;
  const row = {
    subject,
    kind,
    placed_at: at,
    placed_by: actor,
    reason,
    released_at: null,
    released_by: null,
  };
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('holds')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow();
  return numInsertedOrUpdatedRows === 0n ? 'already-held' : 'placed';
}

/** A talk that goes on has no line yet: it is in its call. */
async function isKnown(db: Kysely<Tables>, id: string): Promise<boolean> {
  const { rows } = await sql<{ known: number }>`select 1 as known where
    exists (select 1 from calls where id = ${id}) or exists (select 1 from recordings where id = ${id})
    or exists (select 1 from records where id = ${id})
    or exists (select 1 from calls where outcome is null and instr(state, ${JSON.stringify(id)}) > 0)`.execute(
    db,
  );
  return rows.length > 0;
}

export async function releaseHold(
  db: Kysely<Tables>,
  { subject, kind, at, actor }: Pick<Hold, 'subject' | 'kind' | 'at' | 'actor'>,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('holds')
    .set({ released_at: at, released_by: actor })
    .where('subject', '=', subject)
    .where('kind', '=', kind)
    .where('released_at', 'is', null)
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}

export async function holds(db: Kysely<Tables>): Promise<readonly Hold[]> {
  const rows = await db
    .selectFrom('holds')
    .selectAll()
    .where('released_at', 'is', null)
    .orderBy('seq')
    .execute();
  return rows.map((row) => ({
    subject: row.subject,
    kind: row.kind,
    at: row.placed_at,
    actor: row.placed_by,
    reason: row.reason ?? undefined,
  }));
}
