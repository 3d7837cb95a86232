import { randomUUID } from 'node:crypto';

/** Where a file is until it is complete. The same for every attempt, so that a later one replaces what was left. */
export function temporaryName(recording: string): string {
  // No character that a server could refuse: what goes wrong here is not for the name.
  return `.mitschnitt-${recording}.part`;
}

/** A name for the file by which a target is checked; its own for every target, so that no two checks meet. */
export function newProbeName(): string {
  return `.mitschnitt-check-${randomUUID()}`;
}
