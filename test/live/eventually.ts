/** How long `eventually` waits and how often it looks, in milliseconds. */
export interface Patience {
  readonly within?: number;
  readonly every?: number;
}

/**
 * Repeats `look` until it neither throws nor answers `undefined` or `false`, and returns its answer.
 * When the time (`within`, 5000 ms unless told) is over, it fails with the last reason.
 */
export async function eventually<T>(
  look: () => T | Promise<T>,
  { within = 5000, every = 20 }: Patience = {},
): Promise<Exclude<T, undefined | false>> {
  const deadline = performance.now() + within;
  for (;;) {
    let reason: unknown;
    try {
      const seen = await look();
      if (seen !== undefined && seen !== false) return seen as Exclude<T, undefined | false>;
      reason = `it stayed ${String(seen)}`;
    } catch (error) {
      reason = error;
    }
    if (performance.now() >= deadline) {
      const text = reason instanceof Error ? reason.message : String(reason);
      throw new Error(`not within ${String(within)} ms: ${text}`, { cause: reason });
    }
    await new Promise((resolve) => setTimeout(resolve, every));
  }
}
