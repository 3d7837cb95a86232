import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

import { targetsOf } from '../assemble-delivery.ts';
import type { RecordingWithDeliveries } from '../catalogue/catalogue.ts';
import { loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { explained } from '../delivery/explained.ts';
import { codeOf, messageOf, MitschnittError } from '../errors.ts';
import type { FinishedRecording } from '../recording/recording.ts';
import { printable } from '../recording/untrusted-text.ts';
import { Spool } from '../spool/spool.ts';
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
  if (save !== undefined && !force && (await exists(save))) throw taken(save);
  const wanted = only(await withCatalogue(config, (catalogue) => catalogue.recordingsOf(id)), id);
  const interrupted = new AbortController();
  const interrupt = () => interrupted.abort();
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, interrupt);
  const folder = save === undefined ? await mkdtemp(join(tmpdir(), 'mitschnitt-')) : dirname(resolve(save));
  const copy = join(folder, `.mitschnitt-${randomUUID()}.wav`);
  try {
    await fetchIntact(wanted, config, copy, interrupted.signal);
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

/** A place that should have the recording. */
interface Source {
  readonly name: string;
  readonly pieces: (signal: AbortSignal) => AsyncIterable<Buffer>;
  readonly close?: () => Promise<void>;
}

/** The local file, then the targets that have it. What they miss is told, and the next one is asked. */
async function fetchIntact(
  wanted: RecordingWithDeliveries,
  config: Config,
  copy: string,
  signal: AbortSignal,
): Promise<void> {
  const problems: MitschnittError[] = [];
  for (const source of await sourcesOf(wanted, config)) {
    try {
      await fetch(source, wanted.recording, copy, signal);
      return;
    } catch (thrown) {
      if (signal.aborted || codeOf(thrown) === 'unwritable') throw thrown;
      const error = explained(thrown, source.name);
      if (error.code === 'altered') process.exitCode = exitCodes.wrong;
      problems.push(error);
      tellWarnings([error.message]);
    } finally {
      await source.close?.().catch(() => undefined);
    }
  }
  throw nowhere(wanted.recording, problems);
}

async function sourcesOf(
  { recording, deliveries }: RecordingWithDeliveries,
  config: Config,
): Promise<readonly Source[]> {
  const local = new Spool(config.spool.path).transferFile(recording.id);
  const places: Source[] = (await exists(local))
    ? [{ name: 'spool', pieces: (signal) => piecesOf(local, signal) }]
    : [];
  for (const { name, create } of targetsOf(config)) {
    const delivery = deliveries.find(({ target }) => target === name);
    const arrived = delivery?.state === 'delivered' || delivery?.confirmedBy !== undefined;
    if (!delivery || !arrived || delivery.removedAt !== undefined) continue;
    const target = create();
    const path = { folder: recording.folder, name: delivery.name };
    places.push({ name, pieces: (signal) => target.read(path, signal), close: () => target.close() });
  }
  return places;
}

async function* piecesOf(path: string, signal: AbortSignal): AsyncIterable<Buffer> {
  try {
    yield* createReadStream(path, { signal }) as AsyncIterable<Buffer>;
  } catch (error) {
    const hint = 'Run this as the user of Mitschnitt, or as root.';
    throw problem(`${path} cannot be read: ${messageOf(error)}`, 'unreadable', hint, error);
  }
}

async function fetch(
  source: Source,
  { id, sha256 }: FinishedRecording,
  copy: string,
  signal: AbortSignal,
): Promise<void> {
  const hash = createHash('sha256');
  const file = await open(copy, 'w', 0o600).catch((error: unknown) => {
    throw unwritable(copy, error);
  });
  try {
    for await (const piece of source.pieces(signal)) {
      hash.update(piece);
      await file.writeFile(piece).catch((error: unknown) => {
        throw unwritable(copy, error);
      });
    }
  } finally {
    await file.close();
  }
  if (hash.digest('hex') === sha256) return;
  throw problem(
    `the recording ${id} was altered: ${source.name} has another content than was recorded`,
    'altered',
    'Find out who changed it, and look for it in backups; mitschnitt verify compares all of them.',
  );
}

/** What is no target's being out of reach for now. */
const lasting = new Set(['file-missing', 'not-possible', 'unreadable', 'altered']);

/** Something is wrong with the recording itself, or a target cannot be reached now. */
function nowhere({ id }: FinishedRecording, problems: readonly MitschnittError[]): MitschnittError {
  const altered = problems.find(({ code }) => code === 'altered');
  const unreachable = problems.find(({ code }) => !lasting.has(code));
  const decisive = altered ?? unreachable ?? problems[0];
  const hint =
    decisive?.hint ??
    'Its local file is gone and no target of the configuration has it: see deliveries in mitschnitt recordings --json, and mitschnitt deletions.';
  return new MitschnittError(`nowhere is the recording ${id} to be had as it was recorded.`, {
    code: altered ? 'altered' : 'recording-gone',
    fault: altered || !unreachable ? 'configuration' : 'destination',
    retry: unreachable !== undefined,
    hint,
    cause: decisive,
  });
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

function unwritable(path: string, error: unknown): MitschnittError {
  return problem(
    `${path} cannot be written: ${messageOf(error)}`,
    'unwritable',
    'Name a file in a folder that is there and that you may write to.',
    error,
  );
}

function problem(message: string, code: string, hint: string, cause?: unknown): MitschnittError {
  return new MitschnittError(message, { code, fault: 'configuration', retry: false, hint, cause });
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
