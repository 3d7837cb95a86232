import { stringify } from 'csv-stringify/sync';
import { isUnknownNumber } from '../recording/naming.ts';
import { isoWithOffset, localDateTime } from '../recording/local-time.ts';
import { visibleLine } from '../recording/untrusted-text.ts';
import type { ReportColumn } from '../config/report.ts';
import type { CallRecord } from '../recording/recording.ts';

export type ReportLanguage = 'de' | 'en';

/** How report files read. */
export interface ReportFormat {
  readonly language: ReportLanguage;
  /** IANA time zone of the PBX, in which starts are given. */
  readonly timeZone: string;
  /** Columns after the five of every report; if it names one of those, all columns there are, in this order. */
  readonly columns: readonly ReportColumn[];
}

/** A line end as spreadsheets and RFC 4180 expect it. */
export const lineEnd = '\r\n';
/** Without it Excel takes the file for Windows-1252. */
export const byteOrderMark = '\ufeff';

interface Column {
  readonly heading: Readonly<Record<ReportLanguage, string>>;
  readonly value: (record: CallRecord, format: ReportFormat) => string;
}

/** What every report has unless the configuration says otherwise, in this order. */
const usualColumns = ['caller', 'called', 'start', 'talk_time', 'recording'] as const;

/**
 * Outcome, rule and direction keep the words of the configuration and the API in every language, so that a formula or a
 * script that counts them goes on working.
 */
const columnsByName: Readonly<Record<ReportColumn, Column>> = {
  caller: {
    heading: { de: 'Anrufer', en: 'Caller' },
    value: (record, { language }) => partyOf(record.from, language),
  },
  called: {
    heading: { de: 'Angerufener', en: 'Called' },
    value: (record, { language }) => partyOf(record.to, language),
  },
  start: {
    heading: { de: 'Gesprächsstart', en: 'Call start' },
    value: (record, { timeZone }) => localDateTime(record.startedAt, timeZone),
  },
  talk_time: { heading: { de: 'Gesprächszeit', en: 'Talk time' }, value: ({ talkMs }) => talkTime(talkMs) },
  recording: {
    heading: { de: 'Aufzeichnung', en: 'Recording' },
    value: (record, { language }) =>
      record.file ?? (record.verdict.outcome === 'declined' ? declined[language] : ''),
  },
  outcome: { heading: { de: 'Ergebnis', en: 'Outcome' }, value: ({ verdict }) => verdict.outcome },
  rule: { heading: { de: 'Regel', en: 'Rule' }, value: ({ verdict }) => verdict.rule },
  direction: { heading: { de: 'Anruftyp', en: 'Direction' }, value: ({ direction }) => direction },
  group: { heading: { de: 'Gruppe', en: 'Group' }, value: ({ group }) => group },
  // With the offset from UTC: the hour that the end of summer time repeats can be told from the one before.
  start_iso: {
    heading: { de: 'Beginn (ISO 8601)', en: 'Start (ISO 8601)' },
    value: (record, { timeZone }) => isoWithOffset(record.startedAt, timeZone),
  },
  talk_seconds: {
    heading: { de: 'Gesprächssekunden', en: 'Talk seconds' },
    value: ({ talkMs }) => String(wholeSeconds(talkMs)),
  },
  id: { heading: { de: 'Mitschnitt-ID', en: 'Recording ID' }, value: ({ id }) => id },
  call_id: { heading: { de: 'Anruf-ID', en: 'Call ID' }, value: ({ callId }) => callId },
  linked_id: { heading: { de: 'Asterisk-ID', en: 'Asterisk ID' }, value: ({ linkedId }) => linkedId },
};

const declined: Readonly<Record<ReportLanguage, string>> = { de: 'abgelehnt', en: 'declined' };
const anonymous: Readonly<Record<ReportLanguage, string>> = { de: 'anonym', en: 'anonymous' };

function columnsOf({ columns }: ReportFormat): readonly Column[] {
  const isWhole = usualColumns.some((usual) => columns.includes(usual));
  return (isWhole ? columns : [...usualColumns, ...columns]).map((name) => columnsByName[name]);
}

/** The headings of a report, in order. */
export function headingsOf(format: ReportFormat): readonly string[] {
  return columnsOf(format).map(({ heading }) => heading[format.language]);
}

/** What the cell of the recording has where there is none: no file name. */
export function isNoFile(cell: string): boolean {
  return cell === '' || Object.values(declined).includes(cell);
}

/** In which cells of a report's lines, whatever its language and columns, the parties stand, the start, and the file. */
export function placesIn(headings: readonly string[]): {
  parties: readonly number[];
  starts: readonly number[];
  recordings: readonly number[];
} {
  const placesOf = (...names: readonly ReportColumn[]): readonly number[] => {
    const known = names.flatMap((name) => Object.values(columnsByName[name].heading));
    return headings.flatMap((heading, place) => (known.includes(heading) ? [place] : []));
  };
  return {
    parties: placesOf('caller', 'called'),
    starts: placesOf('start', 'start_iso'),
    recordings: placesOf('recording'),
  };
}

/** What a file begins with: byte order mark and headings. */
export function csvHead(format: ReportFormat): string {
  return byteOrderMark + csvText([headingsOf(format)]);
}

/** One line per record, each ended by CRLF. */
export function csvLines(records: readonly CallRecord[], format: ReportFormat): string {
  const columns = columnsOf(format);
  return csvText(records.map((record) => columns.map(({ value }) => harmless(value(record, format)))));
}

function csvText(rows: readonly (readonly string[])[]): string {
  return stringify(
    rows.map((row) => [...row]),
    // A comma or tab is quoted as well: a spreadsheet set to another separator would split there, and take what
    // follows for a cell of its own, formula or not.
    { delimiter: ';', record_delimiter: 'windows', quoted_match: /[,;\t"]/ },
  );
}

/** The file of a month or day: `Report_2021-04.csv`, `Report_2021-04-07.csv`; `Report_2021-04-2.csv` for a second part. */
export function reportFileName(span: string, part = 1): string {
  return `Report_${span}${part === 1 ? '' : `-${part}`}.csv`;
}

/** `00:03:12`: whole seconds, rounded down, as telephone bills have it. From 100 hours on there are more digits. */
export function talkTime(ms: number): string {
  const seconds = wholeSeconds(ms);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
}

function wholeSeconds(ms: number): number {
  return Math.max(0, Math.floor(ms / 1000));
}

function partyOf(number: string, language: ReportLanguage): string {
  return isUnknownNumber(number) ? anonymous[language] : number;
}

/** An international number and nothing after it; a spreadsheet shows it as a number at worst. */
const phoneNumber = /^\+\d{1,32}$/;
/**
 * What spreadsheets run, with what some of them skip before it: blanks and quotes. The wide forms are what Excel takes
 * for `= + - @` in East Asian settings.
 */
const formula = /^[\s"'`]*[=+\-@＝＋－＠]/u;

/**
 * A value as it may stand in a cell: on one line, and never a formula, which an apostrophe in front makes text.
 * Telephone numbers stay as they are.
 */
export function harmless(value: string): string {
  const line = visibleLine(value);
  return formula.test(line) && !phoneNumber.test(line) ? `'${line}` : line;
}
