/** What compares our own account of calls with Asterisk's; a part of assemble.ts. */
import { CdrFile } from './asterisk/cdr-file.ts';
import { ToldAccount } from './asterisk/told-account.ts';
import { hasAccount } from './config/reconciliation.ts';
import { watchMarkOf } from './config/files.ts';
import { stateDays } from './reconciliation/daily-statement.ts';
import { Reconciler, type Account } from './reconciliation/reconciler.ts';
import { ToldCalls } from './reconciliation/told-calls.ts';
import { WatchLog } from './reconciliation/watch-log.ts';
import { WatchMarkFile } from './watch-mark.ts';
import type { Alarms } from './alarms/alarms.ts';
import type { Instant, Policy } from './call/call.ts';
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

/** What Asterisk tells of calls by itself while it is listened to; undefined: the configuration wants none of it. */
export function toldCallsOf({ reconciliation }: Config, watch: WatchLog): ToldCalls | undefined {
  const { cdr, cel } = reconciliation;
  if (!cel && cdr?.ami !== true) return undefined;
  const source = cel ? celSource : cdrSource;
  return new ToldCalls({ source, heardAt: () => watch.last(), now: Date.now });
}

/** What hears of it. */
export function toldAccountOf(
  { reconciliation, pbx }: Config,
  told: ToldCalls | undefined,
): ToldAccount | undefined {
  return told && new ToldAccount({ kind: reconciliation.cel ? 'cel' : 'cdr', timeZone: pbx.timezone }, told);
}

const cdrSource = {
  name: 'CDR (AMI)',
  hint: 'Load the module cdr_manager with enabled = yes in cdr_manager.conf and enable = yes in cdr.conf, and add cdr to read of the user of Mitschnitt in manager.conf ("cdr show status" on Asterisk\'s console shows what is on).',
};
const celSource = {
  name: 'CEL (AMI)',
  hint: 'Load the module cel_manager; cel.conf needs enable = yes and events = BRIDGE_ENTER,BRIDGE_EXIT (or ALL) in [general], and enabled = yes in [manager] ("cel show status" on Asterisk\'s console shows what is on).',
};

/** `policy`: undefined until it is known who is logged in to the queues. */
export function reconcilerOf(
  config: Config,
  parts: Parts & { readonly told: ToldCalls | undefined; readonly watch: WatchLog },
  policy: () => Policy | undefined,
  goingOnSince: () => readonly Instant[],
): Reconciler {
  const { report, pbx, reconciliation } = config;
  const { alarms, catalogue, log, told, watch } = parts;
  const unwatchedNow = () => watch.unwatchedNow;
  const daily = {
    ...{ catalogue, alarms, log, language: report.language, timeZone: pbx.timezone },
    ...{ hasAccount: hasAccount(reconciliation), unwatchedNow, now: Date.now },
    folder: report.enabled ? report.path : undefined,
  };
  return new Reconciler({
    ...{ account: accountOf(config), told, ledger: catalogue, policy, alarms, log, now: Date.now },
    ...{ unwatchedNow, goingOnSince },
    state: (from, to) => stateDays(daily, from, to),
  });
}

/** What has to be there for an account to compare with; `keepsRecords` throws where Asterisk keeps none. */
export function accountChecksOf(config: Config, keepsRecords: () => Promise<void>) {
  const file = accountOf(config);
  return [
    ...(config.reconciliation.cdr ? [{ kind: 'account' as const, name: 'CDR', run: keepsRecords }] : []),
    ...(file
      ? [
          {
            kind: 'account' as const,
            name: file.path,
            run: async () => {
              await file.readSince(undefined);
            },
          },
        ]
      : []),
  ];
}

function accountOf({ reconciliation: { cdr }, pbx }: Config): Account | undefined {
  if (cdr?.csv === undefined) return undefined;
  const file = new CdrFile({ path: cdr.csv, timeZone: cdr.times === 'utc' ? 'UTC' : pbx.timezone });
  return { path: cdr.csv, readSince: (place) => file.readSince(place) };
}
