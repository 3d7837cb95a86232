import type { Target } from './target.ts';

interface Lane {
  readonly target: Target;
  busy: boolean;
  /** Ms since 1970; undefined while nothing can be open. */
  usedAt: number | undefined;
}

/** The connections to one target. Each is made when it is needed and no other is free. */
export class Lanes {
  readonly #create: () => Target;
  readonly #lanes: Lane[] = [];

  constructor(create: () => Target) {
    this.#create = create;
  }

  /** Lends a connection: one that is open rather than one that would have to be opened. */
  async use<Result>(now: () => number, work: (target: Target) => Promise<Result>): Promise<Result> {
    const free = this.#lanes.filter(({ busy }) => !busy);
    // The one used last: the others may then be closed.
    free.sort((one, other) => (other.usedAt ?? 0) - (one.usedAt ?? 0));
    const lane = free[0] ?? { target: this.#create(), busy: false, usedAt: undefined };
    if (!free[0]) this.#lanes.push(lane);
    lane.busy = true;
    try {
      return await work(lane.target);
    } finally {
      lane.busy = false;
      lane.usedAt = now();
    }
  }

  /** Closes what nobody used since `before` (ms since 1970). */
  async closeIdle(before: number): Promise<void> {
    const idle = this.#lanes.filter(({ busy, usedAt }) => !busy && usedAt !== undefined && usedAt <= before);
    for (const lane of idle) lane.usedAt = undefined;
    await Promise.allSettled(idle.map(({ target }) => target.close()));
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#lanes.map(({ target }) => target.close()));
  }
}
