import { field, type AmiMessage } from './ami-wire.ts';
import type { Instant } from '../call/call.ts';

const msPerSecond = 1_000;
/** Clocks that differ by less are one clock, and the difference is the time that an event was on its way. */
const sameClockMs = 1_000;
/** An event that took longer tells that a clock was set. */
const longestWayMs = 5_000;
/**
 * What was seen is forgotten after twice this at most: a clock that was set by less than that tells nothing of itself. No
 * machine is so busy that every event of a minute is late.
 */
const forgetMs = 60_000;

/**
 * When Asterisk did what an AMI event tells. With `timestampevents = yes` (manager.conf) each event says so, and how long
 * a talk was does not depend on how busy this machine is; without, it is the time at which the event was read.
 */
export class EventClock {
  /** How much later our clock is than Asterisk's, in ms, and an event's way from there: the least that was seen lately. */
  #leastMs = Infinity;
  /** That of the minute before. */
  #leastBeforeMs = Infinity;
  /** When the present minute began. */
  #since: Instant = 0;

  at(message: AmiMessage, now: Instant): Instant {
    return this.told(message, now) ?? now;
  }

  /** Undefined: Asterisk does not say. */
  told(message: AmiMessage, now: Instant): Instant | undefined {
    const told = toldBy(message);
    if (told === undefined) return undefined;
    this.#learn(now - told, now);
    return Math.min(now, this.ours(told));
  }

  /**
   * As {@link told}, of an event that may have waited long for this process to read it, which says nothing of clocks: what
   * is known of them stays.
   */
  read(message: AmiMessage, now: Instant): Instant | undefined {
    const told = toldBy(message);
    return told === undefined ? undefined : Math.min(now, this.ours(told));
  }

  /** A time of Asterisk's by our clock. */
  ours(told: Instant): Instant {
    const least = this.#known;
    const ahead = least === Infinity || Math.abs(least) < sameClockMs ? 0 : least;
    return Math.round(told + ahead);
  }

  get #known(): number {
    return Math.min(this.#leastMs, this.#leastBeforeMs);
  }

  #learn(laterMs: number, now: Instant): void {
    if (laterMs - this.#known > longestWayMs) this.#leastMs = this.#leastBeforeMs = Infinity;
    const ageMs = now - this.#since;
    if (ageMs < 0 || ageMs >= forgetMs) {
      // After a pause the minute before is one in which nothing was seen.
      this.#leastBeforeMs = ageMs >= 2 * forgetMs ? Infinity : this.#leastMs;
      this.#leastMs = Infinity;
      this.#since = now;
    }
    this.#leastMs = Math.min(this.#leastMs, laterMs);
  }
}

/** By Asterisk's clock, in ms since 1970. */
function toldBy(message: AmiMessage): number | undefined {
  const told = Number(field(message, 'Timestamp')) * msPerSecond;
  return told > 0 ? told : undefined;
}
