import type { Fault } from '../errors.ts';
import type { Call, Outcome, RecordingId } from '../call/call.ts';
import type { Media } from '../recording/media.ts';
import type { CallRecord, FinishedRecording } from '../recording/recording.ts';
import type { AccountLedger } from './account-ledger.ts';
import type { ConsoleLedger } from './console-ledger.ts';
import type { Hold, RetentionLedger } from './retention-ledger.ts';
import type { SelfTestLedger } from './self-test-ledger.ts';

/** What the catalogue keeps of calls. */
export interface CallCatalogue {
  /** Keeps a call as it stands; durable against the death of the process when it resolves. */
  saveCall(call: Call): Promise<void>;
  /**
   * Calls that were not closed: those that a former process left behind. One may have its verdict already, if the
   * process died between the last {@link saveCall} and {@link closeCall}.
   */
  openCalls(): Promise<readonly Call[]>;
  /**
   * Notes a finished recording and one pending delivery per target, in one transaction. The name is made unique within
   * its folder by `-2`, `-3`; a repeated call changes nothing. Returns the recording as noted.
   */
  addRecording(recording: FinishedRecording, targets: readonly string[]): Promise<FinishedRecording>;
  /** What is known of a recording noted earlier: its file may be delivered and deleted by now. */
  mediaOf(recording: RecordingId): Promise<Media | undefined>;
  /** Notes the settled call's lines for listings and report; a repeated call changes nothing. */
  closeCall(call: Call, records: readonly CallRecord[]): Promise<void>;
}

/** What is asked for in a listing; all conditions must hold. Times are ms since 1970, `to` is exclusive. */
export interface RecordFilter {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** Part of either number. */
  readonly number?: string | undefined;
  readonly group?: string | undefined;
  readonly outcome?: Outcome | undefined;
}

/** One line of a listing, with the whole call that it belongs to and what became of its deliveries. */
export interface ListedRecord extends CallRecord {
  readonly call: Call;
  readonly deliveries: readonly Delivery[];
  /** What forbids that it be deleted. */
  readonly hold?: Hold | undefined;
}

/** A recording and where its copies went. */
export interface RecordingWithDeliveries {
  readonly recording: FinishedRecording;
  readonly deliveries: readonly Delivery[];
}

/** What listings and `status` ask for. */
export interface Listings {
  /** In the order of their start. */
  records(filter: RecordFilter): AsyncIterable<ListedRecord>;
  /** The deliveries in one state, target by target, oldest recording first. */
  deliveries(filter: DeliveryFilter): AsyncIterable<DueDelivery>;
  /**
   * The recording with this content (SHA-256, lower-case hex), of several the one that has the name, here or at a
   * target; else one that has the name. Undefined: there is none.
   */
  identify(sha256: string, name: string): Promise<FinishedRecording | undefined>;
  /** The recording with this id, or those of the call with it, oldest first. Without those whose data were erased. */
  recordingsOf(id: string): Promise<readonly RecordingWithDeliveries[]>;
  /** What is pending, set aside and delivered, for each target that ever had a delivery; also for one that is gone. */
  backlog(): Promise<readonly TargetBacklog[]>;
}

/** Which deliveries are listed. What was delivered is listed with its recording: {@link Listings.records}. */
export interface DeliveryFilter {
  readonly state: Exclude<Delivery['state'], 'delivered'>;
  readonly target?: string | undefined;
}

/** The deliveries to one target, counted by their state. */
export interface TargetBacklog {
  readonly target: string;
  readonly pending: number;
  /** Size of the recordings whose delivery is pending. */
  readonly pendingBytes: number;
  readonly setAside: number;
  readonly delivered: number;
  /** When the last delivery succeeded, ms since 1970; undefined before the first. */
  readonly lastSuccessAt: number | undefined;
  /** The latest problem of a delivery that is pending or set aside. */
  readonly lastError: DeliveryProblem | undefined;
}

