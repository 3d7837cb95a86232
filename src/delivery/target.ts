import type { FinishedRecording } from '../recording/recording.ts';

/** What people are told of a recording. The numbers are whatever a caller sent. */
export type RecordingFacts = Pick<
  FinishedRecording,
  'group' | 'direction' | 'from' | 'to' | 'startedAt' | 'durationMs'
>;

/** Where a file is at a target. */
export interface TargetPath {
  /** Folder below the target's own path, `/` between parts, no leading or trailing `/`; empty for none. */
  readonly folder: string;
  /** Final file name, already safe for SMB, FTP and POSIX. */
  readonly name: string;
}

/** What people are told of a report. */
export interface ReportFacts {
  /** What it is of: `2021-04`. */
  readonly period: string;
  readonly language: 'de' | 'en';
}

/** One file on its way to one target: a finished recording, the sidecar of one, or a report. */
export interface Upload extends TargetPath {
  /**
   * The UUID of the recording or report; of a sidecar with `-sidecar` behind it. Names the temporary file at the target, so that a
   * retry finds and replaces it.
   */
  readonly id: string;
  /** Absolute path of the local file. */
  readonly source: string;
  /** Size of the local file in bytes. */
  readonly bytes: number;
  /** SHA-256 of the local file, lower-case hex. */
  readonly sha256: string;
  readonly facts: RecordingFacts | ReportFacts;
  /** Aborted when the process stops; `put` then ends soon and leaves nothing under the final name. */
  readonly signal: AbortSignal;
  /**
   * Waits until some of `bytes` may be sent, and tells how many: from 1 to `bytes`, or all once `signal` aborts. Absent
   * where nothing limits the rate. `OpenRecording` asks it; a target that reads the local file by other means does not,
   * and is then held back before its next file.
   */
  readonly pace?: ((bytes: number) => Promise<number>) | undefined;
  /** Told how many bytes more were handed over to the target. `OpenRecording` tells it. */
  readonly onProgress?: ((bytes: number) => void) | undefined;
}

/** What is known of a stored file. */
export interface Stored {
  /** `stored` now, or found `already-there` with the same content: an earlier attempt whose note was lost. */
  readonly how: 'stored' | 'already-there';
  /**
   * What was compared with the local file after the transfer; `accepted`: nothing could be, a server took charge of it
   * and said so (RFC 5321, 4.2.5).
   */
  readonly confirmedBy: 'size' | 'sha256' | 'accepted';
  /** Bytes that were sent, where that is not the size of the local file: a copy in another format went. */
  readonly sent?: number;
}

/**
 * A place where recordings are delivered (PORT). Each instance is one connection: for several files at the same time
 * there are several instances.
 *
 * Errors are {@link MitschnittError}s classified by the adapter. The code `name-taken` says that another file has
 * the final name: the uploader then picks another name. `retry: false` says that this file can never be stored as it
 * is, and sets it aside. All else is `retry: true`, a wrong password too: once it is corrected, no file has been left out.
 */
export interface Target {
  /** The name in the configuration, for messages. */
  readonly name: string;
  /**
   * Stores the file complete under its final name or not at all: folders are made as needed, the bytes go to a
   * temporary name, what arrived is compared, then it is renamed. Never overwrites.
   * Calls on one instance never overlap; other instances may work on other files at the same time.
   */
  put(upload: Upload): Promise<Stored>;
  /**
   * Hands on a file that was stored, piece by piece, as it is there now: whoever wants to be sure compares its SHA-256.
   * It is a call that lasts until the last piece was taken or the loop was left. Pieces are to be taken as they come:
   * a rest that is longer than the target waits for an answer is `no-answer`.
   *
   * Errors with `retry: false`: `file-missing`; `not-possible`, where nothing that was stored can be reached any more.
   */
  read(path: TargetPath, signal: AbortSignal): AsyncIterable<Buffer>;
  /**
   * Removes a file that was stored, in all its versions, so that it cannot be read any more; `absent`: there is none.
   *
   * Errors: `remove-refused` without the right to it; `object-locked` (S3) before its time; `not-possible` as above.
   */
  remove(path: TargetPath, signal: AbortSignal): Promise<'removed' | 'absent'>;
  /** Writes, reads back and removes a probe file; throws what stands in the way. */
  check(signal: AbortSignal): Promise<void>;
  /** Closes connections. The target can be used again afterwards. */
  close(): Promise<void>;
}
