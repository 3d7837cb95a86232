import { sql } from 'kysely';
import { holdOn, holds } from './holds.ts';
import { list, planOf, type Condition, type Lane } from './line-lanes.ts';
import { recordColumns, recordFrom } from './tables.ts';
import type { Kysely } from 'kysely';
import type { FoundLine, FoundLines, LinePosition, LineSearch } from './console-ledger.ts';
import type { RecordRow, Tables } from './tables.ts';

/** So many lines are looked at for one page: 20 ms of a search for what is rare. */
const mostLookedAt = 15_000;
const leastOfLane = 200;

type Row = Omit<RecordRow, 'report_file' | 'seq'> & { readonly seq: number };

interface LaneResult {
  readonly rows: readonly Row[];
  /** Lines behind this place were not looked at; undefined: all were. */
  readonly horizon: LinePosition | undefined;
}

/** The newest lines that fit, from several indexes side by side. */
export async function searchLines(db: Kysely<Tables>, wanted: LineSearch): Promise<FoundLines> {
  const { lanes, conditions } = await planOf(db, wanted);
  const lookAt = Math.max(leastOfLane, Math.floor(mostLookedAt / Math.max(1, lanes.length)));
  const results: LaneResult[] = [];
  for (const lane of lanes) results.push(await look(db, wanted, { lane, conditions, lookAt }));
  return await merged(db, wanted, results);
}

async function merged(
  db: Kysely<Tables>,
  wanted: LineSearch,
  results: readonly LaneResult[],
): Promise<FoundLines> {
  const { limit } = wanted;
  const horizon = results.flatMap(({ horizon: at }) => at ?? []).reduce(newest, undefined);
  const unique = new Map(results.flatMap(({ rows }) => rows.map((row) => [row.seq, row] as const)));
  const rows = [...unique.values()]
    .filter((row) => !horizon || !isBehind(positionOf(row), horizon))
    .sort((a, b) => b.started_at - a.started_at || b.seq - a.seq);
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const next = rows.length > limit && last ? positionOf(last) : await placeFor(db, wanted, horizon);
  return { lines: await described(db, page), next };
}

/**
 * Where to go on behind a line that was looked at last: it may be of a group that is not to be seen, and not even its time
 * is. Just before the next line of the groups, then; undefined: there is none.
 */
async function placeFor(
  db: Kysely<Tables>,
  { groups, from }: LineSearch,
  horizon: LinePosition | undefined,
): Promise<LinePosition | undefined> {
  if (!horizon || !groups) return horizon;
  const places: LinePosition[] = [];
  for (const group of groups) {
    const behind = all([sql`group_name = ${group}`, ...spanOf({ from, after: horizon })]);
    const { rows } = await sql<LinePosition>`select started_at as startedAt, seq from records where ${behind}
      order by started_at desc, seq desc limit 1`.execute(db);
    places.push(...rows);
  }
  const next = places.reduce(newest, undefined);
  return next && { ...next, seq: next.seq + 1 };
}

function newest(a: LinePosition | undefined, b: LinePosition): LinePosition {
  return a && isBehind(b, a) ? a : b;
}

/** Later in the list, and so older. */
function isBehind(a: LinePosition, b: LinePosition): boolean {
  return a.startedAt < b.startedAt || (a.startedAt === b.startedAt && a.seq < b.seq);
}

function positionOf({ started_at, seq }: Row): LinePosition {
  return { startedAt: started_at, seq };
}

async function look(
  db: Kysely<Tables>,
  wanted: LineSearch,
  { lane, conditions, lookAt: most }: { lane: Lane; conditions: readonly Condition[]; lookAt: number },
): Promise<LaneResult> {
  const { limit } = wanted;
  const lookAt = Math.min(most, lane.most ?? most);
  const where = all([...lane.where, ...spanOf(wanted)]);
  const columns = sql.join([...recordColumns, 'records.seq'].map((column) => sql.ref(column)));
  const order = sql`order by records.started_at desc, records.seq desc`;
  const { rows } = await sql<Row>`select * from (
    select ${columns} from ${lane.from} where ${where} ${order} limit ${lookAt}
  ) as line where ${all(conditions)} limit ${limit + 1}`.execute(db);
  if (rows.length > limit || conditions.length === 0) return { rows, horizon: undefined };
  const { rows: ends } = await sql<{ startedAt: number; seq: number }>`
    select records.started_at as startedAt, records.seq from ${lane.from} where ${where}
    ${order} limit 1 offset ${lookAt - 1}`.execute(db);
  return { rows, horizon: ends[0] };
}

function spanOf({
  from,
  to,
  after,
}: Pick<LineSearch, 'after'> & Partial<Pick<LineSearch, 'from' | 'to'>>): readonly Condition[] {
  return [
    ...(from === undefined ? [] : [sql`records.started_at >= ${from}`]),
    ...(to === undefined ? [] : [sql`records.started_at < ${to}`]),
    // The first condition finds the place in the index, which SQLite does not see in the second alone.
    ...(after
      ? [
          sql`records.started_at <= ${after.startedAt}`,
          sql`(records.started_at < ${after.startedAt} or records.seq < ${after.seq})`,
        ]
      : []),
  ];
}

function all(conditions: readonly Condition[]): Condition {
  return conditions.length === 0 ? sql`true` : sql.join(conditions, sql` and `);
}

/** With what the list shows beside the line itself. */
async function described(db: Kysely<Tables>, rows: readonly Row[]): Promise<readonly FoundLine[]> {
  if (rows.length === 0) return [];
  const ids = list(rows.map(({ id }) => id));
  const { rows: states } = await sql<{ id: string; state: FoundLine['delivery'] }>`
    select recording as id, max(state) as state from deliveries where recording in (${ids})
    group by recording`.execute(db);
  const { rows: notes } = await sql<{ id: string; count: number }>`
    select record as id, count(*) as count from notes where record in (${ids}) group by record`.execute(db);
  const standing = await holds(db);
  const stateOf = new Map(states.map(({ id, state }) => [id, state]));
  const notesOf = new Map(notes.map(({ id, count }) => [id, count]));
  return rows.map((row) => ({
    ...recordFrom(row),
    delivery: stateOf.get(row.id),
    held:
      holdOn(standing, { ids: [row.id, row.call_id], numbers: [row.from_number, row.to_number] }) !==
      undefined,
    notes: notesOf.get(row.id) ?? 0,
  }));
}
