import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Keep the processors and the disk busy for minutes: what is begun last must not be what everybody waits for. */
const first = [/\/delivery\/contract-\d/, /\/delivery\//];
/** Calls run in real time and wait most of it: where nothing else wants the processors, more of them run at a time. */
const last = [/\/live\/(exploration|faults|matrix-transfers)/, /\/live\//];

/** The order in which files of tests begin, on a machine that has never run them as on any other. */
export default class CallsLast extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId, project }: TestSpecification): number => {
      const isOfThis = (pattern: RegExp): boolean => pattern.test(moduleId);
      // Short ones, for the end; one process runs them all as long as nothing comes between them.
      if (project.name === 'alone') return last.length + 1;
      if (first.some(isOfThis)) return first.findIndex(isOfThis) - first.length;
      return last.findIndex(isOfThis) + 1;
    };
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}
