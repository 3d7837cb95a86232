import type { DeliveryLedger } from '../catalogue/catalogue.ts';
import { systemClock, type Clock } from './clock.ts';
import type { CourierState, UploadSchedule } from './courier-options.ts';
import { Courier } from './courier.ts';
import { LocalFiles } from './local-files.ts';
import { Progress, type Movement } from './progress.ts';
import { retryDelays, type RetryDelays } from './retry.ts';
import { Shifts } from './shifts.ts';
import { Sidecars } from './sidecar.ts';
import type { Target } from './target.ts';
import { Throttle } from './throttle.ts';
import type { UploadEvent } from './upload-events.ts';
import type { UploadWindow } from './windows.ts';

/** A target that recordings are uploaded to. */
export interface UploadTarget {
  readonly name: string;
  /** Makes the target once more, with a connection of its own. */
  readonly create: () => Target;
  /** How many files it gets at the same time. */
  readonly connections: number;
  /** Whether it gets `<name>.json` beside each recording. */
  readonly sidecar: boolean;
  /** Bytes per second that it gets at most. */
  readonly bandwidth: number | undefined;
}

export interface UploaderOptions {
  readonly ledger: DeliveryLedger;
  readonly targets: readonly UploadTarget[];
  readonly schedule: UploadSchedule;
  /** Stretches of the day in which deliveries may begin; none: always. */
  readonly windows: readonly UploadWindow[];
  /** Of windows and sidecars. */
  readonly timeZone: string;
  /** Bytes per second to all targets together. */
  readonly bandwidth: number | undefined;
  /** How long a local file is kept after the end of its call, though it is delivered. */
  readonly retentionMs: number;
  /** The same of groups that differ. */
  readonly retentionByGroup?: ReadonlyMap<string, number>;
  /** Absolute path of the local file of a recording. */
  readonly localFile: (recording: string) => string;
  /** Absolute path of the file with what is known of a recording. */
  readonly localSidecar: (recording: string) => string;
  readonly report: (event: UploadEvent) => void;
  readonly delays?: RetryDelays;
  /** From 0 to 1. */
  readonly random?: () => number;
  readonly clock?: Clock;
  /** Shared with those before and after in the same process. */
  readonly shifts?: Shifts;
  readonly stopMs?: number;
}

/** What goes on at one target. */
export interface UploadActivity extends Movement {
  readonly target: string;
  readonly state: CourierState;
  /** When a target that rests after a failure is tried again, ms since 1970. */
  readonly restsUntil: number | undefined;
  /** Whether a run that somebody asked for goes on. */
  readonly isAsked: boolean;
}

/** How long `stop` waits for transfers that were told to end; the next uploader waits on, at their target alone. */
const usualStopMs = 10_000;

/**
 * Delivers what the catalogue has pending, each target on its own, and deletes a local file when all its targets have
 * it. Everything that it knows is in the catalogue: a process that dies loses nothing and delivers nothing twice.
 */
export class Uploader {
  readonly #options: UploaderOptions;
  readonly #couriers: readonly Courier[];
  readonly #localFiles: LocalFiles;
  readonly #progress: Progress;
  readonly #shifts: Shifts;
  #stopping = new AbortController();
  #work: Promise<unknown> = Promise.resolve();

  constructor(options: UploaderOptions) {
    const { ledger, localFile, localSidecar, timeZone, targets, bandwidth } = options;
    const { retentionMs, retentionByGroup } = options;
    const clock = options.clock ?? systemClock;
    this.#options = options;
    this.#shifts = options.shifts ?? new Shifts();
    this.#progress = new Progress(clock);
    const report = (event: UploadEvent) => {
      this.#progress.note(event);
      options.report(event);
    };
    const pathsOf = (recording: string) => [localFile(recording), localSidecar(recording)];
    this.#localFiles = new LocalFiles({
      ...{ ledger, clock, pathsOf, report },
      ...{ retentionMs, retentionByGroup },
    });
    const shared = { delays: retryDelays, random: Math.random, ...options, clock, report };
    const sidecars = new Sidecars({ ledger, timeZone, pathOf: localSidecar });
    const common = bandwidth === undefined ? [] : [new Throttle(bandwidth, clock)];
    this.#couriers = targets.map(
      (target) =>
        new Courier({
          ...shared,
          ...target,
          windows: { windows: options.windows, timeZone },
          sidecars: target.sidecar ? sidecars : undefined,
          // Its own first: what it has to wait for there takes no turn from the others.
          throttles: [
            ...(target.bandwidth === undefined ? [] : [new Throttle(target.bandwidth, clock)]),
            ...common,
          ],
          onDelivered: () => this.#localFiles.delivered(),
        }),
    );
  }

  /** What goes on now. */
  get activity(): readonly UploadActivity[] {
    return this.#couriers.map((courier) => ({
      target: courier.name,
      state: courier.state,
      restsUntil: courier.restsUntil,
      isAsked: courier.isAsked,
      ...this.#progress.of(courier.name),
    }));
  }

  /** Begins with what a former process left. */
  start(): void {
    this.#stopping = new AbortController();
    const { signal } = this.#stopping;
    this.#work = Promise.all(
      this.#couriers.map((courier) => this.#shifts.begin(courier.name, () => courier.work(signal))),
    );
    this.#localFiles.start();
  }

  /** A recording was added to the catalogue. */
  wake(): void {
    if (this.#options.schedule === 'immediately') for (const courier of this.#couriers) courier.wake();
  }

  /** The check of a target found nothing in the way: what waits for the end of its rest waits no longer. */
  recovered(target: string): void {
    this.#couriers.find(({ name }) => name === target)?.recovered();
  }

  /**
   * Tries everything that is pending now, whatever schedule, windows and retry delays say. Resolves when every target
   * was given each once, or turned out to be down.
   */
  async runNow(): Promise<void> {
    await Promise.all(this.#couriers.map((courier) => courier.runNow()));
    await this.#localFiles.deleteNow();
  }

  /** Tries again what was set aside, of one recording or of all. Returns how many deliveries that are. */
  async retry(recording: string | undefined): Promise<number> {
    const retried = await this.#options.ledger.retrySetAside(recording);
    if (retried > 0) for (const courier of this.#couriers) courier.wake();
    return retried;
  }

  /** Resolves when no delivery of this recording is under way any more. */
  async settled(recording: string): Promise<void> {
    await Promise.all(this.#couriers.map((courier) => courier.settled(recording)));
  }

  /** Ends running transfers, which leave nothing under a final name, and closes the targets. */
  async stop(): Promise<void> {
    const { stopMs = usualStopMs } = this.#options;
    this.#stopping.abort();
    let patience: NodeJS.Timeout | undefined;
    const bounded = new Promise((resolve) => (patience = setTimeout(resolve, stopMs)));
    await Promise.race([this.#work, bounded]);
    await Promise.race([this.#localFiles.stop(), bounded]);
    await Promise.race([Promise.all(this.#couriers.map((courier) => courier.close())), bounded]);
    clearTimeout(patience);
  }
}
