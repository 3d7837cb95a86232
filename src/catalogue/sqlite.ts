import { open } from 'node:fs/promises';
import {
  accounted,
  accountHoles,
  accountProgress,
  callsOf,
  gaps,
  saveAccount,
  saveJudgement,
  saveUnwatched,
  unjudged,
  unwatched,
} from './account.ts';
import { closeCall, openCalls, saveCall } from './calls.ts';
import {
  backlog,
  deletable,
  dueDeliveries,
  listDeliveries,
  nextDue,
  noteLocalDeleted,
  retrySetAside,
  saveDeliveries,
} from './deliveries.ts';
import { lineOf, listRecords, recordingsOf } from './listings.ts';
import { notices, saveNotices } from './notices.ts';
import { checks, saveCheck } from './checks.ts';
import { addRecording, identify, mediaOf } from './recordings.ts';
import { beginAppend, completeAppend, openAppend, recordsOf, unreported } from './report-ledger.ts';
import {
  addIssues,
  deliveredIssues,
  lastIssue,
  lastSeq,
  pendingIssues,
  replaceIssue,
  retryIssues,
  reportLines,
  reportMark,
  saveIssue,
  startsBetween,
  unfinishedIssues,
} from './report-issues.ts';
import { bringUpToDate, demandUpToDate } from './schema.ts';
import { addStorageSample, storageSamples } from './storage-samples.ts';
import { addTestFile, forgetTestFile, testFiles } from './test-files.ts';
import { openForReading, openForWriting } from './sqlite-connection.ts';
import { SearchThread } from './search-thread.ts';
import { SqliteConsoleLedger } from './sqlite-console.ts';
import type { Kysely } from 'kysely';
import type { AccountedCall, CallDetail, Judgement, Unwatched } from '../call/account.ts';
import type { Call, RecordingId } from '../call/call.ts';
import type { Media } from '../recording/media.ts';
import type { CallRecord, FinishedRecording } from '../recording/recording.ts';
import type { AccountProgress, Interval } from './account-ledger.ts';
import type {
  AlarmNotice,
  Catalogue,
  ConnectionCheck,
  Delivery,
  DeliveryFilter,
  DueDelivery,
  ListedRecord,
  RecordFilter,
  RecordingWithDeliveries,
  RecordingPosition,
  ReportAppend,
  ReportIssue,
  ReportLines,
  ReportMark,
  StorageSample,
  TargetBacklog,
} from './catalogue.ts';
import type { TestFile } from './self-test-ledger.ts';
import type { SqliteConnection } from './sqlite-connection.ts';
import type { Tables } from './tables.ts';

export interface SqliteSettings {
  /** The database file. Beside it SQLite keeps two more, `-wal` and `-shm`. */
  readonly path: string;
  /** Reads what another process writes: the file must exist, and its schema be this version's. */
  readonly readonly?: boolean;
}

/** The catalogue in one file on this machine. One process writes it; others may read meanwhile. */
export class SqliteCatalogue extends SqliteConsoleLedger implements Catalogue {
  readonly #path: string;
  readonly #readonly: boolean;
  #connection: SqliteConnection | undefined;
  protected override readonly searches: SearchThread;

  constructor(settings: SqliteSettings) {
    super();
    this.#path = settings.path;
    this.searches = new SearchThread(settings.path);
    this.#readonly = settings.readonly ?? false;
  }

