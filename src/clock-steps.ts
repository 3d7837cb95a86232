import type { Instant } from './call/call.ts';
import type { CallEvent } from './call/event.ts';

/** By less the two clocks differ because this process was held up between reading the one and the other. */
const leastStepMs = 200;
/** Events that tell a time of their own, and were on their way when the clock was set, tell the former time. */
const onTheirWayMs = 2_000;

/**
 * Notices when somebody sets the clock of the machine while calls go on (NTP after a boot, an administrator), by
 * comparing it with a clock that nobody can set.
 */
export class ClockSteps {
  readonly #now: () => Instant;
  readonly #steady: () => number;
  readonly #offsetMs: number;
  #setMs = 0;
  #setAt = -Infinity;

  /** `steady`: ms since whenever, at which nobody turns: `performance.now()`. */
  constructor(now: () => Instant, steady: () => number) {
    this.#now = now;
    this.#steady = steady;
    this.#offsetMs = now() - steady();
  }

  /** How far the clock has been set since the beginning, in ms; before it, less than nothing. */
  get setMs(): number {
    const steady = this.#steady();
    const setMs = this.#now() - steady - this.#offsetMs;
    if (Math.abs(setMs - this.#setMs) >= leastStepMs) {
      this.#setMs = Math.round(setMs);
      this.#setAt = steady;
    }
    return this.#setMs;
  }

  /** The event with how far the clock had been set by then. */
  stamped(event: CallEvent): CallEvent {
    const clockSetMs = this.setMs;
    const isJustSet = this.#steady() - this.#setAt < onTheirWayMs;
    if (isJustSet) return { ...event, at: this.#now(), clockSetMs };
    return clockSetMs === 0 ? event : { ...event, clockSetMs };
  }
}
