import type { Certificate, CertificateContent, CertifiedFile } from './certificate.ts';

type Language = 'de' | 'en';

interface Words {
  readonly title: string;
  readonly facts: (content: CertificateContent) => readonly string[];
  readonly removed: string;
  readonly outstanding: string;
  readonly impossible: string;
  readonly held: string;
  readonly live: string;
  readonly reports: string;
  readonly outgoing: string;
  readonly copies: string;
  readonly line: (file: CertifiedFile) => string;
  readonly since: string;
  readonly lines: string;
  readonly outside: string;
}

const languages: Readonly<Record<Language, Words>> = {
  de: {
    title: 'Bescheinigung über die Löschung personenbezogener Daten',
    facts: ({ erasure, number, asked_by, begun, ended, found, anonymised_calls }) => [
      `Löschung:      ${erasure}`,
      `Rufnummer:     ${number}`,
      `Veranlasst von: ${asked_by}`,
      `Zeit:          ${begun} bis ${ended}`,
      `Gefunden:      ${found.calls} Anrufe, ${found.talks} Gespräche, ${found.recordings} Aufnahmen` +
        (found.from === null ? '' : ` (${found.from} bis ${found.to ?? ''})`),
      `Im Katalog anonymisiert: ${anonymised_calls.length} Anrufe`,
    ],
    removed: 'Gelöscht',
    outstanding: 'Noch nicht gelöscht, wird weiter versucht',
    impossible: 'Kann nicht gelöscht werden',
    held: 'Aufbewahrt, weil gesperrt (legal hold)',
    live: 'Laufende Gespräche, nicht angetastet; nach ihrem Ende erneut löschen',
    reports: 'Berichte, in denen die Rufnummer ersetzt wurde',
    outgoing: 'Berichte, die noch zu übertragen sind, in denen die Rufnummer ersetzt wurde',
    copies: 'Übertragene Kopien des Berichts, die nicht geändert werden können',
    line: ({ recording, place, at, result }) =>
      `${recording}  ${place}  ${result}${at === null ? '' : `  ${at}`}`,
    since: 'seit',
    lines: 'Zeilen',
    outside:
      'Nicht Gegenstand dieser Löschung sind Datensicherungen, Protokolle, versandte E-Mails und die Aufzeichnungen der Telefonanlage selbst (CDR).',
  },
  en: {
    title: 'Certificate of erasure of personal data',
    facts: ({ erasure, number, asked_by, begun, ended, found, anonymised_calls }) => [
      `Erasure:   ${erasure}`,
      `Number:    ${number}`,
      `Asked by:  ${asked_by}`,
      `Time:      ${begun} to ${ended}`,
      `Found:     ${found.calls} calls, ${found.talks} talks, ${found.recordings} recordings` +
        (found.from === null ? '' : ` (${found.from} to ${found.to ?? ''})`),
      `Made anonymous in the catalogue: ${anonymised_calls.length} calls`,
    ],
    removed: 'Removed',
    outstanding: 'Not removed yet, tried again until it is',
    impossible: 'Cannot be removed',
    held: 'Kept: on legal hold',
    live: 'Calls that went on, not touched; erase again when they are over',
    reports: 'Reports in which the number was replaced',
    outgoing: 'Reports still to be delivered, in which the number was replaced',
    copies: 'Delivered copies of the report, which cannot be changed',
    line: ({ recording, place, at, result }) =>
      `${recording}  ${place}  ${result}${at === null ? '' : `  ${at}`}`,
    since: 'since',
    lines: 'lines',
    outside:
      'Not part of this erasure are backups, logs, e-mails that were sent and the records of the PBX itself (CDR).',
  },
};

/** The certificate for people. */
export function certificateText({ content, sha256 }: Certificate, language: Language): string {
  const words = languages[language];
  const part = (heading: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : ['', `${heading} (${lines.length}):`, ...lines.map((line) => `  ${line}`)];
  return [
    words.title,
    `${content.product} ${content.version}`,
    '',
    ...words.facts(content),
    ...part(words.removed, content.removed.map(words.line)),
    ...part(words.outstanding, content.outstanding.map(words.line)),
    ...part(words.impossible, content.not_possible.map(words.line)),
    ...part(
      words.held,
      content.on_hold.map(({ call, since, reason }) =>
        `${call}  ${words.since} ${since}  ${reason ?? ''}`.trimEnd(),
      ),
    ),
    ...part(words.live, content.live_calls),
    ...part(
      words.reports,
      content.reports.map(({ file, lines, problem }) => `${file}  ${problem ?? `${lines} ${words.lines}`}`),
    ),
    ...part(
      words.outgoing,
      content.outgoing_reports.map(
        ({ file, place, lines, problem }) => `${file}  ${place}  ${problem ?? `${lines} ${words.lines}`}`,
      ),
    ),
    ...part(words.copies, content.report_copies),
    '',
    words.outside,
    '',
    `SHA-256: ${sha256}`,
    '',
  ].join('\n');
}
