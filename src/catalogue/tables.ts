import type { Generated, Selectable } from 'kysely';
import type { Fault } from '../errors.ts';
import type { AccountHoleRow, AccountProgressRow, AccountedCallRow, UnwatchedRow } from './account-tables.ts';
import type { ConsoleTables } from './console-tables.ts';
import type { Direction, Outcome } from '../call/call.ts';
import type { CallRecord, FinishedRecording } from '../recording/recording.ts';
import type { Delivery } from './catalogue.ts';
import type { Deletion, Hold } from './retention-ledger.ts';
import type { TestFile } from './self-test-ledger.ts';

/** The tables of the catalogue. Times are ms since 1970-01-01 UTC. */
export interface Tables extends ConsoleTables {
  calls: CallRow;
  recordings: RecordingRow;
  deliveries: DeliveryRow;
  backlogs: BacklogRow;
  records: RecordRow;
  report_appends: ReportAppendRow;
  report_marks: ReportMarkRow;
  report_issues: ReportIssueRow;
  storage_samples: StorageSampleRow;
  alarm_notices: AlarmNoticeRow;
  connection_checks: ConnectionCheckRow;
  holds: HoldRow;
  removals: RemovalRow;
  deletions: DeletionRow;
  erasures: ErasureRow;
  accounted_calls: AccountedCallRow;
  account_progress: AccountProgressRow;
  account_holes: AccountHoleRow;
  unwatched: UnwatchedRow;
  selftest_files: TestFile;
}

export interface CallRow {
  id: string;
  linked_id: string;
  started_at: number;
  ended_at: number | null;
  /** Of the first talk or announcement; null before there was one. */
  group_name: string | null;
  direction: Direction | null;
  /** Null until the call's lines for the report are noted with it: until then it is open. */
  outcome: Outcome | null;
  rule: string | null;
  /** The whole call, as JSON. */
  state: string;
}

interface RecordingRow {
  id: string;
  call_id: string;
  group_name: string;
  direction: Direction;
  from_number: string;
  to_number: string;
  started_at: number;
  ended_at: number;
  bytes: number;
  duration_ms: number;
  sha256: string;
  folder: string;
  name: string;
  /** Folder and name as a server compares them that takes `A` and `a` for the same. Unique. */
  path_key: string;
  /** 1 when every target has it. A recording without any target never gets there. */
  all_delivered: 0 | 1;
  local_deleted_at: number | null;
  /** When its files at the targets were ordered to be removed. */
  remote_ordered_at: Generated<number | null>;
  /** 1 when somebody's right to erasure was carried out on it: nothing is delivered any more. */
  erased: Generated<0 | 1>;
}

export interface DeliveryRow {
  recording: string;
  target: string;
  /** Start of the recording, kept here so that an index gives the oldest first. */
  started_at: number;
  state: Delivery['state'];
  attempts: number;
  due_at: number;
  name: string;
  delivered_at: number | null;
  confirmed_by: 'size' | 'sha256' | 'accepted' | null;
  problem_at: number | null;
  problem_code: string | null;
  problem_message: string | null;
  problem_hint: string | null;
  /** When its file was removed there. */
  removed_at: Generated<number | null>;
}

/** How many deliveries to a target are in a state: kept by triggers, since counting millions takes a second. */
interface BacklogRow {
  target: string;
  state: Delivery['state'];
  files: number;
  /** Size of their recordings. */
  bytes: number;
  /** When the last one was delivered; null in the other states. */
  last_at: number | null;
}

export interface RecordRow {
  /** In the order in which the calls were closed. */
  seq: Generated<number>;
  id: string;
  call_id: string;
  linked_id: string;
  group_name: string;
  direction: Direction;
  from_number: string;
  to_number: string;
  /** Null: who called had none. */
  from_name: string | null;
  started_at: number;
  talk_ms: number;
  outcome: Outcome;
  rule: string;
  file: string | null;
  /** The report file that has it; null before. */
  report_file: string | null;
}

interface ReportAppendRow {
  /** Always 1: at most one append is open. */
  id: number;
  file: string;
  byte_offset: number;
  text: string;
  /** JSON array of record ids. */
  records: string;
}

/** Up to where a target has its reports. */
interface ReportMarkRow {
  target: string;
  seq: number;
  until: number;
}

export interface ReportIssueRow extends ProblemColumns {
  /** In the order in which they were made. */
  number: Generated<number>;
  id: string;
  target: string;
  period: string;
  is_closed: 0 | 1;
  last_seq: number;
  name: string;
  bytes: number;
  sha256: string;
  state: Delivery['state'];
  attempts: number;
  due_at: number;
  delivered_at: number | null;
}

interface StorageSampleRow {
  at: number;
  free_bytes: number;
  total_bytes: number;
}

interface ConnectionCheckRow {
  target: string;
  at: number;
  ms: number;
  /** All of them null where nothing stood in the way. */
  code: string | null;
  message: string | null;
  fault: Fault | null;
  hint: string | null;
}

export interface AlarmNoticeRow {
  channel: string;
  kind: string;
  subject: string;
  problem: string;
  fault: Fault;
  hint: string;
  since: number;
  begun_at: number;
  ended_at: number | null;
  times: number;
  told_at: number | null;
  reminders: number;
  code: Generated<string | null>;
}

