import { retryDelay, type RetryDelays } from '../delivery/retry.ts';

interface Rest {
  readonly failures: number;
  readonly until: number;
}

/** Targets that failed are left alone for a while, which grows: nothing of what waits for them is looked at. */
export class Rests {
  readonly #delays: RetryDelays;
  readonly #rests = new Map<string, Rest>();

  constructor(delays: RetryDelays) {
    this.#delays = delays;
  }

  begin(target: string, now: number, random: number): void {
    const failures = (this.#rests.get(target)?.failures ?? 0) + 1;
    this.#rests.set(target, { failures, until: now + retryDelay(failures, random, this.#delays) });
  }

  /** It works. */
  end(target: string): void {
    this.#rests.delete(target);
  }

  /** Every target is tried again; one that fails once more rests for longer than before. */
  interrupt(): void {
    for (const [target, rest] of this.#rests) this.#rests.set(target, { ...rest, until: 0 });
  }

  has(target: string, now: number): boolean {
    const left = (this.#rests.get(target)?.until ?? 0) - now;
    // No rest is as long where the clock was set back.
    return left > 0 && left <= this.#delays.longestMs * (1 + this.#delays.jitter);
  }
}
