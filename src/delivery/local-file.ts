import { createHash, hash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';

import { codeOf, MitschnittError } from '../errors.ts';
import type { Upload } from './target.ts';

/** Large enough that hashing and sending, not calls, cost the time; small against the memory of a process. */
const pieceBytes = 256 * 1024;
/** Pieces of a large file that are in memory. */
const piecesAtOnce = 3;

/** No larger than the file: most recordings are smaller, and it is the buffers that the garbage collector cleans up. */
export function pieceFor(bytes: number): number {
  return Math.max(1, Math.min(pieceBytes, bytes));
}

/**
 * Memory that one small file after another is read into: new memory for each costs more than the reading. For files of
 * which one is done with before the next is read.
 */
export class FileMemory {
  #buffer: Buffer | undefined;

  /** So many bytes of it, with whatever they hold. */
  take(bytes: number): Buffer {
    if (!this.#buffer || this.#buffer.length < bytes) this.#buffer = Buffer.allocUnsafeSlow(bytes);
    return this.#buffer.subarray(0, bytes);
  }

  /** A transfer failed, and may still read from it: the next file gets other memory. */
  forget(): void {
    this.#buffer = undefined;
  }
}

/**
 * The local file of a recording, open for one transfer. A recording is evidence: what does not have the size and the
 * SHA-256 that were noted when it was finished fails before its end, so that it is never taken for complete.
 *
 * Fails with a MitschnittError: `local-file-missing`, `local-file-unreadable`, `local-file-altered`.
 */
export class OpenRecording {
  readonly #file: FileHandle;
  readonly #upload: Upload;

  private constructor(file: FileHandle, upload: Upload) {
    this.#file = file;
    this.#upload = upload;
  }

  /** All of a file that is small enough to be in memory, in `memory`, checked before it is handed over. */
  static async whole(upload: Upload, memory: FileMemory): Promise<Buffer> {
    const { bytes, sha256, pace, onProgress } = upload;
    let granted = 0;
    while (pace && granted < bytes) granted += await pace(bytes - granted);
    let file: FileHandle | undefined;
    try {
      file = await open(upload.source, 'r');
      // One more than there should be: that it has grown is seen without asking for its size.
      const buffer = memory.take(bytes + 1);
      let length = 0;
      let read;
      do {
        ({ bytesRead: read } = await file.read(buffer, length, buffer.length - length));
        length += read;
      } while (read > 0 && length < bytes);
      const content = buffer.subarray(0, length);
      if (length !== bytes || hash('sha256', content) !== sha256) throw altered(upload);
      onProgress?.(bytes);
      return content;
    } catch (error) {
      throw explain(error, upload);
    } finally {
      // Not waited for: nothing depends on it.
      void file?.close().catch(() => undefined);
    }
  }

  /** Whoever opens it closes it. */
  static async open(upload: Upload): Promise<OpenRecording> {
    let file: FileHandle | undefined;
    try {
      file = await open(upload.source, 'r');
      if ((await file.stat()).size !== upload.bytes) throw altered(upload);
      return new OpenRecording(file, upload);
    } catch (error) {
      await file?.close();
      throw explain(error, upload);
    }
  }

  /** By which a program of the same user opens the very same file, whatever its name is or becomes (proc(5)). */
  get path(): string {
    return `/proc/${process.pid}/fd/${this.#file.fd}`;
  }

  /**
   * Its content, once, as fast as the upload may go. A piece is to be used before the next but one is asked for: its
   * memory then takes another, which costs a quarter of new memory. No stream: for a small file those take longer than
   * the reading.
   */
  pieces(): AsyncGenerator<Buffer, void, undefined> {
    const length = pieceFor(this.#upload.bytes);
    // In turn: while one is sent, the next is hashed, and the one behind that is filled.
    const count = Math.min(piecesAtOnce, Math.ceil(this.#upload.bytes / length));
    const buffers = Array.from({ length: count }, () => Buffer.allocUnsafe(length));
    return this.#pieces((index) => buffers[index % buffers.length] ?? Buffer.alloc(0));
  }

  /** The same for a stream, which may hold several: each has memory of its own. */
  piecesToKeep(): AsyncGenerator<Buffer, void, undefined> {
    const length = pieceFor(this.#upload.bytes);
    return this.#pieces(() => Buffer.allocUnsafe(length));
  }

  async *#pieces(memory: (index: number) => Buffer): AsyncGenerator<Buffer, void, undefined> {
    const { bytes, sha256, onProgress } = this.#upload;
    const digest = createHash('sha256');
    let reading = this.#read(memory(0), bytes);
    // To its known end: a read beyond it would only find nothing.
    for (let left = bytes, index = 1; left > 0; index += 1) {
      const piece = await reading;
      if (piece.length === 0) break;
      left -= piece.length;
      if (left > 0) reading = this.#read(memory(index), left);
      // Found when it is waited for.
      reading.catch(() => undefined);
      digest.update(piece);
      yield piece;
      onProgress?.(piece.length);
    }
    if (digest.digest('hex') !== sha256) throw altered(this.#upload);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  /** Reads what comes next, and no more than `left`; less where the upload may not go so fast. */
  async #read(buffer: Buffer, left: number): Promise<Buffer> {
    const { pace } = this.#upload;
    const most = Math.min(buffer.length, left);
    if (most === 0) return buffer.subarray(0, 0);
    try {
      const { bytesRead } = await this.#file.read(buffer, 0, pace ? await pace(most) : most);
      return buffer.subarray(0, bytesRead);
    } catch (error) {
      throw explain(error, this.#upload);
    }
  }
}

function altered(upload: Upload): MitschnittError {
  return new MitschnittError(`The local file ${upload.source} is no longer what was recorded`, {
    code: 'local-file-altered',
    fault: 'configuration',
    retry: false,
    hint: 'Find out what changed the file. It is kept as it is and was not delivered.',
  });
}

function explain(error: unknown, upload: Upload): MitschnittError {
  if (error instanceof MitschnittError) return error;
  if (codeOf(error) === 'ENOENT') {
    return new MitschnittError(`The local file ${upload.source} is missing`, {
      code: 'local-file-missing',
      fault: 'defect',
      retry: false,
      hint: 'Look for the file under its id on this machine and in its backups: Mitschnitt deletes none before delivery.',
      cause: error,
    });
  }
  return new MitschnittError(`The local file ${upload.source} cannot be read`, {
    code: 'local-file-unreadable',
    fault: 'configuration',
    retry: true,
    hint: 'Let the user that Mitschnitt runs as read the spool, and check the disk.',
    cause: error,
  });
}
