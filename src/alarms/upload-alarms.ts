import type { Alarm, AlarmKind, AlarmRaised } from './alarms.ts';
import type { Instant } from '../call/call.ts';
import type { ConnectionCheck, Delivery } from '../catalogue/catalogue.ts';
import type { UploadEvent } from '../delivery/upload-events.ts';
import type { Fault, MitschnittError } from '../errors.ts';

/** From when on failing is an alarm: so many attempts in a row, or failing for so long. */
export type FailingAfter = { readonly attempts: number } | { readonly ms: number };

/** What an event does to the alarms. */
export type AlarmChange =
  | { readonly raise: AlarmRaised }
  | { readonly clear: { readonly kind: AlarmKind; readonly subject: string } };

/** An alarm about recordings that were set aside is over when there was none for so long. They stay listed. */
const setAsideLastsMs = 24 * 3_600_000;

/** Errors that say that nobody was there to refuse anything. */
const unreachable: ReadonlySet<string> = new Set([
  ...['connection-refused', 'connection-lost', 'no-answer', 'unreachable'],
  ...['host-unknown', 'name-service-down'],
]);

/** What is told of the way of one file to one target. */
interface Attempted extends Pick<Delivery, 'target' | 'recording' | 'attempts'> {
  /** What it is, where it is no recording: `report Report_2021-04.csv`. */
  readonly what?: string;
}

interface Failure {
  readonly type: 'postponed' | 'set-aside';
  readonly delivery: Attempted;
  readonly error: MitschnittError;
}

/** What becomes of recordings and reports; other events of the upload say nothing here. */
export type DeliveryEvent =
  | Failure
  | { readonly type: 'delivered'; readonly delivery: Attempted }
  | { readonly type: Exclude<UploadEvent['type'], 'postponed' | 'set-aside' | 'delivered'> };

/** What is known of one target. */
interface Trouble {
  /** Failures since the last success, and when the first was. */
  row: number;
  since: Instant;
  /** Connection checks that failed since the last one that did not, and when the first of them was. */
  checks: number;
  checkedSince: Instant;
  /** Recordings that failed for long enough by themselves, while others may get there. */
  readonly failing: Set<string>;
  /** When each recording failed first, if it did not get there yet. */
  readonly first: Map<string, Instant>;
}

interface Problem {
  readonly code: string;
  readonly message: string;
  readonly fault: Fault;
  readonly hint: string;
}

/**
 * Turns what happens to deliveries into alarms: one per target and kind, however many recordings wait. That of a target
 * that is down is over with the first delivery; that of recordings that fail by themselves, with the last of them.
 */
export class UploadAlarms {
  readonly #after: FailingAfter;
  readonly #targets = new Map<string, Trouble>();

  constructor(after: FailingAfter) {
    this.#after = after;
  }

  /**
   * Goes on with the alarms of a former process. `failed`: recordings by target that failed and still wait. Gives what
   * is to be raised again: the next attempt may be a quarter of an hour away, and an alarm that nobody raises ends.
   */
  takeOver(
    standing: readonly Alarm[],
    failed: ReadonlyMap<string, readonly string[]>,
    now: Instant,
  ): readonly AlarmChange[] {
    return standing.flatMap(({ kind, subject, problem, fault, hint, code, since }) => {
      const isChecked = kind === 'target-unreachable' || kind === 'target-check-failed';
      const recordings = failed.get(subject) ?? [];
      if (!isChecked && (kind !== 'delivery-failing' || recordings.length === 0)) return [];
      const trouble = this.#troubleOf(subject, since);
      const row = 'attempts' in this.#after ? this.#after.attempts : 1;
      const begun = Math.min(since, now);
      // The first check is a few seconds away, and ends it if it is over.
      if (isChecked) [trouble.checks, trouble.checkedSince] = [row, begun];
      if (recordings.length > 0) [trouble.row, trouble.since] = [row, begun];
      for (const recording of recordings) {
        trouble.first.set(recording, since);
        if (kind === 'delivery-failing') trouble.failing.add(recording);
      }
      return [{ raise: { kind, subject, problem, fault, hint, code } }];
    });
  }

