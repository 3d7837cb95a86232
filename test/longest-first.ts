import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Of files, those that take minutes: what is begun last must not be what everybody waits for. */
const longest = [/\/delivery\/contract-\d/, /\/live\//, /\/delivery\//];

/** The order in which files of tests begin, on a machine that has never run them as on any other. */
export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const found = longest.findIndex((pattern) => pattern.test(moduleId));
      return found === -1 ? longest.length : found;
    };
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}
