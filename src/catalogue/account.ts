import { setImmediate } from 'node:timers/promises';
import { sql } from 'kysely';
import { callFrom } from './calls.ts';
import type { Kysely } from 'kysely';
import type { AccountedCall, CallDetail, Judgement, Unwatched } from '../call/account.ts';
import type { Call } from '../call/call.ts';
import type { AccountedCallRow, AccountProgressRow } from './account-tables.ts';
import type { AccountProgress, Interval } from './account-ledger.ts';
import type { Tables } from './tables.ts';

export async function accountProgress(db: Kysely<Tables>): Promise<AccountProgress | undefined> {
  const row = await db.selectFrom('account_progress').selectAll().executeTakeFirst();
  if (!row) return undefined;
  const { since, inode, byte_offset: offset } = row;
  return {
    since,
    place: inode === null || offset === null ? undefined : { inode, offset },
    readAt: row.read_at ?? undefined,
    unreadable: row.unreadable,
    unreadableAt: row.unreadable_at ?? undefined,
    statedTo: row.stated_to,
  };
}

export async function saveAccount(
  db: Kysely<Tables>,
  progress: AccountProgress,
  calls: readonly Omit<AccountedCall, 'judgement'>[],
  hole?: Interval,
): Promise<void> {
  const row = progressRow(progress);
  await db.transaction().execute(async (transaction) => {
    for (const call of calls) {
      await transaction
        .insertInto('accounted_calls')
        .values(accountedRow(call))
        .onConflict((conflict) => conflict.column('id').doNothing())
        .execute();
    }
    if (hole) {
      const { from, to } = hole;
      await transaction
        .insertInto('account_holes')
        .values({ from_at: Math.round(from), to_at: Math.round(to) })
        .onConflict((conflict) => conflict.column('from_at').doUpdateSet({ to_at: Math.round(to) }))
        .execute();
    }
    await transaction
      .insertInto('account_progress')
      .values(row)
      .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
      .execute();
  });
}

export async function accountHoles(db: Kysely<Tables>, { from, to }: Interval): Promise<readonly Interval[]> {
  const rows = await db
    .selectFrom('account_holes')
    .selectAll()
    .where('from_at', '<', to)
    .where('to_at', '>', from)
    .orderBy('from_at')
    .execute();
  return rows.map(({ from_at, to_at }) => ({ from: from_at, to: to_at }));
}

export async function unjudged(
  db: Kysely<Tables>,
  limit: number,
  after?: AccountedCall,
): Promise<readonly AccountedCall[]> {
  let query = db
    .selectFrom('accounted_calls')
    .selectAll()
    .where('match', 'is', null)
    .orderBy('ended_at')
    .orderBy('id')
    .limit(limit);
  if (after) {
    const { id, detail } = after;
    query = query
      .where('ended_at', '>=', detail.endedAt)
      .where((eb) => eb.or([eb('ended_at', '>', detail.endedAt), eb('id', '>', id)]));
  }
  return (await query.execute()).map(accountedFrom);
}

export async function gaps(
  db: Kysely<Tables>,
  since: number,
  now: number,
  limit: number,
): Promise<readonly AccountedCall[]> {
  const rows = await db
    .selectFrom('accounted_calls')
    .selectAll()
    .where('match', '=', sql.lit('gap'))
    .where('ended_at', '>=', since)
    // Twice as long after the call each time.
    .where(sql<boolean>`2 * judged_at - ended_at <= ${now}`)
    .orderBy('judged_at')
    .limit(limit)
    .execute();
  return rows.map(accountedFrom);
}

export async function saveJudgement(
  db: Kysely<Tables>,
  id: string,
  { match, rule, records }: Judgement,
  at: number,
): Promise<void> {
  await db
    .updateTable('accounted_calls')
    .set({ match, rule, records: JSON.stringify(records), judged_at: at })
    .where('id', '=', id)
    .execute();
}

/** The clocks of the two accounts are one, in whole seconds. */
const slackMs = 2_000;
/** Longer calls are found by their `Linkedid` only: a day of calls would have to be looked through. */
const longestSearchedMs = 3_600_000;
/**
 * How much longer the call may have gone on in which the channel took part. A call that is open is found however long it
 * goes on; one that ended since is searched for only where nobody compared it meanwhile.
 */
const longestAfterMs = 3_600_000;

