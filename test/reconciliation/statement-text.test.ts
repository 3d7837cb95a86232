import { expect, test } from 'vitest';

import { statementFileName, statementText } from '../../src/reconciliation/statement-text.ts';
import type { Statement } from '../../src/reconciliation/statement.ts';
import { START } from './accounts.ts';

const zone = 'Europe/Zurich';
const minuteMs = 60_000;

const statement: Statement = {
  from: Date.UTC(2021, 3, 6, 22),
  to: Date.UTC(2021, 3, 7, 22),
  toRecord: 121,
  recorded: 120,
  recordedInPart: 1,
  notRecorded: { declined: 4 },
  gaps: [
    {
      name: 'not-in-catalogue',
      startedAt: START,
      endedAt: START + minuteMs,
      group: 'Verkauf',
      direction: undefined,
      from: '+41791234567',
      to: '200',
      asteriskId: '1617795266.7',
      record: undefined,
      unwatched: true,
    },
  ],
  unwatched: [{ reason: 'not-running', from: START, to: START + 10 * minuteMs, accounted: true }],
  account: {
    since: START - minuteMs,
    readAt: START + 60 * minuteMs,
    calls: 130,
    matched: 124,
    clock: 0,
    noTalk: 5,
    outsidePolicy: 0,
    gaps: 1,
    pending: 0,
    onlyInCatalogue: 0,
    unreadable: 0,
    holes: [],
  },
  complete: false,
};

test('an auditor reads on one page what was to be recorded, what is missing, and how that is known', () => {
  expect(statementText(statement, zone, 'de'))
    .toBe(`Vollständigkeit der Aufzeichnungen: 2021-04-07 00:00:00 bis 2021-04-08 00:00:00 (Europe/Zurich)
Ergebnis: 1 LÜCKE

Aufzuzeichnende Gespräche: 121
  aufgezeichnet: 120, davon ohne ihren Anfang: 1
  Lücken: 1
Nicht aufzuzeichnende Gespräche und Anrufe: 4
  declined: 4

Lücken:
  2021-04-07 13:34:26  +41791234567 -> 200  Verkauf  not-in-catalogue (während niemand darauf achtete)  1617795266.7

Zeiten, in denen niemand auf die Gespräche achtete:
  2021-04-07 13:34:26 bis 2021-04-07 13:44:26: Mitschnitt lief nicht; mit den Verbindungsnachweisen abgeglichen

Abgleich mit den Verbindungsnachweisen von Asterisk (CDR, CEL), seit 2021-04-07 13:33:26, gelesen bis 2021-04-07 14:34:26:
  Verbindungen von Mitgliedern: 130
  im Katalog: 124
  kein Gespräch zustande gekommen: 5
  Lücken: 1
`);
});

test('what is not proven is not called complete', () => {
  const unproven = { ...statement, gaps: [], account: undefined };
  expect(statementText(unproven, zone, 'en')).toContain('Result: no gap is known, but that is not proven');
  expect(statementText({ ...unproven, complete: true }, zone, 'en')).toContain('Result: complete\n');
});

test('the file of a day has its date in its name', () => {
  expect(statementFileName(statement.from, zone, 'de')).toBe('Vollstaendigkeit_2021-04-07.txt');
  expect(statementFileName(statement.from, zone, 'en')).toBe('Completeness_2021-04-07.txt');
});
