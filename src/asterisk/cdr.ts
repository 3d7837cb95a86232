import { parse } from 'csv-parse/sync';

import { dialledUser } from './channels.ts';
import { instantsOfLocal } from '../recording/local-time.ts';
import { isTestChannel } from '../call/self-test.ts';
import type { CallDetail } from '../call/account.ts';

/** What the columns of cdr_csv hold, in their order; the last ones as cdr.conf turns them on. */
const columns = {
  ...{ src: 1, dst: 2, channel: 5, dstChannel: 6, lastApp: 7, lastData: 8 },
  ...{ start: 9, answer: 10, end: 11, disposition: 14, uniqueId: 16 },
} as const;
/** With `loguniqueid = yes`, and with userfield, peeraccount, linkedid and sequence as well. */
const [fewestColumns, mostColumns] = [17, 21];
/** With `newcdrcolumns = yes`, which adds three columns of which linkedid is the middle one. */
const fewestWithLinkedId = 20;

const uniqueIdPattern = /^(?:.{1,100}-)?(\d{9,11})\.\d{1,10}$/s;
const timePattern = /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/;

const msPerSecond = 1_000;

/**
 * One line of Asterisk's `Master.csv`; undefined when it is not as Asterisk writes it with `loguniqueid = yes`.
 *
 * @param timeZone in which its times are: `UTC` with `usegmtime = yes`.
 */
export function callDetailOf(line: string, timeZone: string): CallDetail | undefined {
  const fields = fieldsOf(line);
  if (!fields) return undefined;
  const field = (column: keyof typeof columns): string => fields[columns[column]] ?? '';
  const channel = field('uniqueId');
  const created = Number(uniqueIdPattern.exec(channel)?.[1]) * msPerSecond;
  const time = (column: 'start' | 'answer' | 'end') => instantOf(field(column), created, timeZone);
  const [startedAt, endedAt] = [time('start'), time('end')];
  if (startedAt === undefined || endedAt === undefined) return undefined;
  const talked = field('disposition') === 'ANSWERED' && field('dstChannel') !== '';
  const dialled =
    field('lastApp') === 'Dial' ? dialledUser(field('lastData').split(',')[0] ?? '') : undefined;
  return {
    channel,
    linkedId: fields.length < fewestWithLinkedId ? undefined : fields.at(-2),
    callerName: field('channel'),
    calledName: field('dstChannel'),
    from: field('src'),
    to: dialled ?? field('dst'),
    startedAt,
    answeredAt: talked ? (time('answer') ?? startedAt) : undefined,
    endedAt,
  };
}

/** Whether a telephone of the self-test called: nobody's call. Its channels have ids that Asterisk did not give. */
export function isOfSelfTest(line: string): boolean {
  return line.includes('Local/') && isTestChannel(fieldsOf(line)?.[columns.channel] ?? '');
}

function fieldsOf(line: string): readonly string[] | undefined {
  try {
    const rows: string[][] = parse(line, { relax_column_count: true });
    const [row] = rows.length === 1 ? rows : [];
    return row && row.length >= fewestColumns && row.length <= mostColumns ? row : undefined;
  } catch {
    return undefined;
  }
}

/** A time that the clock shows twice is the one after the channel came to be, which is part of its id. */
function instantOf(text: string, created: number, timeZone: string): number | undefined {
  if (!timePattern.test(text) || Number.isNaN(created)) return undefined;
  const instants = instantsOfLocal(text.replace(' ', 'T'), timeZone);
  return instants.find((instant) => instant >= created) ?? instants.at(-1);
}
