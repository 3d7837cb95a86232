import { messageOf } from '../errors.ts';
import type { Alarms } from '../alarms/alarms.ts';
import type { Unwatched, UnwatchedReason } from '../call/account.ts';
import type { Instant } from '../call/call.ts';
import type { AccountLedger } from '../catalogue/account-ledger.ts';
import type { Log } from '../log.ts';
import type { WatchMarkFile } from '../watch-mark.ts';

/** Calls are seen to be watched each second; a busy machine may take two. */
export const longestLookMs = 3_000;

export interface WatchLogParts {
  /** Remembers when that was last. */
  readonly mark: Pick<WatchMarkFile, 'start' | 'last' | 'note'>;
  readonly ledger: Pick<AccountLedger, 'saveUnwatched' | 'unwatched'>;
  readonly alarms: Pick<Alarms, 'raise'>;
  readonly log: Log;
  readonly now: () => Instant;
}

/** A restart takes seconds: of more somebody is to hear. */
const alarmFromMs = 60_000;
/** It is over, but what was missed is to be looked at. */
const alarmLastsMs = 3_600_000;

/** Keeps the times in which nobody watched the calls: what happened in them, only the PBX knows. */
export class WatchLog {
  readonly #parts: WatchLogParts;
  /** What a time without watching would be due to. */
  #reason: UnwatchedReason = 'not-running';
  #startedAt: Instant | undefined;
  #gateClosedSince: Instant | undefined;
  /** Still to be kept. */
  #unkept: Unwatched[] = [];
  #keeping: Promise<void> | undefined;

  constructor(parts: WatchLogParts) {
    this.#parts = parts;
  }

  /** A former process may have ended while it could not announce. */
  async start(): Promise<void> {
    const { ledger, mark, now } = this.#parts;
    this.#startedAt = now();
    await mark.start();
    const open = (await ledger.unwatched({ from: 0, to: Infinity })).filter(({ to }) => to === undefined);
    for (const each of open)
      await ledger.saveUnwatched({ ...each, to: Math.max(each.from, mark.last() ?? 0) });
  }

  async stop(): Promise<void> {
    await this.#keeping;
  }

  last(): Instant | undefined {
    return this.#parts.mark.last();
  }

  /** What of such times is not kept yet: that goes on, or is over since a moment. Empty while somebody watches. */
  get unwatchedNow(): readonly Unwatched[] {
    const now = this.#parts.now();
    const from = Math.round(this.last() ?? this.#startedAt ?? now);
    const current = now - from > longestLookMs ? [{ reason: this.#reason, from, to: undefined }] : [];
    return [...this.#unkept, ...current];
  }

  /** Somebody watches. */
  note(at: Instant): void {
    const { mark } = this.#parts;
    const from = mark.last();
    if (from !== undefined && at - from > longestLookMs) this.#missed(from, at);
    this.#reason = 'stood-still';
    mark.note(at);
    this.#keep();
  }

  #missed(from: Instant, to: Instant): void {
    const { alarms, log } = this.#parts;
    const reason = this.#reason;
    log.warn('nobody watched the calls', { from: iso(from), to: iso(to), reason });
    this.#unkept.push({ reason, from, to });
    if (to - from < alarmFromMs) return;
    const problem = `nobody watched the calls from ${iso(from)} to ${iso(to)}: ${reason}`;
    const hint = 'mitschnitt completeness lists what is known of the calls of that time.';
    const lastsMs = alarmLastsMs;
    alarms.raise({
      kind: 'calls-unwatched',
      subject: reason,
      problem,
      fault: 'configuration',
      hint,
      lastsMs,
    });
  }

  /** A connection to the PBX stands, or does not. */
  connection(which: 'ari' | 'ami', stands: boolean): void {
    if (which === 'ami') {
      // Before the first connection it is the process that was not there.
      if (!stands && this.#reason !== 'not-running') this.#reason = 'ami-disconnected';
      return;
    }
    if (stands === (this.#gateClosedSince === undefined)) return;
    const since = this.#gateClosedSince ?? this.#parts.now();
    this.#gateClosedSince = stands ? undefined : since;
    const to = stands ? this.#parts.now() : undefined;
    this.#unkept.push({ reason: 'ari-disconnected', from: since, to });
    this.#keep();
  }

  /** What cannot be kept is kept with the next second. */
  #keep(): void {
    if (this.#unkept.length === 0) return;
    this.#keeping ??= this.#keepAll().finally(() => {
      this.#keeping = undefined;
    });
  }

  async #keepAll(): Promise<void> {
    const { ledger, log } = this.#parts;
    try {
      for (let first = this.#unkept[0]; first; first = this.#unkept[0]) {
        await ledger.saveUnwatched(first);
        this.#unkept.shift();
      }
    } catch (error) {
      log.warn('when nobody watched could not be kept yet', { error: messageOf(error) });
    }
  }
}

function iso(instant: Instant): string {
  return new Date(instant).toISOString();
}
