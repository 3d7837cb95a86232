import type { RecordFilter } from '../catalogue/catalogue.ts';
import { loadConfig } from '../config/load.ts';
import { writePeriod } from '../report/period.ts';
import { jsonArray, whileRead, write } from './output.ts';
import { periodOf } from './point-in-time.ts';
import { recordJson, viewed } from '../report/record-json.ts';
import { withCatalogue } from './with-catalogue.ts';

export interface ReportOptions {
  readonly config: string;
  readonly from: string;
  readonly to: string;
  readonly group?: string;
  readonly format: 'csv' | 'json';
}

/** Prints the report of a period, as the monthly files have it or as a JSON array as `recordings` gives it. */
export async function report(options: ReportOptions): Promise<void> {
  const { config } = await loadConfig(options.config);
  const timeZone = config.pbx.timezone;
  const filter: RecordFilter = { ...periodOf(options.from, options.to, timeZone), group: options.group };
  const { language, columns } = config.report;
  await withCatalogue(config, (catalogue) =>
    options.format === 'csv'
      ? whileRead(writePeriod(catalogue, filter, { language, columns, timeZone }, process.stdout))
      : write(jsonArray(viewed(catalogue.records(filter), recordJson, timeZone))),
  );
}
