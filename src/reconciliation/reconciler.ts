import { setImmediate } from 'node:timers/promises';

import { messageOf, MitschnittError } from '../errors.ts';
import { statedAfterMs } from './daily-statement.ts';
import { judge, talkOf } from './judgement.ts';
import type { ToldCalls } from './told-calls.ts';
import type { Alarms } from '../alarms/alarms.ts';
import type { AccountPiece, AccountPlace, AccountedCall, CallDetail, Unwatched } from '../call/account.ts';
import type { Instant, Policy } from '../call/call.ts';
import type { AccountLedger, AccountProgress, Interval } from '../catalogue/account-ledger.ts';
import type { Log } from '../log.ts';

/** The account that the PBX keeps by itself in a file. */
export interface Account {
  /** Where it is, for people. */
  readonly path: string;
  readSince(place: AccountPlace | undefined): Promise<AccountPiece>;
}

export interface ReconcilerParts {
  /** Undefined: there is no file. Without either account only what nobody watched is stated. */
  readonly account: Account | undefined;
  /** What it tells of calls while it is listened to. The file has the same calls, and those that nobody heard of. */
  readonly told: ToldCalls | undefined;
  readonly ledger: AccountLedger;
  /** As it is now: who is logged in to queues changes. Undefined: that is not known yet. */
  readonly policy: () => Policy | undefined;
  readonly alarms: Pick<Alarms, 'raise' | 'clear'>;
  readonly log: Log;
  readonly now: () => Instant;
  /** When nobody watches the calls, or that is not kept yet; empty: all is kept up to now. */
  readonly unwatchedNow: () => readonly Unwatched[];
  /** When the calls began that go on. */
  readonly goingOnSince: () => readonly Instant[];
  /** States the days of which all is known up to `to`, and of which there is no statement since `from`. */
  readonly state: (from: Instant, to: Instant) => Promise<Instant>;
}

/** What `status` shows of it. */
export interface Reconciliation {
  /** How far the account of the PBX was read; undefined: not yet. */
  readonly readAt: Instant | undefined;
  /** Gaps that were found since this process began. */
  readonly gaps: number;
}

const lookEveryMs = 5_000;
/** What was told is kept together within this: a process that dies has less to miss. */
const keepAfterMs = 200;
/** What the catalogue did not know, it may have known and not kept yet: its disk was full, say. */
const lookAgainEveryMs = 60_000;
const lookAgainForMs = 24 * 3_600_000;
const callsPerLook = 100;
/** Each may cost some ten ms, in which nothing else of the process runs. */
const gapsPerLook = 20;
/** After a start or an outage, calls that ended meanwhile come to be known, and compared, within this. */
const knownAfterMs = 2 * 60_000;
/** A day is stated with what is known by then, whatever is missing. */
const statedAnywayAfterMs = 6 * 3_600_000;
/** Gaps are an alarm until there was none for so long. */
const gapLastsMs = 24 * 3_600_000;

/** Reads the account that the PBX keeps of calls, and tells what the catalogue does not have. */
export class Reconciler {
  readonly #parts: ReconcilerParts;
  #progress: AccountProgress | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #keeping: NodeJS.Timeout | undefined;
  /** One writes at a time. */
  #turn: Promise<void> = Promise.resolve();
  #stopping = false;
  #lookedAgainAt: Instant;
  readonly #begunAt: Instant;
  /** Since when calls are watched and known without a break. */
  #knowsSince: Instant | undefined;
  #gaps = 0;

  constructor(parts: ReconcilerParts) {
    this.#parts = parts;
    this.#begunAt = parts.now();
    this.#lookedAgainAt = this.#begunAt;
  }

