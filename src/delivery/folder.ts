import { createHash } from 'node:crypto';
import { link, lstat, mkdir, open, rename, rm, stat, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

import { codeOf, MitschnittError } from '../errors.ts';
import { folderProblem, type FolderStep } from './folder-errors.ts';
import { FileMemory, OpenRecording, pieceFor } from './local-file.ts';
import { temporaryName } from '../recording/naming.ts';
import { newProbeName } from './own-names.ts';
import { received, type Take } from './received.ts';
import { contentDiffers, fileMissing, nameTaken, targetError } from './target-errors.ts';
import { NoAnswer, within } from './time-limit.ts';
import type { Stored, Target, TargetPath, Upload } from './target.ts';

/** A folder of this machine: a disk, or a share that is mounted. */
export interface FolderSettings {
  readonly type: 'folder';
  /** Must exist: a folder made below a share that is not mounted would fill the local disk. */
  readonly path: string;
}

export interface FolderLimits {
  /** For one operation of the file system. One that takes longer belongs to a mount whose server is gone. */
  readonly operationMs: number;
}

const folderLimits: FolderLimits = { operationMs: 60_000 };
/** A recording up to this size, a minute of mono, is written and read back in one step, out of memory. */
const atOnceBytes = 1024 * 1024;

/**
 * How many operations hang below each path, of whatever connection, check or removal: each holds one of the four threads
 * for all files of the process, and the next one would be one more.
 */
const hanging = new Map<string, number>();

/** File systems without hard links (FAT, exFAT, many CIFS servers) refuse link(2) with one of these. */
const withoutLinks: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);
/** Network file systems that do not know fsync(2) of a folder refuse it with one of these. */
const withoutFolderSync: ReadonlySet<string> = new Set(['EINVAL', 'ENOTSUP', 'EISDIR', 'EBADF', 'EACCES']);

/**
 * Stores files in a folder. What was written is synced to the disk and read back before it gets its name, by link(2),
 * which never replaces a file. Nothing stays open from one call to the next.
 */
export class FolderTarget implements Target {
  readonly name: string;
  readonly #path: string;
  readonly #limits: FolderLimits;
  readonly #probe = newProbeName();
  readonly #memory = new FileMemory();

  constructor(name: string, settings: FolderSettings, limits: FolderLimits = folderLimits) {
    this.name = name;
    this.#path = settings.path;
    this.#limits = limits;
  }

  async put(upload: Upload): Promise<Stored> {
    try {
      return await this.#put(upload);
    } catch (error) {
      this.#memory.forget();
      throw this.#explain(error);
    }
  }

