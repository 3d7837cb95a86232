import { setImmediate } from 'node:timers/promises';

import type {
  AccountedCallEnd,
  CallEnd,
  CallPosition,
  RecordingEnd,
  RetentionLedger,
} from '../catalogue/retention-ledger.ts';
import type { Clock } from '../delivery/clock.ts';
import { errorFields, type Log } from '../log.ts';
import { decideAccounted, decideRemote, decideRows, type RetentionPeriods } from '../recording/retention.ts';
import type { Remover } from './remover.ts';

export interface RetentionParts {
  readonly ledger: Pick<
    RetentionLedger,
    | 'groupsKept'
    | 'expiringRecordings'
    | 'orderRemoval'
    | 'expiringCalls'
    | 'expiringUnlisted'
    | 'deleteCall'
    | 'expiringAccount'
    | 'deleteAccounted'
  >;
  readonly remover: Pick<Remover, 'work' | 'start' | 'stop'>;
  readonly clock: Clock;
  readonly periodsOf: (group: string) => RetentionPeriods;
  /** Targets that keep what they got: mailboxes. */
  readonly keeping: readonly string[];
  readonly log: Log;
}

/** How often it is looked for what is due. */
const lookMs = 3_600_000;
/** How often it is looked whether a removal is to be tried again. */
const tickMs = 60_000;
/** Calls that were kept, on hold say, are looked at again. */
const walkAgainMs = 24 * 3_600_000;
/** Looked at in one go: some ms in which nothing else of the process runs. */
const perPage = 50;

const by = { erasure: undefined, actor: 'mitschnitt' } as const;

/** Orders every hour the removal of what has been kept for long enough, and has it removed. */
export class Retention {
  readonly #parts: RetentionParts;
  #nextLook = 0;
  /** Calls that ended before were looked at for those without a line, and when that began. */
  #unlistedTo: CallEnd | undefined;
  #walkedAt = 0;
  #working: Promise<void> | undefined;
  #cancel: (() => void) | undefined;
  #stopped = false;

  constructor(parts: RetentionParts) {
    this.#parts = parts;
  }

  /** Begins after a moment: what waits for the start of the process comes first. */
  start(): void {
    this.#stopped = false;
    this.#parts.remover.start();
    this.#plan();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel?.();
    await this.#parts.remover.stop();
    await this.#working;
  }

  /** Looks for what is due, and tries all that is ordered. Never rejects. */
  async run(): Promise<void> {
    try {
      const groups = await this.#parts.ledger.groupsKept();
      for (const group of groups) await this.#orderRemote(group);
      await this.#parts.remover.work();
      for (const group of groups) await this.#deleteRows(group);
      await this.#deleteUnlisted(groups);
      for (const group of groups) await this.#deleteAccounted(group);
    } catch (error) {
      this.#parts.log.error('retention failed internally, it is tried again', errorFields(error));
    }
  }

  #plan(): void {
    if (this.#stopped) return;
    this.#cancel = this.#parts.clock.after(tickMs, () => {
      this.#working = this.#tick().finally(() => this.#plan());
    });
  }

  async #tick(): Promise<void> {
    const now = this.#parts.clock.now();
    // Also when the clock was set back.
    const isTime = now >= this.#nextLook || this.#nextLook - now > lookMs;
    if (isTime) {
      this.#nextLook = now + lookMs;
      await this.run();
      return;
    }
    await this.#parts.remover.work().catch((error: unknown) => {
      this.#parts.log.error('deleting failed internally, it is tried again', errorFields(error));
    });
  }

  async #orderRemote(group: string): Promise<void> {
    const { ledger, clock, periodsOf, keeping } = this.#parts;
    const periods = periodsOf(group);
    if (periods.remote === undefined) return;
    const now = clock.now();
    const reason = { ...by, reason: 'retention.remote' };
    for (let after: RecordingEnd | undefined; !this.#stopped;) {
      const page = await ledger.expiringRecordings(group, now - periods.remote, perPage, after);
      for (const kept of page)
        if (decideRemote(kept, periods, now) === 'due')
          await ledger.orderRemoval(kept.recording.id, keeping, reason, now);
      after = page.at(-1)?.recording;
      if (page.length < perPage) return;
      await setImmediate();
    }
  }

  async #deleteRows(group: string): Promise<void> {
    const { ledger, clock, periodsOf, log } = this.#parts;
    const periods = periodsOf(group);
    if (periods.catalogue === undefined) return;
    const now = clock.now();
    const reason = { ...by, reason: 'retention.catalogue' };
    for (let after: CallPosition | undefined; !this.#stopped;) {
      const page = await ledger.expiringCalls(group, now - periods.catalogue, perPage, after);
      for (const call of page) {
        if (decideRows(call, periods, now) !== 'due') continue;
        await ledger.deleteCall(call.id, reason, now);
        log.info('deleted from the catalogue', { call: call.id, reason: reason.reason });
      }
      after = page.at(-1)?.position;
      if (page.length < perPage) return;
      await setImmediate();
    }
  }

  /** Calls of which nothing is listed: what is known of their parties is in no line, and goes all the same. */
  async #deleteUnlisted(groups: readonly string[]): Promise<void> {
    const { ledger, clock, periodsOf, log } = this.#parts;
    const now = clock.now();
    const periodOf = (group = '') => periodsOf(group).catalogue ?? Infinity;
    const shortest = Math.min(...[undefined, ...groups].map(periodOf));
    if (shortest === Infinity) return;
    const reason = { ...by, reason: 'retention.catalogue' };
    if (Math.abs(now - this.#walkedAt) >= walkAgainMs) [this.#unlistedTo, this.#walkedAt] = [undefined, now];
    for (let deleted = 0; !this.#stopped;) {
      const { calls, next } = await ledger.expiringUnlisted(now - shortest, this.#unlistedTo);
      for (const { id, endedAt, group, isHeld } of calls) {
        if (isHeld || endedAt + periodOf(group) > now) continue;
        await ledger.deleteCall(id, reason, now);
        deleted += 1;
      }
      if (next) this.#unlistedTo = next;
      await setImmediate();
      if (next) continue;
      if (deleted > 0) log.info('calls without a line deleted from the catalogue', { calls: deleted });
      return;
    }
  }

  /** What the PBX told of calls: numbers, too. */
  async #deleteAccounted(group: string): Promise<void> {
    const { ledger, clock, periodsOf, log } = this.#parts;
    const periods = periodsOf(group);
    if (periods.catalogue === undefined) return;
    const now = clock.now();
    const reason = { ...by, reason: 'retention.catalogue' };
    let deleted = 0;
    for (let after: AccountedCallEnd | undefined; !this.#stopped;) {
      const page = await ledger.expiringAccount(group, now - periods.catalogue, perPage, after);
      for (const call of page) {
        if (decideAccounted(call, periods, now) !== 'due') continue;
        await ledger.deleteAccounted(call, reason, now);
        deleted += 1;
      }
      after = page.at(-1);
      if (page.length < perPage) break;
      await setImmediate();
    }
    if (deleted > 0) log.info('deleted from the account of the PBX', { group, calls: deleted });
  }
}
