import { userInfo } from 'node:os';

import { controlSocketOf } from '../config/files.ts';
import { loadConfig } from '../config/load.ts';
import { printable } from '../recording/untrusted-text.ts';
import type { RetryAnswer, RetryRequest } from '../uploads.ts';
import { askRunning } from './control-client.ts';
import { exitCodes } from './exit-code.ts';
import { toJson, writeLines } from './output.ts';

/** Has deliveries that were set aside tried again: of one recording or report, or all. Ends with 1 when that one has none. */
export async function retry(
  id: string | undefined,
  options: { readonly config: string; readonly json?: boolean },
): Promise<void> {
  const { config } = await loadConfig(options.config);
  const request: RetryRequest = { id, actor: `cli:${userInfo().username}` };
  const { retried } = (await askRunning(controlSocketOf(config), '/retry', request)) as RetryAnswer;
  if (id !== undefined && retried === 0) process.exitCode = exitCodes.wrong;
  if (options.json === true) await writeLines(toJson({ retried }));
  else await writeLines(told(retried, id));
}

function told(retried: number, id: string | undefined): string {
  if (retried === 1) return '1 delivery is tried again.';
  if (retried > 0) return `${retried} deliveries are tried again.`;
  return id === undefined
    ? 'Nothing was set aside.'
    : `Nothing of ${printable(id)} was set aside: see mitschnitt deliveries.`;
}
