import type { Clock } from './clock.ts';

/** What may be sent at once when nothing was sent for a while, and the most that one grant gives: so many ms' worth. */
const burstMs = 250;
const secondMs = 1_000;

/**
 * Keeps a rate, in bytes per second, by a token bucket. Whoever wants to send takes its turn; what was sent without
 * asking is charged afterwards, and then all wait until that is made up for.
 */
export class Throttle {
  readonly #clock: Clock;
  readonly #bytesPerMs: number;
  readonly #burst: number;
  /** Negative: sent already and not yet made up for. */
  #tokens: number;
  #filledAt: number;
  /** Turns, in the order in which they were asked for. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(bytesPerSecond: number, clock: Clock) {
    this.#clock = clock;
    this.#bytesPerMs = bytesPerSecond / secondMs;
    this.#burst = Math.max(1, this.#bytesPerMs * burstMs);
    this.#tokens = this.#burst;
    this.#filledAt = clock.now();
  }

  /** Waits until something may be sent, and tells how much of `bytes` that is; all of it at once `signal` aborts. */
  take(bytes: number, signal: AbortSignal): Promise<number> {
    const taken = this.#turn.then(async () => {
      // A part of a byte cannot be sent, and a grant of one byte at a time would cost more than it sends.
      await this.#until(Math.min(bytes, this.#burst), signal);
      const granted = signal.aborted ? bytes : Math.max(1, Math.min(bytes, Math.floor(this.#burst)));
      this.#tokens -= granted;
      return granted;
    });
    this.#turn = taken;
    return taken;
  }

  /** Waits until what was charged is made up for. */
  settled(signal: AbortSignal): Promise<void> {
    const settled = this.#turn.then(() => this.#until(0, signal));
    this.#turn = settled;
    return settled;
  }

  /** So many bytes were sent without asking; a negative number gives back what was taken and not sent. */
  charge(bytes: number): void {
    this.#tokens -= bytes;
  }

  async #until(tokens: number, signal: AbortSignal): Promise<void> {
    this.#fill();
    while (this.#tokens < tokens && !signal.aborted) {
      await this.#pause((tokens - this.#tokens) / this.#bytesPerMs, signal);
      this.#fill();
    }
  }

  #fill(): void {
    const now = this.#clock.now();
    // A clock that was set back gives nothing, and takes nothing.
    const passedMs = Math.max(0, now - this.#filledAt);
    this.#tokens = Math.min(this.#burst, this.#tokens + passedMs * this.#bytesPerMs);
    this.#filledAt = now;
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const end = () => resolve(undefined);
    const cancel = this.#clock.after(Math.ceil(ms), end);
    signal.addEventListener('abort', end, { once: true });
    await promise;
    signal.removeEventListener('abort', end);
    cancel();
  }
}

/** Bytes that may be sent under all limits that hold: of a target, and of all together. */
export async function takeFrom(
  throttles: readonly Throttle[],
  bytes: number,
  signal: AbortSignal,
): Promise<number> {
  let granted = bytes;
  for (const [index, throttle] of throttles.entries()) {
    const wanted = granted;
    granted = await throttle.take(wanted, signal);
    for (const earlier of throttles.slice(0, index)) earlier.charge(granted - wanted);
  }
  return granted;
}
