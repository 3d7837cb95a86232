/** What compares our own account of calls with Asterisk's; a part of assemble.ts. */
import { CdrFile } from './asterisk/cdr-file.ts';
import { watchMarkOf } from './config/files.ts';
import { stateDays } from './reconciliation/daily-statement.ts';
import { Reconciler, type Account } from './reconciliation/reconciler.ts';
import { WatchLog } from './reconciliation/watch-log.ts';
import { WatchMarkFile } from './watch-mark.ts';
import type { Alarms } from './alarms/alarms.ts';
import type { Policy } from './call/call.ts';
import type { Catalogue } from './catalogue/catalogue.ts';
import type { Config } from './config/schema.ts';
import type { Log } from './log.ts';

interface Parts {
  readonly catalogue: Catalogue;
  readonly alarms: Alarms;
  readonly log: Log;
}

export function watchLogOf(config: Config, { alarms, catalogue: ledger, log }: Parts): WatchLog {
  return new WatchLog({ mark: new WatchMarkFile(watchMarkOf(config)), ledger, alarms, log, now: Date.now });
}

/** `policy`: undefined until it is known who is logged in to the queues. */
export function reconcilerOf(config: Config, parts: Parts, policy: () => Policy | undefined): Reconciler {
  const { report, pbx, reconciliation } = config;
  const { alarms, catalogue, log } = parts;
  const daily = {
    ...{ catalogue, alarms, log, language: report.language, timeZone: pbx.timezone },
    hasAccount: reconciliation.cdr !== undefined,
    folder: report.enabled ? report.path : undefined,
  };
  return new Reconciler({
    ...{ account: accountOf(config), ledger: catalogue, policy, alarms, log, now: Date.now },
    state: (from, to) => stateDays(daily, from, to),
  });
}

function accountOf({ reconciliation: { cdr }, pbx }: Config): Account | undefined {
  if (!cdr) return undefined;
  const file = new CdrFile({ path: cdr.csv, timeZone: cdr.times === 'utc' ? 'UTC' : pbx.timezone });
  return { path: cdr.csv, readSince: (place) => file.readSince(place) };
}
