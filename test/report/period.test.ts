import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { writePeriod } from '../../src/report/period.ts';
import { closedCallOf, sampleRecord, START } from '../catalogue/sample.ts';
import { cellsOf } from './cells.ts';
import type { ListedRecord, Listings, RecordFilter } from '../../src/catalogue/catalogue.ts';
import type { ReportFormat } from '../../src/report/csv.ts';

const csv: ReportFormat = { language: 'de', timeZone: 'Europe/Zurich', columns: ['outcome'] };

/** Listings of `count` records, which count how many were taken. */
function listings(count: number): Pick<Listings, 'records'> & { taken: number; asked: RecordFilter[] } {
  return {
    taken: 0,
    asked: [],
    async *records(filter): AsyncGenerator<ListedRecord> {
      this.asked.push(filter);
      for (let n = 0; n < count; n++) {
        this.taken += 1;
        const record = sampleRecord(`r${n}`, { startedAt: START + n });
        yield await Promise.resolve({ ...record, call: closedCallOf(record), deliveries: [] });
      }
    },
  };
}

function sink(): { out: Writable; text: () => string } {
  const chunks: Buffer[] = [];
  const out = new Writable({
    write(chunk: Buffer, _, done) {
      chunks.push(chunk);
      done();
    },
  });
  return { out, text: () => Buffer.concat(chunks).toString('utf8') };
}

describe('the report of a period', () => {
  test('is CSV as in the monthly files', async () => {
    const source = listings(2);
    const { out, text } = sink();
    const filter = { from: START, group: 'Verkauf' };
    expect(await writePeriod(source, filter, csv, out)).toBe(2);
    expect(source.asked).toEqual([filter]);
    expect(text()).toMatch(/^\ufeffAnrufer;.*;Ergebnis\r\n/);
    expect(cellsOf(text())).toHaveLength(3);
    expect(out.writableEnded).toBe(false);
  });

  test('reads no more than the reader takes', async () => {
    const source = listings(100_000);
    const out = new Writable({ write: () => undefined });
    const writing = writePeriod(source, {}, csv, out);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(source.taken).toBeLessThan(1000);
    out.destroy(new Error('the reader went away'));
    await expect(writing).rejects.toThrow('the reader went away');
  });
});
