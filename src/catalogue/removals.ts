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

export async function dueRemovals(
  db: Kysely<Tables>,
  now: number,
  limit: number,
  afterId: number,
): Promise<readonly Removal[]> {
  const rows = await db
    .selectFrom('removals')
    .selectAll()
    .where('id', '>', afterId)
    .where('due_at', '<=', now)
    // A hold may have come after the order.
    .where(
      sql<boolean>`exists (select 1 from recordings where recordings.id = removals.recording and ${isNotHeld})`,
    )
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map(removalFrom);
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
