import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

import CallsLast from './test/calls-last.ts';

/** Tests of functions alone: they start nothing and change nothing of the process, and share one for many files. */
const alone =
  'test/{alarms,asterisk,call,config,reconciliation,recording,report,retention,spool}/**/*.test.ts';

/** Tests with real calls on an Asterisk of their own. */
const live = 'test/live/**/*.test.ts';

export default defineConfig({
  test: {
    projects: [
      { extends: true, test: { name: 'others', include: ['test/**/*.test.ts'], exclude: [alone, live] } },
      { extends: true, test: { name: 'alone', include: [alone], isolate: false } },
      {
        extends: true,
        // Most of a live test is waiting: two cores carry four files at a time, as long as nothing else runs.
        test: { name: 'live', include: [live], maxWorkers: 4, sequence: { groupOrder: 1 } },
      },
    ],
    // Tests start the command line hundreds of times, and a process of their own for every file: a tenth is compiling.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/compiled') },
    // Processes of their own: a native module or a test that hangs takes no other test with it.
    pool: 'forks',
    // Most of them keep the processors or the disk busy.
    maxWorkers: 3,
    sequence: { sequencer: CallsLast },
    // A live test waits for real calls; starting the servers it needs takes longer than a call.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Calls with audio run in real time: moments in which the machine has no time for them are not yet a defect. Of
    // 3,100 tests in 20 minutes now and then one meets two of them.
    retry: 2,
    allowOnly: false,
    // Ours first, so that vitest's own summary stays the end of the output.
    reporters: ['./test/counts-reporter.ts', 'default'],
  },
});
