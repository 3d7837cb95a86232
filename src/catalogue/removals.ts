import { erased } from '../recording/erased-number.ts';
import { sql } from 'kysely';
import { logDeletion } from './deletions.ts';
import { isNotHeld } from './holds.ts';
import type { Kysely, Selectable } from 'kysely';
import type { DeletionReason, Removal } from './retention-ledger.ts';
import type { RemovalRow, Tables } from './tables.ts';

/** Orders that the files of a recording be removed at all targets that have it, but for these: they keep what they got. */
export async function orderRemoval(
  db: Kysely<Tables>,
  recording: string,
  keeping: readonly string[],
  reason: DeletionReason,
  at: number,
): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const rows = await transaction
      .selectFrom('deliveries')
      .innerJoin('recordings', 'recordings.id', 'deliveries.recording')
      .select(['deliveries.target', 'deliveries.name', 'recordings.folder'])
      .where('deliveries.recording', '=', recording)
      .where('deliveries.removed_at', 'is', null)
      // A mailbox that the configuration has no more.
      .where((eb) =>
        eb.or([eb('deliveries.confirmed_by', 'is', null), eb('deliveries.confirmed_by', '<>', 'accepted')]),
      )
      .execute();
    for (const { target, name, folder } of rows)
      if (!keeping.includes(target))
        await insertRemoval(transaction, { recording, target, folder, name }, reason, at);
    await transaction
      .updateTable('recordings')
      .set({ remote_ordered_at: at })
      .where('id', '=', recording)
      .execute();
  });
}

export async function insertRemoval(
  db: Kysely<Tables>,
  what: Pick<Removal, 'recording' | 'target' | 'folder' | 'name'>,
  why: DeletionReason,
  at: number,
): Promise<void> {
  const { reason, erasure = null, actor } = why;
  const row = { reason, erasure, actor, ordered_at: at, attempts: 0, due_at: 0, problem: null };
  await db
    .insertInto('removals')
    .values({ ...what, target: what.target ?? null, ...row })
    .execute();
}

/** From the index, by one step for each: many thousand wait where a target is down. */
export async function removalTargets(db: Kysely<Tables>): Promise<readonly (string | undefined)[]> {
  const { rows } = await sql<{ name: string | null }>`
    with recursive names (name) as (
      select min(target) from removals
      union all
      select (select min(target) from removals where target > names.name) from names where names.name is not null
    )
    select name from names where name is not null
    union all select null where exists (select 1 from removals where target is null)`.execute(db);
  return rows.map(({ name }) => name ?? undefined);
}

export async function dueRemovals(
  db: Kysely<Tables>,
  wanted: {
    readonly target: string | undefined;
    readonly now: number;
    readonly limit: number;
    readonly after: Removal | undefined;
  },
): Promise<readonly Removal[]> {
  const { target, now, limit, after } = wanted;
  const rows = await db
    .selectFrom('removals')
    .selectAll()
    .where('target', 'is', target ?? null)
    .where('due_at', '<=', now)
    .$if(after !== undefined, (query) =>
      query.where(sql<boolean>`(due_at, id) > (${after?.dueAt}, ${after?.id})`),
    )
    .where(isWanted)
    .orderBy('due_at')
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map(removalFrom);
}

/** A hold may have come after the order. */
const isWanted = sql<boolean>`exists (
  select 1 from recordings where recordings.id = removals.recording and ${isNotHeld})`;

export async function isRemovalOverdue(
  db: Kysely<Tables>,
  target: string | undefined,
  orderedBefore: number,
  problems: readonly string[] | undefined,
): Promise<boolean> {
  const found = await db
    .selectFrom('removals')
    .select('id')
    .where('target', 'is', target ?? null)
    // Of many, those alone that were tried.
    .where('due_at', '>', 0)
    .where('ordered_at', '<=', orderedBefore)
    .$if(problems !== undefined, (query) => query.where('problem', 'in', problems ?? []))
    .where(isWanted)
    .limit(1)
    .executeTakeFirst();
  return found !== undefined;
}

export async function removalsOf(db: Kysely<Tables>, erasure: string): Promise<readonly Removal[]> {
  const rows = await db
    .selectFrom('removals')
    .selectAll()
    .where('erasure', '=', erasure)
    .orderBy('id')
    .execute();
  return rows.map(removalFrom);
}

function removalFrom(row: Selectable<RemovalRow>): Removal {
  return {
    id: row.id,
    recording: row.recording,
    target: row.target ?? undefined,
    folder: row.folder,
    name: row.name,
    reason: row.reason,
    erasure: row.erasure ?? undefined,
    actor: row.actor,
    orderedAt: row.ordered_at,
    attempts: row.attempts,
    dueAt: row.due_at,
    problem: row.problem ?? undefined,
  };
}

export async function noteRemoval(
  db: Kysely<Tables>,
  removal: Removal,
  result: string,
  at: number,
): Promise<void> {
  const { recording, target, reason, erasure, actor } = removal;
  await db.transaction().execute(async (transaction) => {
    if (target === undefined)
      await transaction
        .updateTable('recordings')
        .set({ local_deleted_at: at })
        .where('id', '=', recording)
        .execute();
    else
      await transaction
        .updateTable('deliveries')
        .set({
          ...(result === 'removed' || result === 'absent' ? { removed_at: at } : {}),
          ...(erasure === undefined ? {} : { name: erased }),
        })
        .where('recording', '=', recording)
        .where('target', '=', target)
        .execute();
    const what = target === undefined ? 'local-file' : 'remote-file';
    await logDeletion(transaction, { at, subject: recording, what, target, reason, erasure, actor, result });
    await transaction.deleteFrom('removals').where('id', '=', removal.id).execute();
  });
}

export async function postponeRemoval(
  db: Kysely<Tables>,
  { id, attempts }: Removal,
  problem: string,
  dueAt: number,
): Promise<void> {
  await db
    .updateTable('removals')
    .set({ attempts: attempts + 1, due_at: dueAt, problem })
    .where('id', '=', id)
    .execute();
}
