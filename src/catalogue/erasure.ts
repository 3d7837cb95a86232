import { setImmediate } from 'node:timers/promises';
import { sql } from 'kysely';
import { erased, isPartyOf, scrubbedState } from '../recording/erased-number.ts';
import { callFrom } from './calls.ts';
import { logDeletion } from './deletions.ts';
import { holdOn, holds } from './holds.ts';
import { insertRemoval } from './removals.ts';
import type { Kysely } from 'kysely';
import type { NumberToErase } from '../recording/erased-number.ts';
import type { CallOfNumber, DeletionReason, Hold } from './retention-ledger.ts';
import type { Tables } from './tables.ts';

/** Calls that are looked at in one go: some ms in which nothing else of the process runs. */
const callsPerPage = 200;
const recordingsPerPage = 1_000;

const rowid = sql<number>`rowid`;

/** Every call of a number, the oldest note first; then recordings of it whose call is unknown. */
export async function* callsOfNumber(db: Kysely<Tables>, number: NumberToErase): AsyncIterable<CallOfNumber> {
  const standing = await holds(db);
  for (let last = 0; ;) {
    const rows = await db
      .selectFrom('calls')
      .select(['id', 'started_at', 'outcome', 'state'])
      .select(rowid.as('place'))
      .where(rowid, '>', last)
      .orderBy(rowid)
      .limit(callsPerPage)
      .execute();
    for (const row of rows)
      if (number.mayBeIn(row.state) && isPartyOf(callFrom(row), number))
        yield await foundCall(
          db,
          { id: row.id, startedAt: row.started_at, outcome: row.outcome ?? undefined },
          number,
          standing,
        );
    last = rows.at(-1)?.place ?? last;
    if (rows.length < callsPerPage) break;
    await setImmediate();
  }
  yield* callsUnknown(db, number, standing);
}

async function* callsUnknown(
  db: Kysely<Tables>,
  number: NumberToErase,
  standing: readonly Hold[],
): AsyncIterable<CallOfNumber> {
  for (let last = 0; ;) {
    const rows = await db
      .selectFrom('recordings')
      .select(['id', 'call_id', 'started_at', 'from_number', 'to_number'])
      .select(rowid.as('place'))
      .select(sql<0 | 1>`exists (select 1 from calls where calls.id = recordings.call_id)`.as('known'))
      .where(rowid, '>', last)
      .orderBy(rowid)
      .limit(recordingsPerPage)
      .execute();
    for (const row of rows)
      if (row.known === 0 && (number.is(row.from_number) || number.is(row.to_number)))
        yield await foundCall(
          db,
          { id: row.call_id, startedAt: row.started_at, outcome: 'unknown' },
          number,
          standing,
        );
    last = rows.at(-1)?.place ?? last;
    if (rows.length < recordingsPerPage) return;
    await setImmediate();
  }
}

async function foundCall(
  db: Kysely<Tables>,
  call: Pick<CallOfNumber, 'id' | 'startedAt' | 'outcome'>,
  number: NumberToErase,
  standing: readonly Hold[],
): Promise<CallOfNumber> {
  const ofNumber = ({ from_number, to_number }: { from_number: string; to_number: string }) =>
    number.is(from_number) || number.is(to_number);
  const lines = await db
    .selectFrom('records')
    .select(['id', 'from_number', 'to_number', 'started_at'])
    .where('call_id', '=', call.id)
    .execute();
  const recordings = await db
    .selectFrom('recordings')
    .select(['id', 'from_number', 'to_number'])
    .where('call_id', '=', call.id)
    .execute();
  const own = lines.filter(ofNumber);
  return {
    ...call,
    hold: holdOn(standing, {
      ids: [call.id, ...[...lines, ...recordings].map(({ id }) => id)],
      numbers: [number.number, ...lines.flatMap((line) => [line.from_number, line.to_number])],
    }),
    talks: own.length,
    recordings: await Promise.all(
      recordings.filter(ofNumber).map(async ({ id }) => ({ id, targets: await targetsOf(db, id) })),
    ),
    lineStarts: own.map(({ started_at }) => started_at),
  };
}

async function targetsOf(db: Kysely<Tables>, recording: string): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('deliveries')
    .select('target')
    .where('recording', '=', recording)
    .where('removed_at', 'is', null)
    .orderBy('target')
    .execute();
  return rows.map(({ target }) => target);
}

