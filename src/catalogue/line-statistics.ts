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
  const [tried, queued] = await Promise.all([triedByHour(db, target, from), queuedByHour(db, target, from)]);
  const hours = new Map(tried.map((each) => [each.hour, { ...each, queued: 0 }]));
  for (const { hour, queued: count } of queued) {
    const none = { hour, delivered: 0, deliveredBytes: 0, failed: 0 };
    hours.set(hour, { ...(hours.get(hour) ?? none), queued: count });
  }
  return [...hours.values()].sort((a, b) => a.hour - b.hour);
}

async function triedByHour(
  db: Kysely<Tables>,
  target: string,
  from: number,
): Promise<readonly Omit<DeliveredHour, 'queued'>[]> {
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

/** By the end of the talks, shortly after which their recordings wait. */
async function queuedByHour(
  db: Kysely<Tables>,
  target: string,
  from: number,
): Promise<readonly Pick<DeliveredHour, 'hour' | 'queued'>[]> {
  const hour = sql<number>`(records.started_at + talk_ms) / ${hourMs} * ${hourMs}`;
  return await db
    .selectFrom('records')
    .innerJoin('deliveries', 'deliveries.recording', 'records.id')
    .select([hour.as('hour'), (eb) => eb.fn.countAll<number>().as('queued')])
    .where('deliveries.target', '=', target)
    .where('records.started_at', '>=', from)
    .groupBy('hour')
    .execute();
}
