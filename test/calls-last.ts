import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Keep the processors and the disk busy for minutes: what is begun last must not be what everybody waits for. */
const first = [/\/delivery\/contract-\d/, /\/delivery\//];
/** Of functions alone, and yet long: thousands of stories. */
const long = /\/(exploration|simulation)\.test/;
/** Calls run in real time and wait most of it: where nothing else wants the processors, more of them run at a time. */
const longCalls = /\/live\/(exploration|faults|matrix-transfers)/;

/** The order in which files of tests begin, on a machine that has never run them as on any other. */
export default class CallsLast extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId, project }: TestSpecification): number => {
      // After all others have ended, by the order of their project.
      if (project.name === 'live') return longCalls.test(moduleId) ? 3 : 4;
      // Short ones, for the end; one process runs them all as long as nothing comes between them.
      if (project.name === 'alone') return long.test(moduleId) ? 1 : 2;
      const place = first.findIndex((pattern) => pattern.test(moduleId));
      return place === -1 ? 0 : place - first.length;
    };
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}
