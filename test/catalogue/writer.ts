import { SqliteCatalogue } from '../../src/catalogue/sqlite.ts';
import { sampleCall } from './sample.ts';

/** A process that saves calls until it is killed, and says of each that it was saved. */
const [path = ''] = process.argv.slice(2);
const catalogue = new SqliteCatalogue({ path });
await catalogue.open();
for (let n = 0; ; n++) {
  await catalogue.saveCall(sampleCall(`call-${n}`));
  await new Promise((resolve) => process.stdout.write(`${n}\n`, resolve));
}