/** Of released holds as well: they say that it was held. */
interface HoldRow {
  seq: Generated<number>;
  subject: string;
  kind: Hold['kind'];
  placed_at: number;
  placed_by: string;
  reason: string | null;
  released_at: number | null;
  released_by: string | null;
}

export interface RemovalRow {
  id: Generated<number>;
  recording: string;
  /** Null: the files of this machine. */
  target: string | null;
  folder: string;
  name: string;
  reason: string;
  erasure: string | null;
  actor: string;
  ordered_at: number;
  attempts: number;
  due_at: number;
  problem: string | null;
}

export interface DeletionRow {
  seq: Generated<number>;
  at: number;
  subject: string;
  what: Deletion['what'];
  target: string | null;
  reason: string;
  erasure: string | null;
  actor: string;
  result: string;
}

interface ErasureRow {
  id: string;
  actor: string;
  begun_at: number;
  ended_at: number | null;
  certificate: string | null;
}

export const recordColumns = [
  'records.id',
  'records.call_id',
  'records.linked_id',
  'records.group_name',
  'records.direction',
  'records.from_number',
  'records.to_number',
  'records.from_name',
  'records.started_at',
  'records.talk_ms',
  'records.outcome',
  'records.rule',
  'records.file',
] as const;

export function recordFrom(row: Omit<RecordRow, 'seq' | 'report_file'>): CallRecord {
  return {
    id: row.id,
    callId: row.call_id,
    linkedId: row.linked_id,
    group: row.group_name,
    direction: row.direction,
    from: row.from_number,
    to: row.to_number,
    fromName: row.from_name ?? undefined,
    startedAt: row.started_at,
    talkMs: row.talk_ms,
    verdict: { outcome: row.outcome, rule: row.rule },
    file: row.file ?? undefined,
  };
}

export function recordRow(record: CallRecord): Omit<RecordRow, 'seq'> {
  return {
    id: record.id,
    call_id: record.callId,
    linked_id: record.linkedId,
    group_name: record.group,
    direction: record.direction,
    from_number: record.from,
    to_number: record.to,
    from_name: record.fromName ?? null,
    started_at: record.startedAt,
    talk_ms: record.talkMs,
    outcome: record.verdict.outcome,
    rule: record.verdict.rule,
    file: record.file ?? null,
    report_file: null,
  };
}

export function recordingFrom(row: Omit<RecordingRow, 'remote_ordered_at' | 'erased'>): FinishedRecording {
  return {
    id: row.id,
    callId: row.call_id,
    group: row.group_name,
    direction: row.direction,
    from: row.from_number,
    to: row.to_number,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    bytes: row.bytes,
    durationMs: row.duration_ms,
    sha256: row.sha256,
    folder: row.folder,
    name: row.name,
  };
}

export function recordingRow(
  recording: FinishedRecording,
): Omit<RecordingRow, 'name' | 'path_key' | 'remote_ordered_at' | 'erased'> {
  return {
    id: recording.id,
    call_id: recording.callId,
    group_name: recording.group,
    direction: recording.direction,
    from_number: recording.from,
    to_number: recording.to,
    started_at: recording.startedAt,
    ended_at: recording.endedAt,
    bytes: recording.bytes,
    duration_ms: recording.durationMs,
    sha256: recording.sha256,
    folder: recording.folder,
    all_delivered: 0,
    local_deleted_at: null,
  };
}

export function deliveryFrom(row: Selectable<DeliveryRow>): Delivery {
  return {
    recording: row.recording,
    target: row.target,
    state: row.state,
    attempts: row.attempts,
    dueAt: row.due_at,
    name: row.name,
    deliveredAt: row.delivered_at ?? undefined,
    confirmedBy: row.confirmed_by ?? undefined,
    problem: problemFrom(row),
    ...(row.removed_at === null ? {} : { removedAt: row.removed_at }),
  };
}

type ProblemColumns = Pick<DeliveryRow, 'problem_at' | 'problem_code' | 'problem_message' | 'problem_hint'>;

export function problemFrom(row: ProblemColumns): Delivery['problem'] {
  if (row.problem_at === null) return undefined;
  return {
    at: row.problem_at,
    code: row.problem_code ?? '',
    message: row.problem_message ?? '',
    hint: row.problem_hint ?? '',
  };
}

export function deliveryRow(
  delivery: Delivery,
): Omit<DeliveryRow, 'recording' | 'target' | 'started_at' | 'removed_at'> {
  return {
    state: delivery.state,
    attempts: delivery.attempts,
    due_at: delivery.dueAt,
    name: delivery.name,
    delivered_at: delivery.deliveredAt ?? null,
    confirmed_by: delivery.confirmedBy ?? null,
    ...problemColumns(delivery.problem),
  };
}

export function problemColumns(problem: Delivery['problem']): ProblemColumns {
  return {
    problem_at: problem?.at ?? null,
    problem_code: problem?.code ?? null,
    problem_message: problem?.message ?? null,
    problem_hint: problem?.hint ?? null,
  };
}
