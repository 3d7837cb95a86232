import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import type { Catalogue, RecordFilter } from '../catalogue/catalogue.ts';
import { loadConfig } from '../config/load.ts';
import { writePeriod } from '../report/period.ts';
import { toJson, whileRead } from './output.ts';
import { periodOf } from './period.ts';
import { withCatalogue } from './with-catalogue.ts';

export interface ReportOptions {
  readonly config: string;
  readonly from: string;
  readonly to: string;
  readonly group?: string;
  readonly format: 'csv' | 'json';
}

/** Prints the report of a period, as the monthly files have it or as a JSON array. */
export async function report(options: ReportOptions): Promise<void> {
  const { config } = await loadConfig(options.config);
  const timeZone = config.pbx.timezone;
  const filter: RecordFilter = { ...periodOf(options.from, options.to, timeZone), group: options.group };
  const { language, columns } = config.report;
  await withCatalogue(config, (catalogue) =>
    options.format === 'csv'
      ? whileRead(writePeriod(catalogue, filter, { as: 'csv', language, columns, timeZone }, process.stdout))
      : writeJson(catalogue, filter),
  );
}

async function writeJson(catalogue: Catalogue, filter: RecordFilter): Promise<void> {
  const array = arrayOfLines();
  await whileRead(
    Promise.all([
      pipeline(array, process.stdout, { end: false }),
      writePeriod(catalogue, filter, { as: 'jsonl' }, array).then(() => array.end()),
    ]),
  );
}

/** Makes a JSON array of whole lines with a JSON value each, as they come. */
function arrayOfLines(): Transform {
  let separator = '[';
  return new Transform({
    decodeStrings: false,
    transform(lines: string, _encoding, done) {
      const values = lines.split('\n').filter((line) => line !== '');
      done(
        null,
        values
          .map((line) => {
            const element = `${separator}\n${toJson(JSON.parse(line))}`;
            separator = ',';
            return element;
          })
          .join(''),
      );
    },
    flush(done) {
      done(null, separator === '[' ? '[]\n' : '\n]\n');
    },
  });
}