/** By the ids that both accounts have; else, for calls of the same time, by the names of the channels. */
export async function callsOf(db: Kysely<Tables>, detail: CallDetail): Promise<readonly Call[]> {
  const ids = [...new Set([detail.channel, detail.linkedId ?? detail.channel])];
  const linked = await db.selectFrom('calls').select('state').where('linked_id', 'in', ids).execute();
  const found = linked.map(callFrom).filter((call) => tookPart(call, detail));
  if (found.length > 0) return found;
  const { startedAt, endedAt } = detail;
  if (endedAt - startedAt > longestSearchedMs) return [];
  const meanwhile = await db
    .selectFrom('calls')
    .select('state')
    .where((eb) =>
      eb.or([
        eb.and([eb('ended_at', '>=', startedAt - slackMs), eb('ended_at', '<=', endedAt + longestAfterMs)]),
        eb('outcome', 'is', null),
      ]),
    )
    .where('started_at', '<=', endedAt + slackMs)
    .where(sql<boolean>`instr(state, ${JSON.stringify(detail.channel)}) > 0`)
    .execute();
  return meanwhile.map(callFrom).filter((call) => tookPart(call, detail));
}

/** Names of channels begin anew when Asterisk does, ids never. */
function tookPart({ legs }: Call, { channel }: CallDetail): boolean {
  return legs.some((leg) => leg.channel === channel);
}

/** Of one query: some 2 ms in which nothing else of the process runs. */
const callsPerPage = 200;

/** In the order of their start. */
export async function accounted(
  db: Kysely<Tables>,
  { from, to }: Interval,
): Promise<readonly AccountedCall[]> {
  const calls: AccountedCall[] = [];
  let after: { readonly endedAt: number; readonly id: string } | undefined;
  while (true) {
    let query = db
      .selectFrom('accounted_calls')
      .selectAll()
      .where('ended_at', '>=', after?.endedAt ?? from)
      .where('started_at', '<', to)
      .orderBy('ended_at')
      .orderBy('id')
      .limit(callsPerPage);
    if (after) {
      const { endedAt, id } = after;
      query = query.where((eb) => eb.or([eb('ended_at', '>', endedAt), eb('id', '>', id)]));
    }
    const rows = await query.execute();
    for (const row of rows) calls.push(accountedFrom(row));
    const last = rows.at(-1);
    if (rows.length < callsPerPage || !last)
      return calls.sort((a, b) => a.detail.startedAt - b.detail.startedAt || (a.id < b.id ? -1 : 1));
    after = { endedAt: last.ended_at, id: last.id };
    // Queries answer without a turn of the event loop: a long account would hold up every call.
    await setImmediate();
  }
}

export async function saveUnwatched(db: Kysely<Tables>, { reason, from, to }: Unwatched): Promise<void> {
  const row = { reason, from_at: Math.round(from), to_at: to === undefined ? null : Math.round(to) };
  await db
    .insertInto('unwatched')
    .values(row)
    .onConflict((conflict) => conflict.columns(['from_at', 'reason']).doUpdateSet({ to_at: row.to_at }))
    .execute();
}

export async function unwatched(db: Kysely<Tables>, { from, to }: Interval): Promise<readonly Unwatched[]> {
  const rows = await db
    .selectFrom('unwatched')
    .selectAll()
    .where('from_at', '<', to)
    .where((eb) => eb.or([eb('to_at', 'is', null), eb('to_at', '>', from)]))
    .orderBy('from_at')
    .execute();
  return rows.map((row) => ({ reason: row.reason, from: row.from_at, to: row.to_at ?? undefined }));
}

function progressRow({ place, ...progress }: AccountProgress): AccountProgressRow {
  return {
    id: 1,
    since: progress.since,
    inode: place?.inode ?? null,
    byte_offset: place?.offset ?? null,
    read_at: progress.readAt === undefined ? null : Math.round(progress.readAt),
    unreadable: progress.unreadable,
    unreadable_at: progress.unreadableAt ?? null,
    stated_to: progress.statedTo,
  };
}

function accountedRow({ id, detail, group }: Omit<AccountedCall, 'judgement'>): AccountedCallRow {
  return {
    id,
    channel: detail.channel,
    linked_id: detail.linkedId ?? null,
    caller_name: detail.callerName,
    called_name: detail.calledName,
    from_number: detail.from,
    to_number: detail.to,
    started_at: detail.startedAt,
    answered_at: detail.answeredAt ?? null,
    ended_at: detail.endedAt,
    group_name: group,
    match: null,
    rule: null,
    records: '[]',
    judged_at: null,
  };
}

function accountedFrom(row: AccountedCallRow): AccountedCall {
  const { match, rule } = row;
  return {
    id: row.id,
    group: row.group_name,
    detail: {
      channel: row.channel,
      linkedId: row.linked_id ?? undefined,
      callerName: row.caller_name,
      calledName: row.called_name,
      from: row.from_number,
      to: row.to_number,
      startedAt: row.started_at,
      answeredAt: row.answered_at ?? undefined,
      endedAt: row.ended_at,
    },
    judgement:
      match === null
        ? undefined
        : { match, rule: rule ?? '', records: JSON.parse(row.records) as readonly string[] },
  };
}
