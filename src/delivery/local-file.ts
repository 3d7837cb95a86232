import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';

import { codeOf, MitschnittError } from '../errors.ts';
import type { Upload } from './target.ts';

/** Large enough that hashing and sending, not calls, cost the time; small against the memory of a process. */
const pieceBytes = 256 * 1024;

/** No larger than the file: most recordings are smaller, and it is the buffers that the garbage collector cleans up. */
export function pieceFor(bytes: number): number {
  return Math.max(1, Math.min(pieceBytes, bytes));
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

  /** Its content, once, as fast as the upload may go. No stream: for a small file those take longer than the reading. */
  async *pieces(): AsyncGenerator<Buffer, void, undefined> {
    const hash = createHash('sha256');
    const { pace, onProgress } = this.#upload;
    // To its known end: a read beyond it would only find nothing.
    for (let left = this.#upload.bytes; left > 0;) {
      const most = pieceFor(left);
      const piece = await this.#read(pace ? await pace(most) : most);
      if (piece.length === 0) break;
      left -= piece.length;
      hash.update(piece);
      yield piece;
      onProgress?.(piece.length);
    }
    if (hash.digest('hex') !== this.#upload.sha256) throw altered(this.#upload);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async #read(length: number): Promise<Buffer> {
    try {
      const { buffer, bytesRead } = await this.#file.read(Buffer.allocUnsafe(length), 0, length);
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
