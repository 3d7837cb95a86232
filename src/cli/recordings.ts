import type { Outcome } from '../call/call.ts';
import type { ListedRecord, RecordFilter } from '../catalogue/catalogue.ts';
import { loadConfig } from '../config/load.ts';
import { localDateTime } from '../recording/local-time.ts';
import { talkTime } from '../report/csv.ts';
import { jsonArray, write } from './output.ts';
import { periodOf } from './point-in-time.ts';
import { recordJson, viewed } from '../report/record-json.ts';
import { table } from './table.ts';
import { withCatalogue } from './with-catalogue.ts';

export interface RecordingsOptions {
  readonly config: string;
  readonly json?: boolean;
  readonly from?: string;
  readonly to?: string;
  readonly number?: string;
  readonly group?: string;
  readonly outcome?: Outcome;
}

const headings = ['start', 'talk', 'direction', 'group', 'from', 'to', 'outcome', 'why', 'file', 'hold'];

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
        ? jsonArray(viewed(records, recordJson, timezone))
        : table(headings, viewed(records, row, timezone));
    await write(view);
  });
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
    record.hold ? (record.hold.reason ?? 'held') : '',
  ];
}
