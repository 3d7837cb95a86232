import { setImmediate } from 'node:timers/promises';
import { sql } from 'kysely';
import { callFrom } from './calls.ts';
import { holdOn, holds } from './holds.ts';
import { deliveryFrom, recordColumns, recordFrom, recordingFrom } from './tables.ts';
import type { Kysely } from 'kysely';
import type { FinishedRecording } from '../recording/recording.ts';
import type { Delivery, ListedRecord, RecordFilter, RecordingWithDeliveries } from './catalogue.ts';
import type { Tables } from './tables.ts';

/** Of one query: some 3 ms in which nothing else of the process runs. */
const linesPerPage = 200;

/** Where a page ends and the next one begins. */
interface Position {
  readonly startedAt: number;
  readonly seq: number;
}

/** Every line that the filter lets through, in the order of their start, read page by page as they are taken. */
export async function* listRecords(db: Kysely<Tables>, filter: RecordFilter): AsyncIterable<ListedRecord> {
  let after: Position | undefined;
  while (true) {
    const { lines, last } = await page(db, filter, after);
    yield* lines;
    if (lines.length < linesPerPage || !last) return;
    after = last;
    // Queries answer without a turn of the event loop: a long listing would hold up every call.
    await setImmediate();
  }
}

export async function lineOf(
  db: Kysely<Tables>,
  { id, callId }: Pick<FinishedRecording, 'id' | 'callId'>,
): Promise<ListedRecord | 'open' | undefined> {
  const row = await lines(db).where('records.id', '=', id).executeTakeFirst();
  if (row)
    return {
      ...recordFrom(row),
      call: callFrom(row),
      deliveries: (await deliveriesOf(db, [id])).get(id) ?? [],
    };
  const call = await db.selectFrom('calls').select('outcome').where('id', '=', callId).executeTakeFirst();
  return call?.outcome === null ? 'open' : undefined;
}

export async function recordingsOf(
  db: Kysely<Tables>,
  id: string,
): Promise<readonly RecordingWithDeliveries[]> {
  const rows = await db
    .selectFrom('recordings')
    .selectAll()
    .where((eb) => eb.or([eb('id', '=', id), eb('call_id', '=', id)]))
    .where('erased', '=', 0)
    .orderBy('started_at')
    .execute();
  const recordings = rows.map(recordingFrom);
  const deliveries = await deliveriesOf(
    db,
    recordings.map((recording) => recording.id),
  );
  return recordings.map((recording) => ({ recording, deliveries: deliveries.get(recording.id) ?? [] }));
}

function lines(db: Kysely<Tables>) {
  return db
    .selectFrom('records')
    .innerJoin('calls', 'calls.id', 'records.call_id')
    .select([...recordColumns, 'records.seq', 'calls.state']);
}

async function page(
  db: Kysely<Tables>,
  filter: RecordFilter,
  after: Position | undefined,
): Promise<{ lines: readonly ListedRecord[]; last: Position | undefined }> {
  const rows = await linesAfter(db, filter, after);
  const deliveries = await deliveriesOf(
    db,
    rows.map(({ id }) => id),
  );
  const standing = await holds(db);
  const last = rows.at(-1);
  return {
    lines: rows.map((row) => ({
      ...recordFrom(row),
      hold: holdOn(standing, { ids: [row.id, row.call_id], numbers: [row.from_number, row.to_number] }),
      call: callFrom(row),
      deliveries: deliveries.get(row.id) ?? [],
    })),
    last: last && { startedAt: last.started_at, seq: last.seq },
  };
}

async function linesAfter(db: Kysely<Tables>, filter: RecordFilter, after: Position | undefined) {
  const { from, to, number, group, outcome } = filter;
  let query = lines(db).orderBy('records.started_at').orderBy('records.seq').limit(linesPerPage);
  if (from !== undefined) query = query.where('records.started_at', '>=', from);
  if (to !== undefined) query = query.where('records.started_at', '<', to);
  if (group !== undefined) query = query.where('records.group_name', '=', group);
  if (outcome !== undefined) query = query.where('records.outcome', '=', outcome);
  if (number !== undefined) {
    const containing = sql<string>`${`%${number.replace(/[\\%_]/g, '\\$&')}%`} escape '\\'`;
    query = query.where((eb) =>
      eb.or([eb('records.from_number', 'like', containing), eb('records.to_number', 'like', containing)]),
    );
  }
  if (after) {
    // The first condition finds the place in the index, which SQLite does not see in the second alone.
    query = query
      .where('records.started_at', '>=', after.startedAt)
      .where((eb) =>
        eb.or([eb('records.started_at', '>', after.startedAt), eb('records.seq', '>', after.seq)]),
      );
  }
  return await query.execute();
}

async function deliveriesOf(
  db: Kysely<Tables>,
  recordings: readonly string[],
): Promise<ReadonlyMap<string, readonly Delivery[]>> {
  if (recordings.length === 0) return new Map();
  const rows = await db
    .selectFrom('deliveries')
    .selectAll()
    .where('recording', 'in', recordings)
    .orderBy('target')
    .execute();
  return Map.groupBy(rows.map(deliveryFrom), ({ recording }) => recording);
}
