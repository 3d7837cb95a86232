import { stat, utimes, writeFile } from 'node:fs/promises';

import { codeOf } from './errors.ts';
import type { Instant } from './call/call.ts';

/**
 * Remembers, over the end of the process, when somebody last watched the calls: as the time of an empty file. That is
 * not worth a write of the catalogue, and what a power cut loses of it is about calls that it ended.
 */
export class WatchMarkFile {
  readonly #path: string;
  #last: Instant | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  async start(): Promise<void> {
    try {
      this.#last = (await stat(this.#path)).mtimeMs;
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
      await writeFile(this.#path, '', { mode: 0o600 });
    }
  }

  last(): Instant | undefined {
    return this.#last;
  }

  /** A mark that cannot be set is not told: whatever keeps it away keeps the catalogue away too. */
  note(at: Instant): void {
    this.#last = at;
    utimes(this.#path, at / 1_000, at / 1_000).catch(() => undefined);
  }
}
