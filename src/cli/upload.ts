import { setTimeout as pause } from 'node:timers/promises';

import { controlSocketOf } from '../config/files.ts';
import { loadConfig } from '../config/load.ts';
import { printable } from '../recording/untrusted-text.ts';
import type { TargetUploads, Uploads } from '../uploads.ts';
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
  const before = (await askRunning(socket, '/upload', {})) as Uploads;
  let now = before;
  while (now.targets.some(({ isAsked }) => isAsked)) {
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
  const hasFailed = ({ state, pending, lastError }: TargetUploads) =>
    state === 'resting' || (pending > 0 && lastError !== undefined && lastError.at >= since);
  if (targets.some(hasFailed)) return exitCodes.target;
  return targets.some(({ setAside }) => setAside > 0) ? exitCodes.wrong : exitCodes.fine;
}

const headings = ['target', 'delivered now', 'waiting', 'set aside', 'last error'];

async function tell(before: Uploads, now: Uploads): Promise<void> {
  if (now.targets.length === 0) {
    await writeLines('There are no targets in the configuration.');
    return;
  }
  const rows = now.targets.map((target) => [
    target.target,
    String(target.delivered - deliveredOf(before, target)),
    files(target.pending, target.pendingBytes),
    String(target.setAside),
    target.lastError?.message ?? '',
  ]);
  await write(table(headings, rows));
  const hints = now.targets.flatMap(({ target, lastError }) =>
    lastError ? [`${printable(target)}: ${printable(lastError.hint)}`] : [],
  );
  if (hints.length > 0) await writeLines(...hints);
}

function deliveredOf({ targets }: Uploads, { target }: TargetUploads): number {
  return targets.find((each) => each.target === target)?.delivered ?? 0;
}
