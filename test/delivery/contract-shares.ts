import { targetContract } from './contract.ts';
import { fixtures } from './fixtures.ts';

/** As many as there are files of tests: each runs beside the others, on servers of its own. */
const shares = 3;

/** The contract for every third variant of a target, from the first, second or third on. */
export function contractShare(share: 1 | 2 | 3): void {
  const variants = Object.values(fixtures).flatMap((of) => Object.entries(of));
  for (const [index, [name, fixture]] of variants.entries())
    if (index % shares === share - 1) targetContract(name, fixture);
}
