import { rm } from 'node:fs/promises';

import type { DeliveryLedger } from '../catalogue/catalogue.ts';
import { Courier, type UploadEvent, type UploadSchedule } from './courier.ts';
import { retryDelays, type RetryDelays } from './retry.ts';
import type { Target } from './target.ts';

export interface UploaderOptions {
  readonly ledger: DeliveryLedger;
  readonly targets: readonly Target[];
  readonly schedule: UploadSchedule;
  /** Absolute path of the local file of a recording. */
  readonly localFile: (recording: string) => string;
  readonly report: (event: UploadEvent) => void;
  readonly delays?: RetryDelays;
  /** From 0 to 1. */
  readonly random?: () => number;
}

/** How long `stop` waits for transfers that were told to end. */
const stopMs = 10_000;
/** Local files that are deleted after one forced write of the catalogue. */
const deletionsAtOnce = 100;
/** Files whose delivery ends within this are deleted together, for the same reason. */
const gatherMs = 1_000;

/**
 * Delivers what the catalogue has pending, each target on its own, and deletes a local file when all its targets have
 * it. Everything that it knows is in the catalogue: a process that dies loses nothing and delivers nothing twice.
 */
export class Uploader {
  readonly #options: UploaderOptions;
  readonly #couriers: readonly Courier[];
  #stopping = new AbortController();
  #work: Promise<unknown> = Promise.resolve();
  #deleting: Promise<void> | undefined;
  #deleteAgain = false;
  /** Set while delivered files are gathered for one deletion. */
  #soon: NodeJS.Timeout | undefined;

  constructor(options: UploaderOptions) {
    this.#options = options;
    const shared = { delays: retryDelays, random: Math.random, ...options };
    this.#couriers = options.targets.map(
      (target) => new Courier({ ...shared, target, onDelivered: () => this.#deleteSoon() }),
    );
  }

  /** Begins with what a former process left. */
  start(): void {
    this.#stopping = new AbortController();
    this.#work = Promise.all(this.#couriers.map((courier) => courier.work(this.#stopping.signal)));
    this.#deleteDelivered();
  }

  /** A recording was added to the catalogue. */
  wake(): void {
    if (this.#options.schedule === 'immediately') for (const courier of this.#couriers) courier.wake();
  }

  /**
   * Tries everything that is pending now, whatever schedule and retry delays say. Resolves when every target has taken
   * all or failed once.
   */
  async runNow(): Promise<void> {
    await Promise.all(this.#couriers.map((courier) => courier.runNow()));
    this.#deleteDelivered();
    await this.#deleting;
  }

  /** Ends running transfers, which leave nothing under a final name, and closes the targets. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    let patience: NodeJS.Timeout | undefined;
    const bounded = new Promise((resolve) => (patience = setTimeout(resolve, stopMs)));
    await Promise.race([this.#work, bounded]);
    if (this.#soon) this.#deleteDelivered();
    await Promise.race([this.#deleting, bounded]);
    await Promise.race([Promise.allSettled(this.#options.targets.map((target) => target.close())), bounded]);
    clearTimeout(patience);
  }

  #deleteSoon(): void {
    this.#soon ??= setTimeout(() => {
      this.#deleteDelivered();
    }, gatherMs);
  }

  /** One at a time: what is delivered meanwhile waits for the next round, which then serves all of it. */
  #deleteDelivered(): void {
    clearTimeout(this.#soon);
    this.#soon = undefined;
    this.#deleteAgain = true;
    this.#deleting ??= this.#deleteRounds().finally(() => (this.#deleting = undefined));
  }

  async #deleteRounds(): Promise<void> {
    while (this.#deleteAgain) {
      this.#deleteAgain = false;
      try {
        await this.#deleteRound();
      } catch (error) {
        this.#options.report({ type: 'trouble', target: undefined, error });
      }
    }
  }

  async #deleteRound(): Promise<void> {
    const { ledger, localFile, report } = this.#options;
    const recordings = await ledger.deletable(deletionsAtOnce);
    if (recordings.length === 0) return;
    // First the notes that they are delivered, then the files: a power cut must not leave neither.
    await ledger.sync();
    const results = await Promise.allSettled(recordings.map(({ id }) => rm(localFile(id), { force: true })));
    const deleted = recordings.filter((_, index) => results[index]?.status === 'fulfilled');
    await ledger.noteLocalDeleted(
      deleted.map(({ id }) => id),
      Date.now(),
    );
    for (const recording of deleted) report({ type: 'local-file-deleted', recording });
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) report({ type: 'trouble', target: undefined, error: failed.reason });
    else if (recordings.length === deletionsAtOnce) this.#deleteAgain = true;
  }
}
