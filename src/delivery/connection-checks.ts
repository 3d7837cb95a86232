import type { CheckProblem, ConnectionCheck } from '../catalogue/catalogue.ts';
import { explained } from './explained.ts';
import type { Clock } from './clock.ts';
import type { Target } from './target.ts';

/** A target that is checked. */
export interface CheckedTarget {
  readonly name: string;
  /** Makes the target once more: a check neither waits for deliveries nor holds one up. */
  readonly create: () => Pick<Target, 'check' | 'close'>;
  /** From the end of a check to the next, in ms. */
  readonly checkEveryMs: number;
}

export interface ConnectionChecksParts {
  readonly targets: readonly CheckedTarget[];
  readonly clock: Clock;
  /** Told of each check when it is over. The next one waits for it. */
  readonly report: (check: ConnectionCheck) => Promise<void>;
}

/** Everything else at the start goes first: loading the program of a target takes half a second of the processor. */
const firstAfterMs = 3_000;
/** For one check in all. What a target waits for has shorter limits of its own, and a better reason. */
const checkLimitMs = 120_000;

/**
 * Writes, reads back and removes a small file at each target every so often: what stands in the way is known before
 * there is a recording to deliver.
 */
export class ConnectionChecks {
  readonly #parts: ConnectionChecksParts;
  readonly #latest = new Map<string, ConnectionCheck>();
  readonly #stopping = new AbortController();
  #work: Promise<unknown> = Promise.resolve();

  constructor(parts: ConnectionChecksParts) {
    this.#parts = parts;
  }

  /** `former`: what a process before this one found last. It stands until there is something newer. */
  start(former: readonly ConnectionCheck[] = []): void {
    for (const check of former) this.#latest.set(check.target, check);
    this.#work = Promise.all(this.#parts.targets.map((target) => this.#watch(target)));
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#work;
  }

  /** The last check of each target that was ever checked. */
  get latest(): readonly ConnectionCheck[] {
    return [...this.#latest.values()];
  }

  async #watch(target: CheckedTarget): Promise<void> {
    const { report } = this.#parts;
    const isStopping = (): boolean => this.#stopping.signal.aborted;
    await this.#pause(firstAfterMs);
    while (!isStopping()) {
      const check = await this.#check(target);
      // What was cut short by our own end says nothing.
      if (isStopping()) return;
      this.#latest.set(target.name, check);
      await report(check);
      await this.#pause(target.checkEveryMs);
    }
  }

  /** Ends early with the process. */
  #pause(ms: number): Promise<void> {
    const { signal } = this.#stopping;
    return new Promise((resolve) => {
      if (signal.aborted) {
        resolve();
        return;
      }
      const forget = this.#parts.clock.after(ms, () => {
        signal.removeEventListener('abort', leave);
        resolve();
      });
      const leave = (): void => {
        forget();
        resolve();
      };
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  async #check({ name, create }: CheckedTarget): Promise<ConnectionCheck> {
    const { clock } = this.#parts;
    const at = clock.now();
    const done = (problem?: CheckProblem): ConnectionCheck => ({
      ...{ target: name, at, ms: clock.now() - at },
      problem,
    });
    const target = create();
    try {
      await target.check(AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(checkLimitMs)]));
      return done();
    } catch (error) {
      const { code, message, fault, hint } = explained(error, name);
      return done({ code, message, fault, hint });
    } finally {
      // Whatever its end is like, the check is over.
      await target.close().catch(() => undefined);
    }
  }
}