export async function eraseCall(
  db: Kysely<Tables>,
  { id, recordings }: CallOfNumber,
  number: NumberToErase,
  reason: DeletionReason,
  at: number,
): Promise<void> {
  // Pages that get free as well, until the end of the erasure. Not always: calls would pay for it.
  await sql`pragma secure_delete = on`.execute(db);
  await db.transaction().execute(async (transaction) => {
    for (const recording of recordings) await eraseRecording(transaction, recording.id, number, reason, at);
    await scrubLines(transaction, id, number);
    const call = await transaction
      .selectFrom('calls')
      .select('state')
      .where('id', '=', id)
      .executeTakeFirst();
    if (call) {
      const state = scrubbedState(call.state, number);
      await transaction.updateTable('calls').set({ state }).where('id', '=', id).execute();
    }
    const facts = { target: undefined, ...reason, result: 'removed' };
    await logDeletion(transaction, { at, subject: id, what: 'anonymised', ...facts });
  });
}

/** Orders all its files removed, and takes out of its rows who talked. */
async function eraseRecording(
  db: Kysely<Tables>,
  recording: string,
  number: NumberToErase,
  reason: DeletionReason,
  at: number,
): Promise<void> {
  const row = await db
    .selectFrom('recordings')
    .select(['folder', 'from_number', 'to_number', 'local_deleted_at'])
    .where('id', '=', recording)
    .executeTakeFirstOrThrow();
  const { folder } = row;
  // First this machine: what is not there any more cannot be delivered again.
  if (row.local_deleted_at === null)
    await insertRemoval(db, { recording, target: undefined, folder: '', name: '' }, reason, at);
  const deliveries = await db
    .selectFrom('deliveries')
    .select(['target', 'name'])
    .where('recording', '=', recording)
    .where('removed_at', 'is', null)
    .execute();
  // Also where it is pending: it may be under way, or have arrived and not been noted.
  for (const { target, name } of deliveries)
    await insertRemoval(db, { recording, target, folder, name }, reason, at);
  await db
    .deleteFrom('removals')
    .where('recording', '=', recording)
    .where('reason', '<>', reason.reason)
    .execute();
  await db
    .deleteFrom('deliveries')
    .where('recording', '=', recording)
    .where('state', '<>', 'delivered')
    .execute();
  await db
    .updateTable('recordings')
    .set({
      erased: 1,
      folder: '',
      name: erased,
      path_key: `${erased}/${recording}`,
      from_number: number.scrubbed(row.from_number),
      to_number: number.scrubbed(row.to_number),
    })
    .where('id', '=', recording)
    .execute();
}

async function scrubLines(db: Kysely<Tables>, call: string, number: NumberToErase): Promise<void> {
  const lines = await db
    .selectFrom('records')
    .select(['id', 'from_number', 'to_number', 'from_name', 'file'])
    .where('call_id', '=', call)
    .execute();
  const isOf = (line: { from_number: string; to_number: string }): boolean =>
    number.is(line.from_number) || number.is(line.to_number);
  // Who called need not be whom the name is about, and may have had it in the call's other talks too.
  const names = new Set(lines.filter(isOf).map(({ from_name }) => from_name));
  for (const line of lines) {
    const { id, from_number, to_number, from_name, file } = line;
    await db
      .updateTable('records')
      .set({
        from_number: number.scrubbed(from_number),
        to_number: number.scrubbed(to_number),
        from_name: from_name === null || names.has(from_name) ? null : number.scrubbed(from_name),
        file: file !== null && isOf(line) ? erased : file,
      })
      .where('id', '=', id)
      .execute();
  }
}

/** Takes the number out of Asterisk's account of calls, but for those that began a talk that is kept. */
export async function eraseFromAccount(
  db: Kysely<Tables>,
  number: NumberToErase,
  keptStarts: readonly number[],
): Promise<void> {
  for (let last = 0; ;) {
    const rows = await db
      .selectFrom('accounted_calls')
      .select(['id', 'from_number', 'to_number', 'started_at', 'ended_at'])
      .select(rowid.as('place'))
      .where(rowid, '>', last)
      .orderBy(rowid)
      .limit(recordingsPerPage)
      .execute();
    for (const { id, from_number, to_number, started_at, ended_at } of rows) {
      const isKept = keptStarts.some((start) => started_at <= start && start <= ended_at);
      if (isKept || !(number.is(from_number) || number.is(to_number))) continue;
      const scrubbed = { from_number: number.scrubbed(from_number), to_number: number.scrubbed(to_number) };
      await db.updateTable('accounted_calls').set(scrubbed).where('id', '=', id).execute();
    }
    last = rows.at(-1)?.place ?? last;
    if (rows.length < recordingsPerPage) return;
    await setImmediate();
  }
}

/**
 * What was taken out still stands in the write-ahead log. It is moved into the database and
 * cut; what was overwritten in the database is zeros already (secure_delete, from the first call that was erased on).
 */
export async function purge(db: Kysely<Tables>): Promise<void> {
  await sql`pragma secure_delete = fast`.execute(db);
  await sql`pragma wal_checkpoint(truncate)`.execute(db);
}
