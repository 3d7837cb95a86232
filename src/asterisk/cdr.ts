import { parse } from 'csv-parse/sync';

import { field, type AmiMessage } from './ami-wire.ts';
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
  const linkedId = fields.length < fewestWithLinkedId ? undefined : fields.at(-2);
  return detailOf((part) => fields[columns[part]] ?? '', linkedId, timeZone);
}

/** Where the same things are in the AMI event `Cdr` of cdr_manager. */
const headers: Readonly<Record<keyof typeof columns, string>> = {
  ...{ src: 'Source', dst: 'Destination', channel: 'Channel', dstChannel: 'DestinationChannel' },
  ...{ lastApp: 'LastApplication', lastData: 'LastData', uniqueId: 'UniqueID' },
  ...{ start: 'StartTime', answer: 'AnswerTime', end: 'EndTime', disposition: 'Disposition' },
};

/**
 * The same as an AMI event, which has a `LinkedID` where cdr_manager.conf maps it; undefined when it is not as Asterisk
 * sends it.
 *
 * @param timeZone that of Asterisk's machine.
 */
export function callDetailOfEvent(message: AmiMessage, timeZone: string): CallDetail | undefined {
  const linkedId = field(message, 'LinkedID');
  return detailOf((part) => field(message, headers[part]), linkedId === '' ? undefined : linkedId, timeZone);
}

function detailOf(
  told: (part: keyof typeof columns) => string,
  linkedId: string | undefined,
  timeZone: string,
): CallDetail | undefined {
  const channel = told('uniqueId');
  const created = createdAt(channel);
  const time = (part: 'start' | 'answer' | 'end') => instantOf(told(part), created, timeZone);
  const [startedAt, endedAt] = [time('start'), time('end')];
  if (startedAt === undefined || endedAt === undefined) return undefined;
  const talked = told('disposition') === 'ANSWERED' && told('dstChannel') !== '';
  return {
    channel,
    linkedId,
    callerName: told('channel'),
    calledName: told('dstChannel'),
    from: told('src'),
    to: dialledBy(told('lastApp'), told('lastData')) ?? told('dst'),
    startedAt,
    answeredAt: talked ? (time('answer') ?? startedAt) : undefined,
    endedAt,
  };
}

/** The number outside, as an application that is `Dial` was given it. */
export function dialledBy(application: string, data: string): string | undefined {
  return application === 'Dial' ? dialledUser(data.split(',')[0] ?? '') : undefined;
}

/** When a channel came to be, by its id, in ms since 1970 to the second; NaN where it has not one of Asterisk's. */
export function createdAt(uniqueId: string): number {
  return Number(uniqueIdPattern.exec(uniqueId)?.[1]) * msPerSecond;
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
