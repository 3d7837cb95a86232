import { createHash } from 'node:crypto';

import { messageOf, MitschnittError } from '../errors.ts';
import { retryDelay, type RetryDelays } from '../delivery/retry.ts';
import type { Instant } from '../call/call.ts';
import type { AlarmNotice, NoticeLedger } from '../catalogue/catalogue.ts';
import type { Log } from '../log.ts';
import type { Alarm, Alarms } from './alarms.ts';
import type { NoticeMessage } from './notice-message.ts';
import {
  ended,
  messageItems,
  nextMessageAt,
  noted,
  reconciled,
  told,
  type NoticeItem,
  type NoticePolicy,
} from './notices.ts';

/** A way by which people are told (PORT). */
export interface NoticeChannel {
  readonly name: 'email' | 'webhook';
  /** Resolves when it was taken; throws a MitschnittError otherwise. */
  send(message: NoticeMessage, signal: AbortSignal): Promise<void>;
  close(): void;
}

export interface NotifierParts {
  readonly channel: NoticeChannel;
  readonly ledger: NoticeLedger;
  readonly alarms: Pick<Alarms, 'standing' | 'raise' | 'clear'>;
  readonly policy: NoticePolicy;
  readonly log: Log;
  readonly now: () => Instant;
  /** From 0 to 1. */
  readonly random?: () => number;
  readonly delays?: RetryDelays;
}

/** Whoever runs a mail server restarts it within a minute; after that, waiting costs nothing. */
const noticeDelays: RetryDelays = { firstMs: 15_000, longestMs: 15 * 60_000, jitter: 0.2 };
/** A failure of sending is told by the other way, and in `status`, after so many in a row. */
const failuresToTell = 3;
/** The longest sleep: a clock that is set meanwhile is noticed after this. */
const longestSleepMs = 60_000;

/**
 * Tells people of alarms by one way. What was told and what is still to be told is in the catalogue: a message that
 * could not be sent is made anew from what stands by then, after a restart as well.
 */
export class Notifier {
  readonly #parts: NotifierParts;
  #notices: readonly AlarmNotice[] = [];
  #sentAt: Instant | undefined;
  #failures = 0;
  /** Nothing is sent before. */
  #restUntil: Instant = 0;
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  #saving: Promise<void> = Promise.resolve();
  #running = false;
  readonly #stopping = new AbortController();

  constructor(parts: NotifierParts) {
    this.#parts = parts;
  }

  /** Takes over what a former process did not come to tell. After {@link Alarms.start}. */
  async start(): Promise<void> {
    const { ledger, channel, alarms, now } = this.#parts;
    const kept = await ledger.notices(channel.name);
    const standing = alarms.standing.filter((alarm) => !this.#isOwn(alarm));
    this.#running = true;
    this.#change(reconciled(kept, standing, now()));
  }

  /** What is still to be told is told by the next process. */
  async stop(): Promise<void> {
    this.#running = false;
    clearTimeout(this.#timer);
    this.#stopping.abort();
    await this.#sending;
    await this.#saving;
    this.#parts.channel.close();
  }

  /** Hears of the beginning and the end of alarms. */
  tell(alarm: Alarm, state: 'raised' | 'over'): void {
    if (!this.#running || this.#isOwn(alarm)) return;
    const now = this.#parts.now();
    this.#change(state === 'raised' ? noted(this.#notices, alarm, now) : ended(this.#notices, alarm, now));
  }

  /** That nobody can be told by this way is for the other ways to tell. */
  #isOwn({ kind, subject }: Alarm): boolean {
    return kind === 'notices-unsent' && subject === this.#parts.channel.name;
  }

  #change(notices: readonly AlarmNotice[]): void {
    this.#notices = notices;
    const { ledger, channel, log } = this.#parts;
    this.#saving = this.#saving
      .then(() => ledger.saveNotices(channel.name, this.#notices))
      .catch((error: unknown) => {
        log.error('what is told of alarms could not be kept', { by: channel.name, error: messageOf(error) });
      });
    this.#plan();
  }

  #plan(): void {
    clearTimeout(this.#timer);
    if (!this.#running || this.#sending) return;
    const { policy, now } = this.#parts;
    const dueAt = nextMessageAt(this.#notices, policy, this.#sentAt);
    if (dueAt === undefined) return;
    const waitMs = Math.max(dueAt, this.#restUntil) - now();
    this.#timer = setTimeout(
      () => {
        if (waitMs > longestSleepMs) this.#plan();
        else this.#begin();
      },
      Math.min(Math.max(waitMs, 0), longestSleepMs),
    );
  }

  #begin(): void {
    this.#sending = this.#send().finally(() => {
      this.#sending = undefined;
      this.#plan();
    });
  }

  async #send(): Promise<void> {
    const { channel, policy, log, now } = this.#parts;
    // Since it began, more may have come to be known of it.
    const items = messageItems(this.#notices, policy, now()).map((item) => this.#current(item));
    if (items.length === 0) return;
    try {
      await channel.send(
        { id: identityOf(channel.name, items), sentAt: now(), items },
        this.#stopping.signal,
      );
    } catch (error) {
      if (!this.#stopping.signal.aborted) this.#failed(error);
      return;
    }
    this.#failures = 0;
    this.#sentAt = now();
    log.info('told of alarms', { by: channel.name, alarms: items.length });
    this.#parts.alarms.clear('notices-unsent', channel.name);
    this.#change(told(this.#notices, items, now()));
  }

  #current({ state, notice }: NoticeItem): NoticeItem {
    const alarm = this.#parts.alarms.standing.find(
      ({ kind, subject }) => kind === notice.kind && subject === notice.subject,
    );
    return alarm
      ? { state, notice: { ...notice, problem: alarm.problem, hint: alarm.hint, code: alarm.code } }
      : { state, notice };
  }

  #failed(thrown: unknown): void {
    const { channel, alarms, log, now, random = Math.random, delays = noticeDelays } = this.#parts;
    this.#failures += 1;
    this.#restUntil = now() + retryDelay(this.#failures, random(), delays);
    const problem = messageOf(thrown);
    const { code, hint, fault } =
      thrown instanceof MitschnittError
        ? thrown
        : { code: 'unexpected', hint: 'Report this to the makers of Mitschnitt.', fault: 'defect' as const };
    log.warn('nobody could be told of alarms yet', {
      ...{ by: channel.name, error: problem, hint },
      again: new Date(this.#restUntil).toISOString(),
    });
    if (this.#failures >= failuresToTell)
      alarms.raise({ kind: 'notices-unsent', subject: channel.name, problem, fault, hint, code });
  }
}

/** The same for the same content: who gets a message twice can tell. */
function identityOf(channel: string, items: readonly NoticeItem[]): string {
  const content = items.map(({ state, notice }) => {
    const { kind, subject, since, begunAt, endedAt, times, reminders } = notice;
    return [state, kind, subject, since, begunAt, endedAt ?? null, times, reminders];
  });
  const digest = createHash('sha256')
    .update(JSON.stringify([channel, content]))
    .digest('hex');
  // The form of a UUID that is made of content (RFC 9562, 5.8).
  return [
    digest.slice(0, 8),
    digest.slice(8, 12),
    `8${digest.slice(13, 16)}`,
    `8${digest.slice(17, 20)}`,
    digest.slice(20, 32),
  ].join('-');
}
