import type { Reporter, TestModule, TestRunEndReason, Vitest } from 'vitest/node';

/**
 * Prints `N passed, N failed` as a line of its own, and counts a skipped test as failed: a live test that finds
 * its server missing proves nothing, and must not look as if it did.
 */
export default class CountsReporter implements Reporter {
  private vitest: Vitest | undefined;

  onInit(vitest: Vitest): void {
    this.vitest = vitest;
  }

  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[], reason: TestRunEndReason): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const having = (state: string) => tests.filter((test) => test.result().state === state);
    // Who asks for some tests by name (-t) has left out the others on purpose.
    const namesAsked = this.vitest?.config.testNamePattern !== undefined;
    const left = [...having('skipped'), ...having('pending')];
    const skipped = namesAsked ? [] : left;
    // A file that could not be loaded has no tests to count, nor has a hook that failed or an error outside of all.
    const parts = modules.flatMap((module) => [module, ...module.children.allSuites()]);
    const broken = parts.filter((part) => part.errors().length > 0).length + errors.length;
    const failed = having('failed').length + skipped.length + broken;

    for (const test of skipped) console.log(`skipped, which counts as failed: ${test.fullName}`);
    console.log(`\n${having('passed').length} passed, ${failed} failed`);
    if (failed > 0 || reason === 'interrupted') process.exitCode = 1;
  }
}