  take(event: DeliveryEvent, now: Instant): readonly AlarmChange[] {
    if (event.type === 'postponed') return this.#postponed(event, now);
    if (event.type !== 'set-aside' && event.type !== 'delivered') return [];
    const { target: subject, recording } = event.delivery;
    const trouble = this.#troubleOf(subject, now);
    trouble.failing.delete(recording);
    trouble.first.delete(recording);
    if (event.type === 'delivered') trouble.row = 0;
    const isOver = trouble.failing.size === 0 && trouble.row === 0;
    return [
      // A file may have been set aside without anybody having been asked: it says nothing of the target.
      ...(event.type === 'set-aside' ? [setAside(event)] : [cleared('target-unreachable', subject)]),
      ...(isOver ? [cleared('delivery-failing', subject)] : []),
    ];
  }

  /** What a connection check means: nobody is there, or whoever is there would not take a recording. */
  checked({ target: subject, problem }: ConnectionCheck, now: Instant): readonly AlarmChange[] {
    const trouble = this.#troubleOf(subject, now);
    if (!problem) {
      trouble.checks = 0;
      return [cleared('target-unreachable', subject), cleared('target-check-failed', subject)];
    }
    if (trouble.checks === 0) trouble.checkedSince = now;
    trouble.checks += 1;
    if (!this.#isLong(trouble.checks, trouble.checkedSince, now)) return [];
    const isThere = !unreachable.has(problem.code);
    const [kind, other]: [AlarmKind, AlarmKind] = isThere
      ? ['target-check-failed', 'target-unreachable']
      : ['target-unreachable', 'target-check-failed'];
    return [cleared(other, subject), { raise: { kind, subject, ...facts(problem, problem.message) } }];
  }

  #postponed(event: Failure, now: Instant): readonly AlarmChange[] {
    const { target: subject, recording, attempts } = event.delivery;
    const trouble = this.#troubleOf(subject, now);
    if (trouble.row === 0) trouble.since = now;
    trouble.row += 1;
    const first = trouble.first.get(recording) ?? now;
    trouble.first.set(recording, first);
    const problem = event.error;
    if (unreachable.has(problem.code)) {
      if (!this.#isLong(trouble.row, trouble.since, now)) return [];
      return [{ raise: { kind: 'target-unreachable', subject, ...facts(problem, problem.message) } }];
    }
    if (this.#isLong(attempts, first, now)) trouble.failing.add(recording);
    const isLocal = problem.code.startsWith('local-file-');
    const changes: AlarmChange[] = isLocal ? [] : [cleared('target-unreachable', subject)];
    if (trouble.failing.size === 0 && !this.#isLong(trouble.row, trouble.since, now)) return changes;
    const others = trouble.failing.size > 1 ? ` (${trouble.failing.size} files)` : '';
    changes.push({
      raise: { kind: 'delivery-failing', subject, ...facts(problem, `${problem.message}${others}`) },
    });
    return changes;
  }

  #isLong(attempts: number, since: Instant, now: Instant): boolean {
    return 'attempts' in this.#after ? attempts >= this.#after.attempts : now - since >= this.#after.ms;
  }

  #troubleOf(target: string, now: Instant): Trouble {
    const known = this.#targets.get(target);
    if (known) return known;
    const made: Trouble = {
      ...{ row: 0, since: now, checks: 0, checkedSince: now },
      ...{ failing: new Set(), first: new Map() },
    };
    this.#targets.set(target, made);
    return made;
  }
}

function cleared(kind: AlarmKind, subject: string): AlarmChange {
  return { clear: { kind, subject } };
}

function facts({ code, fault, hint }: Problem, problem: string) {
  return { problem, fault, hint, code };
}

function setAside({ delivery, error }: Failure): AlarmChange {
  const problem = `${delivery.what ?? `recording ${delivery.recording}`}: ${error.message}`;
  return {
    raise: {
      ...{ kind: 'delivery-set-aside', subject: delivery.target },
      ...facts(error, problem),
      lastsMs: setAsideLastsMs,
    },
  };
}
