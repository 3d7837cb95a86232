import type { Match, UnwatchedReason } from '../call/account.ts';

/** What reconciliation keeps. Times are ms since 1970-01-01 UTC. */
export interface AccountedCallRow {
  id: string;
  channel: string;
  linked_id: string | null;
  caller_name: string;
  called_name: string;
  from_number: string;
  to_number: string;
  started_at: number;
  answered_at: number | null;
  ended_at: number;
  group_name: string;
  /** Null until it is judged. */
  match: Match | null;
  rule: string | null;
  /** JSON array of record ids. */
  records: string;
  judged_at: number | null;
}

export interface AccountProgressRow {
  /** Always 1. */
  id: number;
  since: number;
  inode: number | null;
  byte_offset: number | null;
  read_at: number | null;
  unreadable: number;
  unreadable_at: number | null;
  stated_to: number;
}

export interface AccountHoleRow {
  from_at: number;
  to_at: number;
}

export interface UnwatchedRow {
  reason: UnwatchedReason;
  from_at: number;
  to_at: number | null;
}
