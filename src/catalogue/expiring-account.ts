import { sql } from 'kysely';
import { logDeletion } from './deletions.ts';
import { holdOn, holds } from './holds.ts';
import type { Kysely } from 'kysely';
import type { AccountedCallEnd, DeletionReason, ExpiringAccountedCall } from './retention-ledger.ts';
import type { Tables } from './tables.ts';

export async function expiringAccount(
  db: Kysely<Tables>,
  group: string,
  endedBefore: number,
  limit: number,
  after?: AccountedCallEnd,
): Promise<readonly ExpiringAccountedCall[]> {
  let query = db
    .selectFrom('accounted_calls')
    .select(['id', 'channel', 'from_number', 'to_number', 'ended_at', 'records'])
    .select(
      sql<0 | 1>`exists (select 1 from json_each(accounted_calls.records) as told
        inner join records on records.id = told.value)`.as('has_line'),
    )
    .where('group_name', '=', group)
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
  return rows.map(({ id, channel, from_number, to_number, ended_at, records, has_line }) => ({
    id,
    channel,
    endedAt: ended_at,
    isHeld:
      holdOn(standing, {
        ids: JSON.parse(records) as readonly string[],
        numbers: [from_number, to_number],
      }) !== undefined,
    hasLine: has_line === 1,
  }));
}

export async function deleteAccounted(
  db: Kysely<Tables>,
  { id, channel }: Pick<ExpiringAccountedCall, 'id' | 'channel'>,
  { reason, erasure, actor }: DeletionReason,
  at: number,
): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    const { numDeletedRows } = await transaction
      .deleteFrom('accounted_calls')
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    if (numDeletedRows === 0n) return;
    // By its channel: the id has names in it that may be those of a person.
    const facts = { target: undefined, reason, erasure, actor, result: 'removed' };
    await logDeletion(transaction, { at, subject: channel, what: 'rows', ...facts });
  });
}
