import { listDeletions, saveErasure } from './deletions.ts';
import { callsOfNumber, eraseCall, eraseFromAccount, purge } from './erasure.ts';
import { deleteAccounted, expiringAccount } from './expiring-account.ts';
import { expiringUnlisted } from './expiring-unlisted.ts';
import { deleteCall, expiringCalls, expiringRecordings, groupsKept } from './expiring.ts';
import { holds, placeHold, releaseHold } from './holds.ts';
import {
  dueRemovals,
  isRemovalOverdue,
  noteRemoval,
  orderRemoval,
  postponeRemoval,
  removalsOf,
  removalTargets,
} from './removals.ts';
import type { Kysely } from 'kysely';
import type { NumberToErase } from '../recording/erased-number.ts';
import type {
  AccountedCallEnd,
  CallEnd,
  CallOfNumber,
  CallPosition,
  Deletion,
  DeletionReason,
  Erasure,
  ExpiringAccountedCall,
  ExpiringCall,
  ExpiringRecording,
  Hold,
  RecordingEnd,
  Removal,
  RetentionLedger,
  UnlistedCalls,
} from './retention-ledger.ts';
import type { Tables } from './tables.ts';

/** What retention and erasure ask of the catalogue: the part of {@link SqliteCatalogue} that has a port of its own. */
export abstract class SqliteRetentionLedger implements RetentionLedger {
  protected abstract get db(): Kysely<Tables>;

  placeHold(hold: Hold): Promise<'placed' | 'already-held' | 'unknown'> {
    return placeHold(this.db, hold);
  }

  releaseHold(hold: Pick<Hold, 'subject' | 'kind' | 'at' | 'actor'>): Promise<boolean> {
    return releaseHold(this.db, hold);
  }

  holds(): Promise<readonly Hold[]> {
    return holds(this.db);
  }

  groupsKept(): Promise<readonly string[]> {
    return groupsKept(this.db);
  }

  expiringRecordings(
    group: string,
    endedBefore: number,
    limit: number,
    after?: RecordingEnd,
  ): Promise<readonly ExpiringRecording[]> {
    return expiringRecordings(this.db, group, endedBefore, limit, after);
  }

  orderRemoval(
    recording: string,
    keeping: readonly string[],
    reason: DeletionReason,
    at: number,
  ): Promise<void> {
    return orderRemoval(this.db, recording, keeping, reason, at);
  }

  expiringUnlisted(endedBefore: number, after?: CallEnd): Promise<UnlistedCalls> {
    return expiringUnlisted(this.db, endedBefore, after);
  }

  expiringCalls(
    group: string,
    startedBefore: number,
    limit: number,
    after?: CallPosition,
  ): Promise<readonly ExpiringCall[]> {
    return expiringCalls(this.db, group, startedBefore, limit, after);
  }

  deleteCall(call: string, reason: DeletionReason, at: number): Promise<void> {
    return deleteCall(this.db, call, reason, at);
  }

  expiringAccount(
    group: string,
    endedBefore: number,
    limit: number,
    after?: AccountedCallEnd,
  ): Promise<readonly ExpiringAccountedCall[]> {
    return expiringAccount(this.db, group, endedBefore, limit, after);
  }

  deleteAccounted(
    call: Pick<ExpiringAccountedCall, 'id' | 'channel'>,
    reason: DeletionReason,
    at: number,
  ): Promise<void> {
    return deleteAccounted(this.db, call, reason, at);
  }

  removalTargets(): Promise<readonly (string | undefined)[]> {
    return removalTargets(this.db);
  }

  dueRemovals(
    target: string | undefined,
    now: number,
    limit: number,
    after?: Removal,
  ): Promise<readonly Removal[]> {
    return dueRemovals(this.db, { target, now, limit, after });
  }

  isRemovalOverdue(
    target: string | undefined,
    orderedBefore: number,
    problems?: readonly string[],
  ): Promise<boolean> {
    return isRemovalOverdue(this.db, target, orderedBefore, problems);
  }

  removalsOf(erasure: string): Promise<readonly Removal[]> {
    return removalsOf(this.db, erasure);
  }

  noteRemoval(removal: Removal, result: string, at: number): Promise<void> {
    return noteRemoval(this.db, removal, result, at);
  }

  postponeRemoval(removal: Removal, problem: string, dueAt: number): Promise<void> {
    return postponeRemoval(this.db, removal, problem, dueAt);
  }

  callsOfNumber(number: NumberToErase): AsyncIterable<CallOfNumber> {
    return callsOfNumber(this.db, number);
  }

  eraseCall(call: CallOfNumber, number: NumberToErase, reason: DeletionReason, at: number): Promise<void> {
    return eraseCall(this.db, call, number, reason, at);
  }

  eraseFromAccount(number: NumberToErase, keptStarts: readonly number[]): Promise<void> {
    return eraseFromAccount(this.db, number, keptStarts);
  }

  purge(): Promise<void> {
    return purge(this.db);
  }

  saveErasure(erasure: Erasure): Promise<void> {
    return saveErasure(this.db, erasure);
  }

  deletions(erasure: string | undefined): AsyncIterable<Deletion> {
    return listDeletions(this.db, erasure);
  }
}
