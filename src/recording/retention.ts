import type { Instant } from '../call/call.ts';

/** How long something is kept after the end of its call, in ms of elapsed time; undefined: for ever. */
export interface RetentionPeriods {
  readonly local: number;
  readonly remote: number | undefined;
  readonly catalogue: number | undefined;
}

/** What decides whether the files of a recording may go. */
export interface KeptFiles {
  readonly endedAt: Instant;
  readonly isHeld: boolean;
  /** All its targets have it: no delivery is pending or set aside. */
  readonly isDelivered: boolean;
}

/** What decides whether the rows of a call may go. */
export interface KeptCall {
  readonly endedAt: Instant | undefined;
  readonly isHeld: boolean;
  readonly recordings: readonly KeptRecordingOfCall[];
}

export interface KeptRecordingOfCall {
  /** All its targets have it, or it was erased. */
  readonly isDelivered: boolean;
  readonly isLocalGone: boolean;
  /** Its files were removed from the targets, where that is possible. */
  readonly isRemoteGone: boolean;
}

/** What decides whether what the PBX told of a call may go. */
export interface KeptAccountedCall {
  readonly endedAt: Instant;
  readonly isHeld: boolean;
  /** The catalogue still has a line that tells of it. */
  readonly hasLine: boolean;
}

/** Why something is kept, or that it is `due` to go. */
export type RetentionDecision =
  | 'due'
  | 'for-ever'
  | 'not-over'
  | 'on-hold'
  | 'not-delivered'
  | 'files-first'
  | 'line-first'
  | 'period-not-over';

/** Whether the files that were delivered are to be removed from their targets. */
export function decideRemote(files: KeptFiles, periods: RetentionPeriods, now: Instant): RetentionDecision {
  if (periods.remote === undefined) return 'for-ever';
  if (files.isHeld) return 'on-hold';
  if (!files.isDelivered) return 'not-delivered';
  return isOver(files.endedAt, periods.remote, now) ? 'due' : 'period-not-over';
}

/** Whether the rows of a call are to be removed. A file of which nothing is known any more could never be found. */
export function decideRows(call: KeptCall, periods: RetentionPeriods, now: Instant): RetentionDecision {
  if (periods.catalogue === undefined) return 'for-ever';
  if (call.endedAt === undefined) return 'not-over';
  if (call.isHeld) return 'on-hold';
  if (call.recordings.some(({ isDelivered }) => !isDelivered)) return 'not-delivered';
  if (!isOver(call.endedAt, periods.catalogue, now)) return 'period-not-over';
  const remoteToo = periods.remote !== undefined;
  const isLeft = (each: KeptRecordingOfCall) => !each.isLocalGone || (remoteToo && !each.isRemoteGone);
  return call.recordings.some(isLeft) ? 'files-first' : 'due';
}

/** Whether what the PBX told of a call is to be removed: not before our own line of it, with which it is compared. */
export function decideAccounted(
  { endedAt, isHeld, hasLine }: KeptAccountedCall,
  { catalogue }: RetentionPeriods,
  now: Instant,
): RetentionDecision {
  if (catalogue === undefined) return 'for-ever';
  if (isHeld) return 'on-hold';
  if (hasLine) return 'line-first';
  return isOver(endedAt, catalogue, now) ? 'due' : 'period-not-over';
}

function isOver(endedAt: Instant, period: number, now: Instant): boolean {
  return endedAt + period <= now;
}
