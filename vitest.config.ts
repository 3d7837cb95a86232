import { defineConfig } from 'vitest/config';

import LongestFirst from './test/longest-first.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Processes of their own: a native module or a test that hangs takes no other test with it.
    pool: 'forks',
    // Most of a live test is waiting: two cores carry three files at a time, with an Asterisk each.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
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
