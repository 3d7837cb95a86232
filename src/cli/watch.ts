import { setTimeout as pause } from 'node:timers/promises';

import { exitCodes } from './exit-code.ts';
import { write } from './output.ts';

/** Moves to the first line, and clears all below (ECMA-48: CUP, ED). */
const startAgain = '\u001b[H\u001b[J';

/**
 * Shows something every so often until the user interrupts it, which ends with 0, or nobody reads it any more: on a
 * terminal always in the same place, else one below the other.
 */
export async function watch(show: () => Promise<void>, everyMs: number): Promise<void> {
  const interrupted = new AbortController();
  const { signal } = interrupted;
  const interrupt = () => interrupted.abort();
  process.on('SIGINT', interrupt);
  process.stdout.on('error', interrupt); // nobody reads on
  try {
    while (!signal.aborted) {
      if (process.stdout.isTTY) await write([startAgain]);
      await show();
      await pause(everyMs, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    process.off('SIGINT', interrupt);
    process.stdout.off('error', interrupt);
  }
  process.exitCode = exitCodes.fine;
}
