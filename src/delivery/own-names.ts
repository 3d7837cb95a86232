import { randomUUID } from 'node:crypto';

/** A name for the file by which a target is checked; its own for every target, so that no two checks meet. */
export function newProbeName(): string {
  return `.mitschnitt-check-${randomUUID()}`;
}
