import { sql } from 'kysely';
import { callFrom } from './calls.ts';
import { holdOn, holds } from './holds.ts';
import type { Kysely } from 'kysely';
import type { Call } from '../call/call.ts';
import type { CallEnd, UnlistedCalls } from './retention-ledger.ts';
import type { Tables } from './tables.ts';

/** Looked at in one go: a few ms in which nothing else of the process runs. */
const callsPerPage = 500;

/** Of no member, or closed by a process that was of another mind: no listing shows them, and no line has their numbers. */
export async function expiringUnlisted(
  db: Kysely<Tables>,
  endedBefore: number,
  after?: CallEnd,
): Promise<UnlistedCalls> {
  let query = db
    .selectFrom('calls')
    .select(['id', 'group_name'])
    .select(sql<number>`ended_at`.as('ended_at'))
    .select(
      sql<0 | 1>`exists (select 1 from records where records.call_id = calls.id)
        or exists (select 1 from recordings where recordings.call_id = calls.id)`.as('listed'),
    )
    .where('outcome', 'is not', null)
    .where('ended_at', '<=', endedBefore)
    .orderBy('ended_at')
    .orderBy('id')
    .limit(callsPerPage);
  if (after)
    query = query
      .where('ended_at', '>=', after.endedAt)
      .where((eb) => eb.or([eb('ended_at', '>', after.endedAt), eb('id', '>', after.id)]));
  const page = await query.execute();
  const standing = await holds(db);
  const unlisted = page.filter(({ listed }) => listed === 0);
  const calls = await Promise.all(
    unlisted.map(async ({ id, group_name, ended_at }) => {
      const { state } = await db
        .selectFrom('calls')
        .select('state')
        .where('id', '=', id)
        .executeTakeFirstOrThrow();
      const isHeld = holdOn(standing, { ids: [id], numbers: numbersOf(callFrom({ state })) }) !== undefined;
      return { id, endedAt: ended_at, group: group_name ?? undefined, isHeld };
    }),
  );
  const last = page.length < callsPerPage ? undefined : page.at(-1);
  return { calls, next: last && { id: last.id, endedAt: last.ended_at } };
}

function numbersOf({ consents, legs, segments }: Call): readonly string[] {
  return [
    ...legs.flatMap(({ number, dialled }) => [number, dialled]),
    ...segments.flatMap(({ from, to }) => [from, to]),
    ...consents.map(({ number }) => number),
  ];
}
