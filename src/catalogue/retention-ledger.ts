import type { Outcome } from '../call/call.ts';
import type { NumberToErase } from '../recording/erased-number.ts';
import type { FinishedRecording } from '../recording/recording.ts';
import type { KeptAccountedCall, KeptCall, KeptFiles } from '../recording/retention.ts';

/** Somebody's order that nothing of this be deleted. */
export interface Hold {
  /** Id of the recording or the call, or the number as it is compared. */
  readonly subject: string;
  readonly kind: 'id' | 'number';
  /** Ms since 1970. */
  readonly at: number;
  /** `cli:root` */
  readonly actor: string;
  readonly reason: string | undefined;
}

/** Why something is deleted: kept with the order, and in the log of deletions. */
export interface DeletionReason {
  /** `retention.local`, `retention.remote`, `retention.catalogue`, or `erasure`. */
  readonly reason: string;
  /** Id of the erasure, where it is one. */
  readonly erasure: string | undefined;
  readonly actor: string;
}

/** A file that is to be removed: on this machine (`target` undefined) or at a target. Stays until it is gone. */
export interface Removal extends DeletionReason {
  readonly id: number;
  readonly recording: string;
  readonly target: string | undefined;
  /** Where it is at the target; empty for the local files. */
  readonly folder: string;
  readonly name: string;
  /** Ms since 1970. */
  readonly orderedAt: number;
  readonly attempts: number;
  /** When it is tried; 0: at once. */
  readonly dueAt: number;
  /** Code of the last problem. */
  readonly problem: string | undefined;
}

/** One line of the log of deletions. It has nothing in it that was to be erased: no number, no file name. */
export interface Deletion extends DeletionReason {
  readonly at: number;
  /** Id of the recording, or of the call. */
  readonly subject: string;
  readonly what: 'local-file' | 'remote-file' | 'rows' | 'anonymised';
  readonly target: string | undefined;
  /** `removed`, `absent`, or the code of what makes it impossible. */
  readonly result: string;
}

/** A recording whose files at the targets may be due. */
export interface ExpiringRecording extends KeptFiles {
  readonly recording: FinishedRecording;
}

/** The place of a recording in the order of their end. */
export type RecordingEnd = Pick<FinishedRecording, 'endedAt' | 'id'>;

/** A call whose rows may be due. */
export interface ExpiringCall extends KeptCall {
  readonly id: string;
  readonly position: CallPosition;
}

/** The place of a call's line in the order of their start. */
export interface CallPosition {
  readonly startedAt: number;
  readonly seq: number;
}

/** Calls without a line, of which only their state has the numbers. */
export interface UnlistedCalls {
  readonly calls: readonly (CallEnd & { readonly group: string | undefined; readonly isHeld: boolean })[];
  /** Where the next page begins; undefined: there is none. */
  readonly next: CallEnd | undefined;
}

/** The place of a call in the order of their end. */
export interface CallEnd {
  readonly id: string;
  readonly endedAt: number;
}

/** A call in the account of the PBX that may be due. */
export interface ExpiringAccountedCall extends KeptAccountedCall, AccountedCallEnd {
  /** Asterisk's `Uniqueid` of the party that called. */
  readonly channel: string;
}

/** The place of a call of the account in the order of their end. */
export interface AccountedCallEnd {
  readonly endedAt: number;
  readonly id: string;
}

/** A call in which a number took part. */
export interface CallOfNumber {
  readonly id: string;
  readonly startedAt: number;
  /** Undefined while it goes on; then nothing of it is touched. */
  readonly outcome: Outcome | 'unknown' | undefined;
  /** What keeps it. */
  readonly hold: Hold | undefined;
  /** The talks of this number. */
  readonly talks: number;
  /** The recordings of these talks, with the targets that have, or were to get, them. */
  readonly recordings: readonly { readonly id: string; readonly targets: readonly string[] }[];
  /** Starts of their lines in the report. */
  readonly lineStarts: readonly number[];
}

