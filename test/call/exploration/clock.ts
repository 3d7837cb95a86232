/** What is due, in order; among things due at the same time, what was planned first. */
export class Clock {
  /** 2026-01-01T00:00:00Z, so that times look like real ones. */
  now = 1_767_225_600_000;
  readonly #due: { readonly at: number; readonly run: () => void }[] = [];

  at(time: number, run: () => void): void {
    const at = Math.max(time, this.now);
    let place = this.#due.length;
    while (place > 0 && (this.#due[place - 1]?.at ?? 0) > at) place -= 1;
    this.#due.splice(place, 0, { at, run });
  }

  after(ms: number, run: () => void): void {
    this.at(this.now + ms, run);
  }

  pass(ms: number): void {
    const until = this.now + ms;
    for (;;) {
      const [next] = this.#due;
      if (!next || next.at > until) break;
      this.#due.shift();
      this.now = next.at;
      next.run();
    }
    this.now = until;
  }
}

/** The chances of one story, always the same for the same seed. Of seed 0 everything is as plain as can be. */
export class Noise {
  readonly #plain: boolean;
  #state: number;

  constructor(seed: number) {
    this.#plain = seed === 0;
    this.#state = seed;
  }

  /** A whole number from 0 to `most`. */
  upTo(most: number): number {
    if (this.#plain) return 0;
    // mulberry32
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % (most + 1);
  }

  /** Once in so many times. */
  oncePer(times: number): boolean {
    return this.upTo(times - 1) === times - 1 && !this.#plain;
  }
}
