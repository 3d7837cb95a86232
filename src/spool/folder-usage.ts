import { statSync } from 'node:fs';
import { opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';

import { codeOf } from '../errors.ts';

/** What lies in a folder. */
export interface Usage {
  readonly files: number;
  readonly bytes: number;
}

/** Names that are read from the folder at once. */
const filesAtOnce = 200;
/** So long nothing else of the process runs; a cold disk takes ms for one file. */
const turnMs = 2;
/** A walk that took less is not worth being remembered. */
const shortWalkMs = 50;
/** A result is kept for so many times as long as it took: walks take a twentieth of the time at most. */
const keptFor = 20;
const longestKeptMs = 60_000;

/** How many files and bytes there are in a folder. Who asks during a walk, or soon after a long one, gets its result. */
export class FolderUsage {
  readonly #path: string;
  #walk: Promise<Usage> | undefined;
  #kept: { readonly usage: Usage; readonly until: number } | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** None in a folder that is gone. */
  async now(): Promise<Usage> {
    if (this.#kept && performance.now() < this.#kept.until) return this.#kept.usage;
    this.#walk ??= this.#look().finally(() => {
      this.#walk = undefined;
    });
    return await this.#walk;
  }

  async #look(): Promise<Usage> {
    const begun = performance.now();
    const usage = await walk(this.#path);
    const ended = performance.now();
    const keptMs = Math.min(keptFor * (ended - begun), longestKeptMs);
    this.#kept = ended - begun < shortWalkMs ? undefined : { usage, until: ended + keptMs };
    return usage;
  }
}

async function walk(path: string): Promise<Usage> {
  let [files, bytes] = [0, 0];
  const folder = await unlessGone(opendir(path, { bufferSize: filesAtOnce }), undefined);
  if (!folder) return { files, bytes };
  let turn = performance.now();
  for await (const { name } of folder) {
    // Without the help of a thread: that costs five times as much, and memory that stays.
    bytes += statSync(join(path, name), { throwIfNoEntry: false })?.size ?? 0;
    files += 1;
    if (performance.now() - turn < turnMs) continue;
    await setImmediate();
    turn = performance.now();
  }
  return { files, bytes };
}

/** What was asked for, or something else if there is no such file. */
export async function unlessGone<Found, Otherwise>(
  asked: Promise<Found>,
  otherwise: Otherwise,
): Promise<Found | Otherwise> {
  try {
    return await asked;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return otherwise;
    throw error;
  }
}
