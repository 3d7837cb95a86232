import { localDateTime, localTime } from '../recording/local-time.ts';
import { printable } from '../recording/untrusted-text.ts';
import type { UnwatchedReason } from '../call/account.ts';
import type { Instant } from '../call/call.ts';
import type { AccountSummary, Gap, Statement, UnwatchedTime } from './statement.ts';

export type StatementLanguage = 'de' | 'en';

interface Words {
  readonly file: string;
  readonly title: string;
  readonly until: string;
  readonly since: string;
  readonly result: string;
  readonly complete: string;
  readonly unproven: string;
  readonly incomplete: (gaps: number) => string;
  readonly toRecord: string;
  readonly recorded: string;
  readonly inPart: string;
  readonly gaps: string;
  readonly notToRecord: string;
  readonly unwatched: string;
  readonly duringIt: string;
  readonly reasons: Readonly<Record<UnwatchedReason, string>>;
  readonly accounted: string;
  readonly unaccounted: string;
  readonly account: string;
  readonly noAccount: string;
  readonly readTo: string;
  readonly hole: string;
  readonly counts: Readonly<Record<CountName, string>>;
}

type CountName = Exclude<keyof AccountSummary, 'since' | 'readAt' | 'holes'>;

const german: Words = {
  file: 'Vollstaendigkeit',
  title: 'Vollständigkeit der Aufzeichnungen',
  until: 'bis',
  since: 'seit',
  result: 'Ergebnis',
  complete: 'vollständig',
  unproven: 'keine Lücke bekannt, aber nicht bewiesen: siehe unten',
  incomplete: (gaps) => (gaps === 1 ? '1 LÜCKE' : `${gaps} LÜCKEN`),
  toRecord: 'Aufzuzeichnende Gespräche',
  recorded: 'aufgezeichnet',
  inPart: 'davon ohne ihren Anfang',
  gaps: 'Lücken',
  notToRecord: 'Nicht aufzuzeichnende Gespräche und Anrufe',
  unwatched: 'Zeiten, in denen niemand auf die Gespräche achtete',
  duringIt: 'während niemand darauf achtete',
  reasons: {
    'not-running': 'Mitschnitt lief nicht',
    'stood-still': 'Mitschnitt stand still',
    'ami-disconnected': 'keine Verbindung zu Asterisk (AMI)',
    'ari-disconnected': 'keine Ansagen möglich (ARI)',
  },
  accounted: 'mit den Verbindungsnachweisen abgeglichen',
  unaccounted: 'was in dieser Zeit geführt wurde, ist nicht bekannt',
  account: 'Abgleich mit den Verbindungsnachweisen von Asterisk (CDR, CEL)',
  noAccount: 'Kein Abgleich: Asterisks Verbindungsnachweise sind nicht eingerichtet (reconciliation)',
  readTo: 'gelesen bis',
  hole: 'nicht darin: Gespräche, die in dieser Zeit endeten',
  counts: {
    calls: 'Verbindungen von Mitgliedern',
    matched: 'im Katalog',
    clock: 'im Katalog, zu anderer Zeit (Uhr verstellt?)',
    noTalk: 'kein Gespräch zustande gekommen',
    outsidePolicy: 'nicht im Katalog und nicht aufzuzeichnen',
    gaps: 'Lücken',
    pending: 'noch nicht abgeglichen',
    onlyInCatalogue: 'Gespräche, die nur der Katalog kennt',
    unreadable: 'unlesbare Zeilen',
  },
};

const english: Words = {
  file: 'Completeness',
  title: 'Completeness of the recordings',
  until: 'to',
  since: 'since',
  result: 'Result',
  complete: 'complete',
  unproven: 'no gap is known, but that is not proven: see below',
  incomplete: (gaps) => (gaps === 1 ? '1 GAP' : `${gaps} GAPS`),
  toRecord: 'Calls to be recorded',
  recorded: 'recorded',
  inPart: 'of these without their beginning',
  gaps: 'gaps',
  notToRecord: 'Calls that were not to be recorded',
  unwatched: 'Times in which nobody watched the calls',
  duringIt: 'while nobody watched',
  reasons: {
    'not-running': 'Mitschnitt did not run',
    'stood-still': 'Mitschnitt stood still',
    'ami-disconnected': 'no connection to Asterisk (AMI)',
    'ari-disconnected': 'nothing could be announced (ARI)',
  },
  accounted: 'compared with the call detail records',
  unaccounted: 'which calls there were is not known',
  account: "Compared with Asterisk's own records (CDR, CEL)",
  noAccount: "Compared with nothing: Asterisk's call detail records are not set up (reconciliation)",
  readTo: 'read to',
  hole: 'not in them: calls that ended in this time',
  counts: {
    calls: 'calls of members',
    matched: 'in the catalogue',
    clock: 'in the catalogue, at another time (a clock was set?)',
    noTalk: 'nobody talked',
    outsidePolicy: 'not in the catalogue, and not to be recorded',
    gaps: 'gaps',
    pending: 'not compared yet',
    onlyInCatalogue: 'talks that only the catalogue knows',
    unreadable: 'lines that cannot be read',
  },
};

