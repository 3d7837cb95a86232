import { rm } from 'node:fs/promises';
import { systemClock, type Clock } from '../delivery/clock.ts';
import { explained } from '../delivery/explained.ts';
import { retryDelay, retryDelays } from '../delivery/retry.ts';
import { Shifts } from '../delivery/shifts.ts';
import { isOpen, untilNextMinute, type UploadWindows } from '../delivery/windows.ts';
import { MitschnittError } from '../errors.ts';
import { withSuffix } from '../recording/naming.ts';
import { issueFile } from './issuer.ts';
import type { ReportIssue, ReportIssues } from '../catalogue/catalogue.ts';
import type { FileProgress } from '../delivery/progress.ts';
import type { Target } from '../delivery/target.ts';
import type { ReportLanguage } from './csv.ts';

/** What becomes of an issue, as it is told to the log and to whoever raises alarms. */
export type IssueEvent =
  | { readonly type: 'delivered'; readonly issue: ReportIssue }
  | { readonly type: 'postponed' | 'set-aside'; readonly issue: ReportIssue; readonly error: MitschnittError }
  /** Something of our own failed. It is tried again. */
  | { readonly type: 'trouble'; readonly target: string; readonly error: unknown };

export interface IssueCourierOptions {
  readonly ledger: Pick<ReportIssues, 'pendingIssues' | 'saveIssue'>;
  readonly name: string;
  readonly create: () => Target;
  readonly windows: UploadWindows;
  readonly folder: string;
  readonly language: ReportLanguage;
  readonly report: (event: IssueEvent) => void;
  readonly clock?: Clock;
  /** Shared with those before and after in the same process. */
  readonly shifts?: Shifts;
  /** From 0 to 1. */
  readonly random?: () => number;
}

/** A clock that is set meanwhile is noticed after this. */
const longestSleepMs = 60_000;
/** So many foreign files of one name are no accident. */
const lastSuffix = 1000;

/** Brings report issues to one target, one at a time: each once, tried again for as long as it takes. */
export class IssueCourier {
  readonly #options: IssueCourierOptions;
  readonly #clock: Clock;
  readonly #target: Target;
  readonly #shifts: Shifts;
  #stopping = new AbortController();
  #work: Promise<void> = Promise.resolve();
  #rung = false;
  /** Ids of those that somebody wants to be tried now, whatever they are due; `all`: it is not known yet which they are. */
  #asked: 'all' | Set<string> | undefined;
  #moving: FileProgress | undefined;
  #awaken: (() => void) | undefined;

  constructor(options: IssueCourierOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#target = options.create();
    this.#shifts = options.shifts ?? new Shifts();
  }

  /** Begins with what a former process left. */
  start(): void {
    this.#stopping = new AbortController();
    const { signal } = this.#stopping;
    // With the connection closed: whoever comes next may have begun before this one is told that it is over.
    this.#work = this.#shifts.begin(this.name, () => this.#run(signal).finally(() => this.#target.close()));
  }

  /** The target. */
  get name(): string {
    return this.#options.name;
  }

  /** Whether a run that somebody asked for goes on. */
  get isAsked(): boolean {
    return this.#asked !== undefined;
  }

  /** What is on its way. */
  get moving(): FileProgress | undefined {
    return this.#moving;
  }

  /** Tries everything that is pending now, whatever windows and retry delays say: each once, until the target takes none. */
  runNow(): void {
    this.#asked = 'all';
    this.wake();
  }

  /** There may be something more to deliver. */
  wake(): void {
    this.#rung = true;
    this.#awaken?.();
  }

