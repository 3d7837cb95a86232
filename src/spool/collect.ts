import { renameSync, rmSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

import { wavHeaderBytes } from '../recording/wav.ts';
import { inspect, isThere, join, repair, stateOf } from './audio-file.ts';
import type { Media } from '../recording/media.ts';
import type { AudioFiles } from '../recording/audio-form.ts';

/** How often a file is looked at while Asterisk still has to close it; it does so within a few ms. */
const closeCheckMs = 50;

/** For how long a file is waited for. */
export interface Patience {
  /** A file of which nothing was written for this long is no longer written at all: Asterisk flushes each 2 s. */
  readonly abandonedAfterMs: number;
  /** MixMonitor creates its file when it starts; a file that is not there by then was never written. */
  readonly absentAfterMs: number;
}

const usual: Patience = { abandonedAfterMs: 5_000, absentAfterMs: 1_000 };

/**
 * Waits until Asterisk has closed a recording, and makes the finished file of it: moved, or repaired if Asterisk will
 * never close it, or joined of its two sides. Can be repeated after a crash at any point.
 *
 * @param candidates the files of every form in which the recording may have been made: at most one is there.
 * @returns what is in the finished file; undefined when there is no file at all.
 */
export async function collect(
  candidates: readonly AudioFiles[],
  transfer: string,
  signal: AbortSignal,
  patience = usual,
): Promise<Media | undefined> {
  for (;;) {
    const found = await untilClosed(candidates, transfer, signal, patience);
    if (!found) return undefined;
    const { files, bytes, closed, writtenAt } = found;
    // An open and a closed file without a sample look the same: there is nothing to repair in it.
    const repaired = !closed && bytes > files.length * wavHeaderBytes;
    const media = await finish(files, repaired, transfer);
    // A disk that stood still held up Asterisk, which wrote on while this copied.
    if (repaired && hasChanged(found)) {
      rmSync(transfer, { force: true });
      continue;
    }
    for (const file of files.length > 0 ? files : candidates.flat()) rmSync(file, { force: true });
    return { ...media, repaired, writtenAt };
  }
}

function hasChanged({ files, bytes, closed }: Found): boolean {
  const now = firstOf([files]);
  return now !== undefined && (now.bytes !== bytes || now.closed !== closed);
}

/** The finished file stands under its name only when all that is in the others is in it, and on the disk. */
async function finish(
  [first, other]: Found['files'],
  repaired: boolean,
  transfer: string,
): Promise<Omit<Media, 'repaired'>> {
  if (first !== undefined && other !== undefined) return join(first, other, transfer);
  if (first !== undefined && repaired) await repair(first, transfer);
  else if (first !== undefined) renameSync(first, transfer);
  return inspect(transfer);
}

interface Found {
  /** None when the finished file is there already. */
  readonly files: AudioFiles | readonly [];
  readonly bytes: number;
  readonly closed: boolean;
  /** Undefined: of the finished file, which we wrote. */
  readonly writtenAt: number | undefined;
}

async function untilClosed(
  candidates: readonly AudioFiles[],
  transfer: string,
  signal: AbortSignal,
  { abandonedAfterMs, absentAfterMs }: Patience,
): Promise<Found | undefined> {
  let size: number | undefined;
  let grewAt = performance.now();
  for (;;) {
    // Before the others: those that are still there beside it are what a crash left.
    if (isThere(transfer)) return { files: [], bytes: 0, closed: true, writtenAt: undefined };
    const found = firstOf(candidates);
    if (found?.closed) return found;
    const quietMs = performance.now() - grewAt;
    if (found?.bytes !== size) {
      size = found?.bytes;
      grewAt = performance.now();
    } else if (quietMs > (found ? abandonedAfterMs : absentAfterMs)) {
      return found;
    }
    await pause(closeCheckMs, undefined, { signal });
  }
}

/** The files that are there. One whose other side is missing may still get it. */
function firstOf(candidates: readonly Found['files'][]): Found | undefined {
  for (const files of candidates) {
    const states = files.map(stateOf);
    if (states.every((state) => state === undefined)) continue;
    const bytes = states.reduce((sum, state) => sum + (state?.bytes ?? 0), 0);
    const writtenAt = Math.round(Math.max(...states.map((state) => state?.writtenAt ?? 0)));
    return { files, bytes, closed: states.every((state) => state?.closed === true), writtenAt };
  }
  return undefined;
}
