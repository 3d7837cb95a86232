import { prepared } from './prepared.ts';
import { recordRow } from './tables.ts';
import type { Kysely } from 'kysely';
import type { Call, Verdict } from '../call/call.ts';
import type { CallRecord } from '../recording/recording.ts';
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
    for (const record of records) await insertRecord(transaction, recordRow(record));
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
  const upsert = closed ? upsertClosed : call.endedAt === undefined ? upsertRunning : upsertEnded;
  await upsert(db, {
    id: call.id,
    linked_id: call.linkedId,
    started_at: call.startedAt,
    ended_at: call.endedAt ?? null,
    group_name: headline?.group ?? null,
    direction: headline?.direction ?? null,
    outcome: closed?.outcome ?? null,
    rule: closed?.rule ?? null,
    state: JSON.stringify(call),
  });
}

const always = ['group_name', 'direction', 'state'] as const;
const upsertRunning = upsertOf(always);
const upsertEnded = upsertOf([...always, 'ended_at']);
const upsertClosed = upsertOf([...always, 'ended_at', 'outcome', 'rule']);

/** SQLite writes every index of a column that is set, also to what it is already: only what may change is named. */
function upsertOf(changing: readonly (keyof CallRow)[]) {
  return prepared((db, row: CallRow) =>
    db
      .insertInto('calls')
      .values(row)
      .onConflict((conflict) =>
        conflict
          .column('id')
          .doUpdateSet((given) =>
            Object.fromEntries(changing.map((column) => [column, given.ref(`excluded.${column}`)])),
          )
          .where('calls.outcome', 'is', null),
      ),
  );
}

const insertRecord = prepared((db, row: ReturnType<typeof recordRow>) =>
  db
    .insertInto('records')
    .values(row)
    .onConflict((conflict) => conflict.column('id').doNothing()),
);
