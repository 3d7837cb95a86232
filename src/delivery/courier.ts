import type { Delivery, DeliveryLedger, DueDelivery } from '../catalogue/catalogue.ts';
import { messageOf, MitschnittError } from '../errors.ts';
import { withSuffix } from '../recording/naming.ts';
import type { FinishedRecording } from '../recording/recording.ts';
import { retryDelay, type RetryDelays } from './retry.ts';
import type { Stored, Target } from './target.ts';

/** When recordings are delivered: as soon as they are there, or at the times that `nextRun` tells (later than `after`). */
export type UploadSchedule = 'immediately' | { nextRun(after: Date): Date | undefined };

/** What is told of the work. Nothing in it is secret. */
export type UploadEvent =
  | {
      readonly type: 'delivered';
      readonly recording: FinishedRecording;
      readonly delivery: Delivery;
      /** How long the attempt took. */
      readonly ms: number;
    }
  /** `postponed`: tried again at `delivery.dueAt`; `set-aside`: no retry can mend it. */
  | {
      readonly type: 'postponed' | 'set-aside';
      readonly recording: FinishedRecording;
      readonly delivery: Delivery;
      readonly error: MitschnittError;
    }
  /** All targets have it. */
  | { readonly type: 'local-file-deleted'; readonly recording: FinishedRecording }
  /** Something of our own failed: the catalogue, or deleting a local file. It is tried again. */
  | { readonly type: 'trouble'; readonly target: string | undefined; readonly error: unknown };

export interface CourierOptions {
  readonly target: Target;
  readonly ledger: DeliveryLedger;
  readonly schedule: UploadSchedule;
  readonly localFile: (recording: string) => string;
  readonly report: (event: UploadEvent) => void;
  readonly delays: RetryDelays;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly onDelivered: () => void;
}

/** A connection that nobody needed for this long is closed. Servers do so themselves after 5 minutes. */
const idleCloseMs = 60_000;
/** The shortest sleep between two runs: whatever the catalogue or a schedule says, calls come first. */
const shortestSleepMs = 100;
/** The longest sleep: a clock that is set meanwhile is noticed after this. */
const longestSleepMs = 60_000;
/** So many foreign files of one name are no accident. */
const lastSuffix = 1000;
/** Later than any time. */
const always = Number.MAX_SAFE_INTEGER;

/**
 * Brings recordings to one target, one after the other, oldest first.
 *
 * After a failure the whole target rests, longer each time, and then one delivery is tried: as long as the target is
 * down there is one attempt per rest, not one per file. It is a delivery that did not fail since the last success, if
 * one is due: recordings that fail by themselves cannot hold up the others.
 */
export class Courier {
  readonly #options: CourierOptions;
  /** A run is wanted, or going on. */
  #wanted = true;
  /** The run takes what is not due as well. */
  #everything = false;
  #failuresInRow = 0;
  /** Recordings that failed since the last success, or since all that are due did. */
  readonly #failedSince = new Set<string>();
  /** No attempt before, ms since 1970. */
  #restUntil = 0;
  /** When the connection was last used, if it may be open. */
  #usedAt: number | undefined;
  /** Ends the sleep that is going on. */
  #ring: (() => void) | undefined;
  readonly #waiting: (() => void)[] = [];

  constructor(options: CourierOptions) {
    this.#options = options;
  }

  wake(): void {
    this.#wanted = true;
    this.#ring?.();
  }

