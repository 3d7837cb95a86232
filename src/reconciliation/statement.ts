import { verdictOfSegment } from '../call/rules.ts';
import type { AccountedCall, Unwatched } from '../call/account.ts';
import type { Direction, Instant, Outcome } from '../call/call.ts';
import type { AccountProgress, Interval } from '../catalogue/account-ledger.ts';
import type { ListedRecord } from '../catalogue/catalogue.ts';

/** A call that policy says to record, and of which there is no recording. */
export interface Gap {
  /** Outcome and rule of the catalogue, or what reconciliation calls it. */
  readonly name: string;
  readonly startedAt: Instant;
  /** Undefined: not known. */
  readonly endedAt: Instant | undefined;
  readonly group: string;
  /** Undefined where only the account of the PBX knows of the call. */
  readonly direction: Direction | undefined;
  readonly from: string;
  readonly to: string;
  /** `Uniqueid` or `Linkedid` of Asterisk. */
  readonly asteriskId: string;
  /** The line of the catalogue; undefined where it has none. */
  readonly record: string | undefined;
  /** It went on at a time in which nobody watched. */
  readonly unwatched: boolean;
}

/** What is known of a time without watching, for people. */
export interface UnwatchedTime extends Unwatched {
  /** The account of the PBX covers it: no call of it can be missing without being told. */
  readonly accounted: boolean;
}

/** How complete the recordings of a period are. A call counts once for each talk of a member. */
export interface Statement extends Interval {
  /** The calls that policy says to record: `recorded` and the gaps. */
  readonly toRecord: number;
  readonly recorded: number;
  /** Of these: the beginning is missing, because nobody watched. */
  readonly recordedInPart: number;
  /** The calls that were not to be recorded, by their outcome. */
  readonly notRecorded: Readonly<Partial<Record<Outcome, number>>>;
  readonly gaps: readonly Gap[];
  readonly unwatched: readonly UnwatchedTime[];
  readonly account: AccountSummary | undefined;
  /** Nothing is missing, and the account of the PBX proves that nothing can be missing that nobody knows of. */
  readonly complete: boolean;
}

/** How the account of the PBX and the catalogue agree. */
export interface AccountSummary {
  readonly since: Instant;
  readonly readAt: Instant | undefined;
  /** Calls of members that the PBX tells of. */
  readonly calls: number;
  readonly matched: number;
  readonly clock: number;
  readonly noTalk: number;
  readonly outsidePolicy: number;
  readonly gaps: number;
  readonly pending: number;
  /** Talks that only the catalogue knows: the PBX crashed in mid-call, or could not write. */
  readonly onlyInCatalogue: number;
  /** Lines of the account that could not be read; the last of them in this period. */
  readonly unreadable: number;
  /** Times of which the account has nothing: calls that ended in them are not in it. */
  readonly holes: readonly Interval[];
}

export interface StatementSources {
  readonly period: Interval;
  readonly records: AsyncIterable<ListedRecord> | Iterable<ListedRecord>;
  /** That went on at some time of the period; undefined where the PBX gives no account. */
  readonly accounted: readonly AccountedCall[] | undefined;
  readonly progress: AccountProgress | undefined;
  readonly holes: readonly Interval[];
  readonly unwatched: readonly Unwatched[];
  readonly now: Instant;
}

/** The account is read each 5 s, or heard each second. */
const readWithinMs = 30_000;
/** A call that ended is compared within seconds: what is not by then may be a gap. */
const comparedWithinMs = 60_000;

/** Whatever the reason: policy says to record such a call. */
const failures: readonly Outcome[] = ['start-failed', 'lost', 'disk-full', 'announcement-failed'];
/** The beginning of a talk may be seen that much late without anybody missing it. */
const missedMs = 2_000;

/** Puts together what both accounts know of a period. */
export async function statementOf(sources: StatementSources): Promise<Statement> {
  const { period, accounted = [], unwatched } = sources;
  const missing = accounted.filter(({ judgement }) => judgement?.match === 'gap');
  const toldByAccount = new Set(missing.flatMap(({ judgement }) => judgement?.records ?? []));
  const silent = accounted.filter(({ judgement }) => judgement?.match === 'no-talk');
  const neverTalked = new Set(silent.flatMap(({ judgement }) => judgement?.records ?? []));
  const known = new Set(accounted.flatMap(({ judgement }) => judgement?.records ?? []));
  const gaps = missing.filter(({ detail }) => isWithin(startOf(detail), period)).map(gapOfAccount(unwatched));
  const notRecorded: Partial<Record<Outcome, number>> = {};
  let [recorded, recordedInPart, onlyInCatalogue] = [0, 0, 0];
  for await (const record of sources.records) {
    const { outcome } = record.verdict;
    if (record.talkMs > 0 && !known.has(record.id)) onlyInCatalogue += 1;
    if (outcome === 'recorded') {
      recorded += 1;
      if (missedOf(record) > missedMs) recordedInPart += 1;
    } else if (toldByAccount.has(record.id)) {
      continue;
    } else if (isGap(record, unwatched) && !neverTalked.has(record.id)) {
      gaps.push(gapOfRecord(record, unwatched));
    } else {
      notRecorded[outcome] = (notRecorded[outcome] ?? 0) + 1;
    }
  }
  gaps.sort((a, b) => a.startedAt - b.startedAt);
  const account = sources.accounted && summaryOf(sources, onlyInCatalogue);
  const times = unwatched.map((time) => ({ ...time, accounted: isAccounted(time, sources) }));
  return {
    ...period,
    toRecord: recorded + gaps.length,
    ...{ recorded, recordedInPart, notRecorded, gaps, unwatched: times, account },
    complete: gaps.length === 0 && times.every((time) => time.accounted) && isProven(sources, account),
  };
}

