import { withSuffix } from '../recording/naming.ts';
import { prepared } from './prepared.ts';
import { recordingFrom, recordingRow } from './tables.ts';
import type { Insertable, Kysely } from 'kysely';
import type { RecordingId } from '../call/call.ts';
import type { Media } from '../recording/media.ts';
import type { FinishedRecording } from '../recording/recording.ts';
import type { Tables } from './tables.ts';

/** Notes a recording under a name that is free in its folder, with one pending delivery per target. */
export async function addRecording(
  db: Kysely<Tables>,
  recording: FinishedRecording,
  targets: readonly string[],
): Promise<FinishedRecording> {
  return await db.transaction().execute(async (transaction) => {
    const [known] = await selectRecording(transaction, { id: recording.id });
    if (known) return recordingFrom(known);
    const name = await freeName(transaction, recording);
    const row = { ...recordingRow(recording), name, path_key: pathKey(recording.folder, name) };
    await insertRecording(transaction, row);
    for (const target of new Set(targets)) await addDelivery(transaction, { ...recording, name }, target);
    return { ...recording, name };
  });
}

export async function mediaOf(db: Kysely<Tables>, recording: RecordingId): Promise<Media | undefined> {
  const row = await db
    .selectFrom('recordings')
    .select(['bytes', 'duration_ms', 'sha256'])
    .where('id', '=', recording)
    .executeTakeFirst();
  return row && { bytes: row.bytes, durationMs: row.duration_ms, sha256: row.sha256, repaired: false };
}

export async function identify(
  db: Kysely<Tables>,
  sha256: string,
  name: string,
): Promise<FinishedRecording | undefined> {
  const all = db.selectFrom('recordings').selectAll('recordings').limit(1);
  const same = all.where('recordings.sha256', '=', sha256);
  // Recordings of silence that are equally long are alike.
  const row =
    (await same.where('recordings.name', '=', name).executeTakeFirst()) ??
    (await same
      .innerJoin('deliveries', 'deliveries.recording', 'recordings.id')
      .where('deliveries.name', '=', name)
      .executeTakeFirst()) ??
    (await same.executeTakeFirst()) ??
    (await all.where('recordings.name', '=', name).executeTakeFirst());
  return row && recordingFrom(row);
}

async function addDelivery(db: Kysely<Tables>, recording: FinishedRecording, target: string): Promise<void> {
  await insertDelivery(db, {
    recording: recording.id,
    target,
    started_at: recording.startedAt,
    state: 'pending',
    attempts: 0,
    // At once, whatever the clock says later: when it really goes is the uploader's schedule.
    due_at: 0,
    name: recording.name,
  });
}

async function freeName(db: Kysely<Tables>, { folder, name }: FinishedRecording): Promise<string> {
  for (let n = 1; ; n++) {
    const candidate = n === 1 ? name : withSuffix(name, n);
    const [taken] = await selectName(db, { path_key: pathKey(folder, candidate) });
    if (!taken) return candidate;
  }
}

/** SMB servers take `A` and `a` for the same file. */
function pathKey(folder: string, name: string): string {
  return `${folder}/${name}`.normalize('NFC').toLowerCase();
}

export const selectRecording = prepared((db, { id }: { id: string }) =>
  db.selectFrom('recordings').selectAll().where('id', '=', id),
);

const selectName = prepared((db, { path_key }: { path_key: string }) =>
  db.selectFrom('recordings').select('id').where('path_key', '=', path_key),
);

const insertRecording = prepared((db, row: Insertable<Tables['recordings']>) =>
  db.insertInto('recordings').values(row),
);

const insertDelivery = prepared((db, row: Insertable<Tables['deliveries']>) =>
  db.insertInto('deliveries').values(row),
);