  /** Keeps since when calls are compared; reads on from where a former process stopped. */
  async start(): Promise<void> {
    const { account, ledger, now } = this.#parts;
    const at = now();
    this.#progress = (await ledger.accountProgress()) ?? { ...never, since: at, statedTo: at };
    await this.#save(this.#progress, []);
    if (account && !this.#progress.place) await this.#begin(account);
    if (this.#parts.told) this.#parts.told.onTold = () => this.#keepSoon();
    void this.look();
    this.#timer = setInterval(() => void this.look(), lookEveryMs);
  }

  /** Compares what is new; resolves when that is done, and never rejects. */
  look(): Promise<void> {
    this.#looking ??= this.#inTurn(() => this.#look()).finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#timer);
    clearTimeout(this.#keeping);
    await this.#looking;
    await this.#keep();
  }

  get latest(): Reconciliation {
    return { readAt: this.#progress?.readAt, gaps: this.#gaps };
  }

  async #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    await turn;
  }

  #keepSoon(): void {
    if (this.#stopping) return;
    this.#keeping ??= setTimeout(() => {
      this.#keeping = undefined;
      void this.#keep();
    }, keepAfterMs);
  }

  /** What cannot be kept is kept by the next look. */
  async #keep(): Promise<void> {
    const { told, log } = this.#parts;
    const policy = this.#parts.policy();
    if (!told || !policy) return;
    await this.#inTurn(() => this.#takeTold(told, policy)).catch((error: unknown) => {
      log.error('calls that the PBX told of could not be kept yet', { error: messageOf(error) });
    });
  }

  async #look(): Promise<void> {
    const { account, log, told } = this.#parts;
    const policy = this.#parts.policy();
    try {
      if ((account ?? told) && policy) {
        if (told) await this.#takeTold(told, policy);
        if (account) await this.#read(account, policy);
        await this.#judgeNew(policy);
        await this.#judgeAgain(policy);
      }
      await this.#state(policy);
    } catch (error) {
      log.error('calls could not be compared with the account of the PBX', { error: messageOf(error) });
    }
  }

  async #read(account: Account, policy: Policy): Promise<void> {
    const { alarms } = this.#parts;
    if (!this.#progress?.place) {
      await this.#begin(account);
      return;
    }
    try {
      let piece: AccountPiece;
      do {
        piece = await account.readSince(this.#progress.place);
        await this.#take(piece, policy);
        await setImmediate();
      } while (piece.more && !this.#stopping);
      alarms.clear('account-unreadable', account.path);
    } catch (error) {
      this.#troubled(account, error);
    }
  }

  /** What is there by now is of calls that nobody was to record, or that were told; what nobody told of is not read. */
  async #begin(account: Account): Promise<void> {
    const { now } = this.#parts;
    const before = this.#progress ?? never;
    const place = await this.#endOf(account);
    if (!place) return;
    const hole = before.readAt === undefined ? undefined : { from: before.readAt, to: now() };
    // Before there was an account, nothing was compared.
    await this.#save({ ...before, place, since: hole ? before.since : now() }, [], hole);
  }

  /** Undefined: that cannot be known yet. */
  async #endOf(account: Account): Promise<AccountPlace | undefined> {
    try {
      return (await account.readSince(undefined)).place;
    } catch (error) {
      this.#troubled(account, error);
      // Whatever comes to be there is new.
      const isMissing = error instanceof MitschnittError && error.code === 'cdr-missing';
      return isMissing ? { inode: 0, offset: 0 } : undefined;
    }
  }

  #troubled({ path }: Pick<Account, 'path'>, error: unknown): void {
    if (!(error instanceof MitschnittError)) throw error;
    const { message: problem, fault, hint, code } = error;
    this.#parts.alarms.raise({ kind: 'account-unreadable', subject: path, problem, fault, hint, code });
  }

  async #take({ details, place, unreadable, more, lost }: AccountPiece, policy: Policy): Promise<void> {
    const { log, now } = this.#parts;
    const before = this.#progress ?? never;
    const hole = lost ? { from: before.readAt ?? before.since, to: now() } : undefined;
    if (hole) log.warn('the end of the account of the PBX was taken away before it was read', { ...hole });
    const progress = { ...before, place, readAt: more ? before.readAt : now() };
    await this.#save(this.#withUnreadable(progress, unreadable), callsOfMembers(details, policy), hole);
  }

  /** The file has what was missed while nobody listened; without one, that time is a hole of the account. */
  async #takeTold(told: ToldCalls, policy: Policy): Promise<void> {
    const { account, alarms } = this.#parts;
    const piece = told.waiting();
    const { begunAt, details, heardTo, unreadable } = piece;
    const before = this.#progress ?? never;
    const calls = callsOfMembers(details, policy);
    if (account) {
      if (details.length + unreadable > 0) await this.#save(this.#withUnreadable(before, unreadable), calls);
    } else if (begunAt !== undefined && heardTo !== undefined) {
      const { readAt, since } = before;
      const hole = readAt !== undefined && readAt < begunAt ? { from: readAt, to: begunAt } : undefined;
      const progress = { ...before, since: readAt === undefined ? begunAt : since, readAt: heardTo };
      await this.#save(this.#withUnreadable(progress, unreadable), calls, hole);
    }
    told.kept(piece);
    const { problem } = told;
    if (problem) this.#troubled({ path: told.name }, problem);
    else alarms.clear('account-unreadable', told.name);
  }

  #withUnreadable(progress: AccountProgress, unreadable: number): AccountProgress {
    if (unreadable === 0) return progress;
    this.#parts.log.error('lines of the account of the PBX cannot be read', { lines: unreadable });
    return {
      ...progress,
      unreadable: progress.unreadable + unreadable,
      unreadableAt: this.#parts.now(),
    };
  }

  async #judgeNew(policy: Policy): Promise<void> {
    const { ledger } = this.#parts;
    // All, each once: what cannot be judged yet must not keep those behind it waiting.
    for (let after: AccountedCall | undefined; !this.#stopping;) {
      const page = await ledger.unjudged(callsPerLook, after);
      await this.#judgeAll(page, policy);
      after = page.at(-1);
      if (page.length < callsPerLook) return;
    }
  }

  async #judgeAgain(policy: Policy): Promise<void> {
    const { ledger, now } = this.#parts;
    if (now() - this.#lookedAgainAt < lookAgainEveryMs) return;
    this.#lookedAgainAt = now();
    await this.#judgeAll(await ledger.gaps(now() - lookAgainForMs, now(), gapsPerLook), policy);
  }

  async #judgeAll(calls: readonly AccountedCall[], policy: Policy): Promise<void> {
    const { ledger, now } = this.#parts;
    for (const call of calls) {
      if (this.#stopping) break;
      const judgement = judge(call.detail, await ledger.callsOf(call.detail), policy, now());
      if (judgement) {
        await ledger.saveJudgement(call.id, judgement, now());
        if (judgement.match === 'gap' && !call.judgement) this.#tell(call, judgement.rule);
      }
      // Queries answer without a turn of the event loop: calls would wait for all of them.
      await setImmediate();
    }
  }

  #tell({ detail, group }: AccountedCall, rule: string): void {
    const { alarms, log } = this.#parts;
    this.#gaps += 1;
    const { channel, from, to } = detail;
    const start = new Date(detail.answeredAt ?? detail.startedAt).toISOString();
    log.error('a call is missing', { group, from, to, start, asterisk: channel, rule });
    const problem = `the call of ${start} (Asterisk: ${channel}) was to be recorded and is not: ${rule}`;
    const hint = 'mitschnitt completeness lists the calls that are missing, and when nobody watched.';
    alarms.raise({
      kind: 'call-missing',
      subject: group,
      problem,
      fault: 'asterisk',
      hint,
      lastsMs: gapLastsMs,
    });
  }

  /**
   * Of a time in which no process ran the catalogue knows only when calls are watched again, and the account of the PBX
   * only when it is read: a day that was stated before would be complete for ever, whatever is missing of it.
   */
  async #state(policy: Policy | undefined): Promise<void> {
    const { log, now, state } = this.#parts;
    const knownTo = this.#knownTo(policy);
    const progress = this.#progress;
    if (!progress) return;
    const isPatient = now() - this.#begunAt < statedAnywayAfterMs;
    const statedTo = await state(
      progress.statedTo,
      Math.max(knownTo, isPatient ? 0 : now() - statedAnywayAfterMs),
    );
    if (statedTo <= progress.statedTo) return;
    if (statedTo > knownTo)
      log.warn('days are stated of which not all is known', {
        ...{ watched: this.#parts.unwatchedNow().length === 0, readTo: progress.readAt },
      });
    await this.#save({ ...progress, statedTo }, []);
  }

  /** Up to when all is known that is ever to be known of calls. */
  #knownTo(policy: Policy | undefined): Instant {
    const { account, now, told, unwatchedNow } = this.#parts;
    const at = now();
    this.#knowsSince = policy && unwatchedNow().length === 0 ? (this.#knowsSince ?? at) : undefined;
    if (this.#knowsSince === undefined || at - this.#knowsSince < knownAfterMs) return 0;
    const known = (account ?? told) ? (this.#progress?.readAt ?? 0) : at;
    // What comes of a call that goes on belongs to the day on which it began.
    return Math.min(known, ...this.#parts.goingOnSince().map((since) => since + statedAfterMs));
  }

  async #save(progress: AccountProgress, calls: readonly NotedCall[], hole?: Interval): Promise<void> {
    await this.#parts.ledger.saveAccount(progress, calls, hole);
    this.#progress = progress;
  }
}

type NotedCall = Omit<AccountedCall, 'judgement'>;

function callsOfMembers(details: readonly CallDetail[], policy: Policy): readonly NotedCall[] {
  return details.flatMap((detail) => {
    const talk = talkOf(detail, policy);
    return talk ? [{ id: idOf(detail), detail, group: talk.group.name }] : [];
  });
}

const never: AccountProgress = {
  since: 0,
  place: undefined,
  readAt: undefined,
  unreadable: 0,
  unreadableAt: undefined,
  statedTo: 0,
};

/** A channel may call several parties, and the same one again. */
function idOf({ channel, callerName, calledName, startedAt, endedAt }: CallDetail): string {
  return [channel, callerName, calledName, startedAt, endedAt].join(' ');
}
