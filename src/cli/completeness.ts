import { stat } from 'node:fs/promises';

import { codeOf } from '../errors.ts';
import { controlSocketOf, watchMarkOf } from '../config/files.ts';
import { hasAccount } from '../config/reconciliation.ts';
import { loadConfig } from '../config/load.ts';
import { dayOf } from '../recording/local-time.ts';
import { completenessOf } from '../reconciliation/completeness.ts';
import { statementJson } from '../reconciliation/statement-json.ts';
import { statementText } from '../reconciliation/statement-text.ts';
import { longestLookMs } from '../reconciliation/watch-log.ts';
import { ask } from './control-client.ts';
import { exitCodes } from './exit-code.ts';
import { toJson, write, writeLines } from './output.ts';
import { periodOf } from './point-in-time.ts';
import { withCatalogue } from './with-catalogue.ts';
import type { Unwatched } from '../call/account.ts';
import type { Config } from '../config/schema.ts';

export interface CompletenessOptions {
  readonly config: string;
  readonly json?: boolean;
  readonly from?: string;
  readonly to?: string;
}

/** States how complete the recordings of a period are: by default of yesterday and today so far. */
export async function completeness(options: CompletenessOptions): Promise<void> {
  const { config } = await loadConfig(options.config);
  const { timezone } = config.pbx;
  const now = Date.now();
  const yesterday = dayOf(dayOf(now, timezone).from - 1, timezone).from;
  const { from = yesterday, to = now } = periodOf(options.from, options.to, timezone);
  const unwatched = await currentlyUnwatched(config, now);
  const unwatchedNow = unwatched ? [unwatched] : [];
  const statement = await withCatalogue(config, (catalogue) => {
    const { reconciliation } = config;
    const sources = { catalogue, hasAccount: hasAccount(reconciliation), now, unwatchedNow };
    return completenessOf({ from, to }, sources);
  });
  process.exitCode = statement.complete ? exitCodes.fine : exitCodes.wrong;
  if (options.json === true) await writeLines(toJson(statementJson(statement, timezone)));
  else await write([statementText(statement, timezone, 'en')]);
}

/** It is told even while no process runs that could tell it. */
async function currentlyUnwatched(config: Config, now: number): Promise<Unwatched | undefined> {
  try {
    const { mtimeMs } = await stat(watchMarkOf(config));
    if (now - mtimeMs <= longestLookMs) return undefined;
    const runs = (await ask(controlSocketOf(config), '/status')) !== undefined;
    return { reason: runs ? 'ami-disconnected' : 'not-running', from: Math.round(mtimeMs), to: undefined };
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
