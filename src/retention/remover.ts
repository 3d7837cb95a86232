import { rm } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';

import type { Alarms } from '../alarms/alarms.ts';
import type { DeliveryLedger } from '../catalogue/catalogue.ts';
import type { Removal, RetentionLedger } from '../catalogue/retention-ledger.ts';
import type { Clock } from '../delivery/clock.ts';
import { explained } from '../delivery/explained.ts';
import { retryDelay, type RetryDelays } from '../delivery/retry.ts';
import type { Target, TargetPath } from '../delivery/target.ts';
import { MitschnittError } from '../errors.ts';
import type { Log } from '../log.ts';
import { Rests } from './rests.ts';

export interface RemoverParts {
  readonly ledger: Pick<
    RetentionLedger,
    'removalTargets' | 'dueRemovals' | 'isRemovalOverdue' | 'noteRemoval' | 'postponeRemoval'
  > &
    Pick<DeliveryLedger, 'sync'>;
  readonly clock: Clock;
  /** Makes a target of the configuration; undefined: there is none of this name any more. */
  readonly targetOf: (name: string) => Target | undefined;
  /** Absolute paths of all local files of a recording. */
  readonly pathsOf: (recording: string) => readonly string[];
  /** Resolves when no delivery of a recording is under way. */
  readonly settled: (recording: string) => Promise<void>;
  readonly alarms: Pick<Alarms, 'raise' | 'clear'>;
  readonly log: Log;
  /** From 0 to 1. */
  readonly random?: () => number;
}

/** Read from the catalogue in one go. */
const removalsPerPage = 100;
/** Nobody has to delete within minutes: a server that restarts is no alarm. */
const alarmAfterMs = 3_600_000;
const delays: RetryDelays = { firstMs: 60_000, longestMs: 3_600_000, jitter: 0.2 };
/** A sidecar is some kilobytes; what is longer is none. */
const longestSidecar = 1_000_000;

/** What may stand in the way of one file, and of no other at the same target. */
const ofOneFile: ReadonlySet<string> = new Set([
  ...['object-locked', 'file-in-use', 'locked', 'remove-refused', 'remove-failed', 'read-refused'],
  ...['name-refused', 'not-a-folder'],
]);
/** So many refusals in one round, and nothing removed: it is the target. */
const refusalsInDoubt = 20;

/** What stands for this machine among the targets: none of them can have this name, but one may be called `local`. */
const here = '(local)';

/**
 * Removes what was ordered to be removed: first the file, then the note that says so. A process that dies in between
 * finds it `absent` the next time. A target that fails rests for a while; a file that cannot be removed holds up no other.
 */
export class Remover {
  readonly #parts: RemoverParts;
  readonly #rests = new Rests(delays);
  /** Targets of which an alarm was raised. */
  readonly #alarmed = new Set<string>();
  #working: Promise<void> | undefined;
  #again = false;
  #isUrgent = false;
  #stopping = new AbortController();

  constructor(parts: RemoverParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#stopping = new AbortController();
  }

  /** Tries all that is due, each once. One round at a time; what is ordered meanwhile gets one of its own. */
  async work(): Promise<void> {
    this.#again = true;
    this.#working ??= this.#rounds().finally(() => (this.#working = undefined));
    await this.#working;
  }

  /** As {@link work}, also at targets that rest: somebody waits for what becomes of it. */
  async workAtOnce(): Promise<void> {
    this.#isUrgent = true;
    await this.work();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#working;
  }

  async #rounds(): Promise<void> {
    do {
      this.#again = false;
      if (this.#isUrgent) this.#rests.interrupt();
      this.#isUrgent = false;
      await new Round(this.#parts, this.#rests, this.#alarmed, this.#stopping.signal).run();
    } while (this.#wantsAnother());
  }

  #wantsAnother(): boolean {
    return this.#again && !this.#stopping.signal.aborted;
  }
}

/** One walk through all that is due, target by target, with one connection to each. */
class Round {
  readonly #parts: RemoverParts;
  readonly #rests: Rests;
  readonly #alarmed: Set<string>;
  readonly #signal: AbortSignal;
  readonly #open = new Map<string, Target | undefined>();
  /** Targets that rest from now on. */
  readonly #failed = new Set<string>();
  /** How many files of a target could not be removed. */
  readonly #refusals = new Map<string, number>();
  readonly #succeeded = new Set<string>();
  #synced = false;

  constructor(parts: RemoverParts, rests: Rests, alarmed: Set<string>, signal: AbortSignal) {
    this.#parts = parts;
    this.#rests = rests;
    this.#alarmed = alarmed;
    this.#signal = signal;
  }

