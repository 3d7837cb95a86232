import type { Delivery, DueDelivery } from '../catalogue/catalogue.ts';
import type { FinishedRecording } from '../recording/recording.ts';
import { Attempt } from './attempt.ts';
import type { CourierOptions, CourierState } from './courier-options.ts';
import { DeliveryNotes } from './delivery-notes.ts';
import { DueQueue } from './due-queue.ts';
import { explained } from './explained.ts';
import { Lanes } from './lanes.ts';
import { retryDelay } from './retry.ts';
import type { Target } from './target.ts';
import { isOpen, untilNextMinute } from './windows.ts';

/** A connection that nobody needed for this long is closed. Servers do so themselves after 5 minutes. */
const idleCloseMs = 60_000;
/** The shortest sleep between two runs: whatever the catalogue or a schedule says, calls come first. */
const shortestSleepMs = 100;
/** The longest sleep: a clock that is set meanwhile is noticed after this. */
const longestSleepMs = 60_000;
/** After so many files a connection more is tried at a server that refused it. */
const widenAfter = 100;
/** Deliveries that wait to be noted; as long as there are more, none begins. */
const mostNoted = 64;
/** Later than any time. */
const always = Number.MAX_SAFE_INTEGER;

/** A delivery that is under way. */
interface Underway {
  /** The rest during or after which it began. */
  readonly round: number;
  /** It has arrived, and is still to be noted. */
  hasArrived: boolean;
  done: Promise<void>;
}

/**
 * Brings recordings to one target, oldest first, several at a time.
 *
 * After a failure the whole target rests, longer each time, and then one delivery is tried: as long as the target is
 * down there is one attempt per rest, not one per file or connection. It is the next delivery behind the one that
 * failed, if one is due: recordings that fail by themselves cannot hold up the others. If one that was under way
 * meanwhile arrives, the target is not down: it goes on at once, with a connection less.
 */
export class Courier {
  readonly #options: CourierOptions;
  readonly #lanes: Lanes;
  readonly #notes: DeliveryNotes;
  readonly #underway = new Map<string, Underway>();
  readonly #due: DueQueue;
  /** A run is wanted, or going on. */
  #wanted = true;
  #failuresInRow = 0;
  #rests = 0;
  /** No attempt before, ms since 1970. */
  #restUntil = 0;
  /** How many connections the target seems to take. */
  #width: number;
  #successes = 0;
  /** Something happened that the work has not seen yet. */
  #rung = false;
  /** Ends the sleep that is going on. */
  #awaken: (() => void) | undefined;
  readonly #waiting: (() => void)[] = [];

  constructor(options: CourierOptions) {
    this.#options = options;
    this.#width = options.connections;
    this.#lanes = new Lanes(options.create);
    this.#notes = new DeliveryNotes(options.ledger, options.clock);
    this.#due = new DueQueue({ ...options, underway: () => this.#underway.keys() });
  }

  get name(): string {
    return this.#options.name;
  }

