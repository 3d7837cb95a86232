import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { csvHead, csvLines, harmless, reportFileName, talkTime } from '../../src/report/csv.ts';
import { lastMomentBefore, spanAt, spanLabel } from '../../src/report/spans.ts';
import { sampleRecord } from '../catalogue/sample.ts';
import { nasty } from '../nasty.ts';
import { cellsOf } from './cells.ts';
import type { CallRecord } from '../../src/recording/recording.ts';
import type { ReportFormat } from '../../src/report/csv.ts';

const german: ReportFormat = { language: 'de', timeZone: 'Europe/Zurich', columns: [] };
const english: ReportFormat = { ...german, language: 'en' };

const lineOf = (change: Partial<CallRecord>, format = german) =>
  csvLines([sampleRecord('a', change)], format);

/** What no cell may begin with, once the blanks and quotes are taken away that spreadsheets skip. */
const formula = /^[\s"'`]*[=+\-@＝＋－＠]/u;
const isHarmless = (cell: string) => cell.startsWith("'") || /^\+\d{1,32}$/.test(cell) || !formula.test(cell);

describe('the report in German', () => {
  test('begins with a byte order mark and its headings', () => {
    expect(csvHead(german)).toBe('\ufeffAnrufer;Angerufener;Gesprächsstart;Gesprächszeit;Aufzeichnung\r\n');
  });

  test('has caller, called, start in local time, talk time and file', () => {
    expect(lineOf({})).toBe(
      '+41791234567;200;2021-04-07 13:34:26;00:03:12;Aufnahme_2021-04-07_13-34-26_+41791234567_200.wav\r\n',
    );
  });

  test('says of a declined call that it is, and of another without a file nothing', () => {
    const rule = 'x';
    expect(lineOf({ file: undefined, verdict: { outcome: 'declined', rule } })).toMatch(/;abgelehnt\r\n$/);
    expect(lineOf({ file: undefined, verdict: { outcome: 'not-agreed', rule } })).toMatch(/00:03:12;\r\n$/);
  });

  test('names an unknown caller anonym', () => {
    expect(lineOf({ from: '' })).toMatch(/^anonym;200;/);
    expect(lineOf({ from: 'Anonymous' })).toMatch(/^anonym;200;/);
  });
});

describe('the report in English', () => {
  test('has the same columns under English words', () => {
    expect(csvHead(english)).toBe('\ufeffCaller;Called;Call start;Talk time;Recording\r\n');
    expect(lineOf({ from: '', file: undefined, verdict: { outcome: 'declined', rule: 'x' } }, english)).toBe(
      'anonymous;200;2021-04-07 13:34:26;00:03:12;declined\r\n',
    );
  });
});

describe('further columns', () => {
  const format: ReportFormat = {
    ...german,
    columns: ['outcome', 'rule', 'direction', 'group', 'id', 'call_id', 'linked_id'],
  };

  test('follow the five, in the order of the configuration', () => {
    expect(cellsOf(csvHead(format))[0]?.slice(5)).toEqual([
      'Ergebnis',
      'Regel',
      'Anruftyp',
      'Gruppe',
      'Mitschnitt-ID',
      'Anruf-ID',
      'Asterisk-ID',
    ]);
    expect(cellsOf(lineOf({}, format))[0]?.slice(5)).toEqual([
      'recorded',
      'announced',
      'incoming',
      'Verkauf',
      'a',
      'call-of-a',
      '1617795266.7',
    ]);
  });
});

describe('columns that are chosen', () => {
  test('are exactly these, in this order, when one of the usual five is named', () => {
    const format: ReportFormat = { ...german, columns: ['start_iso', 'called', 'talk_seconds'] };
    expect(csvHead(format) + lineOf({}, format)).toBe(
      '\ufeffBeginn (ISO 8601);Angerufener;Gesprächssekunden\r\n2021-04-07T13:34:26.000+02:00;200;192\r\n',
    );
  });

  test('tell the two hours apart that the end of summer time makes of one', () => {
    const format: ReportFormat = { ...german, columns: ['start', 'start_iso'] };
    const at = (start: string) => lineOf({ startedAt: Date.parse(start) }, format);
    expect(at('2021-10-31T00:30:00Z')).toBe('2021-10-31 02:30:00;2021-10-31T02:30:00.000+02:00\r\n');
    expect(at('2021-10-31T01:30:00Z')).toBe('2021-10-31 02:30:00;2021-10-31T02:30:00.000+01:00\r\n');
  });
});

describe('a day of the report', () => {
  test.each([
    ['2021-03-28T12:00:00Z', '2021-03-27T23:00:00.000Z', '2021-03-28T22:00:00.000Z'],
    ['2021-10-31T01:30:00Z', '2021-10-30T22:00:00.000Z', '2021-10-31T23:00:00.000Z'],
  ])('that has 23 or 25 hours goes from midnight to midnight: %s', (instant, from, to) => {
    const span = spanAt(Date.parse(instant), 'daily', 'Europe/Zurich');
    expect([span.from, span.to].map((each) => new Date(each).toISOString())).toEqual([from, to]);
  });

  test('is named by the day that ended at midnight, and by the time at any other time', () => {
    const moment = (instant: string) => lastMomentBefore(Date.parse(instant), 'Europe/Zurich');
    expect(moment('2021-04-12T22:00:00Z')).toBe('2021-04-12');
    expect(moment('2021-04-12T12:00:00Z')).toBe('2021-04-12_14-00');
  });
});

describe('talk time', () => {
  test.each([
    [0, '00:00:00'],
    [999, '00:00:00'],
    [1000, '00:00:01'],
    [3_599_999, '00:59:59'],
    [360_000_000, '100:00:00'],
    [-5, '00:00:00'],
  ])('of %i ms is %s', (ms, expected) => {
    expect(talkTime(ms)).toBe(expected);
  });
});

describe('the month of a file', () => {
  test.each([
    ['2021-03-31T21:59:59Z', 'Europe/Zurich', 'Report_2021-03.csv'],
    ['2021-03-31T22:00:00Z', 'Europe/Zurich', 'Report_2021-04.csv'],
    ['2021-12-31T23:00:00Z', 'Europe/Zurich', 'Report_2022-01.csv'],
    // Summer time ends in the first hours of the month: 01:30 comes twice.
    ['2020-11-01T03:59:59Z', 'America/New_York', 'Report_2020-10.csv'],
    ['2020-11-01T05:30:00Z', 'America/New_York', 'Report_2020-11.csv'],
    ['2020-11-01T06:30:00Z', 'America/New_York', 'Report_2020-11.csv'],
  ])('of a call at %s in %s: %s', (start, timeZone, file) => {
    expect(reportFileName(spanLabel(Date.parse(start), 'monthly', timeZone))).toBe(file);
  });
});

describe('a value in a spreadsheet', () => {
  test.each(['+49301234', '030 1234', '*21#', '#31#', '200', '0049', 'Größe', '+1', 'a=b', ''])(
    'stays as it is: %s',
    (value) => {
      expect(harmless(value)).toBe(value);
    },
  );

  test.each([
    ['=1+1', "'=1+1"],
    ["=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"],
    ['+49301234=1+1', "'+49301234=1+1"],
    ['+49 30 123', "'+49 30 123"],
    ['+49-30-123', "'+49-30-123"],
    [`+${'9'.repeat(200)}`, `'+${'9'.repeat(200)}`],
    ['-2+3', "'-2+3"],
    ['@SUM(1)', "'@SUM(1)"],
    [' =1+1', "' =1+1"],
    ['"=1+1', `'"=1+1`],
    ["'=1+1", "''=1+1"],
    ['\t=1+1', "' =1+1"],
    ['\r=1+1', "' =1+1"],
    ['\u200b=1+1', "'=1+1"],
    ['\u00a0=1+1', "'\u00a0=1+1"],
    ['＝1+1', "'＝1+1"],
  ])('is no formula: %j becomes %j', (value, expected) => {
    expect(harmless(value)).toBe(expected);
  });

  test('is one cell on one line, whatever the caller sent', () => {
    for (const text of nasty) {
      const [row, ...rest] = cellsOf(lineOf({ from: text, to: text, file: text }));
      expect(rest).toEqual([]);
      expect(row).toHaveLength(5);
      expect(row?.filter((cell) => !isHarmless(cell))).toEqual([]);
      expect(lineOf({ from: text })).toMatch(/^[^\r\n\0]*\r\n$/);
    }
  });

  test('is so for any text', () => {
    const anyText = fc
      .array(fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0, max: 0x7f })), {
        maxLength: 40,
      })
      .map((units) => String.fromCharCode(...units));
    fc.assert(
      fc.property(fc.array(fc.tuple(anyText, anyText), { maxLength: 5 }), (calls) => {
        const text = csvLines(
          calls.map(([from, to]) => sampleRecord('a', { from, to })),
          german,
        );
        const rows = cellsOf(text);
        expect(rows).toHaveLength(calls.length);
        expect(rows.every((row) => row.length === 5 && row.every(isHarmless))).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});