const languages: Readonly<Record<StatementLanguage, Words>> = { de: german, en: english };

/** `Vollstaendigkeit_2021-04-12.txt`: the statement of the day that begins then. */
export function statementFileName(day: Instant, timeZone: string, language: StatementLanguage): string {
  const { yyyy, MM, dd } = localTime(day, timeZone);
  return `${languages[language].file}_${yyyy}-${MM}-${dd}.txt`;
}

/** The statement for people; each line is ended by a line feed. */
export function statementText(statement: Statement, timeZone: string, language: StatementLanguage): string {
  const words = languages[language];
  const time = (instant: Instant): string => localDateTime(instant, timeZone);
  const { from, to, account, gaps, unwatched } = statement;
  const lines = [
    `${words.title}: ${time(from)} ${words.until} ${time(to)} (${timeZone})`,
    `${words.result}: ${resultOf(statement, words)}`,
    '',
    ...countsOf(statement, words),
    ...headed(
      words.gaps,
      gaps.map((gap) => gapLine(gap, words, time)),
    ),
    ...headed(
      words.unwatched,
      unwatched.map((each) => unwatchedLine(each, words, time)),
    ),
    '',
    ...(account ? accountLines(account, words, time) : [words.noAccount]),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function resultOf({ complete, gaps }: Statement, words: Words): string {
  if (gaps.length > 0) return words.incomplete(gaps.length);
  return complete ? words.complete : words.unproven;
}

function countsOf({ toRecord, recorded, recordedInPart, gaps, notRecorded }: Statement, words: Words) {
  const inPart = recordedInPart > 0 ? `, ${words.inPart}: ${recordedInPart}` : '';
  const others = Object.entries(notRecorded);
  const total = others.reduce((sum, [, count]) => sum + count, 0);
  return [
    `${words.toRecord}: ${toRecord}`,
    `  ${words.recorded}: ${recorded}${inPart}`,
    `  ${words.gaps}: ${gaps.length}`,
    `${words.notToRecord}: ${total}`,
    ...others.map(([outcome, count]) => `  ${outcome}: ${count}`),
  ];
}

function headed(heading: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', `${heading}:`, ...lines.map((line) => `  ${line}`)];
}

type Time = (instant: Instant) => string;

function gapLine({ startedAt, from, to, group, name, asteriskId, unwatched }: Gap, words: Words, time: Time) {
  const parties = `${printable(from) || '?'} -> ${printable(to) || '?'}`;
  const during = unwatched ? ` (${words.duringIt})` : '';
  return `${time(startedAt)}  ${parties}  ${printable(group)}  ${name}${during}  ${printable(asteriskId)}`;
}

function unwatchedLine({ from, to, reason, accounted }: UnwatchedTime, words: Words, time: Time): string {
  const period =
    to === undefined ? `${words.since} ${time(from)}` : `${time(from)} ${words.until} ${time(to)}`;
  return `${period}: ${words.reasons[reason]}; ${accounted ? words.accounted : words.unaccounted}`;
}

function accountLines({ since, readAt, holes, ...counts }: AccountSummary, words: Words, time: Time) {
  const read = readAt === undefined ? '-' : time(readAt);
  const names = Object.keys(words.counts) as readonly CountName[];
  return [
    `${words.account}, ${words.since} ${time(since)}, ${words.readTo} ${read}:`,
    ...names
      .filter((name) => name === 'calls' || counts[name] > 0)
      .map((name) => `  ${words.counts[name]}: ${counts[name]}`),
    ...holes.map(({ from, to }) => `  ${time(from)} ${words.until} ${time(to)}: ${words.hole}`),
  ];
}
