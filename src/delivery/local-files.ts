import { unlink } from 'node:fs/promises';

import { codeOf } from '../errors.ts';
import type { DeliveryLedger } from '../catalogue/catalogue.ts';
import type { Clock } from './clock.ts';
import type { UploadEvent } from './upload-events.ts';

export interface LocalFilesParts {
  readonly ledger: Pick<DeliveryLedger, 'deletable' | 'sync' | 'noteLocalDeleted'>;
  readonly clock: Clock;
  /** Absolute paths of all local files of a recording. */
  readonly pathsOf: (recording: string) => readonly string[];
  /** How long a local file is kept after the end of its call. One that is not delivered is kept for longer. */
  readonly retentionMs: number;
  /** The same of groups that differ. */
  readonly retentionByGroup?: ReadonlyMap<string, number> | undefined;
  readonly report: (event: UploadEvent) => void;
}

/** Local files that are deleted after one forced write of the catalogue. */
const deletionsAtOnce = 100;
/** Files whose delivery ends within this are deleted together, for the same reason. */
const gatherMs = 1_000;
/** How often it is looked for files whose time has come, or that could not be deleted before. */
const lookMs = 60_000;

/** Deletes local files that all targets have, when their time has come. */
export class LocalFiles {
  readonly #parts: LocalFilesParts;
  #deleting: Promise<void> | undefined;
  #again = false;
  /** Prevents the next look, if one is planned. */
  #cancel: (() => void) | undefined;
  /** Whether the look that is planned is for files that were just delivered. */
  #soon = false;
  /** Somebody else does it from now on. */
  #isOver = false;

  constructor(parts: LocalFilesParts) {
    this.#parts = parts;
  }

  /** Begins with what a former process left. */
  start(): void {
    this.#isOver = false;
    void this.deleteNow();
  }

  /** A recording was delivered: it may be the last delivery that its local file waited for. */
  delivered(): void {
    if (this.#soon || this.#isOver) return;
    this.#soon = true;
    this.#plan(gatherMs);
  }

  /** One at a time: what is delivered meanwhile waits for the next round, which then serves all of it. */
  async deleteNow(): Promise<void> {
    if (this.#isOver) return;
    this.#cancel?.();
    this.#cancel = undefined;
    this.#soon = false;
    this.#again = true;
    this.#deleting ??= this.#rounds().finally(() => (this.#deleting = undefined));
    await this.#deleting;
  }

  /** Deletes what was gathered. */
  async stop(): Promise<void> {
    if (this.#soon) await this.deleteNow();
    this.#isOver = true;
    await this.#deleting;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #plan(ms: number): void {
    this.#cancel?.();
    this.#cancel = this.#parts.clock.after(ms, () => void this.deleteNow());
  }

  async #rounds(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      try {
        await this.#round();
      } catch (error) {
        this.#parts.report({ type: 'trouble', target: undefined, error });
      }
    }
    if (!this.#soon && !this.#isOver) this.#plan(lookMs);
  }

  async #round(): Promise<void> {
    const { ledger, clock, pathsOf, retentionMs, retentionByGroup = new Map(), report } = this.#parts;
    const now = clock.now();
    const byGroup = new Map([...retentionByGroup].map(([group, ms]) => [group, now - ms]));
    const recordings = await ledger.deletable(deletionsAtOnce, now - retentionMs, byGroup);
    if (recordings.length === 0) return;
    // First the notes that they are delivered, then the files: a power cut must not leave neither.
    await ledger.sync();
    const results = await Promise.allSettled(
      recordings.map(({ id }) => Promise.all(pathsOf(id).map(removed))),
    );
    const deleted = recordings.filter((_, index) => results[index]?.status === 'fulfilled');
    await ledger.noteLocalDeleted(
      deleted.map(({ id }) => id),
      clock.now(),
    );
    for (const recording of deleted) report({ type: 'local-file-deleted', recording });
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
    if (recordings.length === deletionsAtOnce) this.#again = true;
  }
}

/** Not rm() of Node: that looks at a file twice before, each time in another thread, and of each recording. */
async function removed(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}
