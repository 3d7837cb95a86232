import { sql } from 'kysely';
import { recordColumns, recordFrom } from './tables.ts';
import type { Kysely } from 'kysely';
import type { CallRecord } from '../recording/recording.ts';
import type { DeliveryTry, Note } from './console-ledger.ts';
import type { Tables } from './tables.ts';

export async function groupOfRecord(db: Kysely<Tables>, id: string): Promise<string | undefined> {
  const row = await db.selectFrom('records').select('group_name').where('id', '=', id).executeTakeFirst();
  return row?.group_name;
}

export async function addNote(db: Kysely<Tables>, note: Omit<Note, 'id'>): Promise<Note> {
  const { record, at, actor, text } = note;
  const { id } = await db
    .insertInto('notes')
    .values({ record, at, actor, text })
    .returning('id')
    .executeTakeFirstOrThrow();
  return { id, record, at, actor, text };
}

export async function notesOf(db: Kysely<Tables>, record: string): Promise<readonly Note[]> {
  return await db.selectFrom('notes').selectAll().where('record', '=', record).orderBy('id').execute();
}

export async function removeNote(db: Kysely<Tables>, id: number): Promise<boolean> {
  const { numDeletedRows } = await db.deleteFrom('notes').where('id', '=', id).executeTakeFirstOrThrow();
  return numDeletedRows > 0n;
}

export async function triesOf(db: Kysely<Tables>, recording: string): Promise<readonly DeliveryTry[]> {
  const rows = await db
    .selectFrom('delivery_tries')
    .selectAll()
    .where('recording', '=', recording)
    .orderBy('at')
    .execute();
  return rows.map(({ target, at, ok, code, message, hint }) => ({
    ...{ target, at, ok: ok === 1 },
    problem: code === null ? undefined : { code, message: message ?? '', hint: hint ?? '' },
  }));
}

export async function lastTry(db: Kysely<Tables>): Promise<number> {
  const { rows } = await sql<{
    place: number | null;
  }>`select max(rowid) as place from delivery_tries`.execute(db);
  return rows[0]?.place ?? 0;
}

export async function triesAfter(
  db: Kysely<Tables>,
  place: number,
  limit: number,
): Promise<readonly { place: number; recording: string; group: string | undefined }[]> {
  const { rows } = await sql<{ place: number; recording: string; group_name: string | null }>`
    select delivery_tries.rowid as place, recording, group_name
    from delivery_tries left join recordings on recordings.id = delivery_tries.recording
    where delivery_tries.rowid > ${place} order by delivery_tries.rowid limit ${limit}`.execute(db);
  return rows.map(({ group_name: group, ...row }) => ({ ...row, group: group ?? undefined }));
}

export async function peaksOf(db: Kysely<Tables>, recording: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('peaks')
    .select('content')
    .where('recording', '=', recording)
    .executeTakeFirst();
  return row?.content;
}

export async function savePeaks(db: Kysely<Tables>, recording: string, content: string): Promise<void> {
  await db
    .insertInto('peaks')
    .values({ recording, content })
    .onConflict((conflict) => conflict.column('recording').doUpdateSet({ content }))
    .execute();
}

export async function linesAfter(
  db: Kysely<Tables>,
  seq: number,
  limit: number,
): Promise<readonly (CallRecord & { readonly seq: number })[]> {
  const rows = await db
    .selectFrom('records')
    .select([...recordColumns, 'seq'])
    .where('seq', '>', seq)
    .orderBy('seq')
    .limit(limit)
    .execute();
  return rows.map((row) => ({ ...recordFrom(row), seq: row.seq }));
}
