import type { Call, RecordingId } from '../call/call.ts';

/** One call of the self-test, as its states are told. */
export class CallWatch {
  #call: Call | undefined;
  readonly #looking = new Set<(call: Call) => void>();

  /** Of all recordings that were begun. */
  get recordings(): readonly RecordingId[] {
    return this.#call?.segments.map(({ id }) => id) ?? [];
  }

  tell(call: Call): void {
    this.#call = call;
    for (const look of [...this.#looking]) look(call);
  }

  /** What is seen in the call as soon as it is; undefined when it was not within `ms`, or `signal` aborted. */
  until<Seen>(
    see: (call: Call) => Seen | undefined,
    ms: number,
    signal: AbortSignal,
  ): Promise<Seen | undefined> {
    const { promise, resolve } = Promise.withResolvers<Seen | undefined>();
    const end = (): void => resolve(undefined);
    const look = (call: Call): void => {
      const seen = see(call);
      if (seen !== undefined) resolve(seen);
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end, { once: true });
    this.#looking.add(look);
    if (this.#call) look(this.#call);
    if (signal.aborted) end();
    return promise.finally(() => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      this.#looking.delete(look);
    });
  }
}
