import type { Outcome } from '../call/call.ts';
import type { ListedRecord, RecordFilter } from '../catalogue/catalogue.ts';
import { loadConfig } from '../config/load.ts';
import { talkTime } from '../report/csv.ts';
import { withCatalogue } from './with-catalogue.ts';
import { jsonArray, write } from './output.ts';
import { localDateTime, periodOf } from './period.ts';
import { explained } from './recordings-view.ts';
import { table } from './table.ts';

export interface RecordingsOptions {
  readonly config: string;
  readonly json?: boolean;
  readonly from?: string;
  readonly to?: string;
  readonly number?: string;
  readonly group?: string;
  readonly outcome?: Outcome;
}

const headings = ['start', 'talk', 'direction', 'group', 'from', 'to', 'outcome', 'why', 'file'];

/** Lists what became of the calls. */
export async function recordings(options: RecordingsOptions): Promise<void> {
  const { config } = await loadConfig(options.config);
  const { timezone } = config.pbx;
  const { number, group, outcome } = options;
  const filter: RecordFilter = { ...periodOf(options.from, options.to, timezone), number, group, outcome };
  await withCatalogue(config, async (catalogue) => {
    const records = catalogue.records(filter);
    const view =
      options.json === true
        ? jsonArray(each(records, explained, timezone))
        : table(headings, each(records, row, timezone));
    await write(view);
  });
}

async function* each<View>(
  records: AsyncIterable<ListedRecord>,
  view: (record: ListedRecord, timeZone: string) => View,
  timeZone: string,
): AsyncIterable<View> {
  for await (const record of records) yield view(record, timeZone);
}

function row(record: ListedRecord, timeZone: string): string[] {
  return [
    localDateTime(record.startedAt, timeZone),
    talkTime(record.talkMs),
    record.direction,
    record.group,
    record.from,
    record.to,
    record.verdict.outcome,
    record.verdict.rule,
    record.file ?? '',
  ];
}
