import { messageOf } from '../errors.ts';
import type { Instant } from '../call/call.ts';
import type { StorageHistory } from '../catalogue/catalogue.ts';
import type { Log } from '../log.ts';
import type { DiskUse } from '../spool/disk-use.ts';
import type { Alarms } from './alarms.ts';

/** A disk of 95 % that takes 10 MB/s is not full before it was looked at again. */
const lookEveryMs = 5_000;
/** How often the use is kept, for the forecast. */
const keepEveryMs = 600_000;
/** Below a limit by so much of the disk, what it brought about is over: not at each file that goes. */
const slack = 0.01;
const percent = 100;

export interface StorageWatchParts {
  readonly disk: () => Promise<DiskUse | undefined>;
  /** Use of the disk, from 0 to 1: from `warn` on there is an alarm, from `stop` on no recording begins. */
  readonly limits: { readonly warn: number; readonly stop: number };
  /** What the alarms are about. */
  readonly path: string;
  /** Told at the start and whenever it changes: whether there is no room for new recordings. */
  readonly full: (isFull: boolean) => void;
  readonly history: StorageHistory;
  readonly alarms: Pick<Alarms, 'raise' | 'clear'>;
  readonly log: Log;
  readonly now: () => Instant;
}

/** Looks how full the disk of the spool is, and stops what would fill it before it is full for everybody. */
export class StorageWatch {
  readonly #parts: StorageWatchParts;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #keepAt = 0;
  /** Undefined: nobody was told yet. */
  #isFull: boolean | undefined;
  #isTight = false;

  constructor(parts: StorageWatchParts) {
    this.#parts = parts;
  }

  /** Resolves when the disk was looked at for the first time. */
  async start(): Promise<void> {
    await this.#look();
    this.#timer = setInterval(() => {
      this.#looking ??= this.#look().finally(() => {
        this.#looking = undefined;
      });
    }, lookEveryMs);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  async #look(): Promise<void> {
    const { disk, log } = this.#parts;
    try {
      const use = await disk();
      // A spool that is gone is told by whoever misses it.
      if (!use) return;
      this.#judge(use);
      await this.#keep(use);
    } catch (error) {
      log.error('the disk of the spool could not be looked at', { error: messageOf(error) });
    }
  }

  #judge(use: DiskUse): void {
    const { limits, full } = this.#parts;
    const wasFull = this.#isFull;
    this.#isTight = reaches(use, limits.warn, this.#isTight);
    this.#isFull = reaches(use, limits.stop, wasFull === true);
    this.#tell(use);
    if (wasFull !== this.#isFull) full(this.#isFull);
  }

  /** One alarm: a disk that is full need not be told to be nearly full as well. */
  #tell(use: DiskUse): void {
    const { alarms, limits, path } = this.#parts;
    const raised = { subject: path, fault: 'configuration', hint: remedy } as const;
    const problem = `the disk of ${path} is used to ${shown(use.used)}`;
    if (this.#isFull) {
      const consequence = `from ${shown(limits.stop)} on (storage.stop) no new recording begins`;
      alarms.raise({ ...raised, kind: 'storage-full', problem: `${problem}; ${consequence}` });
    } else alarms.clear('storage-full', path);
    if (this.#isTight && !this.#isFull) {
      const consequence = `at ${shown(limits.stop)} (storage.stop) recording stops`;
      alarms.raise({ ...raised, kind: 'storage-nearly-full', problem: `${problem}; ${consequence}` });
    } else alarms.clear('storage-nearly-full', path);
  }

  async #keep({ freeBytes, totalBytes }: DiskUse): Promise<void> {
    const { history, now } = this.#parts;
    const at = now();
    // Also when the clock was set back.
    if (at < this.#keepAt && this.#keepAt - at <= keepEveryMs) return;
    this.#keepAt = at + keepEveryMs;
    await history.addStorageSample({ at, freeBytes, totalBytes });
  }
}

const remedy =
  'Make room on this disk, or see mitschnitt status for what waits to be delivered: what is delivered is removed. Nothing that is not delivered is ever deleted.';

function reaches({ used }: DiskUse, limit: number, did: boolean): boolean {
  return used >= (did ? limit - slack : limit);
}

function shown(share: number): string {
  return `${Math.floor(share * percent)} %`;
}
