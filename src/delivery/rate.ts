/** The time over which a rate is told: long enough to be steady, short enough to show that something stands still. */
const windowMs = 10_000;
const bucketMs = 1_000;
const secondMs = 1_000;

interface Bucket {
  readonly startedAt: number;
  bytes: number;
}

/** How much moved lately. Times are ms since 1970. */
export class Rate {
  #buckets: Bucket[] = [];

  add(bytes: number, now: number): void {
    const startedAt = now - (now % bucketMs);
    const last = this.#buckets.at(-1);
    if (last?.startedAt === startedAt) last.bytes += bytes;
    else this.#buckets.push({ startedAt, bytes });
    this.#forget(now);
  }

  /** Bytes per second over the last 10 s, or since the first byte if that was later. */
  perSecond(now: number): number {
    this.#forget(now);
    const first = this.#buckets[0];
    if (!first) return 0;
    const bytes = this.#buckets.reduce((sum, bucket) => sum + bucket.bytes, 0);
    return Math.round((bytes * secondMs) / Math.max(bucketMs, now - first.startedAt));
  }

  #forget(now: number): void {
    this.#buckets = this.#buckets.filter(({ startedAt }) => startedAt > now - windowMs && startedAt <= now);
  }
}
