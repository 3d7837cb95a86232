import { setImmediate } from 'node:timers/promises';
import { sql } from 'kysely';
import { erased } from '../recording/erased-number.ts';
import { problemColumns, problemFrom, recordColumns, recordFrom } from './tables.ts';
import type { Kysely } from 'kysely';
import type { CallRecord } from '../recording/recording.ts';
import type { ReportIssue, ReportLines, ReportMark } from './catalogue.ts';
import type { ReportIssueRow, Tables } from './tables.ts';

/** Of one query: a few ms in which nothing else of the process runs. */
const linesPerPage = 500;
const quarterHourMs = 900_000;
/** Written out and not bound, or SQLite does not use the index of what is pending. */
const pendingState = sql.lit('pending' as const);

export async function reportMark(db: Kysely<Tables>, target: string): Promise<ReportMark | undefined> {
  return await db
    .selectFrom('report_marks')
    .select(['seq', 'until'])
    .where('target', '=', target)
    .executeTakeFirst();
}

export async function lastSeq(db: Kysely<Tables>): Promise<number> {
  const row = await db.selectFrom('records').select('seq').orderBy('seq', 'desc').limit(1).executeTakeFirst();
  return row?.seq ?? 0;
}

export async function startsBetween(
  db: Kysely<Tables>,
  mark: ReportMark,
  next: ReportMark,
  groups: readonly string[],
): Promise<readonly number[]> {
  const starts = sql<number>`started_at / ${sql.lit(quarterHourMs)} * ${sql.lit(quarterHourMs)}`;
  const known = db
    .selectFrom('records')
    .select(starts.as('start'))
    .distinct()
    .where('group_name', 'in', groups)
    .where('started_at', '<', next.until)
    .where('seq', '<=', next.seq);
  // Either condition alone has an index.
  const rows = await known
    .where('seq', '>', mark.seq)
    .union(known.where('started_at', '>=', mark.until))
    .execute();
  return rows.map(({ start }) => start);
}

/** Undefined where it was not delivered yet. */
function nameAt(target: string) {
  return sql<string | null>`(select name from deliveries
    where deliveries.recording = records.id and deliveries.target = ${target})`;
}

/** What was erased stays so: at the target its name may still be known. */
function fileThere(file: string | null, there: string | null): string | null {
  return file === null || file === erased ? file : (there ?? file);
}

export async function* reportLines(
  db: Kysely<Tables>,
  { target, groups, from, to, afterSeq, seq }: ReportLines,
): AsyncIterable<readonly CallRecord[]> {
  const wanted = db
    .selectFrom('records')
    .select([...recordColumns, 'records.seq'])
    .select(nameAt(target).as('name_there'))
    .where('group_name', 'in', groups)
    .where('started_at', '<', to)
    .where('seq', '>', afterSeq)
    .where('seq', '<=', seq)
    .orderBy('started_at')
    .orderBy('seq')
    .limit(linesPerPage);
  let page = await wanted.where('started_at', '>=', from).execute();
  for (;;) {
    yield page.map(({ name_there: there, ...row }) =>
      recordFrom({ ...row, file: fileThere(row.file, there) }),
    );
    const last = page.at(-1);
    if (!last || page.length < linesPerPage) return;
    await setImmediate();
    // The first condition finds the place in the index, which SQLite does not see in the second alone.
    page = await wanted
      .where('started_at', '>=', last.started_at)
      .where((eb) => eb.or([eb('started_at', '>', last.started_at), eb('seq', '>', last.seq)]))
      .execute();
  }
}

export async function lastIssue(
  db: Kysely<Tables>,
  target: string,
  period: string,
): Promise<ReportIssue | undefined> {
  const row = await db
    .selectFrom('report_issues')
    .selectAll()
    .where('target', '=', target)
    .where('period', '=', period)
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row && issueFrom(row);
}

export async function addIssues(
  db: Kysely<Tables>,
  target: string,
  issues: readonly ReportIssue[],
  mark: ReportMark,
): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    if (issues.length > 0)
      await transaction.insertInto('report_issues').values(issues.map(issueRow)).execute();
    await transaction
      .insertInto('report_marks')
      .values({ target, ...mark })
      .onConflict((conflict) => conflict.column('target').doUpdateSet({ ...mark }))
      .execute();
  });
}

export async function pendingIssues(db: Kysely<Tables>, target: string): Promise<readonly ReportIssue[]> {
  const rows = await db
    .selectFrom('report_issues')
    .selectAll()
    .where('target', '=', target)
    .where('state', '=', pendingState)
    .orderBy('due_at')
    .orderBy('number')
    .execute();
  return rows.map(issueFrom);
}

export async function unfinishedIssues(db: Kysely<Tables>): Promise<readonly ReportIssue[]> {
  const rows = await db
    .selectFrom('report_issues')
    .selectAll()
    .where('state', '<>', sql.lit('delivered' as const))
    .orderBy('target')
    .orderBy('due_at')
    .orderBy('number')
    .execute();
  return rows.map(issueFrom);
}

export async function replaceIssue(db: Kysely<Tables>, before: string, issue: ReportIssue): Promise<void> {
  await db
    .updateTable('report_issues')
    .set(issueRow(issue))
    .where('id', '=', before)
    .where('state', '<>', sql.lit('delivered' as const))
    .execute();
}

export async function saveIssue(db: Kysely<Tables>, issue: ReportIssue): Promise<void> {
  await db.updateTable('report_issues').set(issueRow(issue)).where('id', '=', issue.id).execute();
}

export async function deliveredIssues(db: Kysely<Tables>): Promise<ReadonlyMap<string, number>> {
  const rows = await db
    .selectFrom('report_issues')
    .select(({ fn }) => ['target', fn.countAll<number>().as('issues')])
    .where('state', '=', sql.lit('delivered' as const))
    .groupBy('target')
    .execute();
  return new Map(rows.map(({ target, issues }) => [target, issues]));
}

export async function retryIssues(db: Kysely<Tables>, id: string | undefined): Promise<number> {
  let update = db
    .updateTable('report_issues')
    .set({ state: 'pending', due_at: 0 })
    .where('state', '=', sql.lit('set-aside' as const));
  if (id !== undefined) update = update.where('id', '=', id);
  const { numUpdatedRows } = await update.executeTakeFirstOrThrow();
  return Number(numUpdatedRows);
}

function issueFrom(row: Omit<ReportIssueRow, 'number'>): ReportIssue {
  return {
    id: row.id,
    target: row.target,
    period: row.period,
    isClosed: row.is_closed === 1,
    lastSeq: row.last_seq,
    name: row.name,
    bytes: row.bytes,
    sha256: row.sha256,
    state: row.state,
    attempts: row.attempts,
    dueAt: row.due_at,
    deliveredAt: row.delivered_at ?? undefined,
    problem: problemFrom(row),
  };
}

function issueRow(issue: ReportIssue): Omit<ReportIssueRow, 'number'> {
  return {
    id: issue.id,
    target: issue.target,
    period: issue.period,
    is_closed: issue.isClosed ? 1 : 0,
    last_seq: issue.lastSeq,
    name: issue.name,
    bytes: issue.bytes,
    sha256: issue.sha256,
    state: issue.state,
    attempts: issue.attempts,
    due_at: issue.dueAt,
    delivered_at: issue.deliveredAt ?? null,
    ...problemColumns(issue.problem),
  };
}
