import { appendFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';

import type { RecordingId } from '../call/call.ts';
import { codeOf, messageOf } from '../errors.ts';
import type { Log } from '../log.ts';

/** Ids of ours, and nothing that could lead out of the spool. */
const ownId = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * The recordings of self-tests: the catalogue does not have them, and a file of which nothing is known is delivered as
 * an orphan. So each is noted before Asterisk is told to record it, and what a process that died left of them is removed
 * by the next one.
 */
export class TestRecordings {
  readonly #path: string;
  readonly #remove: (recording: RecordingId) => Promise<void>;
  readonly #log: Log;
  readonly #noted = new Set<RecordingId>();

  /** `remove`: takes all that there is of a recording out of the spool. */
  constructor(path: string, remove: (recording: RecordingId) => Promise<void>, log: Log) {
    this.#path = path;
    this.#remove = remove;
    this.#log = log;
  }

  /** The file has it when this returns: what is done next is to record. */
  note(recordings: readonly RecordingId[]): void {
    for (const id of recordings.filter((each) => !this.#noted.has(each))) {
      this.#noted.add(id);
      try {
        appendFileSync(this.#path, `${id}\n`, { mode: 0o600 });
      } catch (error) {
        this.#log.warn('a recording of the self-test could not be noted', {
          ...{ recording: id, file: this.#path, error: messageOf(error) },
        });
      }
    }
  }

  /** Removes what is left of earlier tests: no test may go on. Never rejects. */
  async sweep(): Promise<void> {
    try {
      const text = await readFile(this.#path, 'utf8');
      for (const id of text.split('\n').filter((line) => ownId.test(line))) await this.#remove(id);
      await rm(this.#path);
      this.#noted.clear();
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return;
      this.#log.warn('recordings of earlier self-tests could not be removed', {
        ...{ file: this.#path, error: messageOf(error) },
      });
    }
  }
}
