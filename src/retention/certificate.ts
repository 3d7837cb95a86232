import { createHash } from 'node:crypto';

import type { CallOfNumber, Deletion, Erasure, Removal } from '../catalogue/retention-ledger.ts';
import { isoWithOffset } from '../recording/local-time.ts';
import type { OutgoingResult } from './outgoing-reports.ts';
import type { ReportResult } from './report-lines.ts';

/** What was found of a number, and what is to become of it. */
export interface Found {
  readonly number: string;
  /** It is a member's: whoever erases it erases what this member said to everybody. */
  readonly member: string | undefined;
  readonly calls: readonly CallOfNumber[];
}

export interface CertifiedFacts {
  readonly version: string;
  readonly erasure: Erasure;
  readonly endedAt: number;
  readonly timeZone: string;
  readonly found: Found;
  readonly deletions: readonly Deletion[];
  /** What is still to be removed. */
  readonly removals: readonly Removal[];
  readonly reports: readonly ReportResult[];
  /** Reports that waited for a target. */
  readonly outgoing: readonly OutgoingResult[];
  /** Where copies of the report were delivered: they cannot be edited. */
  readonly reportCopies: readonly string[];
  /** What a target is, where nothing can be removed from it: whom its e-mail went to. */
  readonly placeOf: (target: string) => string;
}

export interface CertificateContent {
  readonly product: string;
  readonly version: string;
  readonly erasure: string;
  readonly number: string;
  readonly asked_by: string;
  readonly begun: string;
  readonly ended: string;
  readonly found: FoundCounts;
  readonly anonymised_calls: readonly string[];
  readonly removed: readonly CertifiedFile[];
  /** Will be tried again until it is done. */
  readonly outstanding: readonly CertifiedFile[];
  readonly not_possible: readonly CertifiedFile[];
  readonly on_hold: readonly {
    readonly call: string;
    readonly since: string;
    readonly reason: string | null;
  }[];
  readonly live_calls: readonly string[];
  readonly reports: readonly {
    readonly file: string;
    readonly lines: number;
    readonly problem: string | null;
  }[];
  /** Reports that waited for a target. */
  readonly outgoing_reports: readonly {
    readonly file: string;
    readonly place: string;
    readonly lines: number;
    readonly problem: string | null;
  }[];
  readonly report_copies: readonly string[];
}

export interface FoundCounts {
  readonly calls: number;
  readonly talks: number;
  readonly recordings: number;
  readonly from: string | null;
  readonly to: string | null;
  readonly targets: readonly string[];
}

export interface CertifiedFile {
  readonly recording: string;
  /** The target; `local`: the machine of the PBX. */
  readonly place: string;
  readonly at: string | null;
  /** `removed`, `absent`, or why not. */
  readonly result: string;
}

/** What an erasure did, for whoever asked for it and for whoever has to prove it. */
export interface Certificate {
  readonly content: CertificateContent;
  /** SHA-256 of `content` as JSON without blanks. */
  readonly sha256: string;
}

/** How much was found, from when to when and where. */
export function countsOf({ calls }: Pick<Found, 'calls'>, timeZone: string): FoundCounts {
  const starts = calls.map(({ startedAt }) => startedAt).sort((a, b) => a - b);
  const time = (instant: number | undefined) =>
    instant === undefined ? null : isoWithOffset(instant, timeZone);
  const recordings = calls.flatMap((call) => call.recordings);
  return {
    calls: calls.length,
    talks: calls.reduce((sum, { talks }) => sum + talks, 0),
    recordings: recordings.length,
    from: time(starts[0]),
    to: time(starts.at(-1)),
    targets: [...new Set(recordings.flatMap(({ targets }) => targets))].sort(),
  };
}

export function certify(facts: CertifiedFacts): Certificate {
  const { version, erasure, endedAt, timeZone, found, deletions, removals, reports, outgoing, placeOf } =
    facts;
  const time = (instant: number) => isoWithOffset(instant, timeZone);
  const files = deletions.filter(({ what }) => what !== 'anonymised');
  const isGone = ({ result }: Deletion) => result === 'removed' || result === 'absent';
  const file = ({ subject, target, at, result }: Deletion): CertifiedFile => ({
    recording: subject,
    place: target === undefined ? 'local' : placeOf(target),
    at: time(at),
    result,
  });
  const held = found.calls.filter(({ hold, outcome }) => hold && outcome !== undefined);
  const content: CertificateContent = {
    product: 'Mitschnitt',
    version,
    erasure: erasure.id,
    number: found.number,
    asked_by: erasure.actor,
    begun: time(erasure.begunAt),
    ended: time(endedAt),
    found: countsOf(found, timeZone),
    anonymised_calls: deletions.filter(({ what }) => what === 'anonymised').map(({ subject }) => subject),
    removed: files.filter(isGone).map(file),
    outstanding: removals.map(({ recording, target, problem }) => ({
      recording,
      place: target === undefined ? 'local' : placeOf(target),
      at: null,
      result: problem ?? 'not-tried-yet',
    })),
    not_possible: files.filter((deletion) => !isGone(deletion)).map(file),
    on_hold: held.map(({ id, hold }) => ({
      call: id,
      since: time(hold?.at ?? 0),
      reason: hold?.reason ?? null,
    })),
    live_calls: found.calls.filter(({ outcome }) => outcome === undefined).map(({ id }) => id),
    reports: reports.map(({ file, lines, problem }) => ({ file, lines, problem: problem ?? null })),
    outgoing_reports: outgoing.map(({ file, target, lines, problem }) => ({
      ...{ file, place: placeOf(target), lines, problem: problem ?? null },
    })),
    report_copies: facts.reportCopies,
  };
  return { content, sha256: sha256Of(content) };
}

function sha256Of(content: CertificateContent): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}
