/** So many tries at once, then one every so often. */
interface Allowance {
  readonly atOnce: number;
  readonly everyMs: number;
}

interface Bucket {
  readonly left: number;
  readonly at: number;
}

/** Strangers must not fill the memory; the oldest are forgotten first. */
const mostKeys = 10_000;

/** Limits how often something is tried, for each key on its own: before anything that costs is done. */
export class Attempts {
  readonly #allowance: Allowance;
  readonly #now: () => number;
  readonly #buckets = new Map<string, Bucket>();

  constructor(allowance: Allowance, now: () => number) {
    this.#allowance = allowance;
    this.#now = now;
  }

  /** Takes one try. Returns how long to wait, in ms; 0: go on. */
  take(key: string): number {
    const { everyMs } = this.#allowance;
    const left = this.#left(key);
    if (left < 1) return Math.ceil((1 - left) * everyMs);
    this.#keep(key, left - 1);
    return 0;
  }

  /** It was right: it does not count. */
  giveBack(key: string): void {
    this.#keep(key, Math.min(this.#allowance.atOnce, this.#left(key) + 1));
  }

  #left(key: string): number {
    const { atOnce, everyMs } = this.#allowance;
    const bucket = this.#buckets.get(key);
    return bucket ? Math.min(atOnce, bucket.left + (this.#now() - bucket.at) / everyMs) : atOnce;
  }

  #keep(key: string, left: number): void {
    this.#buckets.delete(key);
    this.#buckets.set(key, { left, at: this.#now() });
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > mostKeys && oldest !== undefined) this.#buckets.delete(oldest);
  }
}

/** A whole network of IPv6 is one machine: whoever has an address has 2^64 of them. */
export function networkOf(address: string): string {
  if (!address.includes(':') || address.startsWith('::ffff:')) return address;
  const [before = '', after] = address.split('::');
  const head = before.split(':').filter((part) => part !== '');
  const tail = (after ?? '').split(':').filter((part) => part !== '');
  const zeros = Array.from({ length: Math.max(0, 8 - head.length - tail.length) }, () => '0');
  return [...head, ...zeros, ...tail].slice(0, 4).join(':');
}