  async open(): Promise<void> {
    const connection = this.#readonly ? await openForReading(this.#path) : await openForWriting(this.#path);
    try {
      await (this.#readonly ? demandUpToDate : bringUpToDate)(connection.db, this.#path);
    } catch (error) {
      await connection.close();
      throw error;
    }
    this.#connection = connection;
  }

  async close(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    await this.searches.stop();
    await connection?.close();
  }

  /**
   * Waits until the disk has the write-ahead log. SQLite forces it there before it moves anything into the database,
   * and the database before it starts the log anew, so that this file is all that can be behind. In a thread of Node's
   * own: calls go on meanwhile. The log carries no POSIX lock, which closing a second descriptor would give up.
   */
  async sync(): Promise<void> {
    const log = await open(`${this.#path}-wal`, 'r');
    try {
      await log.datasync();
    } finally {
      await log.close();
    }
  }

  protected override get db(): Kysely<Tables> {
    if (!this.#connection) throw new Error('the catalogue is not open');
    return this.#connection.db;
  }

  saveCall(call: Call): Promise<void> {
    return saveCall(this.db, call);
  }

  openCalls(): Promise<readonly Call[]> {
    return openCalls(this.db);
  }

  addRecording(recording: FinishedRecording, targets: readonly string[]): Promise<FinishedRecording> {
    return addRecording(this.db, recording, targets);
  }

  mediaOf(recording: RecordingId): Promise<Media | undefined> {
    return mediaOf(this.db, recording);
  }

  closeCall(call: Call, records: readonly CallRecord[]): Promise<void> {
    return closeCall(this.db, call, records);
  }

  records(filter: RecordFilter): AsyncIterable<ListedRecord> {
    return listRecords(this.db, filter);
  }

  deliveries(filter: DeliveryFilter): AsyncIterable<DueDelivery> {
    return listDeliveries(this.db, filter);
  }

  recordingsOf(id: string): Promise<readonly RecordingWithDeliveries[]> {
    return recordingsOf(this.db, id);
  }

  identify(sha256: string, name: string): Promise<FinishedRecording | undefined> {
    return identify(this.db, sha256, name);
  }

  backlog(): Promise<readonly TargetBacklog[]> {
    return backlog(this.db);
  }

  dueDeliveries(
    target: string,
    now: number,
    limit: number,
    after?: RecordingPosition,
  ): Promise<readonly DueDelivery[]> {
    return dueDeliveries(this.db, target, now, limit, after);
  }

  nextDue(target: string): Promise<number | undefined> {
    return nextDue(this.db, target);
  }

  saveDelivery(delivery: Delivery): Promise<void> {
    return saveDeliveries(this.db, [delivery]);
  }

  saveDeliveries(deliveries: readonly Delivery[]): Promise<void> {
    return saveDeliveries(this.db, deliveries);
  }

  retrySetAside(recording: string | undefined): Promise<number> {
    return retrySetAside(this.db, recording);
  }

  lineOf(recording: Pick<FinishedRecording, 'id' | 'callId'>): Promise<ListedRecord | 'open' | undefined> {
    return lineOf(this.db, recording);
  }

  deletable(
    limit: number,
    endedBefore: number,
    byGroup?: ReadonlyMap<string, number>,
  ): Promise<readonly FinishedRecording[]> {
    return deletable(this.db, limit, endedBefore, byGroup);
  }

  noteLocalDeleted(recordings: readonly string[], at: number): Promise<void> {
    return noteLocalDeleted(this.db, recordings, at);
  }

  unreported(limit: number): Promise<readonly CallRecord[]> {
    return unreported(this.db, limit);
  }

  async beginAppend(append: ReportAppend): Promise<void> {
    await beginAppend(this.db, append);
    await this.sync();
  }

  openAppend(): Promise<ReportAppend | undefined> {
    return openAppend(this.db);
  }

  recordsOf(append: ReportAppend): Promise<readonly CallRecord[]> {
    return recordsOf(this.db, append);
  }

  completeAppend(append: ReportAppend): Promise<void> {
    return completeAppend(this.db, append);
  }

  reportMark(target: string): Promise<ReportMark | undefined> {
    return reportMark(this.db, target);
  }

  lastSeq(): Promise<number> {
    return lastSeq(this.db);
  }

  startsBetween(mark: ReportMark, next: ReportMark, groups: readonly string[]): Promise<readonly number[]> {
    return startsBetween(this.db, mark, next, groups);
  }

  reportLines(wanted: ReportLines): AsyncIterable<readonly CallRecord[]> {
    return reportLines(this.db, wanted);
  }

  lastIssue(target: string, period: string): Promise<ReportIssue | undefined> {
    return lastIssue(this.db, target, period);
  }

  async addIssues(target: string, issues: readonly ReportIssue[], mark: ReportMark): Promise<void> {
    await addIssues(this.db, target, issues, mark);
    await this.sync();
  }

  pendingIssues(target: string): Promise<readonly ReportIssue[]> {
    return pendingIssues(this.db, target);
  }

  unfinishedIssues(): Promise<readonly ReportIssue[]> {
    return unfinishedIssues(this.db);
  }

  saveIssue(issue: ReportIssue): Promise<void> {
    return saveIssue(this.db, issue);
  }

  replaceIssue(before: ReportIssue['id'], issue: ReportIssue): Promise<void> {
    return replaceIssue(this.db, before, issue);
  }

  deliveredIssues(): Promise<ReadonlyMap<string, number>> {
    return deliveredIssues(this.db);
  }

  retryIssues(id?: ReportIssue['id']): Promise<number> {
    return retryIssues(this.db, id);
  }

  addStorageSample(sample: StorageSample): Promise<void> {
    return addStorageSample(this.db, sample);
  }

  storageSamples(since: number): Promise<readonly StorageSample[]> {
    return storageSamples(this.db, since);
  }

  saveCheck(check: ConnectionCheck): Promise<void> {
    return saveCheck(this.db, check);
  }

  checks(): Promise<readonly ConnectionCheck[]> {
    return checks(this.db);
  }

  notices(channel: string): Promise<readonly AlarmNotice[]> {
    return notices(this.db, channel);
  }

  saveNotices(channel: string, kept: readonly AlarmNotice[]): Promise<void> {
    return saveNotices(this.db, channel, kept);
  }

  accountProgress(): Promise<AccountProgress | undefined> {
    return accountProgress(this.db);
  }

  saveAccount(
    progress: AccountProgress,
    calls: readonly Omit<AccountedCall, 'judgement'>[],
    hole?: Interval,
  ): Promise<void> {
    return saveAccount(this.db, progress, calls, hole);
  }

  accountHoles(interval: Interval): Promise<readonly Interval[]> {
    return accountHoles(this.db, interval);
  }

  unjudged(limit: number, after?: AccountedCall): Promise<readonly AccountedCall[]> {
    return unjudged(this.db, limit, after);
  }

  gaps(since: number, now: number, limit: number): Promise<readonly AccountedCall[]> {
    return gaps(this.db, since, now, limit);
  }

  saveJudgement(id: string, judgement: Judgement, at: number): Promise<void> {
    return saveJudgement(this.db, id, judgement, at);
  }

  callsOf(detail: CallDetail): Promise<readonly Call[]> {
    return callsOf(this.db, detail);
  }

  accounted(interval: Interval): Promise<readonly AccountedCall[]> {
    return accounted(this.db, interval);
  }

  saveUnwatched(time: Unwatched): Promise<void> {
    return saveUnwatched(this.db, time);
  }

  unwatched(interval: Interval): Promise<readonly Unwatched[]> {
    return unwatched(this.db, interval);
  }

  async addTestFile(file: TestFile): Promise<void> {
    await addTestFile(this.db, file);
    await this.sync();
  }

  testFiles(): Promise<readonly TestFile[]> {
    return testFiles(this.db);
  }

  forgetTestFile(file: Pick<TestFile, 'recording' | 'target'>): Promise<void> {
    return forgetTestFile(this.db, file);
  }
}
