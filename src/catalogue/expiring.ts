import { sql } from 'kysely';
import { logDeletion } from './deletions.ts';
import { holdOn, holds } from './holds.ts';
import { recordingFrom } from './tables.ts';
import type { Kysely } from 'kysely';
import type {
  CallPosition,
  DeletionReason,
  ExpiringCall,
  ExpiringRecording,
  RecordingEnd,
} from './retention-ledger.ts';
import type { Tables } from './tables.ts';

/** Every group of the lines, and of the account of the PBX. */
export async function groupsKept(db: Kysely<Tables>): Promise<readonly string[]> {
  const groups = [...(await groupsOf(db, 'records')), ...(await groupsOf(db, 'accounted_calls'))];
  return [...new Set(groups)];
}

/** One step in the index for each. */
async function groupsOf(
  db: Kysely<Tables>,
  table: 'records' | 'accounted_calls',
): Promise<readonly string[]> {
  const groups: string[] = [];
  for (let last: string | undefined = ''; last !== undefined;) {
    const row = await db
      .selectFrom(table)
      .select('group_name')
      .where('group_name', '>', last)
      .orderBy('group_name')
      .limit(1)
      .executeTakeFirst();
    last = row?.group_name;
    if (last !== undefined) groups.push(last);
  }
  return groups;
}

export async function expiringRecordings(
  db: Kysely<Tables>,
  group: string,
  endedBefore: number,
  limit: number,
  after?: RecordingEnd,
): Promise<readonly ExpiringRecording[]> {
  let query = db
    .selectFrom('recordings')
    .selectAll()
    .where('group_name', '=', group)
    .where('remote_ordered_at', 'is', null)
    .where('erased', '=', 0)
    .where('ended_at', '<=', endedBefore)
    .orderBy('ended_at')
    .orderBy('id')
    .limit(limit);
  if (after) {
    const { endedAt, id } = after;
    query = query
      .where('ended_at', '>=', endedAt)
      .where((eb) => eb.or([eb('ended_at', '>', endedAt), eb('id', '>', id)]));
  }
  const rows = await query.execute();
  const standing = await holds(db);
  return rows.map((row) => ({
    recording: recordingFrom(row),
    endedAt: row.ended_at,
    isDelivered: row.all_delivered === 1,
    isHeld:
      holdOn(standing, { ids: [row.id, row.call_id], numbers: [row.from_number, row.to_number] }) !==
      undefined,
  }));
}

export async function expiringCalls(
  db: Kysely<Tables>,
  group: string,
  startedBefore: number,
  limit: number,
  after?: CallPosition,
): Promise<readonly ExpiringCall[]> {
  let query = db
    .selectFrom('records')
    .innerJoin('calls', 'calls.id', 'records.call_id')
    .select(['records.seq', 'records.started_at', 'records.call_id', 'calls.ended_at', 'calls.outcome'])
    .where('records.group_name', '=', group)
    .where('records.started_at', '<=', startedBefore)
    .orderBy('records.started_at')
    .orderBy('records.seq')
    .limit(limit);
  if (after)
    query = query
      .where('records.started_at', '>=', after.startedAt)
      .where((eb) =>
        eb.or([eb('records.started_at', '>', after.startedAt), eb('records.seq', '>', after.seq)]),
      );
  const rows = await query.execute();
  const standing = await holds(db);
  return await Promise.all(
    rows.map(async (row) => {
      const parts = await partsOf(db, row.call_id);
      return {
        id: row.call_id,
        position: { startedAt: row.started_at, seq: row.seq },
        endedAt: row.outcome === null ? undefined : (row.ended_at ?? row.started_at),
        isHeld: holdOn(standing, { ids: [row.call_id, ...parts.ids], numbers: parts.numbers }) !== undefined,
        recordings: parts.recordings,
      };
    }),
  );
}

/** Ids and numbers of a call's lines, and its recordings. */
async function partsOf(db: Kysely<Tables>, call: string) {
  const lines = await db
    .selectFrom('records')
    .select(['id', 'from_number', 'to_number'])
    .where('call_id', '=', call)
    .execute();
  const recordings = await db
    .selectFrom('recordings')
    .select(['id', 'all_delivered', 'erased', 'local_deleted_at', 'remote_ordered_at'])
    .select(
      sql<0 | 1>`exists (select 1 from removals where removals.recording = recordings.id)`.as('leaving'),
    )
    .where('call_id', '=', call)
    .execute();
  return {
    ids: [...lines, ...recordings].map(({ id }) => id),
    numbers: lines.flatMap((line) => [line.from_number, line.to_number]),
    recordings: recordings.map((row) => ({
      isDelivered: row.all_delivered === 1 || row.erased === 1,
      // With the rows the order to remove a file would go as well.
      isLocalGone: row.local_deleted_at !== null && row.leaving === 0,
      isRemoteGone: (row.remote_ordered_at !== null || row.erased === 1) && row.leaving === 0,
    })),
  };
}

export async function deleteCall(
  db: Kysely<Tables>,
  call: string,
  { reason, erasure, actor }: DeletionReason,
  at: number,
): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const ofCall = transaction.selectFrom('recordings').select('id').where('call_id', '=', call);
    await transaction.deleteFrom('removals').where('recording', 'in', ofCall).execute();
    await transaction.deleteFrom('deliveries').where('recording', 'in', ofCall).execute();
    await transaction.deleteFrom('recordings').where('call_id', '=', call).execute();
    await transaction.deleteFrom('records').where('call_id', '=', call).execute();
    const { numDeletedRows } = await transaction
      .deleteFrom('calls')
      .where('id', '=', call)
      .executeTakeFirstOrThrow();
    if (numDeletedRows === 0n) return;
    const facts = { target: undefined, reason, erasure, actor, result: 'removed' };
    await logDeletion(transaction, { at, subject: call, what: 'rows', ...facts });
  });
}
