/** Time as the uploader sees it. */
export interface Clock {
  /** Ms since 1970-01-01 UTC. */
  now(): number;
  /** Runs something once after so many ms. Returns what prevents it. */
  after(ms: number, run: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};