  /** Ends a running transfer, which leaves nothing under a final name. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.wake();
    await this.#work;
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#deliverDue(signal);
      } catch (error) {
        // The catalogue's: those of the target do not come this far.
        this.#options.report({ type: 'trouble', target: this.#options.name, error });
        await this.#pause(longestSleepMs);
      }
    }
  }

  async #deliverDue(signal: AbortSignal): Promise<void> {
    const { ledger, name, windows } = this.#options;
    const pending = await ledger.pendingIssues(name);
    if (this.#asked === 'all') this.#asked = new Set(pending.map(({ id }) => id));
    const asked = this.#asked;
    const wanted = asked && pending.find(({ id }) => asked.has(id));
    if (wanted) {
      asked.delete(wanted.id);
      const goesOn = await this.#deliver(wanted, signal);
      if (!goesOn && this.#asked === asked) this.#asked = undefined;
      return;
    }
    if (asked && this.#asked === asked) this.#asked = undefined;
    const [next] = pending;
    const now = this.#clock.now();
    if (!next || next.dueAt > now) await this.#pause(next ? next.dueAt - now : longestSleepMs);
    else if (!isOpen(windows, now)) await this.#pause(untilNextMinute(now));
    else await this.#deliver(next, signal);
  }

  /** Returns whether the next one may fare better than this one did. */
  async #deliver(issue: ReportIssue, signal: AbortSignal): Promise<boolean> {
    const { folder, ledger, report } = this.#options;
    const attempts = issue.attempts + 1;
    let delivered: ReportIssue;
    try {
      const name = await this.#put(issue, signal);
      const deliveredAt = this.#clock.now();
      delivered = { ...issue, name, state: 'delivered', attempts, deliveredAt, problem: undefined };
    } catch (thrown) {
      return !signal.aborted && (await this.#noteFailure({ ...issue, attempts }, thrown)) === 'set-aside';
    } finally {
      this.#moving = undefined;
    }
    await ledger.saveIssue(delivered);
    await rm(issueFile(folder, issue.id), { force: true });
    report({ type: 'delivered', issue: delivered });
    return true;
  }

  /** Returns the name that it has there: that of the issue, or the first with a suffix that is free. */
  async #put({ id, name: plain, bytes, sha256, period }: ReportIssue, signal: AbortSignal): Promise<string> {
    const { folder, language } = this.#options;
    const source = issueFile(folder, id);
    const facts = { period, language };
    for (let suffix = 1; ; suffix += 1) {
      const name = suffix === 1 ? plain : withSuffix(plain, suffix);
      try {
        const moving = { recording: id, name, bytes, startedAt: this.#clock.now() };
        this.#moving = { ...moving, sent: 0 };
        const onProgress = (more: number): void => {
          this.#moving = { ...moving, sent: (this.#moving?.sent ?? 0) + more };
        };
        const file = { id, source, bytes, sha256, folder: '', name, facts, signal };
        await this.#target.put({ ...file, onProgress });
        return name;
      } catch (error) {
        const taken = error instanceof MitschnittError && error.code === 'name-taken';
        if (!taken || suffix > lastSuffix) throw error;
      }
    }
  }

  /** Returns what becomes of it. */
  async #noteFailure(issue: ReportIssue, thrown: unknown): Promise<ReportIssue['state']> {
    const { ledger, name, report, random = Math.random } = this.#options;
    const error = explained(thrown, name);
    const at = this.#clock.now();
    const problem = { at, code: error.code, message: error.message, hint: error.hint };
    const failed: ReportIssue = error.retry
      ? { ...issue, dueAt: at + retryDelay(issue.attempts, random(), retryDelays), problem }
      : { ...issue, state: 'set-aside', problem };
    await ledger.saveIssue(failed);
    report({ type: error.retry ? 'postponed' : 'set-aside', issue: failed, error });
    return failed.state;
  }

  /** Sleeps, unless something happened that was not seen yet, and until something happens. */
  async #pause(ms: number): Promise<void> {
    if (!this.#rung) {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      this.#awaken = () => resolve(undefined);
      const cancel = this.#clock.after(Math.min(ms, longestSleepMs), this.#awaken);
      await promise;
      cancel();
      this.#awaken = undefined;
    }
    this.#rung = false;
  }
}
