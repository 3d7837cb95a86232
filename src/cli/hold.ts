import { userInfo } from 'node:os';

import { controlSocketOf } from '../config/files.ts';
import { loadConfig } from '../config/load.ts';
import { printable } from '../recording/untrusted-text.ts';
import type { HoldAnswer, HoldRequest } from '../retention/hold-requests.ts';
import { askRunning } from './control-client.ts';
import { exitCodes } from './exit-code.ts';
import { toJson, writeLines } from './output.ts';

export interface HoldOptions {
  readonly config: string;
  readonly json?: boolean;
  readonly number?: string;
  readonly reason?: string;
}

/** Forbids that something is deleted, or ends that; ends with 1 when there is nothing to hold or to release. */
export async function hold(
  what: 'hold' | 'release',
  id: string | undefined,
  { config: file, json, number, reason }: HoldOptions,
): Promise<void> {
  const { config } = await loadConfig(file);
  const subject = id ?? number ?? '';
  const kind = id === undefined ? 'number' : 'id';
  const request: HoldRequest = { subject, kind, actor: `cli:${userInfo().username}`, reason };
  const { result } = (await askRunning(controlSocketOf(config), `/${what}`, request)) as HoldAnswer;
  if (result === 'unknown' || result === 'not-held') process.exitCode = exitCodes.wrong;
  if (json === true) await writeLines(toJson({ subject, result }));
  else await writeLines(`${printable(subject)}: ${meanings[result]}`);
}

const meanings: Readonly<Record<HoldAnswer['result'], string>> = {
  placed: 'on hold, nothing of it is deleted',
  'already-held': 'was on hold already',
  unknown: 'there is no recording or call with this id, see mitschnitt recordings --json',
  released: 'the hold is over',
  'not-held': 'was not on hold under this id or number',
};
