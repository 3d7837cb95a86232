import { setImmediate } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import type { Deletion, Erasure } from './retention-ledger.ts';
import type { Tables } from './tables.ts';

/** Of one query of the listing. */
const deletionsPerPage = 500;

export async function logDeletion(db: Kysely<Tables>, deletion: Deletion): Promise<void> {
  const { at, subject, what, target = null, reason, erasure = null, actor, result } = deletion;
  await db
    .insertInto('deletions')
    .values({ at, subject, what, target, reason, erasure, actor, result })
    .execute();
}

/** The newest first, read page by page as they are taken. */
export async function* listDeletions(
  db: Kysely<Tables>,
  erasure: string | undefined,
): AsyncIterable<Deletion> {
  for (let before = Number.MAX_SAFE_INTEGER; ;) {
    let query = db
      .selectFrom('deletions')
      .selectAll()
      .where('seq', '<', before)
      .orderBy('seq', 'desc')
      .limit(deletionsPerPage);
    if (erasure !== undefined) query = query.where('erasure', '=', erasure);
    const rows = await query.execute();
    for (const { at, subject, what, target, reason, erasure: of, actor, result } of rows) {
      const where = target ?? undefined;
      yield { at, subject, what, target: where, reason, erasure: of ?? undefined, actor, result };
    }
    const last = rows.at(-1);
    if (!last || rows.length < deletionsPerPage) return;
    before = last.seq;
    await setImmediate();
  }
}

export async function saveErasure(db: Kysely<Tables>, erasure: Erasure): Promise<void> {
  const { id, actor, begunAt, endedAt = null, certificate = null } = erasure;
  const end = { ended_at: endedAt, certificate };
  await db
    .insertInto('erasures')
    .values({ id, actor, begun_at: begunAt, ...end })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(end))
    .execute();
}
