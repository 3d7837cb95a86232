import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, open, rename, rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';

import { fetchIntact, unwritable } from '../assemble-copies.ts';
import type { RecordingWithDeliveries } from '../catalogue/catalogue.ts';
import { controlSocketOf } from '../config/files.ts';
import { loadConfig } from '../config/load.ts';
import { codeOf, MitschnittError } from '../errors.ts';
import { printable } from '../recording/untrusted-text.ts';
import { ask } from './control-client.ts';
import { exitCodes } from './exit-code.ts';
import { tellWarnings, writeLines } from './output.ts';
import { findPlayer, runPlayer } from './player.ts';
import { withCatalogue } from './with-catalogue.ts';

export interface PlayOptions {
  readonly config: string;
  readonly save?: string;
  readonly force?: boolean;
}

/**
 * Plays a recording, or saves it, from the first place that gives it as it was recorded. Ends with 1 where it met a
 * copy that was altered. Who interrupts ends it; nothing stays on the disk then.
 */
export async function play(id: string, options: PlayOptions): Promise<void> {
  const { config } = await loadConfig(options.config);
  const { save, force = false } = options;
  // Before anything is fetched that could then not be played or kept.
  const player = save === undefined ? await findPlayer() : undefined;
  if (save !== undefined && !force && existsSync(save)) throw taken(save);
  const wanted = only(await withCatalogue(config, (catalogue) => catalogue.recordingsOf(id)), id);
  const interrupted = new AbortController();
  const interrupt = () => interrupted.abort();
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, interrupt);
  const folder = save === undefined ? await mkdtemp(join(tmpdir(), 'mitschnitt-')) : dirname(resolve(save));
  const copy = join(folder, `.mitschnitt-${randomUUID()}.wav`);
  try {
    await fetchIntact({ wanted, config, copy, signal: interrupted.signal }, (error) => {
      if (error.code === 'altered') process.exitCode = exitCodes.wrong;
      tellWarnings([error]);
    });
    await tellPlayed(controlSocketOf(config), wanted, save !== undefined);
    if (player) await runPlayer(player, copy, interrupted.signal);
    else if (save !== undefined) await keep(copy, save, force);
  } catch (error) {
    if (!interrupted.signal.aborted) throw error;
    process.exitCode = exitCodes.wrong;
  } finally {
    await (save === undefined ? rm(folder, { recursive: true, force: true }) : rm(copy, { force: true }));
    for (const signal of signals) process.off(signal, interrupt);
  }
}

/** For the audit log of the running process. Where none runs, or it has no ear, nobody keeps it. */
async function tellPlayed(
  socket: string,
  { recording }: RecordingWithDeliveries,
  saved: boolean,
): Promise<void> {
  const told = { id: recording.id, saved, actor: `cli:${userInfo().username}` };
  await ask(socket, '/played', told).catch(() => undefined);
}

function only(found: readonly RecordingWithDeliveries[], id: string): RecordingWithDeliveries {
  const [first, ...others] = found;
  if (first && others.length === 0) return first;
  const ids = found.map(({ recording }) => recording.id).join(', ');
  throw first
    ? problem(`the call ${id} has ${found.length} recordings`, 'several', `Name one of them: ${ids}`)
    : problem(
        `there is no recording with the id ${id}, nor of a call with it`,
        'unknown-recording',
        'Look for its id in mitschnitt recordings --json.',
      );
}

/** Gives the copy its name. rename(2) overwrites: so the name is taken before, on shares too, which have no link(2). */
async function keep(copy: string, save: string, force: boolean): Promise<void> {
  try {
    if (!force) await (await open(save, 'wx')).close();
    await rename(copy, save);
  } catch (error) {
    throw codeOf(error) === 'EEXIST' ? taken(save) : unwritable(save, error);
  }
  await writeLines(printable(resolve(save)));
}

function taken(path: string): MitschnittError {
  return problem(
    `${path} is there already`,
    'name-taken',
    'Name another file, or overwrite it with --force.',
  );
}

function problem(message: string, code: string, hint: string, cause?: unknown): MitschnittError {
  return new MitschnittError(message, { code, fault: 'configuration', retry: false, hint, cause });
}