/** Whether the account of the PBX covers the period, and all of it was read and compared. */
function isProven(
  { accounted = [], holes, now, period, progress }: StatementSources,
  account: AccountSummary | undefined,
): boolean {
  if (!account || !progress || account.unreadable > 0 || holes.length > 0) return false;
  const isCovered = progress.since <= period.from && (progress.readAt ?? 0) >= period.to - readWithinMs;
  const isLate = ({ detail, judgement }: AccountedCall) =>
    judgement === undefined && now - detail.endedAt > comparedWithinMs;
  return isCovered && !accounted.some(isLate);
}

function startOf({ answeredAt, startedAt }: AccountedCall['detail']): Instant {
  return answeredAt ?? startedAt;
}

function isWithin(instant: Instant, { from, to }: Interval): boolean {
  return from <= instant && instant < to;
}

function isUnwatched(from: Instant, to: Instant, unwatched: readonly Unwatched[]): boolean {
  return unwatched.some((time) => time.from <= to && from <= (time.to ?? Infinity));
}

function missedOf({ id, call }: ListedRecord): number {
  return call.segments.find((segment) => segment.id === id)?.unseenMs ?? 0;
}

function isGap({ verdict, call }: ListedRecord, unwatched: readonly Unwatched[]): boolean {
  if (failures.includes(verdict.outcome)) return true;
  // It came while nobody could announce it.
  if (verdict.outcome === 'not-announced')
    return isUnwatched(call.startedAt, call.startedAt, unwatched) || call.segments.some(wasMissed);
  return verdict.outcome === 'not-answered' && verdict.rule === 'nobody-watched';
}

function wasMissed(segment: ListedRecord['call']['segments'][number]): boolean {
  return verdictOfSegment(segment).outcome === 'not-announced' && (segment.unseenMs ?? 0) > missedMs;
}

function gapOfRecord(record: ListedRecord, unwatched: readonly Unwatched[]): Gap {
  const { id, group, direction, from, to, startedAt, talkMs, linkedId, verdict, call } = record;
  const endedAt = startedAt + talkMs;
  return {
    name: `${verdict.outcome}/${verdict.rule}`,
    ...{ startedAt, endedAt, group, direction, from, to, asteriskId: linkedId, record: id },
    unwatched: isUnwatched(Math.min(startedAt, call.startedAt), endedAt, unwatched),
  };
}

function gapOfAccount(unwatched: readonly Unwatched[]): (call: AccountedCall) => Gap {
  return ({ detail, group, judgement }) => ({
    name: judgement?.rule ?? '',
    startedAt: startOf(detail),
    endedAt: detail.endedAt,
    ...{ group, direction: undefined, from: detail.from, to: detail.to, asteriskId: detail.channel },
    record: judgement?.records[0],
    unwatched: isUnwatched(detail.startedAt, detail.endedAt, unwatched),
  });
}

function isAccounted(
  { from, to = Infinity }: Unwatched,
  { accounted, progress, holes }: StatementSources,
): boolean {
  if (!accounted || !progress) return false;
  const isWhole = holes.every((hole) => hole.to <= from || hole.from >= to);
  return isWhole && progress.since <= from && (progress.readAt ?? 0) >= to;
}

function summaryOf(
  { accounted = [], period, progress, holes }: StatementSources,
  onlyInCatalogue: number,
): AccountSummary {
  const within = accounted.filter(({ detail }) => isWithin(startOf(detail), period));
  const count = (match: string | undefined): number =>
    within.filter(({ judgement }) => judgement?.match === match).length;
  const { since = period.to, readAt, unreadable = 0, unreadableAt = 0 } = progress ?? {};
  return {
    ...{ since, readAt, calls: within.length, onlyInCatalogue },
    matched: count('matched'),
    clock: count('clock'),
    noTalk: count('no-talk'),
    outsidePolicy: count('outside-policy'),
    gaps: count('gap'),
    pending: count(undefined),
    unreadable: isWithin(unreadableAt, period) ? unreadable : 0,
    holes,
  };
}
