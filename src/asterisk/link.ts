import { setTimeout as pause } from 'node:timers/promises';

/** First wait before connecting again, and the longest: a PBX that is back must not wait for us. */
const firstWaitMs = 250;
const longestWaitMs = 5_000;

/** A connection that stands. */
export interface Connection {
  /** Resolves when the connection is over, with the reason. */
  readonly closed: Promise<Error>;
  close(): void;
}

/** Keeps one connection standing: opens it, waits for its end, opens it again, without a limit of tries. */
export class Link {
  readonly #open: (stopping: AbortSignal) => Promise<Connection>;
  readonly #lost: (error: unknown) => void;
  readonly #stopping = new AbortController();
  #connection: Connection | undefined;
  #running: Promise<void> | undefined;

  /** An `open` under way gives up at `stopping`. `lost` is told why an attempt failed or a standing connection ended. */
  constructor(open: (stopping: AbortSignal) => Promise<Connection>, lost: (error: unknown) => void) {
    this.#open = open;
    this.#lost = lost;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#connection?.close();
    await this.#running;
  }

  async #run(): Promise<void> {
    let waitMs = firstWaitMs;
    while (!this.#stopping.signal.aborted) {
      try {
        this.#connection = await this.#open(this.#stopping.signal);
        if (this.#isStopping()) this.#connection.close();
        waitMs = firstWaitMs;
        const reason = await this.#connection.closed;
        if (!this.#isStopping()) this.#lost(reason);
      } catch (error) {
        if (!this.#isStopping()) this.#lost(error);
      }
      this.#connection = undefined;
      await this.#rest(waitMs);
      waitMs = Math.min(waitMs * 2, longestWaitMs);
    }
  }

  #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  async #rest(ms: number): Promise<void> {
    try {
      await pause(ms, undefined, { signal: this.#stopping.signal });
    } catch {
      return; // stopping: no reason to wait any longer
    }
  }
}
