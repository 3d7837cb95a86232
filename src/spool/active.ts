/** What lies in `active/`, whoever put it there. */
import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';

import { codeOf } from '../errors.ts';
import { durationMs, wavHeaderBytes } from '../recording/wav.ts';
import { stateOf } from './audio-file.ts';
import type { RecordingId } from '../call/call.ts';

/** The file of a recording, or its two sides. Times are ms since 1970, as the file system has them. */
export interface ActiveFile {
  /** The recording that it is of; the name of the file itself where that is not one of ours. */
  readonly id: RecordingId;
  readonly names: readonly string[];
  readonly foreign: boolean;
  readonly createdAt: number;
  readonly writtenAt: number;
  /** Of the audio in it. */
  readonly durationMs: number;
  readonly closed: boolean;
  /** Why it cannot be taken for a recording; undefined when it can. */
  readonly problem: string | undefined;
}

/** `<uuid>.wav`, `<uuid>.member.wav`; `.wav16` is wideband. */
const ownName = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})((?:\.member|\.other)?\.wav(?:16)?)$/;
const audioName = /\.wav(16)?$/;

export async function activeFilesIn(folder: string): Promise<readonly ActiveFile[]> {
  const byId = new Map<string, string[]>();
  for (const name of await namesIn(folder)) {
    const id = ownName.exec(name)?.[1] ?? name;
    byId.set(id, [...(byId.get(id) ?? []), name]);
  }
  return [...byId].flatMap(([id, names]) => {
    const parts = names.flatMap((name) => partOf(folder, name) ?? []);
    return merged(id, names, parts) ?? [];
  });
}

/** Gives the files of a recording the name of another one, which is free. Whoever writes them goes on. */
export async function renameActive(folder: string, { names }: ActiveFile, to: RecordingId): Promise<void> {
  for (const name of names) {
    const ending = ownName.exec(name)?.[2] ?? audioName.exec(name)?.[0] ?? '';
    await rename(join(folder, name), join(folder, `${to}${ending}`));
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

type Part = Pick<ActiveFile, 'createdAt' | 'writtenAt' | 'durationMs' | 'closed' | 'problem'>;

const noWav = 'it is no WAV file as Asterisk writes it';

/** Undefined: it was taken away at this moment. */
function partOf(folder: string, name: string): Part | undefined {
  const state = stateOf(join(folder, name));
  if (!state) return undefined;
  const { bytes, closed, createdAt, header, writtenAt } = state;
  const isAudio = audioName.test(name) && (header !== undefined || bytes <= wavHeaderBytes);
  return {
    // A copy, or a backup that was restored, was made after it was written; and not every file system knows.
    createdAt: createdAt > 0 ? Math.min(createdAt, writtenAt) : writtenAt,
    writtenAt,
    durationMs: header ? durationMs(header, bytes) : 0,
    closed,
    problem: isAudio ? undefined : noWav,
  };
}

function merged(id: string, names: readonly string[], parts: readonly Part[]): ActiveFile | undefined {
  if (parts.length === 0) return undefined;
  return {
    id,
    names,
    foreign: names.some((name) => !ownName.test(name)),
    createdAt: Math.min(...parts.map(({ createdAt }) => createdAt)),
    writtenAt: Math.max(...parts.map(({ writtenAt }) => writtenAt)),
    durationMs: Math.max(...parts.map((part) => part.durationMs)),
    closed: parts.every(({ closed }) => closed),
    problem: parts.find(({ problem }) => problem !== undefined)?.problem,
  };
}
