import { withSuffix } from '../recording/naming.ts';
import { recordRow, recordingFrom, recordingRow } from './tables.ts';
import type { Kysely } from 'kysely';
import type { Call, Media, RecordingId, Verdict } from '../call/call.ts';
import type { CallRecord, FinishedRecording } from '../recording/recording.ts';
import type { CallRow, Tables } from './tables.ts';

/** Keeps a call as it stands, open. A call that was closed stays as it is. */
export async function saveCall(db: Kysely<Tables>, call: Call): Promise<void> {
  await upsertCall(db, call, undefined);
}

/** Closes a call, and notes its lines. */
export async function closeCall(
  db: Kysely<Tables>,
  call: Call,
  records: readonly CallRecord[],
): Promise<void> {
  // A call that is closed without a verdict would be found open again at every start.
  const verdict = call.verdict ?? { outcome: 'lost', rule: 'no-verdict' };
  await db.transaction().execute(async (transaction) => {
    await upsertCall(transaction, call, verdict);
    for (const record of records) {
      await transaction
        .insertInto('records')
        .values(recordRow(record))
        .onConflict((conflict) => conflict.column('id').doNothing())
        .execute();
    }
  });
}

export async function openCalls(db: Kysely<Tables>): Promise<readonly Call[]> {
  const rows = await db
    .selectFrom('calls')
    .select('state')
    .where('outcome', 'is', null)
    .orderBy('started_at')
    .execute();
  return rows.map(callFrom);
}

/** The call as it was saved. JSON has no `undefined`: such members are absent, which reads the same. */
export function callFrom({ state }: Pick<CallRow, 'state'>): Call {
  return JSON.parse(state) as Call;
}

async function upsertCall(db: Kysely<Tables>, call: Call, closed: Verdict | undefined): Promise<void> {
  const headline = call.segments[0] ?? call.consents[0];
  const state = {
    ended_at: call.endedAt ?? null,
    group_name: headline?.group ?? null,
    direction: headline?.direction ?? null,
    outcome: closed?.outcome ?? null,
    rule: closed?.rule ?? null,
    state: JSON.stringify(call),
  };
  await db
    .insertInto('calls')
    .values({ id: call.id, linked_id: call.linkedId, started_at: call.startedAt, ...state })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(state).where('calls.outcome', 'is', null))
    .execute();
}

/** Notes a recording under a name that is free in its folder, with one pending delivery per target. */
export async function addRecording(
  db: Kysely<Tables>,
  recording: FinishedRecording,
  targets: readonly string[],
): Promise<FinishedRecording> {
  return await db.transaction().execute(async (transaction) => {
    const known = await transaction
      .selectFrom('recordings')
      .selectAll()
      .where('id', '=', recording.id)
      .executeTakeFirst();
    if (known) return recordingFrom(known);
    const name = await freeName(transaction, recording);
    await transaction
      .insertInto('recordings')
      .values({ ...recordingRow(recording), name, path_key: pathKey(recording.folder, name) })
      .execute();
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

async function addDelivery(db: Kysely<Tables>, recording: FinishedRecording, target: string): Promise<void> {
  await db
    .insertInto('deliveries')
    .values({
      recording: recording.id,
      target,
      started_at: recording.startedAt,
      state: 'pending',
      attempts: 0,
      // At once, whatever the clock says later: when it really goes is the uploader's schedule.
      due_at: 0,
      name: recording.name,
    })
    .execute();
}

async function freeName(db: Kysely<Tables>, { folder, name }: FinishedRecording): Promise<string> {
  for (let n = 1; ; n++) {
    const candidate = n === 1 ? name : withSuffix(name, n);
    const taken = await db
      .selectFrom('recordings')
      .select('id')
      .where('path_key', '=', pathKey(folder, candidate))
      .executeTakeFirst();
    if (!taken) return candidate;
  }
}

/** SMB servers take `A` and `a` for the same file. */
function pathKey(folder: string, name: string): string {
  return `${folder}/${name}`.normalize('NFC').toLowerCase();
}
