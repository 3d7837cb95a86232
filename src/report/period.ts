import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { csvHead, csvLines } from './csv.ts';
import type { Writable } from 'node:stream';
import type { Listings, RecordFilter } from '../catalogue/catalogue.ts';
import type { CallRecord } from '../recording/recording.ts';
import type { ReportFormat } from './csv.ts';

/** `csv` as in the monthly files; `jsonl`: one JSON object per line, times in UTC. */
export type PeriodFormat = ({ readonly as: 'csv' } & ReportFormat) | { readonly as: 'jsonl' };

/**
 * Writes every record that the filter lets through, in the order of their start, as fast as `out` takes it. `out` is
 * left open.
 *
 * @returns how many records there were.
 */
export async function writePeriod(
  listings: Pick<Listings, 'records'>,
  filter: RecordFilter,
  format: PeriodFormat,
  out: Writable,
): Promise<number> {
  let count = 0;
  async function* text(): AsyncGenerator<string> {
    if (format.as === 'csv') yield csvHead(format);
    for await (const record of listings.records(filter)) {
      count += 1;
      yield format.as === 'csv' ? csvLines([record], format) : jsonLine(record);
    }
  }
  await pipeline(Readable.from(text()), out, { end: false });
  return count;
}

function jsonLine(record: CallRecord): string {
  return `${JSON.stringify({
    id: record.id,
    call_id: record.callId,
    linked_id: record.linkedId,
    group: record.group,
    direction: record.direction,
    from: record.from,
    to: record.to,
    started_at: new Date(record.startedAt).toISOString(),
    talk_ms: record.talkMs,
    outcome: record.verdict.outcome,
    rule: record.verdict.rule,
    file: record.file ?? null,
  })}\n`;
}
