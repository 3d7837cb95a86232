/** What is told when: time comes as an argument, and nothing is sent from here. */
import type { AlarmNotice } from '../catalogue/catalogue.ts';
import type { Instant } from '../call/call.ts';
import type { Alarm } from './alarms.ts';

/** How people are spared. */
export interface NoticePolicy {
  /** What begins or ends within this goes into one message. */
  readonly gatherMs: number;
  /** From one message to the next, whatever happens. Reminders of one alarm are further apart. */
  readonly quietMs: number;
  /** From one reminder of an alarm to the next. */
  readonly remindEveryMs: number;
}

/** What is told of one alarm: that it began, still stands, is over, or began and was over before it could be told. */
export type NoticeState = 'raised' | 'reminder' | 'over' | 'passed';

export interface NoticeItem {
  readonly state: NoticeState;
  readonly notice: AlarmNotice;
}

const isSame = (a: AlarmNotice, b: Pick<AlarmNotice, 'kind' | 'subject'>) =>
  a.kind === b.kind && a.subject === b.subject;

/** An alarm begins. One whose end was not told yet goes on, so that coming and going is one matter. */
export function noted(notices: readonly AlarmNotice[], alarm: Alarm, now: Instant): readonly AlarmNotice[] {
  const { kind, subject, problem, fault, hint, code } = alarm;
  const facts = { kind, subject, problem, fault, hint, code, begunAt: now };
  const known = notices.find((each) => isSame(each, alarm));
  if (!known) {
    const unheard = { since: alarm.since, endedAt: undefined, times: 1, toldAt: undefined, reminders: 0 };
    return [...notices, { ...facts, ...unheard }];
  }
  if (known.endedAt === undefined) return notices;
  const goesOn = { ...known, ...facts, endedAt: undefined, times: known.times + 1 };
  return notices.map((each) => (each === known ? goesOn : each));
}

/** An alarm is over. */
export function ended(
  notices: readonly AlarmNotice[],
  alarm: Pick<Alarm, 'kind' | 'subject'>,
  now: Instant,
): readonly AlarmNotice[] {
  return notices.map((each) =>
    isSame(each, alarm) && each.endedAt === undefined ? { ...each, endedAt: now } : each,
  );
}

/**
 * As {@link noted} and {@link ended} for what happened while nobody listened: a former process died, or people are told
 * by a new way.
 */
export function reconciled(
  notices: readonly AlarmNotice[],
  standing: readonly Alarm[],
  now: Instant,
): readonly AlarmNotice[] {
  const gone = notices.filter((each) => !standing.some((alarm) => isSame(each, alarm)));
  const closed = gone.reduce(
    (all, each) => ended(all, each as Pick<Alarm, 'kind' | 'subject'>, now),
    notices,
  );
  return standing.reduce((all, alarm) => noted(all, alarm, alarm.since), closed);
}

/** What an alarm gives to tell, now or later, and from when on. */
function itemOf(
  notice: AlarmNotice,
  { gatherMs, remindEveryMs }: NoticePolicy,
): NoticeItem & { dueAt: Instant } {
  const { toldAt, endedAt, since } = notice;
  if (endedAt !== undefined) {
    // Counted from its first beginning: what comes and goes must not put it off.
    if (toldAt === undefined) return { state: 'passed', notice, dueAt: since + gatherMs };
    return { state: 'over', notice, dueAt: endedAt + gatherMs };
  }
  if (toldAt === undefined) return { state: 'raised', notice, dueAt: since + gatherMs };
  return { state: 'reminder', notice, dueAt: toldAt + remindEveryMs };
}

/** When the next message is due; undefined: there is nothing to tell. `sentAt`: when the last one was. */
export function nextMessageAt(
  notices: readonly AlarmNotice[],
  policy: NoticePolicy,
  sentAt: Instant | undefined,
): Instant | undefined {
  if (notices.length === 0) return undefined;
  const dueAt = Math.min(...notices.map((notice) => itemOf(notice, policy).dueAt));
  return Math.max(dueAt, sentAt === undefined ? dueAt : sentAt + policy.quietMs);
}

/**
 * All that a message has to tell that is sent now. What began or ended goes in even if it could wait a little: the next
 * message is as far away as can be.
 */
export function messageItems(
  notices: readonly AlarmNotice[],
  policy: NoticePolicy,
  now: Instant,
): readonly NoticeItem[] {
  return notices
    .map((notice) => itemOf(notice, policy))
    .filter(({ state, dueAt }) => state !== 'reminder' || dueAt <= now)
    .map(({ state, notice }) => ({ state, notice }));
}

/** The message has been sent; alarms may have begun or ended meanwhile. */
export function told(
  notices: readonly AlarmNotice[],
  items: readonly NoticeItem[],
  now: Instant,
): readonly AlarmNotice[] {
  return notices.flatMap((current) => {
    const item = items.find(({ notice }) => isSame(notice, current));
    if (!item) return [current];
    if (item.state === 'over' || item.state === 'passed') {
      if (current.endedAt === item.notice.endedAt) return [];
      // It has begun again since.
      return [{ ...current, since: current.begunAt, times: 1, toldAt: undefined, reminders: 0 }];
    }
    const reminders = current.reminders + (item.state === 'reminder' ? 1 : 0);
    return [{ ...current, toldAt: now, reminders }];
  });
}