  read({ folder, name }: TargetPath, signal: AbortSignal): AsyncIterable<Buffer> {
    const path = join(this.#path, folder, name);
    return received(signal, async (take, until) => {
      try {
        await this.#requireRoot(until);
        await this.#fetch(path, (piece) => take(Buffer.from(piece)), until).catch((error: unknown) => {
          throw isAbsent(error) ? targetError(this.name, fileMissing(name)) : error;
        });
      } catch (error) {
        throw this.#explain(error, 'read');
      }
    });
  }

  async remove({ folder, name }: TargetPath, signal: AbortSignal): Promise<'removed' | 'absent'> {
    const parent = join(this.#path, folder);
    try {
      await this.#requireRoot(signal);
      try {
        await this.#do(signal, () => rm(join(parent, name)));
      } catch (error) {
        if (isAbsent(error)) return 'absent';
        throw error;
      }
      await this.#syncFolder(parent, signal);
      return 'removed';
    } catch (error) {
      throw this.#explain(error, 'remove');
    }
  }

  async check(signal: AbortSignal): Promise<void> {
    const path = join(this.#path, this.#probe);
    const content = Buffer.from(this.#probe);
    try {
      await this.#requireRoot(signal);
      await this.#write(path, [content], signal);
      const found = await this.#digest(path, signal);
      if (found !== createHash('sha256').update(content).digest('hex')) throw this.#differs();
      await this.#do(signal, () => rm(path));
    } catch (error) {
      await this.#discard(path, signal);
      throw this.#explain(error);
    }
  }

  async close(): Promise<void> {
    // Nothing is open.
  }

  async #put(upload: Upload): Promise<Stored> {
    const { signal } = upload;
    const folder = await this.#makeFolder(upload.folder, signal);
    const final = join(folder, upload.name);
    const temporary = join(folder, temporaryName(upload.id));
    try {
      if (await this.#holds(final, upload)) return { how: 'already-there', confirmedBy: 'sha256' };
      const isKept = await this.#store(temporary, upload);
      if (!isKept) throw this.#differs();
      if (!(await this.#publish(temporary, final, upload)))
        return { how: 'already-there', confirmedBy: 'sha256' };
      await this.#syncFolder(folder, signal);
      return { how: 'stored', confirmedBy: 'sha256' };
    } finally {
      // Also what a former attempt left that died between link(2) and unlink(2).
      await this.#discard(temporary, signal);
    }
  }

  async #requireRoot(signal: AbortSignal): Promise<void> {
    const found = await this.#do(signal, () => stat(this.#path));
    if (!found.isDirectory()) throw Object.assign(new Error('not a folder'), { code: 'ENOTDIR' });
  }

  /** Makes each missing folder below the root, one at a time: the root itself is never made. */
  async #makeFolder(folder: string, signal: AbortSignal): Promise<string> {
    let path = this.#path;
    for (const part of folder.split('/').filter((each) => each !== '')) {
      const parent = path;
      path = join(path, part);
      try {
        await this.#do(signal, () => mkdir(path));
      } catch (error) {
        if (codeOf(error) !== 'EEXIST') throw error;
        continue;
      }
      await this.#syncFolder(parent, signal);
    }
    return path;
  }

  /** Whether the final name has the recording already. Throws `name-taken` when something else has it. */
  async #holds(final: string, { bytes, sha256, name, signal }: Upload): Promise<boolean> {
    try {
      const found = await this.#do(signal, () => lstat(final));
      if (found.isFile() && found.size === bytes && (await this.#digest(final, signal)) === sha256)
        return true;
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return false;
      throw error;
    }
    throw targetError(this.name, nameTaken(name));
  }

  /** Whether what is read back is what was sent. */
  async #store(path: string, upload: Upload): Promise<boolean> {
    const { bytes, sha256, signal, pace } = upload;
    if (bytes <= atOnceBytes && !pace) {
      const content = await OpenRecording.whole(upload, this.#memory);
      return await this.#anew(path, signal, () =>
        this.#do(signal, () => writtenAndReadBack(path, content, signal)),
      );
    }
    const source = await OpenRecording.open(upload);
    await this.#write(path, source.pieces(), signal).finally(() => source.close());
    return (await this.#digest(path, signal)) === sha256;
  }

  async #write(
    path: string,
    content: AsyncIterable<Buffer> | Iterable<Buffer>,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#anew(path, signal, () =>
      this.#withFile(path, 'wx', signal, async (file) => {
        for await (const piece of content) await this.#do(signal, () => file.writeFile(piece));
        await this.#do(signal, () => file.sync());
      }),
    );
  }

  /** Makes a file that must not be there yet; what a former attempt left is removed first. */
  async #anew<T>(path: string, signal: AbortSignal, make: () => Promise<T>): Promise<T> {
    try {
      return await make();
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
      // Nothing of the content was taken yet.
      await this.#do(signal, () => unlink(path));
      return await make();
    }
  }

  /** SHA-256 of a file as it is read back, lower-case hex. */
  async #digest(path: string, signal: AbortSignal): Promise<string> {
    const hash = createHash('sha256');
    await this.#fetch(path, (piece) => void hash.update(piece), signal);
    return hash.digest('hex');
  }

  /** Hands on a file piece by piece, all in the same buffer. */
  async #fetch(path: string, take: Take, signal: AbortSignal): Promise<void> {
    await this.#withFile(path, 'r', signal, async (file) => {
      const { size } = await this.#do(signal, () => file.stat());
      // One byte more: the read that finds it missing has found the end as well.
      const buffer = Buffer.allocUnsafe(pieceFor(size + 1));
      for (let found = 0; ;) {
        const { bytesRead } = await this.#do(signal, () => file.read(buffer));
        if (bytesRead === 0) return;
        await take(buffer.subarray(0, bytesRead));
        found += bytesRead;
        if (found >= size && bytesRead < buffer.length) return;
      }
    });
  }

  /**
   * Gives the file its final name without ever replacing another: link(2) fails where rename(2) would overwrite.
   * False: the final name turned out to have the same content.
   */
  async #publish(temporary: string, final: string, upload: Upload): Promise<boolean> {
    const { signal } = upload;
    try {
      await this.#do(signal, () => link(temporary, final));
    } catch (error) {
      const code = codeOf(error);
      // On a network file system the answer to a successful link may be lost, and its repetition then fails.
      if (code === 'EEXIST') return !(await this.#holds(final, upload));
      if (!withoutLinks.has(code)) throw error;
      // Nothing atomic is left: look, then rename. Only a foreign writer in these milliseconds could lose a file.
      if (await this.#holds(final, upload)) return false;
      await this.#do(signal, () => rename(temporary, final));
    }
    return true;
  }

  /** Makes names in a folder outlive a power cut. */
  async #syncFolder(folder: string, signal: AbortSignal): Promise<void> {
    try {
      await this.#withFile(folder, 'r', signal, (file) => this.#do(signal, () => file.sync()));
    } catch (error) {
      if (!withoutFolderSync.has(codeOf(error))) throw error;
    }
  }

  /** Removes what must not stay. Its own failure matters less than the error that led here. */
  async #discard(path: string, signal: AbortSignal): Promise<void> {
    if (this.#isHanging) return;
    // After an abort too: a local file goes at once, and a hanging mount is bounded by the limit.
    const patience = signal.aborted ? new AbortController().signal : signal;
    // Not rm(), which looks first: that is an operation more of each recording.
    await this.#do(patience, () => unlink(path)).catch(() => undefined);
  }

  async #withFile(
    path: string,
    flags: string,
    signal: AbortSignal,
    use: (file: FileHandle) => Promise<void>,
  ): Promise<void> {
    const file = await this.#do(signal, () => open(path, flags));
    try {
      await use(file);
    } finally {
      // Not waited for: on a mount that hangs it hangs as well.
      if (this.#isHanging || signal.aborted) void file.close().catch(() => undefined);
      else await file.close();
    }
  }

  /**
   * One operation of the file system, with its limit. Node cannot cancel it, and each one that hangs occupies one of
   * the four threads that all files and name look-ups of the process share: until it ends no further one is begun.
   */
  async #do<T>(signal: AbortSignal, operation: () => Promise<T>): Promise<T> {
    if (this.#isHanging) throw new NoAnswer(this.#limits.operationMs);
    let running: Promise<T> | undefined;
    try {
      return await within({ ms: this.#limits.operationMs, signal }, () => (running = operation()));
    } catch (error) {
      if (error instanceof NoAnswer && running) {
        const path = this.#path;
        const done = () => void hanging.set(path, (hanging.get(path) ?? 1) - 1);
        hanging.set(path, (hanging.get(path) ?? 0) + 1);
        void running.then(done, done);
      }
      throw error;
    }
  }

  get #isHanging(): boolean {
    return (hanging.get(this.#path) ?? 0) > 0;
  }

  #differs(): MitschnittError {
    const hint = `Check the disk or the server behind ${this.#path}: it does not keep what is written to it.`;
    return targetError(this.name, contentDiffers(hint));
  }

  #explain(error: unknown, step: FolderStep = 'store'): MitschnittError {
    // From the local file, or explained already.
    if (error instanceof MitschnittError) return error;
    return targetError(this.name, folderProblem(error, this.#path, step));
  }
}

/**
 * Writes a new file, syncs it to the disk, and says whether the same is read back: in one step, as each that has to be
 * waited for costs more than what it does.
 */
async function writtenAndReadBack(path: string, content: Buffer, signal: AbortSignal): Promise<boolean> {
  signal.throwIfAborted();
  const file = await open(path, 'wx+');
  try {
    await file.writeFile(content);
    await file.sync();
    // One byte more: a file that is longer than it should be is seen as well.
    const found = Buffer.allocUnsafe(content.length + 1);
    let length = 0;
    let read;
    do {
      signal.throwIfAborted();
      ({ bytesRead: read } = await file.read(found, length, found.length - length, length));
      length += read;
    } while (read > 0 && length < content.length);
    return content.equals(found.subarray(0, length));
  } finally {
    await file.close();
  }
}

/** Whether there is nothing of that name, or not even its folder. */
function isAbsent(error: unknown): boolean {
  return codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR';
}
