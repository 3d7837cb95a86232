import { userInfo } from 'node:os';
import { createInterface } from 'node:readline/promises';

import type { CleanupMode } from '../call/stuck.ts';
import type { CleanupAnswer, CleanupPreview, CleanupReport, CleanupRequest } from '../cleanup-report.ts';
import { controlSocketOf } from '../config/files.ts';
import { loadConfig } from '../config/load.ts';
import { MitschnittError } from '../errors.ts';
import { isoWithOffset, localDateTime } from '../recording/local-time.ts';
import { printable } from '../recording/untrusted-text.ts';
import { ask, askRunning } from './control-client.ts';
import { exitCodes } from './exit-code.ts';
import { toJson, write, writeLines } from './output.ts';
import { table } from './table.ts';

interface Options {
  readonly config: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** What is read and moved may be many hours of audio. */
const cleanupLimitMs = 600_000;

/** Takes stuck recordings, or all, out of `active/`. Ends with 1 when something had to be left there. */
export async function cleanup(mode: CleanupMode, options: Options): Promise<void> {
  const { config } = await loadConfig(options.config);
  const socket = controlSocketOf(config);
  if (mode === 'all' && options.yes !== true && !(await isConfirmed(socket))) return;
  const request: CleanupRequest = { mode, actor: `cli:${userInfo().username}` };
  const answer = (await askRunning(socket, '/cleanup', request, cleanupLimitMs)) as CleanupAnswer;
  if ('problem' in answer) throw notDone(answer.problem);
  if (answer.left.length > 0) process.exitCode = exitCodes.wrong;
  const { timezone } = config.pbx;
  if (options.json === true) await writeLines(toJson(cleanupJson(answer, timezone)));
  else await show(answer, timezone);
}

/** Asks on the terminal, with what it means now. Where nobody can be asked, that is wrong usage. */
async function isConfirmed(socket: string): Promise<boolean> {
  const asks = process.stdin.isTTY;
  const preview = (await (asks ? askRunning : ask)(socket, '/cleanup')) as CleanupPreview | undefined;
  const going = preview ? `Live calls: ${preview.liveCalls}, running recordings: ${preview.running}. ` : '';
  if (!asks) {
    process.stderr.write(
      `${going}--all ends every running recording; it needs --yes where nobody can be asked.\n`,
    );
    process.exitCode = exitCodes.configuration;
    return false;
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(
    `${going}All running recordings are ended. The calls go on, and the rest of them is not recorded. Go on? [y/N] `,
  );
  terminal.close();
  if (/^(y|yes|j|ja)$/i.test(answer.trim())) return true;
  process.stderr.write('Nothing was done.\n');
  process.exitCode = exitCodes.wrong;
  return false;
}

function notDone(problem: string): MitschnittError {
  return new MitschnittError(`Nothing was cleaned up: ${problem}`, {
    code: 'cleanup-not-done',
    fault: 'asterisk',
    retry: true,
    hint: 'Look at mitschnitt status, and try again when Mitschnitt is connected.',
  });
}

const headings = ['id', 'start', 'from', 'to', 'why', 'became'];

async function show(report: CleanupReport, timeZone: string): Promise<void> {
  const { discarded, ended, left, liveCalls, moved, orphans, recordings } = report;
  await writeLines(
    `${liveCalls} live calls; ${ended} recordings ended, ${moved} moved with their call, ${orphans} as orphans, ${discarded} discarded, ${left.length} files left.`,
  );
  const rows = recordings.map(({ id, startedAt, from, to, why, became }) => {
    return [id, localDateTime(startedAt, timeZone), from || 'anonym', to || 'anonym', why, became];
  });
  if (rows.length > 0) await write(table(headings, rows));
  await writeLines(...left.map(({ file, reason }) => `left: ${printable(file)}: ${printable(reason)}`));
}

/** Times are ISO 8601 in the time zone of the PBX. */
export function cleanupJson(report: CleanupReport, timeZone: string) {
  const { discarded, ended, left, liveCalls, mode, moved, orphans, recordings } = report;
  return {
    mode,
    live_calls: liveCalls,
    ended,
    moved,
    orphans,
    discarded,
    recordings: recordings.map(({ id, callId, from, to, startedAt, why, became }) => {
      return { id, call_id: callId, from, to, start: isoWithOffset(startedAt, timeZone), why, became };
    }),
    left,
  };
}
