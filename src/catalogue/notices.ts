import type { Kysely, Selectable } from 'kysely';
import type { AlarmNotice } from './catalogue.ts';
import type { AlarmNoticeRow, Tables } from './tables.ts';

export async function notices(db: Kysely<Tables>, channel: string): Promise<readonly AlarmNotice[]> {
  const rows = await db
    .selectFrom('alarm_notices')
    .selectAll()
    .where('channel', '=', channel)
    .orderBy('since')
    .orderBy('kind')
    .orderBy('subject')
    .execute();
  return rows.map(noticeFrom);
}

/** There are as many as there are alarms: few. */
export async function saveNotices(
  db: Kysely<Tables>,
  channel: string,
  kept: readonly AlarmNotice[],
): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    await transaction.deleteFrom('alarm_notices').where('channel', '=', channel).execute();
    for (const notice of kept) {
      await transaction.insertInto('alarm_notices').values(noticeRow(channel, notice)).execute();
    }
  });
}

function noticeFrom(row: Selectable<AlarmNoticeRow>): AlarmNotice {
  const { kind, subject, problem, fault, hint, since, times, reminders } = row;
  return {
    ...{ kind, subject, problem, fault, hint, since, times, reminders },
    code: row.code ?? undefined,
    begunAt: row.begun_at,
    endedAt: row.ended_at ?? undefined,
    toldAt: row.told_at ?? undefined,
  };
}

function noticeRow(channel: string, notice: AlarmNotice): Selectable<AlarmNoticeRow> {
  const { kind, subject, problem, fault, hint, since, times, reminders } = notice;
  return {
    ...{ channel, kind, subject, problem, fault, hint, since, times, reminders },
    code: notice.code ?? null,
    begun_at: notice.begunAt,
    ended_at: notice.endedAt ?? null,
    told_at: notice.toldAt ?? null,
  };
}
