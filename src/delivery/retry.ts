/** How failing attempts are spread. */
export interface RetryDelays {
  readonly firstMs: number;
  readonly longestMs: number;
  /** Share by which each delay is shortened or lengthened at random, so that not all recorders return at once. */
  readonly jitter: number;
}

/** A server that restarts is back within seconds; one that stays away is asked often enough every quarter of an hour. */
export const retryDelays: RetryDelays = { firstMs: 5_000, longestMs: 15 * 60_000, jitter: 0.2 };

/** 2 to the power of it is far beyond any longest delay, and still a number. */
const mostDoublings = 40;

/** Delay in ms before the next attempt after `failures` (1, 2, ...) in a row; `random` is from 0 to 1. */
export function retryDelay(failures: number, random: number, delays: RetryDelays): number {
  const grown = delays.firstMs * 2 ** Math.min(Math.max(failures - 1, 0), mostDoublings);
  return Math.round(Math.min(grown, delays.longestMs) * (1 + delays.jitter * (2 * random - 1)));
}
