import { recordColumns, recordFrom } from './tables.ts';
import type { Kysely } from 'kysely';
import type { CallRecord } from '../recording/recording.ts';
import type { ReportAppend } from './catalogue.ts';
import type { Tables } from './tables.ts';

/** Key of the one row that there is at most. */
const openAppendId = 1;

export async function unreported(db: Kysely<Tables>, limit: number): Promise<readonly CallRecord[]> {
  const rows = await db
    .selectFrom('records')
    .select(recordColumns)
    .where('report_file', 'is', null)
    .orderBy('seq')
    .limit(limit)
    .execute();
  return rows.map(recordFrom);
}

export async function beginAppend(db: Kysely<Tables>, append: ReportAppend): Promise<void> {
  const row = {
    file: append.file,
    byte_offset: append.offset,
    text: append.text,
    records: JSON.stringify(append.records),
  };
  await db
    .insertInto('report_appends')
    .values({ id: openAppendId, ...row })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
    .execute();
}

export async function openAppend(db: Kysely<Tables>): Promise<ReportAppend | undefined> {
  const row = await db.selectFrom('report_appends').selectAll().executeTakeFirst();
  return (
    row && {
      file: row.file,
      offset: row.byte_offset,
      text: row.text,
      records: JSON.parse(row.records) as readonly string[],
    }
  );
}

export async function recordsOf(db: Kysely<Tables>, append: ReportAppend): Promise<readonly CallRecord[]> {
  if (append.records.length === 0) return [];
  const rows = await db
    .selectFrom('records')
    .select(recordColumns)
    .where('id', 'in', append.records)
    .execute();
  const byId = new Map(rows.map((row) => [row.id, recordFrom(row)]));
  return append.records.flatMap((id) => byId.get(id) ?? []);
}

export async function completeAppend(db: Kysely<Tables>, append: ReportAppend): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    if (append.records.length > 0) {
      await transaction
        .updateTable('records')
        .set({ report_file: append.file })
        .where('id', 'in', append.records)
        .execute();
    }
    await transaction.deleteFrom('report_appends').where('id', '=', openAppendId).execute();
  });
}
