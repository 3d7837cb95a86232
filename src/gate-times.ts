import type { ChannelId } from './call/call.ts';

const hourMs = 3_600_000;
const hoursKept = 24;
/** Four to each doubling: a value is told to within a fifth, whatever its size, in as much memory for any number of calls. */
const binsPerDoubling = 4;
/** 0.25 ms, and what is below. */
const leastMs = 0.25;
const bins = 80;
/** A channel that left before anything was done with it. */
const mostWaiting = 1_000;

/** Of the calls of one hour. */
export interface GateHour {
  /** Its beginning, ms since 1970. */
  readonly hour: number;
  readonly calls: number;
  readonly medianMs: number;
  readonly p99Ms: number;
}

/**
 * How long channels that come into the gate wait for the first thing that is done with them: until Asterisk has begun the
 * announcement, or has led them on.
 */
export class GateTimes {
  readonly #waiting = new Map<ChannelId, number>();
  readonly #hours = new Map<number, Uint32Array>();

  /** `at`: on a clock that only goes forward, in ms. */
  entered(channel: ChannelId, at: number): void {
    this.#waiting.set(channel, at);
    const [oldest] = this.#waiting.keys();
    if (this.#waiting.size > mostWaiting && oldest !== undefined) this.#waiting.delete(oldest);
  }

  /** Only the first time counts. `now`: ms since 1970. */
  served(channel: ChannelId, at: number, now: number): void {
    const since = this.#waiting.get(channel);
    if (since === undefined) return;
    this.#waiting.delete(channel);
    const hour = Math.floor(now / hourMs) * hourMs;
    const counts = this.#hours.get(hour) ?? this.#begin(hour);
    const bin = Math.round(Math.log2(Math.max(leastMs, at - since) / leastMs) * binsPerDoubling);
    const index = Math.min(bins - 1, bin);
    counts[index] = (counts[index] ?? 0) + 1;
  }

  byHour(now: number): readonly GateHour[] {
    return [...this.#hours]
      .filter(([hour]) => hour > now - hoursKept * hourMs)
      .map(([hour, counts]) => {
        const calls = counts.reduce((sum, count) => sum + count, 0);
        return { hour, calls, medianMs: quantile(counts, calls, 0.5), p99Ms: quantile(counts, calls, 0.99) };
      });
  }

  #begin(hour: number): Uint32Array {
    const counts = new Uint32Array(bins);
    this.#hours.set(hour, counts);
    for (const known of this.#hours.keys()) if (known <= hour - hoursKept * hourMs) this.#hours.delete(known);
    return counts;
  }
}

/** The value below or at which this share of all is, in ms. */
function quantile(counts: Uint32Array, calls: number, share: number): number {
  let seen = 0;
  const index = counts.findIndex((count) => (seen += count) >= calls * share);
  return Math.round(leastMs * 2 ** (index / binsPerDoubling) * 100) / 100;
}
