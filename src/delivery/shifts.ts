/**
 * One after the other at each target. Whoever was told to end may still wait for a server that does not answer: whoever
 * comes after him must not deliver the same beside him.
 */
export class Shifts {
  readonly #last = new Map<string, Promise<void>>();

  /** Begins when the shift before is over; at once where there is none. */
  begin(target: string, work: () => Promise<void>): Promise<void> {
    const former = this.#last.get(target);
    const shift = former ? former.then(work, work) : work();
    this.#last.set(target, shift);
    const end = (): void => {
      if (this.#last.get(target) === shift) this.#last.delete(target);
    };
    shift.then(end, end);
    return shift;
  }
}

/** Those of all that deliver, over every configuration that a process takes over. */
export interface AllShifts {
  readonly recordings: Shifts;
  readonly reports: Shifts;
}

export function newShifts(): AllShifts {
  return { recordings: new Shifts(), reports: new Shifts() };
}
