import type { Kysely } from 'kysely';
import type { StorageSample } from './catalogue.ts';
import type { Tables } from './tables.ts';

/** For a picture of the last months. */
const keptMs = 400 * 24 * 3_600_000;

export async function addStorageSample(db: Kysely<Tables>, sample: StorageSample): Promise<void> {
  const row = { at: sample.at, free_bytes: sample.freeBytes, total_bytes: sample.totalBytes };
  await db
    .insertInto('storage_samples')
    .values(row)
    .onConflict((conflict) => conflict.column('at').doNothing())
    .execute();
  await db
    .deleteFrom('storage_samples')
    .where('at', '<', sample.at - keptMs)
    .execute();
}

export async function storageSamples(db: Kysely<Tables>, since: number): Promise<readonly StorageSample[]> {
  const rows = await db
    .selectFrom('storage_samples')
    .selectAll()
    .where('at', '>=', since)
    .orderBy('at')
    .execute();
  return rows.map((row) => ({ at: row.at, freeBytes: row.free_bytes, totalBytes: row.total_bytes }));
}
