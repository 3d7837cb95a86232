/** What compares our own account of calls with Asterisk's; a part of assemble.ts. */
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { CdrFile } from './asterisk/cdr-file.ts';
import { messageOf } from './errors.ts';
import { dayOf, localDateTime } from './recording/local-time.ts';
import { completenessOf } from './reconciliation/completeness.ts';
import { Reconciler, type Account } from './reconciliation/reconciler.ts';
import { statementFileName, statementText } from './reconciliation/statement-text.ts';
import type { Alarms } from './alarms/alarms.ts';
import type { Instant, Policy } from './call/call.ts';
import type { Catalogue } from './catalogue/catalogue.ts';
import type { Config } from './config/schema.ts';
import type { Log } from './log.ts';
import type { Statement } from './reconciliation/statement.ts';

/** A day is stated when its last calls had the time to end in the catalogue. */
const statedAfterMs = 10 * 60_000;
/** The statement of a day is tried again until it is written. */
const troubleMs = 3_600_000;

interface Parts {
  readonly catalogue: Catalogue;
  readonly alarms: Alarms;
  readonly log: Log;
  readonly policy: () => Policy | undefined;
}

export function reconcilerOf(config: Config, parts: Parts): Reconciler {
  const { alarms, catalogue: ledger, log, policy } = parts;
  const state = (from: Instant, now: Instant) => stateDays(config, parts, from, now);
  return new Reconciler({ account: accountOf(config), ledger, policy, alarms, log, now: Date.now, state });
}

function accountOf({ reconciliation: { cdr }, pbx }: Config): Account | undefined {
  if (!cdr) return undefined;
  const file = new CdrFile({ path: cdr.csv, timeZone: cdr.times === 'utc' ? 'UTC' : pbx.timezone });
  return { path: cdr.csv, readSince: (place) => file.readSince(place) };
}

/** Returns up to when the days have their statement. */
async function stateDays(config: Config, parts: Parts, from: Instant, now: Instant): Promise<Instant> {
  const { timezone } = config.pbx;
  let stated = from;
  for (let day = dayOf(stated, timezone); day.to + statedAfterMs <= now; day = dayOf(stated, timezone)) {
    const hasAccount = config.reconciliation.cdr !== undefined;
    const statement = await completenessOf(day, { catalogue: parts.catalogue, hasAccount, now });
    if (!(await written(config, parts, statement))) return stated;
    tell(parts.log, statement, timezone);
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

async function written({ report, pbx }: Config, { alarms }: Parts, statement: Statement): Promise<boolean> {
  if (!report.enabled) return true;
  const file = join(report.path, statementFileName(statement.from, pbx.timezone, report.language));
  try {
    await mkdir(report.path, { recursive: true, mode: 0o750 });
    await writeFile(`${file}.part`, statementText(statement, pbx.timezone, report.language), { mode: 0o640 });
    await rename(`${file}.part`, file);
    return true;
  } catch (error) {
    alarms.raise({
      kind: 'report-unwritable',
      subject: report.path,
      problem: `statement of completeness: ${messageOf(error)}`,
      fault: 'configuration',
      hint: 'Look at the disk and the rights of the folder of the report.',
      lastsMs: troubleMs,
    });
    return false;
  }
}
