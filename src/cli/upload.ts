import { userInfo } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';

import { controlSocketOf } from '../config/files.ts';
import { loadConfig } from '../config/load.ts';
import { printable } from '../recording/untrusted-text.ts';
import type { ReportUploads, Uploads } from '../uploads.ts';
import { askRunning } from './control-client.ts';
import { exitCodes } from './exit-code.ts';
import { toJson, write, writeLines } from './output.ts';
import { files } from './quantities.ts';
import { table } from './table.ts';
import { UploadView } from './upload-view.ts';
import { uploadsJson } from './uploads-json.ts';

/** How often the running process is asked how far it is. */
const watchMs = 500;

export interface UploadOptions {
  readonly config: string;
  readonly json?: boolean;
  readonly watch?: boolean;
}

/**
 * Has the running process deliver now all that waits, whatever schedule and windows say, and waits until it has tried
 * all. Who is interrupted ends only the waiting. Sets the exit code by what was not delivered.
 */
export async function upload(options: UploadOptions): Promise<void> {
  const { config } = await loadConfig(options.config);
  const socket = controlSocketOf(config);
  const view = options.watch === true ? new UploadView() : undefined;
  const before = (await askRunning(socket, '/upload', { actor: `cli:${userInfo().username}` })) as Uploads;
  let now = before;
  while (now.targets.some(({ isAsked, reports }) => isAsked || reports?.isAsked === true)) {
    await view?.show(now);
    await pause(watchMs);
    now = (await askRunning(socket, '/uploads')) as Uploads;
  }
  await view?.end();
  process.exitCode = exitCodeOfUploads(now, before.at);
  if (options.json === true) await writeLines(toJson(uploadsJson(now)));
  else await tell(before, now);
}

/** What is pending after a run that tried all did not get there; what was set aside waits for a person. */
function exitCodeOfUploads({ targets }: Uploads, since: number): number {
  const reports = targets.flatMap((target) => target.reports ?? []);
  const hasFailed = ({ pending, lastError }: Pick<ReportUploads, 'pending' | 'lastError'>) =>
    pending > 0 && lastError !== undefined && lastError.at >= since;
  if (targets.some(({ state }) => state === 'resting') || [...targets, ...reports].some(hasFailed))
    return exitCodes.target;
  return [...targets, ...reports].some(({ setAside }) => setAside > 0) ? exitCodes.wrong : exitCodes.fine;
}

const headings = ['target', 'delivered now', 'waiting', 'set aside', 'last error'];

async function tell(before: Uploads, now: Uploads): Promise<void> {
  if (now.targets.length === 0) {
    await writeLines('There are no targets in the configuration.');
    return;
  }
  const rows = now.targets.flatMap((target) => {
    const former = before.targets.find((each) => each.target === target.target);
    const { reports } = target;
    return [
      rowOf(target.target, target, former),
      ...(reports ? [rowOf(`${target.target} (reports)`, reports, former?.reports)] : []),
    ];
  });
  await write(table(headings, rows));
  const hints = new Set(
    now.targets.flatMap(({ target, lastError, reports }) =>
      [lastError, reports?.lastError].flatMap((error) =>
        error ? [`${printable(target)}: ${printable(error.hint)}`] : [],
      ),
    ),
  );
  if (hints.size > 0) await writeLines(...hints);
}

type Counts = Pick<ReportUploads, 'pending' | 'pendingBytes' | 'setAside' | 'delivered' | 'lastError'>;

function rowOf(name: string, now: Counts, before: Counts | undefined): string[] {
  return [
    name,
    String(now.delivered - (before?.delivered ?? 0)),
    files(now.pending, now.pendingBytes),
    String(now.setAside),
    now.lastError?.message ?? '',
  ];
}
