import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import type { DeliveredHour, HourCount, LineSpan, Reason } from './console-ledger.ts';
import type { Tables } from './tables.ts';

const hourMs = 3_600_000;

export async function outcomesByHour(
  db: Kysely<Tables>,
  { from, to, groups }: LineSpan,
  offsetMs: number,
): Promise<readonly HourCount[]> {
  const hour = sql<number>`(started_at - ${offsetMs}) / ${hourMs} * ${hourMs} + ${offsetMs}`;
  let query = db
    .selectFrom('records')
    .select(['outcome', hour.as('hour'), (eb) => eb.fn.countAll<number>().as('lines')])
    .where('started_at', '>=', from)
    .where('started_at', '<', to)
    .groupBy(['hour', 'outcome'])
    .orderBy('hour');
  if (groups) query = query.where('group_name', 'in', [...groups]);
  return await query.execute();
}

export async function reasons(
  db: Kysely<Tables>,
  { from, to, groups }: LineSpan,
): Promise<readonly Reason[]> {
  let query = db
    .selectFrom('records')
    .select(['outcome', 'rule', 'group_name as group'])
    .select((eb) => [eb.fn.countAll<number>().as('lines'), eb.fn.max('started_at').as('last')])
    .where('outcome', '<>', 'recorded')
    .where('started_at', '>=', from)
    .where('started_at', '<', to)
    .groupBy(['outcome', 'rule', 'group_name'])
    .orderBy('lines', 'desc');
  if (groups) query = query.where('group_name', 'in', [...groups]);
  return await query.execute();
}

export async function deliveriesByHour(
  db: Kysely<Tables>,
  target: string,
  from: number,
): Promise<readonly DeliveredHour[]> {
  const hour = sql<number>`at / ${hourMs} * ${hourMs}`;
  return await db
    .selectFrom('delivery_tries')
    .leftJoin('recordings', 'recordings.id', 'delivery_tries.recording')
    .select([
      hour.as('hour'),
      sql<number>`sum(ok)`.as('delivered'),
      sql<number>`sum(case when ok = 1 then coalesce(recordings.bytes, 0) else 0 end)`.as('deliveredBytes'),
      sql<number>`sum(1 - ok)`.as('failed'),
    ])
    .where('delivery_tries.target', '=', target)
    .where('at', '>=', from)
    .groupBy('hour')
    .orderBy('hour')
    .execute();
}
