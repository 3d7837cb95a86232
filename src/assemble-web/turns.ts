/** What costs much is done for few at once: calls are on the same machine, and in the same process. */
import { tooBusy } from '../web/failure.ts';
import type { Viewer } from '../web/viewer.ts';

export interface TurnLimits {
  readonly atOnce: number;
  /** Beyond those. */
  readonly waiting: number;
  /** Of both together, for one person: nobody keeps the others out. */
  readonly each: number;
}

/** Whose turn it is: his tokens and browsers are one person. */
export type Asking = Pick<Viewer, 'actor' | 'person'>;

/** So many at once; so many more wait for their turn, and who comes then is told to come again. */
export class Turns {
  readonly #limits: TurnLimits;
  readonly #waiting: (() => void)[] = [];
  /** Places that a person has. */
  readonly #taken = new Map<string, number>();
  #going = 0;

  constructor(limits: TurnLimits) {
    this.#limits = limits;
  }

  /** @throws ApiFailure `too-busy` */
  async take<Result>({ actor, person = actor }: Asking, act: () => Promise<Result>): Promise<Result> {
    const taken = this.#taken.get(person) ?? 0;
    if (taken >= this.#limits.each) throw tooBusy();
    if (this.#going >= this.#limits.atOnce && this.#waiting.length >= this.#limits.waiting) throw tooBusy();
    this.#taken.set(person, taken + 1);
    try {
      return await this.#inTurn(act);
    } finally {
      const left = (this.#taken.get(person) ?? 1) - 1;
      if (left > 0) this.#taken.set(person, left);
      else this.#taken.delete(person);
    }
  }

  async #inTurn<Result>(act: () => Promise<Result>): Promise<Result> {
    if (this.#going >= this.#limits.atOnce) {
      // Whoever ends gives the place to the first who waits: it never becomes free between the two.
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#going += 1;
    try {
      return await act();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#going -= 1;
    }
  }
}

interface Kept<Answer> {
  readonly answer: Promise<Answer>;
  /** Undefined: it is being made. */
  until: number | undefined;
}

const mostKept = 20;

/** Answers that are made once for all who ask for the same at about the same time. */
export class KeptAnswers<Answer> {
  readonly #keptMs: number;
  readonly #turns: Turns;
  readonly #now: () => number;
  readonly #kept = new Map<string, Kept<Answer>>();

  constructor(keptMs: number, turns: Turns, now: () => number = Date.now) {
    this.#keptMs = keptMs;
    this.#turns = turns;
    this.#now = now;
  }

  /** `what`: all that makes the answer another one. @throws ApiFailure `too-busy` */
  async of(what: string, asking: Asking, make: () => Promise<Answer>): Promise<Answer> {
    const known = this.#kept.get(what);
    if (known && (known.until ?? Infinity) > this.#now()) return await known.answer;
    const kept: Kept<Answer> = { answer: this.#turns.take(asking, make), until: undefined };
    this.#kept.set(what, kept);
    try {
      const answer = await kept.answer;
      kept.until = this.#now() + this.#keptMs;
      this.#forget();
      return answer;
    } catch (error) {
      if (this.#kept.get(what) === kept) this.#kept.delete(what);
      throw error;
    }
  }

  #forget(): void {
    for (const [what, { until }] of this.#kept)
      if (until !== undefined && (until <= this.#now() || this.#kept.size > mostKept))
        this.#kept.delete(what);
  }
}