  /** Resolves when all was taken, or one delivery failed. */
  runNow(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#everything = true;
      this.#restUntil = 0;
      this.wake();
    });
  }

  /** Works until `signal` aborts; at once on what a former process left. */
  async work(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.#ring?.(), { once: true });
    this.wake();
    while (!signal.aborted) {
      try {
        if (this.#wanted) await this.#run(signal);
        else await this.#untilNextRun(signal);
      } catch (error) {
        // The catalogue's: those of the target do not come this far.
        this.#options.report({ type: 'trouble', target: this.#options.target.name, error });
        this.#wanted = true;
        this.#rest();
      }
    }
    this.#release();
  }

  /** Delivers until nothing is due any more. */
  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const restMs = this.#restUntil - Date.now();
      if (restMs > 0) {
        await this.#sleep(restMs);
        continue;
      }
      // Before the catalogue is read: what is added meanwhile must lead to another run.
      this.#wanted = false;
      const next = await this.#next();
      if (!next) break;
      this.#wanted = true;
      await this.#deliver(next, signal);
    }
    this.#everything = false;
    this.#release();
  }

  async #next(): Promise<DueDelivery | undefined> {
    const { ledger, target } = this.#options;
    const now = this.#everything ? always : Date.now();
    // One more than could all have failed.
    const due = await ledger.dueDeliveries(target.name, now, this.#failedSince.size + 1);
    const untried = due.find(({ recording }) => !this.#failedSince.has(recording.id));
    if (!untried) this.#failedSince.clear();
    return untried ?? due[0];
  }

  async #deliver(due: DueDelivery, signal: AbortSignal): Promise<void> {
    const startedAt = Date.now();
    this.#usedAt = startedAt;
    const { recording } = due;
    const attempted = { ...due.delivery, attempts: due.delivery.attempts + 1 };
    let outcome;
    try {
      outcome = await this.#put(due, signal);
    } catch (error) {
      // A delivery that was cut short by our own end is none of its attempts.
      if (!signal.aborted) await this.#noteFailure(attempted, recording, error);
      return;
    }
    this.#failuresInRow = 0;
    this.#failedSince.clear();
    const delivery: Delivery = {
      ...attempted,
      state: 'delivered',
      name: outcome.name,
      deliveredAt: Date.now(),
      confirmedBy: outcome.stored.confirmedBy,
      problem: undefined,
    };
    await this.#options.ledger.saveDelivery(delivery);
    this.#options.report({ type: 'delivered', recording, delivery, ms: Date.now() - startedAt });
    this.#options.onDelivered();
  }

  /** Puts it under its name, or the first one with a suffix that no other file has. */
  async #put(due: DueDelivery, signal: AbortSignal): Promise<{ stored: Stored; name: string }> {
    const { target, localFile } = this.#options;
    const { recording: facts } = due;
    const { id, bytes, sha256, folder } = facts;
    let name = due.delivery.name;
    for (let suffix = 2; ; suffix += 1) {
      try {
        const upload = { id, source: localFile(id), bytes, sha256, folder, name, facts, signal };
        return { stored: await target.put(upload), name };
      } catch (error) {
        const taken = error instanceof MitschnittError && error.code === 'name-taken';
        if (!taken || suffix > lastSuffix) throw error;
        name = withSuffix(due.recording.name, suffix);
      }
    }
  }

  async #noteFailure(attempted: Delivery, recording: FinishedRecording, thrown: unknown): Promise<void> {
    const { ledger, report, target } = this.#options;
    const error = thrown instanceof MitschnittError ? thrown : unexpected(thrown, target.name);
    const at = Date.now();
    const problem = { at, code: error.code, message: error.message, hint: error.hint };
    if (!error.retry) {
      const delivery: Delivery = { ...attempted, state: 'set-aside', problem };
      await ledger.saveDelivery(delivery);
      report({ type: 'set-aside', recording, delivery, error });
      return;
    }
    this.#rest();
    this.#failedSince.add(recording.id);
    // Several in a row: it is the target, and they are due as soon as it is tried again. One alone has its own trouble.
    const dueAt = this.#failuresInRow > 1 ? this.#restUntil : at + this.#delay(attempted.attempts);
    const delivery: Delivery = { ...attempted, dueAt, problem };
    await ledger.saveDelivery(delivery);
    report({ type: 'postponed', recording, delivery, error });
    this.#everything = false;
    this.#release();
  }

  #rest(): void {
    this.#failuresInRow += 1;
    this.#restUntil = Date.now() + this.#delay(this.#failuresInRow);
  }

  #delay(failures: number): number {
    return retryDelay(failures, this.#options.random(), this.#options.delays);
  }

  async #untilNextRun(signal: AbortSignal): Promise<void> {
    const { ledger, target, schedule } = this.#options;
    // What is pending now was postponed: all else was taken by the run that has just ended.
    const retryAt = (await ledger.nextDue(target.name)) ?? always;
    const scheduled = schedule === 'immediately' ? undefined : schedule.nextRun(new Date());
    const wantedAt = Math.min(retryAt, scheduled?.getTime() ?? always);
    const runAt = Math.max(wantedAt, Date.now() + shortestSleepMs);
    while (!this.#wanted && !signal.aborted) {
      const now = Date.now();
      if (now >= runAt) this.#wanted = true;
      else if (this.#usedAt !== undefined && now - this.#usedAt >= idleCloseMs) {
        this.#usedAt = undefined;
        await target.close();
      } else await this.#sleep(runAt - now);
    }
  }

  async #sleep(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.min(ms, longestSleepMs));
      this.#ring = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#ring = undefined;
  }

  #release(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

function unexpected(thrown: unknown, target: string): MitschnittError {
  return new MitschnittError(`Target ${target}: unexpected error: ${messageOf(thrown)}`, {
    code: 'unexpected',
    fault: 'defect',
    retry: true,
    hint: 'Report this to the makers of Mitschnitt. It is tried again.',
    cause: thrown,
  });
}