/** Why the last attempt of a delivery failed: the facts of the error that the target gave. */
export interface DeliveryProblem {
  /** Ms since 1970. */
  readonly at: number;
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

/** One recording to one target. */
export interface Delivery {
  readonly recording: string;
  readonly target: string;
  readonly state: 'pending' | 'delivered' | 'set-aside';
  readonly attempts: number;
  /** Not to be tried before, ms since 1970. */
  readonly dueAt: number;
  /** Name at this target; differs from the recording's only where another file had that one. */
  readonly name: string;
  readonly deliveredAt: number | undefined;
  /**
   * What was compared when the recording arrived. Set while the delivery is pending or set aside: the recording is
   * there, and only its sidecar is missing.
   */
  readonly confirmedBy: 'size' | 'sha256' | 'accepted' | undefined;
  readonly problem: DeliveryProblem | undefined;
  /** When its file was removed from the target, ms since 1970. */
  readonly removedAt?: number | undefined;
}

/** A delivery with the recording that it is of. */
export interface DueDelivery {
  readonly delivery: Delivery;
  readonly recording: FinishedRecording;
}

/** The place of a recording in the order of their start. */
export type RecordingPosition = Pick<FinishedRecording, 'startedAt' | 'id'>;

/** What the uploader needs. */
export interface DeliveryLedger {
  /** Pending deliveries to a target that are due, oldest recording first; with `after` only those behind that one. */
  dueDeliveries(
    target: string,
    now: number,
    limit: number,
    after?: RecordingPosition,
  ): Promise<readonly DueDelivery[]>;
  /** When the next pending delivery to this target becomes due; undefined when none is pending. */
  nextDue(target: string): Promise<number | undefined>;
  saveDelivery(delivery: Delivery): Promise<void>;
  /** All of them or, where one cannot be saved, none. */
  saveDeliveries(deliveries: readonly Delivery[]): Promise<void>;
  /** Makes what was set aside pending again, of one recording or of all. Returns how many deliveries that were. */
  retrySetAside(recording: string | undefined): Promise<number>;
  /** The line of a recording in the listings; `open` as long as its call is; undefined where the call is unknown. */
  lineOf(recording: Pick<FinishedRecording, 'id' | 'callId'>): Promise<ListedRecord | 'open' | undefined>;
  /**
   * Recordings that ended at `endedBefore` (ms since 1970) or earlier, that all their targets have, and whose local
   * file is not yet noted as deleted. `byGroup`: groups with a time of their own. Without those that are on hold.
   */
  deletable(
    limit: number,
    endedBefore: number,
    byGroup?: ReadonlyMap<string, number>,
  ): Promise<readonly FinishedRecording[]>;
  /** Forces everything noted so far onto the disk, so that it outlives a power cut. Before a local file is deleted. */
  sync(): Promise<void>;
  noteLocalDeleted(recordings: readonly string[], at: number): Promise<void>;
}

/** An append to a report file that was begun. Redone when the process died before it was noted as complete. */
export interface ReportAppend {
  readonly file: string;
  /** Length of the file in bytes before the append. */
  readonly offset: number;
  /** Exactly what is written at `offset`: redone after a crash even if language or columns are others by then. */
  readonly text: string;
  /** Ids of the records that it adds. */
  readonly records: readonly string[];
}

/** What the report needs. */
export interface ReportLedger {
  /** Records that no report file has yet, in the order in which their calls were closed. */
  unreported(limit: number): Promise<readonly CallRecord[]>;
  /**
   * Notes what is about to be appended, before a byte is written; takes the place of an append that is open. Outlives
   * a power cut when it resolves.
   */
  beginAppend(append: ReportAppend): Promise<void>;
  /** The append that was begun and not completed, if any. */
  openAppend(): Promise<ReportAppend | undefined>;
  /** The records of an append, in its order. */
  recordsOf(append: ReportAppend): Promise<readonly CallRecord[]>;
  /** Marks the records as reported. */
  completeAppend(append: ReportAppend): Promise<void>;
}

/** A report for one target: a file that never changes once it is made. Times are ms since 1970. */
export interface ReportIssue {
  /** UUID; names its local file. */
  readonly id: string;
  readonly target: string;
  /** The month or day that it is of: `2021-04`, `2021-04-07`. */
  readonly period: string;
  /** Whether that was over when it was made: calls that become known later are in an issue of their own. */
  readonly isClosed: boolean;
  /** The last line that was known: the place in the order in which calls were closed. */
  readonly lastSeq: number;
  /** File name at the target. */
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly state: Delivery['state'];
  readonly attempts: number;
  readonly dueAt: number;
  readonly deliveredAt: number | undefined;
  readonly problem: DeliveryProblem | undefined;
}

/** Up to where a target has its reports: the lines up to `seq`, of calls that began before `until`. */
export interface ReportMark {
  readonly seq: number;
  /** Ms since 1970. */
  readonly until: number;
}

/**
 * Lines of the given groups that began from `from` until before `to`, and were closed after `afterSeq`, up to `seq`, with
 * files under the names that they have at the target.
 */
export interface ReportLines {
  readonly target: string;
  readonly groups: readonly string[];
  readonly from: number;
  readonly to: number;
  readonly afterSeq: number;
  readonly seq: number;
}

/** What the delivery of reports needs. */
export interface ReportIssues {
  reportMark(target: string): Promise<ReportMark | undefined>;
  /** The place of the line that was closed last; 0: there is none. */
  lastSeq(): Promise<number>;
  /**
   * When lines began that the mark does not cover, up to the time and place of another one, as ms since 1970: rounded
   * down to the quarter of an hour, which is enough to know their day anywhere.
   */
  startsBetween(mark: ReportMark, next: ReportMark, groups: readonly string[]): Promise<readonly number[]>;
  /** In the order of their start. */
  reportLines(wanted: ReportLines): AsyncIterable<readonly CallRecord[]>;
  /** The issue of a period that a target was given last. */
  lastIssue(target: string, period: string): Promise<ReportIssue | undefined>;
  /** Notes issues and the mark that they reach, in one transaction; outlives a power cut when it resolves. */
  addIssues(target: string, issues: readonly ReportIssue[], mark: ReportMark): Promise<void>;
  /** What is pending: the one that is due first comes first. */
  pendingIssues(target: string): Promise<readonly ReportIssue[]>;
  /** All that are not delivered, target by target: what is due first comes first. */
  unfinishedIssues(): Promise<readonly ReportIssue[]>;
  saveIssue(issue: ReportIssue): Promise<void>;
  /** Another file, with an id of its own, takes the place of an issue that is not delivered. */
  replaceIssue(before: ReportIssue['id'], issue: ReportIssue): Promise<void>;
  /** How many each target got. */
  deliveredIssues(): Promise<ReadonlyMap<string, number>>;
  /** Makes what was set aside pending and due now, one issue or all. Returns how many that were. */
  retryIssues(id?: ReportIssue['id']): Promise<number>;
}

/** How full the disk of the spool was at a time. */
export interface StorageSample {
  /** Ms since 1970. */
  readonly at: number;
  readonly freeBytes: number;
  /** What may be used by others than root. */
  readonly totalBytes: number;
}

/** How full the disk of the spool was, for the forecast. */
export interface StorageHistory {
  addStorageSample(sample: StorageSample): Promise<void>;
  /** Since a time (ms since 1970), oldest first. */
  storageSamples(since: number): Promise<readonly StorageSample[]>;
}

/** What somebody was told of an alarm, and what is still to be told. Times are ms since 1970. */
export interface AlarmNotice {
  /** One for each kind and subject. */
  readonly kind: string;
  readonly subject: string;
  readonly problem: string;
  readonly fault: Fault;
  readonly hint: string;
  /** Of the error that it tells of. */
  readonly code?: string | undefined;
  /** Its first beginning that nobody was told the end of. */
  readonly since: number;
  /** Its last beginning. */
  readonly begunAt: number;
  readonly endedAt: number | undefined;
  /** How often it has begun since `since`. */
  readonly times: number;
  /** When it was last told that it stands; undefined: never. */
  readonly toldAt: number | undefined;
  readonly reminders: number;
}

/** What those need who tell people of alarms. */
export interface NoticeLedger {
  /** `channel`: the way by which people are told, such as `email`. */
  notices(channel: string): Promise<readonly AlarmNotice[]>;
  /** Takes the place of all notices of the channel. */
  saveNotices(channel: string, notices: readonly AlarmNotice[]): Promise<void>;
}

/** What came of asking a target whether recordings would get there. */
export interface ConnectionCheck {
  readonly target: string;
  /** When it began, ms since 1970. */
  readonly at: number;
  /** How long it took. */
  readonly ms: number;
  /** What stood in the way; undefined: nothing. */
  readonly problem: CheckProblem | undefined;
}

export interface CheckProblem {
  readonly code: string;
  readonly message: string;
  readonly fault: Fault;
  readonly hint: string;
}

/** The last check of each target. */
export interface CheckLedger {
  /** Takes the place of the last one of that target. */
  saveCheck(check: ConnectionCheck): Promise<void>;
  checks(): Promise<readonly ConnectionCheck[]>;
}

/** Everything that must outlive the process (PORT). */
export interface Catalogue
  extends
    CallCatalogue,
    Listings,
    DeliveryLedger,
    CheckLedger,
    ReportLedger,
    ReportIssues,
    NoticeLedger,
    StorageHistory,
    RetentionLedger,
    ConsoleLedger,
    AccountLedger,
    SelfTestLedger {
  /** Opens and brings the schema up to date. */
  open(): Promise<void>;
  close(): Promise<void>;
}
