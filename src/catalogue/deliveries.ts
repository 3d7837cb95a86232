import { setImmediate } from 'node:timers/promises';
import { sql } from 'kysely';
import { MitschnittError } from '../errors.ts';
import { prepared } from './prepared.ts';
import { selectRecording } from './recordings.ts';
import { logDeletion } from './deletions.ts';
import { isNotHeld } from './holds.ts';
import { deliveryFrom, deliveryRow, problemFrom, recordingFrom } from './tables.ts';
import type { Kysely, RawBuilder, Selectable } from 'kysely';
import type { FinishedRecording } from '../recording/recording.ts';
import type { Delivery, DeliveryFilter, DueDelivery, RecordingPosition, TargetBacklog } from './catalogue.ts';
import type { DeliveryRow, Tables } from './tables.ts';

/** Written out and not bound: SQLite uses an index `where state = 'pending'` only if it reads the same in the query. */
const pendingState = sql.lit('pending' as const);
const setAsideState = sql.lit('set-aside' as const);
const deliveredState = sql.lit('delivered' as const);

/**
 * The sign keeps SQLite from looking for what is due in the index of the next due times, and then sorting all of a
 * backlog for the oldest: 50 ms for each of 100,000 deliveries.
 */
const ifDue = sql<number>`+due_at`;

/** Of one query of a listing: a few ms in which nothing else of the process runs. */
const deliveriesPerPage = 200;

export async function dueDeliveries(
  db: Kysely<Tables>,
  target: string,
  now: number,
  limit: number,
  after: RecordingPosition | undefined,
): Promise<readonly DueDelivery[]> {
  const deliveries = await (after
    ? inOrder(db, target, pendingState, limit, after).where(ifDue, '<=', now).execute()
    : selectDue(db, { target, now, limit }));
  return await withRecordings(db, deliveries);
}

const selectDue = prepared((db, { target, now, limit }: { target: string; now: number; limit: number }) =>
  inOrder(db, target, pendingState, limit, undefined).where(ifDue, '<=', now),
);

/** Deliveries to a target in one state, oldest recording first: read from an index that has them in this order. */
function inOrder(
  db: Kysely<Tables>,
  target: string,
  state: RawBuilder<Delivery['state']>,
  limit: number,
  after: RecordingPosition | undefined,
) {
  const query = db
    .selectFrom('deliveries')
    .selectAll()
    .where('target', '=', target)
    .where('state', '=', state)
    .orderBy('started_at')
    .orderBy('recording')
    .limit(limit);
  if (!after) return query;
  // The first condition finds the place in the index, which SQLite does not see in the second alone.
  return query
    .where('started_at', '>=', after.startedAt)
    .where((eb) => eb.or([eb('started_at', '>', after.startedAt), eb('recording', '>', after.id)]));
}

async function withRecordings(
  db: Kysely<Tables>,
  deliveries: readonly Selectable<DeliveryRow>[],
): Promise<readonly DueDelivery[]> {
  if (deliveries.length === 0) return [];
  const rows = await recordingRows(db, deliveries);
  const recordings = new Map(rows.map((row) => [row.id, recordingFrom(row)]));
  return deliveries.flatMap((row) => {
    const recording = recordings.get(row.recording);
    return recording ? [{ delivery: deliveryFrom(row), recording }] : [];
  });
}

/** One alone is asked for after every delivery. */
async function recordingRows(db: Kysely<Tables>, deliveries: readonly Pick<DeliveryRow, 'recording'>[]) {
  const [first, ...more] = deliveries;
  if (first && more.length === 0) return await selectRecording(db, { id: first.recording });
  const ids = deliveries.map(({ recording }) => recording);
  return await db.selectFrom('recordings').selectAll().where('id', 'in', ids).execute();
}

export async function nextDue(db: Kysely<Tables>, target: string): Promise<number | undefined> {
  const [row] = await selectNextDue(db, { target });
  return row?.due_at;
}

const selectNextDue = prepared((db, { target }: { target: string }) =>
  db
    .selectFrom('deliveries')
    .select('due_at')
    .where('target', '=', target)
    .where('state', '=', pendingState)
    .orderBy('due_at')
    .limit(1),
);

export async function saveDeliveries(db: Kysely<Tables>, deliveries: readonly Delivery[]): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    for (const delivery of deliveries) await saveIn(transaction, delivery);
  });
}

async function saveIn(transaction: Kysely<Tables>, delivery: Delivery): Promise<void> {
  const { recording, target } = delivery;
  const updated = await updateDelivery(transaction, { recording, target, ...deliveryRow(delivery) });
  if (updated.length === 0) {
    // It was under way when somebody's data were erased: what arrived is removed again.
    const [found] = await selectRecording(transaction, { id: recording });
    if (found?.erased === 1) return;
    throw unknownDelivery(delivery);
  }
  await noteWhetherAllDelivered(transaction, { recording });
}

