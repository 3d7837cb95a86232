import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { messageOf } from '../errors.ts';
import { dayOf, localDateTime } from '../recording/local-time.ts';
import { completenessOf, type CompletenessSources } from './completeness.ts';
import { statementFileName, statementText, type StatementLanguage } from './statement-text.ts';
import type { Alarms } from '../alarms/alarms.ts';
import type { Unwatched } from '../call/account.ts';
import type { Instant } from '../call/call.ts';
import type { Log } from '../log.ts';
import type { Statement } from './statement.ts';

/** A day is stated when its last calls had the time to end in the catalogue. */
export const statedAfterMs = 10 * 60_000;
/** The statement of a day is tried again until it is written. */
const troubleMs = 3_600_000;
/** Numbers of callers stand in it, as in the report beside it. */
const [folderMode, fileMode] = [0o750, 0o640];

export interface DailyStatementParts extends Pick<CompletenessSources, 'catalogue' | 'hasAccount'> {
  /** What nobody watches now. */
  readonly unwatchedNow: () => readonly Unwatched[];
  readonly now: () => Instant;
  /** Where the files are; undefined: none are written. */
  readonly folder: string | undefined;
  readonly language: StatementLanguage;
  /** IANA time zone of the PBX: its days are stated. */
  readonly timeZone: string;
  readonly alarms: Pick<Alarms, 'raise'>;
  readonly log: Log;
}

/** States each day that was over some minutes before `to`, in the log and as a file; returns up to when the days are stated. */
export async function stateDays(parts: DailyStatementParts, from: Instant, to: Instant): Promise<Instant> {
  const { catalogue, hasAccount, log, timeZone } = parts;
  let stated = from;
  for (let day = dayOf(stated, timeZone); day.to + statedAfterMs <= to; day = dayOf(stated, timeZone)) {
    const [unwatchedNow, now] = [parts.unwatchedNow(), parts.now()];
    const statement = await completenessOf(day, { catalogue, hasAccount, now, unwatchedNow });
    if (!(await written(parts, statement))) return stated;
    tell(log, statement, timeZone);
    stated = day.to;
  }
  return stated;
}

function tell(log: Log, { from, complete, toRecord, recorded, notRecorded, gaps }: Statement, zone: string) {
  const { declined = 0 } = notRecorded;
  const day = localDateTime(from, zone).slice(0, 'yyyy-MM-dd'.length);
  const level = gaps.length > 0 ? 'warn' : 'info';
  log[level]('completeness', { day, complete, toRecord, recorded, declined, gaps: gaps.length });
}

async function written(parts: DailyStatementParts, statement: Statement): Promise<boolean> {
  const { alarms, folder, language, timeZone } = parts;
  if (folder === undefined) return true;
  const file = join(folder, statementFileName(statement.from, timeZone, language));
  try {
    await mkdir(folder, { recursive: true, mode: folderMode });
    await writeFile(`${file}.part`, statementText(statement, timeZone, language), { mode: fileMode });
    await rename(`${file}.part`, file);
    return true;
  } catch (error) {
    alarms.raise({
      kind: 'report-unwritable',
      subject: folder,
      problem: `statement of completeness: ${messageOf(error)}`,
      fault: 'configuration',
      hint: 'Look at the disk and the rights of the folder of the report.',
      lastsMs: troubleMs,
    });
    return false;
  }
}
