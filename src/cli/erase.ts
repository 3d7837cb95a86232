import { writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { createInterface } from 'node:readline/promises';
import { setTimeout as pause } from 'node:timers/promises';

import { controlSocketOf } from '../config/files.ts';
import { loadConfig } from '../config/load.ts';
import { MitschnittError } from '../errors.ts';
import { printable } from '../recording/untrusted-text.ts';
import { certificateText } from '../retention/certificate-text.ts';
import type { Certificate } from '../retention/certificate.ts';
import type { ErasureFound, ErasureState, EraseRequest } from '../retention/eraser.ts';
import { askRunning } from './control-client.ts';
import { exitCodes } from './exit-code.ts';
import { tellError, toJson, writeLines } from './output.ts';

export interface EraseOptions {
  readonly config: string;
  readonly number: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly certificate?: string;
  readonly json?: boolean;
}

/** How often the running process is asked how far it is. */
const watchMs = 200;
/** The certificate names a person. */
const certificateMode = 0o600;

/**
 * Removes everything about a number, in the running process. Ends with 1 when something stays, with 2 when nobody
 * confirmed it, with 3 when no process runs, with 4 when a target has to be tried again.
 */
export async function erase(options: EraseOptions): Promise<void> {
  const { config } = await loadConfig(options.config);
  const socket = controlSocketOf(config);
  const asked = { number: options.number, actor: `cli:${userInfo().username}` };
  try {
    const { found } = await done(socket, { ...asked, dryRun: true });
    if (!found) return;
    if (options.json !== true) await writeLines(...foundLines(options.number, found));
    if (options.dryRun === true) {
      if (options.json === true) await writeLines(toJson({ number: options.number, ...found }));
      return;
    }
    if (options.yes !== true && !(await confirmed(options.number))) {
      process.exitCode = exitCodes.configuration;
      return;
    }
    const { certificate } = await done(socket, { ...asked, dryRun: false });
    if (certificate) await hand(certificate, config.report.language, options);
  } catch (thrown) {
    if (!(thrown instanceof MitschnittError) || thrown.code !== 'not-running') throw thrown;
    tellError(thrown);
    process.exitCode = exitCodes.asterisk;
  }
}

/** What came of it once it is done. */
async function done(socket: string, request: EraseRequest): Promise<ErasureState> {
  let state = (await askRunning(socket, '/erase', request)) as ErasureState;
  const { id } = state;
  while (state.phase === 'searching' || state.phase === 'erasing') {
    await pause(watchMs);
    state = (await askRunning(socket, '/erase')) as ErasureState;
    if (state.id !== id) throw failed('another one began meanwhile');
  }
  if (state.phase === 'failed') throw failed(state.problem ?? '');
  return state;
}

function failed(problem: string): MitschnittError {
  return new MitschnittError(`The erasure was not completed: ${problem}`, {
    code: 'erasure-failed',
    fault: 'configuration',
    retry: true,
    hint: 'Repeat it: what was removed is not looked for again. The log of Mitschnitt has the details.',
  });
}

function foundLines(number: string, { counts, member, held, live }: ErasureFound): string[] {
  const { calls, talks, recordings, from, to, targets } = counts;
  const period = from === null ? '' : `, from ${from} to ${to ?? ''}`;
  return [
    `${printable(number)}: ${calls} calls, ${talks} talks, ${recordings} recordings${period}`,
    ...(targets.length > 0
      ? [`Recordings of it are at, or on the way to: ${targets.map(printable).join(', ')}`]
      : []),
    ...(member === undefined
      ? []
      : [
          `Warning: this is a member of the group ${printable(member)}. All that this member said to anybody would be erased.`,
        ]),
    ...held.map((call) => `On hold, stays: call ${printable(call)}`),
    ...live.map((call) => `Goes on, is not touched: call ${printable(call)}`),
  ];
}

async function confirmed(number: string): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    process.stderr.write('Nothing was erased. Without a terminal, say --yes.\n');
    return false;
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const answer = await terminal.question('This cannot be undone. Type the number again to erase it: ');
    if (answer.trim() === number) return true;
    process.stderr.write('Nothing was erased.\n');
    return false;
  } finally {
    terminal.close();
  }
}

async function hand(certificate: Certificate, language: 'de' | 'en', options: EraseOptions): Promise<void> {
  const { outstanding, not_possible, on_hold, live_calls, reports, outgoing_reports } = certificate.content;
  const stays = not_possible.length + on_hold.length + live_calls.length;
  const unchanged = [...reports, ...outgoing_reports].some(({ problem }) => problem !== null);
  if (stays > 0 || unchanged) process.exitCode = exitCodes.wrong;
  if (outstanding.length > 0) process.exitCode = exitCodes.target;
  const text = certificateText(certificate, language);
  const file = options.certificate;
  if (file !== undefined) {
    await writeFile(file, `${JSON.stringify(certificate, undefined, 2)}\n`, { mode: certificateMode });
    await writeFile(`${file.replace(/\.json$/i, '')}.txt`, text, { mode: certificateMode });
  }
  if (options.json === true) await writeLines(toJson(certificate));
  else await writeLines(...text.split('\n').map(printable));
}
