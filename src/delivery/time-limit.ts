/** The other side did not answer within the time that it was given. */
export class NoAnswer extends Error {
  readonly limitMs: number;

  constructor(limitMs: number) {
    super(`no answer within ${limitMs} ms`);
    this.name = 'NoAnswer';
    this.limitMs = limitMs;
  }
}

/** The process stops: what was being waited for is not wanted any more. */
export class Aborted extends Error {
  constructor() {
    super('aborted');
    this.name = 'Aborted';
  }
}

/** How long something may take. */
export interface Limit {
  readonly ms: number;
  readonly signal: AbortSignal;
}

/**
 * Waits for `work` at most `ms`, counted anew whenever it calls `progress`, and no longer at all once `signal` aborts.
 * It cannot stop the work itself: whoever calls it frees what hangs (closes the connection).
 *
 * Throws {@link NoAnswer}, {@link Aborted}, or what `work` throws.
 */
export function within<T>({ ms, signal }: Limit, work: (progress: () => void) => Promise<T>): Promise<T> {
  if (signal.aborted) return Promise.reject(new Aborted());
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  let over = false;
  const timer = setTimeout(() => reject(new NoAnswer(ms)), ms);
  const abort = () => reject(new Aborted());
  signal.addEventListener('abort', abort, { once: true });
  // Work that was given up on may still report: its timer must stay dead.
  work(() => !over && timer.refresh()).then(resolve, reject);
  return promise.finally(() => {
    over = true;
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  });
}
