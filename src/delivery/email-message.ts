/** What the message says to which a recording is attached. */
import { localDateTime } from '../recording/local-time.ts';
import { isUnknownNumber } from '../recording/naming.ts';
import { visibleLine } from '../recording/untrusted-text.ts';
import type { Direction } from '../call/call.ts';
import type { RecordingFacts, ReportFacts } from './target.ts';

/** Languages in which people are written to. */
export type MailLanguage = 'de' | 'en';

interface Words {
  readonly recording: string;
  readonly from: string;
  readonly to: string;
  readonly start: string;
  readonly duration: string;
  readonly group: string;
  readonly direction: string;
  readonly directions: Readonly<Record<Direction, string>>;
  readonly unknown: string;
  readonly report: string;
  readonly attached: string;
}

const words: Readonly<Record<MailLanguage, Words>> = {
  de: {
    recording: 'Aufnahme',
    from: 'Anrufer',
    to: 'Angerufener',
    start: 'Beginn',
    duration: 'Dauer',
    group: 'Gruppe',
    direction: 'Anruftyp',
    directions: { incoming: 'eingehend', outgoing: 'ausgehend', internal: 'intern' },
    unknown: 'unbekannt',
    report: 'Anrufbericht',
    attached: 'Der Bericht liegt bei',
  },
  en: {
    recording: 'Recording',
    from: 'Caller',
    to: 'Called',
    start: 'Start',
    duration: 'Duration',
    group: 'Group',
    direction: 'Direction',
    directions: { incoming: 'incoming', outgoing: 'outgoing', internal: 'internal' },
    unknown: 'unknown',
    report: 'Call report',
    attached: 'The report is attached',
  },
};

/** In characters. A number has 15 digits at most (E.164), a SIP user's name is rarely longer than 30. */
const longestNumber = 64;

/** Subject and text, each part of them on one line and without what is invisible: callers choose their numbers. */
export function emailText(
  facts: RecordingFacts,
  fileName: string,
  { language, timeZone }: { readonly language: MailLanguage; readonly timeZone: string },
): { readonly subject: string; readonly text: string } {
  const said = words[language];
  const number = (written: string) =>
    isUnknownNumber(written) ? said.unknown : oneLine(written, longestNumber) || said.unknown;
  const [from, to, start] = [number(facts.from), number(facts.to), localDateTime(facts.startedAt, timeZone)];
  const lines: [string, string][] = [
    [said.from, from],
    [said.to, to],
    [said.start, `${start} (${timeZone})`],
    [said.duration, hoursMinutesSeconds(facts.durationMs)],
    [said.direction, said.directions[facts.direction]],
    [said.group, oneLine(facts.group, longestNumber)],
    [said.recording, oneLine(fileName, 4 * longestNumber)],
  ];
  return {
    subject: `${said.recording} ${start} ${from} → ${to}`,
    text: lines.map(([name, value]) => `${name}: ${value}\n`).join(''),
  };
}

/** Subject and text of the message to which a report is attached. */
export function reportText(
  { period, language }: ReportFacts,
  fileName: string,
): { readonly subject: string; readonly text: string } {
  const { report, attached } = words[language];
  return { subject: `${report} ${period}`, text: `${attached}: ${fileName}\n` };
}

function oneLine(text: string, longest: number): string {
  return Array.from(visibleLine(text).trim()).slice(0, longest).join('');
}

const msPerSecond = 1_000;
const secondsPerMinute = 60;

/** `00:03:12`, rounded down as in the report. */
function hoursMinutesSeconds(ms: number): string {
  const seconds = Math.floor(ms / msPerSecond);
  const minutes = Math.floor(seconds / secondsPerMinute);
  return [Math.floor(minutes / secondsPerMinute), minutes % secondsPerMinute, seconds % secondsPerMinute]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
}
