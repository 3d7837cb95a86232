import { createHash } from 'node:crypto';
import { constants, createReadStream, type Stats } from 'node:fs';
import {
  access,
  chmod,
  chown,
  copyFile,
  mkdir,
  open,
  readdir,
  rename,
  rm,
  stat,
  statfs,
} from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { codeOf, messageOf, MitschnittError } from '../errors.ts';
import { durationMs, isClosed, parseWavHeader, repairedLengths, wavHeaderBytes } from '../recording/wav.ts';
import type { Media, RecordingId } from '../call/call.ts';

/** How often a file is looked at while Asterisk still has to close it; it does so within a few ms. */
const closeCheckMs = 50;
/** A file of which nothing was written for this long is no longer written at all: Asterisk flushes each 2 s. */
const abandonedAfterMs = 5_000;
/** MixMonitor creates its file when it starts; a file that is not there by then was never written. */
const absentAfterMs = 1_000;

/** The local folder: `active/` belongs to Asterisk, `transfer/` to us. */
export class Spool {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Creates the folders with the owner and mode of the spool itself, so that Asterisk may write where it may there.
   * Tells whether it had to create the spool as well: nobody has said then that Asterisk may write there.
   */
  async prepare(): Promise<'created' | 'found'> {
    try {
      const created = await mkdir(this.#path, { recursive: true });
      const { uid, gid, mode } = await stat(this.#path);
      for (const folder of ['active', 'transfer']) {
        const path = join(this.#path, folder);
        const made = await mkdir(path, { recursive: true });
        if (made === undefined) continue;
        await chmod(path, mode & 0o7777);
        if (process.getuid?.() === 0) await chown(path, uid, gid);
      }
      await access(join(this.#path, 'transfer'), constants.W_OK);
      return created === undefined ? 'found' : 'created';
    } catch (error) {
      throw this.#unusable(messageOf(error), error);
    }
  }

  /** Looks whether it can be used, and changes nothing. */
  async check(): Promise<void> {
    try {
      const spool = await stat(this.#path);
      await access(this.#path, constants.W_OK);
      const active = await statOf(join(this.#path, 'active'));
      if (active && !isAsOpenAs(active, spool))
        throw new Error('not everybody who may write there may do so in its folder active');
      if (await statOf(join(this.#path, 'transfer')))
        await access(join(this.#path, 'transfer'), constants.W_OK);
    } catch (error) {
      throw this.#unusable(messageOf(error), error);
    }
  }

  #unusable(why: string, cause: unknown): MitschnittError {
    return new MitschnittError(`The spool ${this.#path} cannot be used: ${why}`, {
      code: 'spool-unusable',
      fault: 'configuration',
      retry: false,
      hint: `Create it so that Mitschnitt and Asterisk may write there: ${this.installCommand}`,
      cause,
    });
  }

  /** What makes the folder as it has to be where Asterisk runs as the user `asterisk`. */
  get installCommand(): string {
    return `install -d -o asterisk -g asterisk -m 2775 ${this.#path}`;
  }

  /** Where Asterisk writes a recording. */
  activeFile(recording: RecordingId): string {
    return join(this.#path, 'active', `${recording}.wav`);
  }

  /** Where a finished recording waits for its delivery. */
  transferFile(recording: RecordingId): string {
    return join(this.#path, 'transfer', `${recording}.wav`);
  }

  /** Whether Asterisk has begun to write a recording. */
  async isActive(recording: RecordingId): Promise<boolean> {
    return (await sizeOf(this.activeFile(recording))) !== undefined;
  }

  /**
   * Waits until Asterisk has closed a recording, repairs its header if it never will, moves it to `transfer/` and
   * tells what it is. Can be repeated after a crash at any point. Undefined: there is no such file.
   */
  async collect(recording: RecordingId, signal: AbortSignal): Promise<Media | undefined> {
    const active = this.activeFile(recording);
    const transfer = this.transferFile(recording);
    const found = await this.#untilClosed(recording, signal);
    if (found === 'absent') return undefined;
    // An open and a closed file without a sample look the same: there is nothing to repair in it.
    const repaired = found === 'unfinished' && ((await sizeOf(active)) ?? 0) > wavHeaderBytes;
    if (repaired) await moveRepaired(active, transfer);
    else if (found !== 'moved') await rename(active, transfer);
    return { ...(await inspect(transfer)), repaired };
  }

  /** Removes the finished file of a recording that is not to be kept. */
  async discard(recording: RecordingId): Promise<void> {
    await rm(this.transferFile(recording), { force: true });
  }

  /** Files and bytes in one of the folders. */
  async usage(folder: 'active' | 'transfer'): Promise<{ files: number; bytes: number }> {
    const names = await readdir(join(this.#path, folder));
    const sizes = await Promise.all(names.map((name) => sizeOf(join(this.#path, folder, name))));
    return { files: names.length, bytes: sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0) };
  }

  /** Room left on the disk of the spool. */
  async freeBytes(): Promise<number> {
    const { bavail, bsize } = await statfs(this.#path);
    return bavail * bsize;
  }

  async #untilClosed(
    recording: RecordingId,
    signal: AbortSignal,
  ): Promise<'closed' | 'unfinished' | 'moved' | 'absent'> {
    let size: number | undefined;
    let grewAt = Date.now();
    for (;;) {
      const state = await readState(this.activeFile(recording));
      if (!state && (await sizeOf(this.transferFile(recording))) !== undefined) return 'moved';
      if (state?.closed) return 'closed';
      const quietMs = Date.now() - grewAt;
      if (state?.bytes !== size) {
        size = state?.bytes;
        grewAt = Date.now();
      } else if (size === undefined && quietMs > absentAfterMs) {
        return 'absent';
      } else if (size !== undefined && quietMs > abandonedAfterMs) {
        return 'unfinished';
      }
      await pause(closeCheckMs, undefined, { signal });
    }
  }
}

const writableByGroup = 0o020;
const writableByOthers = 0o002;

/** Whether whoever may write in the spool may do so in a folder in it: Asterisk is one of them, by which right is unknown. */
function isAsOpenAs(folder: Stats, spool: Stats): boolean {
  if (spool.mode & writableByOthers) return (folder.mode & writableByOthers) !== 0;
  if (spool.mode & writableByGroup) return folder.gid === spool.gid && (folder.mode & writableByGroup) !== 0;
  return folder.uid === spool.uid;
}

async function sizeOf(path: string): Promise<number | undefined> {
  return (await statOf(path))?.size;
}

async function statOf(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function readState(path: string): Promise<{ bytes: number; closed: boolean } | undefined> {
  try {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      const { buffer } = await file.read(new Uint8Array(wavHeaderBytes), 0, wavHeaderBytes, 0);
      const header = parseWavHeader(buffer);
      return { bytes: size, closed: header !== undefined && isClosed(header, size) };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** The original may be Asterisk's alone to write: what is repaired is a copy, and then takes its place. */
async function moveRepaired(active: string, transfer: string): Promise<void> {
  const copy = `${transfer}.part`;
  await copyFile(active, copy);
  await repairHeader(copy);
  await rename(copy, transfer);
  await rm(active);
}

/** Writes the lengths that Asterisk did not come to write. The audio stays as it is. */
async function repairHeader(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    const { size } = await file.stat();
    for (const { offset, value } of repairedLengths(size)) {
      const bytes = new Uint8Array(4);
      new DataView(bytes.buffer).setUint32(0, value, true);
      await file.write(bytes, 0, 4, offset);
    }
    await file.sync();
  } finally {
    await file.close();
  }
}

async function inspect(path: string): Promise<Omit<Media, 'repaired'>> {
  const hash = createHash('sha256');
  let head: Uint8Array | undefined;
  let bytes = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Uint8Array>) {
    head ??= chunk.subarray(0, wavHeaderBytes);
    bytes += chunk.length;
    hash.update(chunk);
  }
  const header = parseWavHeader(head ?? new Uint8Array());
  return { bytes, durationMs: header ? durationMs(header, bytes) : 0, sha256: hash.digest('hex') };
}
