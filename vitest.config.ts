import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Processes of their own: a native module or a test that hangs takes no other test with it.
    pool: 'forks',
    // Two cores carry two files at a time, with an Asterisk each.
    maxWorkers: 2,
    // A live test waits for real calls; starting the servers it needs takes longer than a call.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    allowOnly: false,
    // Ours first, so that vitest's own summary stays the end of the output.
    reporters: ['./test/counts-reporter.ts', 'default'],
  },
});
