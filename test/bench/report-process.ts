// A process that closes calls one after the other and has each reported at once, until it is killed.
import { SqliteCatalogue } from '../../src/catalogue/sqlite.ts';
import { Reporter } from '../../src/report/reporter.ts';
import { closedCallOf } from '../catalogue/sample.ts';
import { reportSettings, segment } from './report-segments.ts';

const [folder = '', first = ''] = process.argv.slice(2);
const catalogue = new SqliteCatalogue({ path: `${folder}/catalogue.db` });
await catalogue.open();
const reporter = new Reporter(reportSettings(folder), catalogue, (problem) => {
  throw problem;
});
await reporter.start();
process.stdout.write('ready\n');
for (let n = Number(first); ; n += 1) {
  const record = segment(n);
  await catalogue.closeCall(closedCallOf(record), [record]);
  await reporter.reportNow();
}