  get state(): CourierState {
    const now = this.#options.clock.now();
    if (this.#underway.size > 0) return 'uploading';
    if (this.#failuresInRow > 0) return 'resting';
    return isOpen(this.#options.windows, now) ? 'idle' : 'closed';
  }

  /** When a target that rests is tried again, ms since 1970; undefined: it does not rest. */
  get restsUntil(): number | undefined {
    return this.#failuresInRow > 0 ? this.#restUntil : undefined;
  }

  /** Whether somebody waits for {@link runNow}. */
  get isAsked(): boolean {
    return this.#waiting.length > 0;
  }

  /** Looks for what is due. */
  wake(): void {
    this.#wanted = true;
    this.#due.forget();
    this.#ring();
  }

  /** Takes all that is pending now. Resolves when each was tried once, or the target turned out to be down. */
  runNow(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#due.beginEverything();
      this.#restUntil = 0;
      this.wake();
    });
  }

  /**
   * The target was seen to work: a rest ends, and all that is pending is tried once, in windows. Where the first of it
   * fails all the same, it rests again.
   */
  recovered(): void {
    if (this.#failuresInRow === 0) return;
    this.#due.beginEverything();
    this.#restUntil = 0;
    this.wake();
  }

  /** Works until `signal` aborts; at once on what a former process left. */
  async work(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.#ring(), { once: true });
    this.wake();
    while (!signal.aborted) {
      try {
        if (this.#wanted) await this.#run(signal);
        else await this.#untilNextRun(signal);
      } catch (error) {
        // The catalogue's: those of the target do not come this far.
        this.#troubled(error, this.#rests);
      }
    }
    this.#notes.flush();
    await Promise.all([...this.#underway.values()].map(({ done }) => done));
    this.#release();
  }

  /** Resolves when no delivery of this recording is under way any more. */
  async settled(recording: string): Promise<void> {
    // It may have been erased since.
    this.#due.forget();
    this.#notes.flush();
    await this.#underway.get(recording)?.done;
  }

  async close(): Promise<void> {
    await this.#lanes.close();
  }

  /** Delivers until nothing is due any more. */
  async #run(signal: AbortSignal): Promise<void> {
    this.#due.forget();
    while (!signal.aborted) {
      const waitMs = this.#waitMs();
      if (waitMs > 0) {
        await this.#pause(waitMs);
        continue;
      }
      // Before the catalogue is read: what is added meanwhile must lead to another run.
      this.#wanted = false;
      const next = await this.#due.take();
      if (next) {
        this.#wanted = true;
        this.#begin(next, signal);
      } else if (this.#underway.size === 0) break;
      else {
        // Nothing comes that could be noted together with it.
        if (this.#sending === 0) this.#notes.flush();
        await this.#pause(longestSleepMs);
      }
    }
    this.#due.startOver();
    this.#width = this.#options.connections;
    this.#release();
  }

  /** Ms before another delivery may begin, unless something happens; 0: now. */
  #waitMs(): number {
    const now = this.#options.clock.now();
    if (this.#sending >= this.#width || this.#underway.size >= this.#width + mostNoted) return longestSleepMs;
    if (this.#failuresInRow > 0) {
      if (now < this.#restUntil) return this.#restUntil - now;
      const isProbing = [...this.#underway.values()].some(({ round }) => round === this.#rests);
      if (isProbing) return longestSleepMs;
    }
    return this.isAsked || isOpen(this.#options.windows, now) ? 0 : untilNextMinute(now);
  }

  #begin(due: DueDelivery, signal: AbortSignal): void {
    const { recording } = due;
    const round = this.#rests;
    this.#due.began(recording);
    const startedAt = this.#options.clock.now();
    const underway: Underway = { round, hasArrived: false, done: Promise.resolve() };
    underway.done = this.#lanes
      .use(
        () => this.#options.clock.now(),
        (target) => this.#deliver(target, due, round, signal),
      )
      .then(async (delivery) => {
        if (!delivery) return;
        underway.hasArrived = true;
        this.#ring();
        const noted = this.#note(delivery, recording, startedAt);
        if (signal.aborted) this.#notes.flush();
        await noted;
      })
      .catch((error: unknown) => this.#troubled(error, round))
      .finally(() => {
        this.#underway.delete(recording.id);
        if (this.#underway.size === 0 && this.#failuresInRow > 0) {
          this.#due.endEverything();
          this.#release();
        }
        this.#ring();
      });
    this.#underway.set(recording.id, underway);
  }

  /** How many go to the target now. */
  get #sending(): number {
    let sending = 0;
    for (const { hasArrived } of this.#underway.values()) if (!hasArrived) sending += 1;
    return sending;
  }

  /** Undefined: it failed, and that is noted. */
  async #deliver(
    target: Target,
    due: DueDelivery,
    round: number,
    signal: AbortSignal,
  ): Promise<Delivery | undefined> {
    const attempt = new Attempt(this.#options, due, signal);
    let delivery;
    try {
      delivery = await attempt.run(target);
    } catch (error) {
      // A delivery that was cut short by our own end is none of its attempts.
      if (!signal.aborted) await this.#noteFailure(attempt.delivery, due.recording, round, error);
      return undefined;
    }
    this.#succeeded(round);
    return delivery;
  }

  async #note(delivery: Delivery, recording: FinishedRecording, startedAt: number): Promise<void> {
    const { clock, report, onDelivered } = this.#options;
    const ms = clock.now() - startedAt;
    await this.#notes.save(delivery);
    if (delivery.state !== 'delivered') {
      this.#due.forget();
      report({ type: 'sidecar-waits', recording, delivery });
      return;
    }
    report({ type: 'delivered', recording, delivery, ms });
    onDelivered();
  }

  #succeeded(round: number): void {
    const { connections } = this.#options;
    if (this.#failuresInRow > 0) {
      // Begun before the failure: the target takes this one while it refused another.
      this.#width = round < this.#rests ? Math.max(1, this.#width - 1) : connections;
      this.#failuresInRow = 0;
      this.#restUntil = 0;
    }
    this.#due.succeeded();
    this.#successes += 1;
    if (this.#successes % widenAfter === 0) this.#width = Math.min(connections, this.#width + 1);
  }

  async #noteFailure(
    attempted: Delivery,
    recording: FinishedRecording,
    round: number,
    thrown: unknown,
  ): Promise<void> {
    const { clock, ledger, report, name } = this.#options;
    const error = explained(thrown, name);
    const at = clock.now();
    const problem = { at, code: error.code, message: error.message, hint: error.hint };
    if (!error.retry) {
      const delivery: Delivery = { ...attempted, state: 'set-aside', problem };
      await ledger.saveDelivery(delivery);
      report({ type: 'set-aside', recording, delivery, error });
      return;
    }
    this.#rest(round);
    this.#due.failed(recording);
    // Several in a row: it is the target, and they are due as soon as it is tried again. One alone has its own trouble.
    const dueAt = this.#failuresInRow > 1 ? this.#restUntil : at + this.#delay(attempted.attempts);
    const delivery: Delivery = { ...attempted, dueAt, problem };
    await ledger.saveDelivery(delivery);
    report({ type: 'postponed', recording, delivery, error });
  }

  /** What began before a rest and fails during it says nothing new. */
  #rest(round: number): void {
    // What fails is due again later.
    this.#due.forget();
    if (round < this.#rests && this.#failuresInRow > 0) return;
    this.#rests += 1;
    this.#failuresInRow += 1;
    this.#restUntil = this.#options.clock.now() + this.#delay(this.#failuresInRow);
  }

  #troubled(error: unknown, round: number): void {
    const { report, name } = this.#options;
    report({ type: 'trouble', target: name, error });
    this.#wanted = true;
    this.#rest(round);
  }

  #delay(failures: number): number {
    return retryDelay(failures, this.#options.random(), this.#options.delays);
  }

  async #untilNextRun(signal: AbortSignal): Promise<void> {
    const { clock, ledger, name, schedule } = this.#options;
    // What is pending now was postponed: all else was taken by the run that has just ended.
    const retryAt = (await ledger.nextDue(name)) ?? always;
    const scheduled = schedule === 'immediately' ? undefined : schedule.nextRun(new Date(clock.now()));
    const wantedAt = Math.min(retryAt, scheduled?.getTime() ?? always);
    const runAt = Math.max(wantedAt, clock.now() + shortestSleepMs);
    while (!this.#wanted && !signal.aborted) {
      const waitMs = runAt - clock.now();
      if (waitMs <= 0) this.#wanted = true;
      else await this.#pause(waitMs);
    }
  }

  /** Sleeps, unless something happened that was not seen yet, and until something happens. */
  async #pause(ms: number): Promise<void> {
    const { clock } = this.#options;
    void this.#lanes.closeIdle(clock.now() - idleCloseMs);
    if (!this.#rung) {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      const cancel = clock.after(Math.min(ms, longestSleepMs), () => resolve(undefined));
      this.#awaken = () => resolve(undefined);
      await promise;
      cancel();
      this.#awaken = undefined;
    }
    this.#rung = false;
  }

  #ring(): void {
    this.#rung = true;
    this.#awaken?.();
  }

  #release(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
