/** Where copies of a recording are to be had; a part of assemble.ts. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';

import { targetsOf } from './assemble-delivery.ts';
import type { RecordingWithDeliveries } from './catalogue/catalogue.ts';
import type { Config } from './config/schema.ts';
import { explained } from './delivery/explained.ts';
import { codeOf, messageOf, MitschnittError } from './errors.ts';
import type { FinishedRecording } from './recording/recording.ts';
import { Spool } from './spool/spool.ts';

/** A place that should have the recording. */
export interface Source {
  readonly name: string;
  readonly pieces: (signal: AbortSignal) => AsyncIterable<Buffer>;
  readonly close?: () => Promise<void>;
}

/** What is fetched, and whereto. */
export interface Fetching {
  readonly wanted: RecordingWithDeliveries;
  readonly config: Config;
  /** Absolute path of the file that is written. */
  readonly copy: string;
  /** Ends all of it. */
  readonly signal?: AbortSignal;
  /** For all of it: none of the places takes the time of those after it. Undefined: no limit but their own. */
  readonly limitMs?: number;
}

/**
 * From the local file, else from the targets that have it, the first copy that is as it was recorded. What one of them
 * misses is told, and the next one is asked.
 *
 * @throws MitschnittError `altered`, `recording-gone`, `unwritable`
 */
export async function fetchIntact(
  { wanted, config, copy, signal = new AbortController().signal, limitMs }: Fetching,
  tell: (error: MitschnittError) => void,
): Promise<void> {
  const problems: MitschnittError[] = [];
  const sources = await sourcesOf(wanted, config);
  const until = limitMs === undefined ? undefined : Date.now() + limitMs;
  for (const [index, source] of sources.entries()) {
    const share = until && Math.max(0, Math.floor((until - Date.now()) / (sources.length - index)));
    const ends = share === undefined ? signal : AbortSignal.any([signal, AbortSignal.timeout(share)]);
    try {
      await fetch(source, wanted.recording, copy, ends);
      return;
    } catch (thrown) {
      if (signal.aborted || codeOf(thrown) === 'unwritable') throw thrown;
      const error = explained(thrown, source.name);
      problems.push(error);
      tell(error);
    } finally {
      await source.close?.().catch(() => undefined);
    }
  }
  throw nowhere(wanted.recording, problems);
}

/** The places that should have it, the nearest first. Each is to be closed. */
export async function sourcesOf(
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

export function unwritable(path: string, error: unknown): MitschnittError {
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
