import { sql } from 'kysely';
import { MitschnittError } from '../errors.ts';
import { deliveryFrom, deliveryRow, problemFrom, recordingFrom } from './tables.ts';
import type { Kysely } from 'kysely';
import type { FinishedRecording } from '../recording/recording.ts';
import type { Delivery, DueDelivery, TargetBacklog } from './catalogue.ts';
import type { Tables } from './tables.ts';

/** Written out and not bound: SQLite uses an index `where state = 'pending'` only if it reads the same in the query. */
const pendingState = sql.lit('pending' as const);
const deliveredState = sql.lit('delivered' as const);

export async function dueDeliveries(
  db: Kysely<Tables>,
  target: string,
  now: number,
  limit: number,
): Promise<readonly DueDelivery[]> {
  const deliveries = await db
    .selectFrom('deliveries')
    .selectAll()
    .where('target', '=', target)
    .where('state', '=', pendingState)
    .where('due_at', '<=', now)
    .orderBy('started_at')
    .orderBy('recording')
    .limit(limit)
    .execute();
  if (deliveries.length === 0) return [];
  const ids = deliveries.map(({ recording }) => recording);
  const rows = await db.selectFrom('recordings').selectAll().where('id', 'in', ids).execute();
  const recordings = new Map(rows.map((row) => [row.id, recordingFrom(row)]));
  return deliveries.flatMap((row) => {
    const recording = recordings.get(row.recording);
    return recording ? [{ delivery: deliveryFrom(row), recording }] : [];
  });
}

export async function nextDue(db: Kysely<Tables>, target: string): Promise<number | undefined> {
  const row = await db
    .selectFrom('deliveries')
    .select('due_at')
    .where('target', '=', target)
    .where('state', '=', pendingState)
    .orderBy('due_at')
    .limit(1)
    .executeTakeFirst();
  return row?.due_at;
}

export async function saveDelivery(db: Kysely<Tables>, delivery: Delivery): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const { numUpdatedRows } = await transaction
      .updateTable('deliveries')
      .set(deliveryRow(delivery))
      .where('recording', '=', delivery.recording)
      .where('target', '=', delivery.target)
      .executeTakeFirstOrThrow();
    if (numUpdatedRows === 0n) throw unknownDelivery(delivery);
    const waiting = await transaction
      .selectFrom('deliveries')
      .select('target')
      .where('recording', '=', delivery.recording)
      .where('state', '<>', deliveredState)
      .limit(1)
      .executeTakeFirst();
    await transaction
      .updateTable('recordings')
      .set({ all_delivered: waiting ? 0 : 1 })
      .where('id', '=', delivery.recording)
      .execute();
  });
}

export async function deletable(db: Kysely<Tables>, limit: number): Promise<readonly FinishedRecording[]> {
  const rows = await db
    .selectFrom('recordings')
    .selectAll()
    .where('all_delivered', '=', sql.lit(1 as const))
    .where('local_deleted_at', 'is', null)
    .orderBy('started_at')
    .limit(limit)
    .execute();
  return rows.map(recordingFrom);
}

export async function noteLocalDeleted(
  db: Kysely<Tables>,
  recordings: readonly string[],
  at: number,
): Promise<void> {
  if (recordings.length === 0) return;
  await db.updateTable('recordings').set({ local_deleted_at: at }).where('id', 'in', recordings).execute();
}

export async function backlog(db: Kysely<Tables>): Promise<readonly TargetBacklog[]> {
  const counts = await db
    .selectFrom('deliveries')
    .select(['target', 'state', (select) => select.fn.countAll<number | string>().as('count')])
    .groupBy(['target', 'state'])
    .orderBy('target')
    .execute();
  const bytes = await db
    .selectFrom('deliveries')
    .innerJoin('recordings', 'recordings.id', 'deliveries.recording')
    .select(['target', (select) => select.fn.sum<number | string>('bytes').as('bytes')])
    .where('state', '=', pendingState)
    .groupBy('target')
    .execute();
  const targets = new Set(counts.map(({ target }) => target));
  return await Promise.all(
    [...targets].map(async (target) => {
      const count = (state: Delivery['state']) =>
        Number(counts.find((row) => row.target === target && row.state === state)?.count ?? 0);
      return {
        target,
        pending: count('pending'),
        pendingBytes: Number(bytes.find((row) => row.target === target)?.bytes ?? 0),
        setAside: count('set-aside'),
        delivered: count('delivered'),
        lastError: await lastProblem(db, target),
      };
    }),
  );
}

/** The latest problem of a delivery that has not got there yet. */
async function lastProblem(db: Kysely<Tables>, target: string): Promise<Delivery['problem']> {
  const row = await db
    .selectFrom('deliveries')
    .select(['problem_at', 'problem_code', 'problem_message', 'problem_hint'])
    .where('target', '=', target)
    .where('state', '<>', deliveredState)
    .where('problem_at', 'is not', null)
    .orderBy('problem_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row && problemFrom(row);
}

function unknownDelivery({ recording, target }: Delivery): MitschnittError {
  return new MitschnittError(`no delivery of recording ${recording} to ${target} was ever noted`, {
    code: 'unknown-delivery',
    fault: 'defect',
    retry: false,
    hint: 'Please report this with the log.',
  });
}
