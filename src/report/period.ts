import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { csvHead, csvLines } from './csv.ts';
import type { Writable } from 'node:stream';
import type { Listings, RecordFilter } from '../catalogue/catalogue.ts';
import type { ReportFormat } from './csv.ts';

/**
 * Writes every record that the filter lets through as CSV as in the monthly files, in the order of their start, as fast
 * as `out` takes it. `out` is left open.
 *
 * @returns how many records there were.
 */
export async function writePeriod(
  listings: Pick<Listings, 'records'>,
  filter: RecordFilter,
  format: ReportFormat,
  out: Writable,
): Promise<number> {
  let count = 0;
  async function* text(): AsyncGenerator<string> {
    yield csvHead(format);
    for await (const record of listings.records(filter)) {
      count += 1;
      yield csvLines([record], format);
    }
  }
  await pipeline(Readable.from(text()), out, { end: false });
  return count;
}
