import { field, type AmiMessage } from './ami-wire.ts';
import type { Instant } from '../call/call.ts';

const msPerSecond = 1_000;
/** Clocks that differ by less are one clock, and the difference is the time that an event was on its way. */
const sameClockMs = 1_000;
/** An event that took longer tells that a clock was set. */
const longestWayMs = 5_000;

/**
 * When Asterisk did what an AMI event tells. With `timestampevents = yes` (manager.conf) each event says so, and how long
 * a talk was does not depend on how busy this machine is; without, it is the time at which the event was read.
 */
export class EventClock {
  /** How much later our clock is than Asterisk's, in ms, and an event's way from there: the least that was seen. */
  #aheadMs: number | undefined;

  at(message: AmiMessage, now: Instant): Instant {
    return this.told(message, now) ?? now;
  }

  /** Undefined: Asterisk does not say. */
  told(message: AmiMessage, now: Instant): Instant | undefined {
    const told = Number(field(message, 'Timestamp')) * msPerSecond;
    if (!(told > 0)) return undefined;
    const laterMs = now - told;
    const known = this.#aheadMs;
    if (known === undefined || laterMs < known || laterMs - known > longestWayMs) this.#aheadMs = laterMs;
    return Math.min(now, this.ours(told));
  }

  /** A time of Asterisk's by our clock. */
  ours(told: Instant): Instant {
    const ahead = Math.abs(this.#aheadMs ?? 0) < sameClockMs ? 0 : (this.#aheadMs ?? 0);
    return Math.round(told + ahead);
  }
}
