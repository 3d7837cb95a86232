import { codeOf, messageOf, MitschnittError, type Fault } from '../errors.ts';

/** What is tried, in this order; `delivery` to `removal` at each target. */
export type StepName =
  | 'prompt'
  | 'asterisk'
  | 'call'
  | 'announcement'
  | 'key'
  | 'recording'
  | 'file'
  | 'delivery'
  | 'read-back'
  | 'removal';

/** What a step is about. */
export interface StepPlace {
  readonly name: StepName;
  readonly group?: string | undefined;
  readonly target?: string | undefined;
  readonly prompt?: string | undefined;
}

/** Why a step is left out; the console has words of its own for each. */
export const skipReasons = [
  'the group records nothing',
  'the group announces nothing',
  'no key is needed to be recorded',
  'there is no recording to deliver',
  'nothing was delivered',
  'what a target of this kind was sent is out of reach',
  'a message cannot be taken back (selftest.email: true sends one each time)',
] as const;
export type SkipReason = (typeof skipReasons)[number];

/** How a step ended. */
export interface Step extends StepPlace {
  readonly state: 'ok' | 'failed' | 'skipped';
  readonly ms: number;
  /** Of one that failed. */
  readonly problem?: StepProblem | undefined;
  /** Why it was left out. */
  readonly reason?: string | undefined;
}

export interface StepProblem {
  readonly code: string;
  readonly message: string;
  readonly fault: Fault;
  readonly hint: string;
}

/** What a step throws that found something. */
export function found(code: string, fault: Fault, message: string, hint: string): MitschnittError {
  return new MitschnittError(message, { code, fault, retry: true, hint });
}

/** The steps of a self-test, as they were done. */
export class Steps {
  readonly #now: () => number;
  readonly #done: Step[] = [];

  constructor(now: () => number) {
    this.#now = now;
  }

  get done(): readonly Step[] {
    return this.#done;
  }

  get ok(): boolean {
    return this.#done.every(({ state }) => state !== 'failed');
  }

  /** Undefined: it failed, or cannot be done with such a target; those that need it are to be left out. */
  async run<Result>(place: StepPlace, work: () => Promise<Result>): Promise<Result | undefined> {
    const startedAt = this.#now();
    const passed = (): number => this.#now() - startedAt;
    try {
      const result = await work();
      this.#done.push({ ...place, state: 'ok', ms: passed() });
      return result;
    } catch (thrown) {
      if (codeOf(thrown) === 'not-possible')
        this.skip(place, 'what a target of this kind was sent is out of reach');
      else this.#done.push({ ...place, state: 'failed', ms: passed(), problem: problemOf(thrown) });
      return undefined;
    }
  }

  skip(place: StepPlace, reason: SkipReason): void {
    this.#done.push({ ...place, state: 'skipped', ms: 0, reason });
  }
}

function problemOf(thrown: unknown): StepProblem {
  if (thrown instanceof MitschnittError) {
    const { code, message, fault, hint } = thrown;
    return { code, message, fault, hint };
  }
  const hint = 'Report this to the makers of Mitschnitt.';
  return { code: 'unexpected', message: messageOf(thrown), fault: 'defect', hint };
}
