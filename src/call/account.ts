import type { ChannelId, Instant, RecordingId } from './call.ts';

/**
 * One party calling another, as the PBX noted it by itself (CDR): whatever became of our process, it is there. Numbers
 * and names are whatever a caller sent: never trusted.
 */
export interface CallDetail {
  /** Asterisk's `Uniqueid` of the party that called. */
  readonly channel: ChannelId;
  /** Undefined where the PBX does not note it. */
  readonly linkedId: string | undefined;
  /** Channel names, `PJSIP/200-0000001f`; `calledName` is empty where nobody was called. */
  readonly callerName: string;
  readonly calledName: string;
  /** Number of who called, and of who was called: what was dialled to the outside, else the extension. */
  readonly from: string;
  readonly to: string;
  /** In whole seconds: the PBX cuts off the rest. */
  readonly startedAt: Instant;
  /** When either was answered: what is announced before the talk counts here. Undefined: the two never talked. */
  readonly answeredAt: Instant | undefined;
  readonly endedAt: Instant;
}

/** How far the account of the PBX was read: up to a byte of a file, which keeps its identity when it is renamed. */
export interface AccountPlace {
  readonly inode: number;
  readonly offset: number;
}

/** What was added to the account since a place. */
export interface AccountPiece {
  readonly details: readonly CallDetail[];
  /** Lines that are not as the PBX writes them, torn by a full disk say. */
  readonly unreadable: number;
  readonly place: AccountPlace;
  /** There is more to be read at once. */
  readonly more: boolean;
  /** What was behind the place is gone: nobody knows how much that was. */
  readonly lost?: boolean;
}

/**
 * How the account of the PBX and the catalogue agree on a call:
 * - `matched`: the catalogue tells what became of it;
 * - `clock`: as well, but at another time: a clock was set, or `reconciliation.cdr.times` is wrong;
 * - `no-talk`: the two never talked, or for less than a second;
 * - `outside-policy`: the catalogue does not have it, and need not: it was not to be recorded;
 * - `gap`: it was to be recorded, and the catalogue does not tell what became of it.
 */
export type Match = 'matched' | 'clock' | 'no-talk' | 'outside-policy' | 'gap';

export interface Judgement {
  readonly match: Match;
  /** What decided it; of a gap its name. */
  readonly rule: string;
  /** The lines of the catalogue that tell of it. */
  readonly records: readonly RecordingId[];
}

/** A call of a member in the account of the PBX. */
export interface AccountedCall {
  readonly id: string;
  readonly detail: CallDetail;
  readonly group: string;
  /** Undefined as long as the catalogue may still come to know it. */
  readonly judgement: Judgement | undefined;
}

/**
 * Why nobody watched the calls: no process ran, it stood still, its connection for events was cut (AMI), or the one for
 * announcements (ARI): then calls were seen, and neither announced nor recorded.
 */
export type UnwatchedReason = 'not-running' | 'stood-still' | 'ami-disconnected' | 'ari-disconnected';

/** A time in which nobody watched the calls. */
export interface Unwatched {
  readonly reason: UnwatchedReason;
  readonly from: Instant;
  /** Undefined: it goes on, or the process ended meanwhile. */
  readonly to: Instant | undefined;
}
