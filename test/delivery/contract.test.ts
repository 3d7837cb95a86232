import { targetContract } from './contract.ts';
import { fixtures } from './fixtures.ts';

for (const variants of Object.values(fixtures)) {
  for (const [name, fixture] of Object.entries(variants)) targetContract(name, fixture);
}
