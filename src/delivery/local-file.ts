import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { Transform, type Readable } from 'node:stream';

import { codeOf, MitschnittError } from '../errors.ts';
import type { Upload } from './target.ts';

/** Large enough that hashing and sending, not calls, cost the time; small against the memory of a process. */
const pieceBytes = 256 * 1024;

/** No larger than the file: most recordings are smaller, and it is the buffers that the garbage collector cleans up. */
export function pieceFor(bytes: number): number {
  return Math.max(1, Math.min(pieceBytes, bytes));
}

/**
 * Opens the local file for one transfer. A recording is evidence: what does not have the size and the SHA-256 that
 * were noted when it was finished makes the stream fail before its end, so that it is never taken for complete.
 *
 * Throws, or fails with, a MitschnittError: `local-file-missing`, `local-file-unreadable`, `local-file-altered`.
 * Whoever opens it destroys it.
 */
export async function openRecording(upload: Upload): Promise<Readable> {
  let file: FileHandle | undefined;
  try {
    file = await open(upload.source, 'r');
    const { size } = await file.stat();
    if (size !== upload.bytes) throw altered(upload);
    // To its known end: a read beyond it would cost a whole buffer only to find nothing.
    const pieces = file.createReadStream({
      highWaterMark: pieceFor(size),
      ...(size === 0 ? {} : { end: size - 1 }),
    });
    const checked = checking(upload);
    // Not by pipeline(): a disk error must not come out as if the target had had it.
    pieces.once('error', (error) => checked.destroy(explain(error, upload)));
    // A small file is read and found out before anyone listens; whoever reads it then fails all the same.
    checked.once('error', () => undefined);
    checked.once('close', () => pieces.destroy());
    return pieces.pipe(checked);
  } catch (error) {
    await file?.close();
    throw explain(error, upload);
  }
}

function checking(upload: Upload): Transform {
  const hash = createHash('sha256');
  return new Transform({
    highWaterMark: pieceBytes,
    transform(piece: Buffer, _encoding, done) {
      hash.update(piece);
      done(null, piece);
    },
    flush(done) {
      done(hash.digest('hex') === upload.sha256 ? null : altered(upload));
    },
  });
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
