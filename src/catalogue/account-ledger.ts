import type { AccountedCall, AccountPlace, CallDetail, Judgement, Unwatched } from '../call/account.ts';
import type { Call } from '../call/call.ts';

/** How far the account of the PBX is known. Times are ms since 1970. */
export interface AccountProgress {
  /** Since when it is compared with the catalogue. */
  readonly since: number;
  /** How far it was read; undefined where there is none. */
  readonly place: AccountPlace | undefined;
  /** When it was read last. */
  readonly readAt: number | undefined;
  /** Lines that could not be read, and when the last one was. */
  readonly unreadable: number;
  readonly unreadableAt: number | undefined;
  /** The days before this have their statement. */
  readonly statedTo: number;
}

/** From `from` on, and before `to`; ms since 1970. */
export interface Interval {
  readonly from: number;
  readonly to: number;
}

/** What reconciliation needs: the account of the PBX beside our own. */
export interface AccountLedger {
  /** Undefined before the first time. */
  accountProgress(): Promise<AccountProgress | undefined>;
  /**
   * Notes calls of members in the account, how far it was read, and a time of which it has nothing, in one transaction.
   * What is known stays.
   */
  saveAccount(
    progress: AccountProgress,
    calls: readonly Omit<AccountedCall, 'judgement'>[],
    hole?: Interval,
  ): Promise<void>;
  /** Times that reach into the interval, and of which the account lacks the calls that ended in them. */
  accountHoles(interval: Interval): Promise<readonly Interval[]>;
  /** Calls that were not judged yet, oldest first; with `after` only those behind that one. */
  unjudged(limit: number, after?: AccountedCall): Promise<readonly AccountedCall[]>;
  /**
   * Gaps that ended since a time, those first that were judged longest ago: the catalogue may know them by now. The
   * older a gap, the rarer it is among them: it is when twice as much time has passed since the call as at its judgement.
   */
  gaps(since: number, now: number, limit: number): Promise<readonly AccountedCall[]>;
  saveJudgement(id: string, judgement: Judgement, at: number): Promise<void>;
  /** The calls of the catalogue in which one of the channels took part. */
  callsOf(detail: CallDetail): Promise<readonly Call[]>;
  /** Calls of the account that went on at some time of the interval, by their start. */
  accounted(interval: Interval): Promise<readonly AccountedCall[]>;
  /** Takes the place of one that began at the same time for the same reason. */
  saveUnwatched(unwatched: Unwatched): Promise<void>;
  /** Those that reach into the interval, by their beginning. */
  unwatched(interval: Interval): Promise<readonly Unwatched[]>;
}