  async run(): Promise<void> {
    const { ledger, clock } = this.#parts;
    const now = clock.now();
    try {
      for (const target of await ledger.removalTargets())
        if (!this.#rests.has(target ?? here, now)) await this.#workOff(target, now);
      if (!this.#isStopping()) await this.#endAlarms();
    } finally {
      for (const target of this.#open.values()) await target?.close().catch(() => undefined);
    }
  }

  async #workOff(target: string | undefined, now: number): Promise<void> {
    const isOver = (): boolean => this.#isStopping() || this.#failed.has(target ?? here);
    for (let after: Removal | undefined; !isOver();) {
      const due = await this.#parts.ledger.dueRemovals(target, now, removalsPerPage, after);
      for (const removal of due) if (!isOver()) await this.#attempt(removal);
      after = due.at(-1);
      if (due.length < removalsPerPage) break;
      // Queries answer without a turn of the event loop: many in a row would hold up every call.
      await setImmediate();
    }
  }

  /** Over is what nothing stays for: one file that stays is not tried in every round. */
  async #endAlarms(): Promise<void> {
    const { ledger, clock, alarms } = this.#parts;
    const before = clock.now() - alarmAfterMs;
    for (const name of new Set([...this.#succeeded, ...this.#alarmed])) {
      if (this.#failed.has(name)) continue;
      // What stood in the way of the whole target does no more once a file of it is gone.
      const problems = this.#succeeded.has(name) ? [...ofOneFile] : undefined;
      if (await ledger.isRemovalOverdue(name === here ? undefined : name, before, problems)) continue;
      this.#alarmed.delete(name);
      alarms.clear('removal-failing', name);
    }
  }

  async #attempt(removal: Removal): Promise<void> {
    const { ledger, clock, log } = this.#parts;
    const { recording, target = here, reason, erasure, actor } = removal;
    try {
      const result = await this.#remove(removal);
      await ledger.noteRemoval(removal, result, clock.now());
      this.#succeeded.add(target);
      this.#rests.end(target);
      log.info('deleted', { recording, target, reason, erasure, actor, result });
    } catch (thrown) {
      if (!this.#isStopping()) await this.#failure(removal, explained(thrown, target));
    }
  }

  #isStopping(): boolean {
    return this.#signal.aborted;
  }

  async #remove(removal: Removal): Promise<'removed' | 'absent'> {
    const { ledger, pathsOf, settled } = this.#parts;
    // A power cut must not take back the notes by which this is due.
    if (!this.#synced) await ledger.sync();
    this.#synced = true;
    const { recording, target: name } = removal;
    // What is being sent would arrive after its removal.
    await this.#unlessStopped(settled(recording));
    if (name === undefined) {
      await Promise.all(pathsOf(recording).map((path) => rm(path, { force: true })));
      return 'removed';
    }
    if (!this.#open.has(name)) this.#open.set(name, this.#parts.targetOf(name));
    const target = this.#open.get(name);
    if (!target) throw unknownTarget(name);
    await this.#removeSidecar(target, removal);
    return await target.remove({ folder: removal.folder, name: removal.name }, this.#signal);
  }

  /** A transfer may take long to end: what removes must not wait for it when it is to end itself. */
  async #unlessStopped(work: Promise<void>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const leave = (): void => resolve(undefined);
    this.#signal.addEventListener('abort', leave);
    if (!this.#signal.aborted) await Promise.race([work, promise]);
    this.#signal.removeEventListener('abort', leave);
    this.#signal.throwIfAborted();
  }

  /** Only what says itself that it is of this recording: another file may have the name. */
  async #removeSidecar(target: Target, { recording, folder, name }: Removal): Promise<void> {
    const path = { folder, name: name.replace(/\.wav$/i, '') + '.json' };
    if ((await this.#idIn(target, path)) === recording) await target.remove(path, this.#signal);
  }

  async #idIn(target: Target, path: TargetPath): Promise<unknown> {
    const pieces: Buffer[] = [];
    let bytes = 0;
    try {
      for await (const piece of target.read(path, this.#signal)) {
        bytes += piece.length;
        if (bytes > longestSidecar) return undefined;
        pieces.push(piece);
      }
    } catch (error) {
      if (error instanceof MitschnittError && error.code === 'file-missing') return undefined;
      throw error;
    }
    try {
      return (JSON.parse(Buffer.concat(pieces).toString('utf8')) as { id?: unknown } | null)?.id;
    } catch {
      return undefined;
    }
  }

  async #failure(removal: Removal, error: MitschnittError): Promise<void> {
    const { ledger, clock, alarms, log, random = Math.random } = this.#parts;
    const { recording, target = here, attempts, orderedAt } = removal;
    const { code, message: problem, fault, hint } = error;
    const now = clock.now();
    log.warn('not deleted', { recording, target, code, problem, hint });
    if (!error.retry) {
      // Never: a mailbox. It is logged as such, and not tried again.
      await ledger.noteRemoval(removal, code, now);
      return;
    }
    this.#count(target, code);
    await ledger.postponeRemoval(removal, code, now + retryDelay(attempts + 1, random(), delays));
    // What is ordered last is tried first: that alone would be no alarm, however long others wait already.
    const before = now - alarmAfterMs;
    if (orderedAt > before && !(await ledger.isRemovalOverdue(removal.target, before))) return;
    this.#alarmed.add(target);
    alarms.raise({ kind: 'removal-failing', subject: target, problem, fault, hint, code });
  }

  #count(target: string, code: string): void {
    const refusals = (this.#refusals.get(target) ?? 0) + 1;
    this.#refusals.set(target, refusals);
    const isUseless = refusals >= refusalsInDoubt && !this.#succeeded.has(target);
    if (ofOneFile.has(code) && !isUseless) return;
    this.#failed.add(target);
    const { clock, random = Math.random } = this.#parts;
    this.#rests.begin(target, clock.now(), random());
  }
}

function unknownTarget(name: string): MitschnittError {
  return new MitschnittError(`Target ${name}: the configuration has it no more`, {
    code: 'unknown-target',
    fault: 'configuration',
    retry: true,
    hint: 'Put it back under targets until what is to be deleted there is deleted.',
  });
}
