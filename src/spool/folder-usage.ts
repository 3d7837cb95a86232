import { opendir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { codeOf } from '../errors.ts';

/** What lies in a folder. */
export interface Usage {
  readonly files: number;
  readonly bytes: number;
}

/** Looked at together. More at once would be faster by little, and hold memory for each file of a large backlog. */
const filesAtOnce = 200;
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
  let names: string[] = [];
  const add = async () => {
    const sizes = await Promise.all(names.map((name) => sizeOf(join(path, name))));
    files += names.length;
    for (const size of sizes) bytes += size ?? 0;
    names = [];
  };
  const folder = await unlessGone(opendir(path, { bufferSize: filesAtOnce }), undefined);
  if (!folder) return { files, bytes };
  for await (const { name } of folder) {
    names.push(name);
    if (names.length === filesAtOnce) await add();
  }
  await add();
  return { files, bytes };
}

async function sizeOf(path: string): Promise<number | undefined> {
  return (await unlessGone(stat(path), undefined))?.size;
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