/** What became of an erasure. */
export interface Erasure {
  readonly id: string;
  readonly actor: string;
  readonly begunAt: number;
  readonly endedAt: number | undefined;
  /** SHA-256 of the content of its certificate. */
  readonly certificate: string | undefined;
}

/** What retention, holds and erasure need. Times are ms since 1970. */
export interface RetentionLedger {
  /** `unknown`: there is no recording or call with this id. */
  placeHold(hold: Hold): Promise<'placed' | 'already-held' | 'unknown'>;
  /** False: it was not held. */
  releaseHold(hold: Pick<Hold, 'subject' | 'kind' | 'at' | 'actor'>): Promise<boolean>;
  holds(): Promise<readonly Hold[]>;
  /** Every group that has recordings whose files are at targets, or rows; also those of the account of the PBX only. */
  groupsKept(): Promise<readonly string[]>;
  /** Recordings that ended before a time and whose files nobody ordered to remove, oldest end first. */
  expiringRecordings(
    group: string,
    endedBefore: number,
    limit: number,
    after?: RecordingEnd,
  ): Promise<readonly ExpiringRecording[]>;
  /** Orders that the files of a recording be removed at all targets that have it, but for these: they keep what they got. */
  orderRemoval(
    recording: string,
    keeping: readonly string[],
    reason: DeletionReason,
    at: number,
  ): Promise<void>;
  /** A page of all calls that ended before a time, oldest end first: those without a line, of no member say. */
  expiringUnlisted(endedBefore: number, after?: CallEnd): Promise<UnlistedCalls>;
  expiringCalls(
    group: string,
    startedBefore: number,
    limit: number,
    after?: CallPosition,
  ): Promise<readonly ExpiringCall[]>;
  /** Deletes all rows of a call, and logs it. */
  deleteCall(call: string, reason: DeletionReason, at: number): Promise<void>;
  /** Calls in the account of the PBX that ended before a time, oldest end first. */
  expiringAccount(
    group: string,
    endedBefore: number,
    limit: number,
    after?: AccountedCallEnd,
  ): Promise<readonly ExpiringAccountedCall[]>;
  /** Deletes what the PBX told of a call, and logs it by its channel. */
  deleteAccounted(
    call: Pick<ExpiringAccountedCall, 'id' | 'channel'>,
    reason: DeletionReason,
    at: number,
  ): Promise<void>;
  /** The targets at which something is to be removed, due or not; undefined: this machine. */
  removalTargets(): Promise<readonly (string | undefined)[]>;
  /** Removals at a target that are due, what was never tried first. `after`: only those behind this one. */
  dueRemovals(
    target: string | undefined,
    now: number,
    limit: number,
    after?: Removal,
  ): Promise<readonly Removal[]>;
  /** Whether something that was ordered before was tried at a target and stays; of these problems, or of any. */
  isRemovalOverdue(
    target: string | undefined,
    orderedBefore: number,
    problems?: readonly string[],
  ): Promise<boolean>;
  /** What is still to be removed for an erasure. */
  removalsOf(erasure: string): Promise<readonly Removal[]>;
  /** It is done, or can never be: takes the order away and logs it, in one step. */
  noteRemoval(removal: Removal, result: string, at: number): Promise<void>;
  postponeRemoval(removal: Removal, problem: string, dueAt: number): Promise<void>;
  /** Every call of a number, page by page; those of which only a recording is known, too. */
  callsOfNumber(number: NumberToErase): AsyncIterable<CallOfNumber>;
  /** Takes the number out of all rows of the call, and orders its files removed, in one step. */
  eraseCall(call: CallOfNumber, number: NumberToErase, reason: DeletionReason, at: number): Promise<void>;
  /** Takes a number out of what Asterisk said of calls, but for those within which one of these talks began. */
  eraseFromAccount(number: NumberToErase, keptStarts: readonly number[]): Promise<void>;
  /** Makes sure that nothing of what was taken out can be read in the file of the catalogue any more. */
  purge(): Promise<void>;
  saveErasure(erasure: Erasure): Promise<void>;
  /** The newest first; of one erasure or all. */
  deletions(erasure: string | undefined): AsyncIterable<Deletion>;
}