type NotedDelivery = Pick<DeliveryRow, 'recording' | 'target'> & ReturnType<typeof deliveryRow>;

const updateDelivery = prepared((db, { recording, target, ...row }: NotedDelivery) =>
  db
    .updateTable('deliveries')
    .set(row)
    .where('recording', '=', recording)
    .where('target', '=', target)
    .returning('recording'),
);

const noteWhetherAllDelivered = prepared((db, { recording }: { recording: string }) =>
  db
    .updateTable('recordings')
    .set((eb) => ({
      all_delivered: eb
        .not(
          eb.exists(
            eb
              .selectFrom('deliveries')
              .select('target')
              .where('recording', '=', recording)
              .where('state', '<>', deliveredState),
          ),
        )
        .$castTo<0 | 1>(),
    }))
    .where('id', '=', recording),
);

export async function retrySetAside(db: Kysely<Tables>, recording: string | undefined): Promise<number> {
  const all = db
    .updateTable('deliveries')
    .set({ state: 'pending', due_at: 0 })
    .where('state', '=', setAsideState);
  const wanted = recording === undefined ? all : all.where('recording', '=', recording);
  return Number((await wanted.executeTakeFirstOrThrow()).numUpdatedRows);
}

/** Every delivery that the filter lets through, read page by page as they are taken. */
export async function* listDeliveries(
  db: Kysely<Tables>,
  filter: DeliveryFilter,
): AsyncIterable<DueDelivery> {
  const state = filter.state === 'pending' ? pendingState : setAsideState;
  const targets = filter.target === undefined ? await targetsOf(db) : [filter.target];
  for (const target of targets) {
    let after: RecordingPosition | undefined;
    do {
      const page = await inOrder(db, target, state, deliveriesPerPage, after).execute();
      yield* await withRecordings(db, page);
      const last = page.length < deliveriesPerPage ? undefined : page.at(-1);
      after = last && { startedAt: last.started_at, id: last.recording };
      // Queries answer without a turn of the event loop: a long listing would hold up every call.
      await setImmediate();
    } while (after);
  }
}

async function targetsOf(db: Kysely<Tables>): Promise<readonly string[]> {
  const rows = await db.selectFrom('backlogs').select('target').distinct().orderBy('target').execute();
  return rows.map(({ target }) => target);
}

/** Group by group, from an index: what one group keeps for years is not looked through for another. */
export async function deletable(
  db: Kysely<Tables>,
  limit: number,
  endedBefore: number,
  byGroup: ReadonlyMap<string, number> = new Map(),
): Promise<readonly FinishedRecording[]> {
  const found: FinishedRecording[] = [];
  for (let group = await groupAfter(db, ''); group !== undefined && found.length < limit;) {
    const rows = await deliveredLocally(db)
      .selectAll()
      .where('group_name', '=', group)
      .where('ended_at', '<=', byGroup.get(group) ?? endedBefore)
      .where(isNotHeld)
      .orderBy('ended_at')
      .limit(limit - found.length)
      .execute();
    found.push(...rows.map(recordingFrom));
    group = await groupAfter(db, group);
  }
  return found;
}

function deliveredLocally(db: Kysely<Tables>) {
  return db
    .selectFrom('recordings')
    .where('all_delivered', '=', sql.lit(1 as const))
    .where('local_deleted_at', 'is', null);
}

async function groupAfter(db: Kysely<Tables>, group: string): Promise<string | undefined> {
  const row = await deliveredLocally(db)
    .select('group_name')
    .where('group_name', '>', group)
    .orderBy('group_name')
    .limit(1)
    .executeTakeFirst();
  return row?.group_name;
}

export async function noteLocalDeleted(
  db: Kysely<Tables>,
  recordings: readonly string[],
  at: number,
): Promise<void> {
  if (recordings.length === 0) return;
  await db.transaction().execute(async (transaction) => {
    await transaction
      .updateTable('recordings')
      .set({ local_deleted_at: at })
      .where('id', 'in', recordings)
      .execute();
    const reason = { reason: 'retention.local', erasure: undefined, actor: 'mitschnitt' };
    for (const subject of recordings)
      await logDeletion(transaction, {
        ...reason,
        at,
        subject,
        what: 'local-file',
        target: undefined,
        result: 'removed',
      });
  });
}

export async function backlog(db: Kysely<Tables>): Promise<readonly TargetBacklog[]> {
  const counts = await db.selectFrom('backlogs').selectAll().orderBy('target').execute();
  return await Promise.all(
    [...Map.groupBy(counts, ({ target }) => target)].map(async ([target, rows]) => {
      const of = (state: Delivery['state']) => rows.find((row) => row.state === state);
      return {
        target,
        pending: of('pending')?.files ?? 0,
        pendingBytes: of('pending')?.bytes ?? 0,
        setAside: of('set-aside')?.files ?? 0,
        delivered: of('delivered')?.files ?? 0,
        lastSuccessAt: of('delivered')?.last_at ?? undefined,
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
