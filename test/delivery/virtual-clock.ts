import type { Clock } from '../../src/delivery/clock.ts';

/** Time that passes only when it is told to: from one timer to the next. */
export class VirtualClock implements Clock {
  #now: number;
  readonly #timers = new Map<number, { readonly at: number; readonly run: () => void }>();
  #next = 0;

  constructor(now: number) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): () => void {
    const key = (this.#next += 1);
    this.#timers.set(key, { at: this.#now + Math.max(0, ms), run });
    return () => this.#timers.delete(key);
  }

  /** Goes on to the timer that ends next, and ends it. False: there is none. */
  fire(): boolean {
    let first: [number, { readonly at: number; readonly run: () => void }] | undefined;
    for (const timer of this.#timers) if (!first || timer[1].at < first[1].at) first = timer;
    if (!first) return false;
    const [key, { at, run }] = first;
    this.#timers.delete(key);
    this.#now = at;
    run();
    return true;
  }

  /** Lets so much time pass, with everything that ends in it, and what follows from that. */
  async pass(ms: number): Promise<void> {
    const until = this.#now + ms;
    await turn();
    while ([...this.#timers.values()].some(({ at }) => at <= until)) {
      this.fire();
      await turn();
    }
    this.#now = until;
  }

  /** The process is gone, and its timers with it. */
  forget(): void {
    this.#timers.clear();
  }
}

/** Lets everything happen that waits for nothing but its turn. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
