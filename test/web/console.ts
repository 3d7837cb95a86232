import { afterAll, beforeAll } from 'vitest';

import { password, startConsole, type RunningConsole, type StartedConsole } from './started-console.ts';
import type { Patience } from '../../src/web/server.ts';

export { clientOf, signedIn, type Client } from './client.ts';
export { password };

/** Tests have no time for those who are slow. */
const hasty: Patience = {
  headersMs: 800,
  requestMs: 1_500,
  lookEveryMs: 100,
  providerMs: 2_000,
  stillMs: 500,
};

/** A program with its console, for all tests of a file; see {@link startConsole}. `usual`: as patient as in use. */
export function useConsole(pace: 'hasty' | 'usual' = 'hasty'): () => RunningConsole {
  let running: StartedConsole | undefined;
  beforeAll(async () => {
    running = await startConsole(pace === 'hasty' ? hasty : undefined);
  });
  afterAll(() => running?.stop());
  return () => {
    if (!running) throw new Error('the console does not run yet');
    return running;
  };
}
