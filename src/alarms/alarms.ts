import { readFile, rename, writeFile } from 'node:fs/promises';

import { codeOf, messageOf, type Fault } from '../errors.ts';
import type { Instant } from '../call/call.ts';
import type { Log } from '../log.ts';

/** What can stand in the way. */
export type AlarmKind =
  /** A talk that should have been recorded has no audio. */
  | 'recording-failed'
  /** Asterisk said that it records, and its file does not grow. */
  | 'recording-not-growing'
  /** A finished recording is not as it should be. */
  | 'recording-finding'
  /** A recording stays in `active/` though its call is over, or runs for longer than any call should. */
  | 'recording-stuck'
  /** Its group, and the targets of that, were taken out of the configuration before it was finished. */
  | 'recording-astray'
  /** No call is recorded, since the configuration has no group any more. */
  | 'no-groups'
  | 'asterisk-disconnected'
  | 'announcement-unplayable'
  | 'spool-unusable'
  /** The disk of the spool: more of it is used than `storage.warn`, or than `storage.stop`. */
  | 'storage-nearly-full'
  | 'storage-full'
  | 'catalogue-unwritable'
  | 'report-unwritable'
  /** Recordings do not get to a target that can be reached. */
  | 'delivery-failing'
  /** Recordings that no retry can deliver. */
  | 'delivery-set-aside'
  | 'target-unreachable'
  /** What is due to be deleted at a target, or is to be erased there, cannot be removed. */
  | 'removal-failing'
  /** The connection check of a target fails, though somebody is there. */
  | 'target-check-failed'
  /** The last self-test found something. */
  | 'selftest-failed'
  /** The account of the PBX has a call that was to be recorded, and the catalogue does not. */
  | 'call-missing'
  | 'account-unreadable'
  /** Nobody watched the calls for a minute or more; it is over. */
  | 'calls-unwatched'
  /** Nobody could be told of alarms by this way. */
  | 'notices-unsent';

/** Something that stands in the way, from its beginning on. Of one kind there is one for each subject. */
export interface Alarm {
  readonly kind: AlarmKind;
  /** What it is about, such as the name of a group, `AMI` or a path. */
  readonly subject: string;
  readonly since: Instant;
  /** What is the matter, the last time that it was told. */
  readonly problem: string;
  /** Who has to act. */
  readonly fault: Fault;
  /** What to do about it. */
  readonly hint: string;
  /** Of the error that it tells of; undefined: it tells of none. */
  readonly code?: string | undefined;
  /** When it is over unless it is raised again; undefined: it stands until it is cleared. */
  readonly endsAt?: Instant | undefined;
}

/** An alarm as it is raised. */
export interface AlarmRaised extends Omit<Alarm, 'since' | 'endsAt'> {
  /** For what happens now and then, and has no end of its own: it is over when it did not happen for so long. */
  readonly lastsMs?: number;
}

/** Hears of the beginning and the end of each alarm, once (PORT). What is to be told again is in {@link Alarms.standing}. */
export type AlarmListener = (alarm: Alarm, state: 'raised' | 'over') => void;

export interface AlarmsParts {
  /** Keeps what stands over a restart: whoever heard of an alarm is to hear of its end. */
  readonly file: string;
  readonly log: Log;
  readonly now: () => Instant;
  readonly listeners: readonly AlarmListener[];
}

/** How often it is looked for alarms that are over. */
const lookEveryMs = 1_000;
/** A process that takes over raises again within this what still stands in the way, some of it with the next attempt. */
const takeOverMs = 60_000;
const takeOverSlowlyMs: Readonly<Partial<Record<AlarmKind, number>>> = {
  'removal-failing': 2 * 3_600_000,
  'delivery-failing': 1_800_000,
  'notices-unsent': 300_000,
};

/** The alarms that stand. */
export class Alarms {
  readonly #parts: AlarmsParts;
  readonly #standing = new Map<string, Alarm>();
  #timer: NodeJS.Timeout | undefined;
  #keeping: Promise<void> = Promise.resolve();

  constructor(parts: AlarmsParts) {
    this.#parts = parts;
  }

  /** Takes over the alarms of a former process. What has no end of its own is over soon unless it is raised again. */
  async start(): Promise<void> {
    for (const alarm of await this.#kept()) this.#standing.set(keyOf(alarm), alarm);
    this.doubt();
    this.#timer = setInterval(() => {
      this.#endWhatIsOver();
    }, lookEveryMs);
  }

  /** Whoever raises alarms begins anew: what has no end of its own is over soon unless it is raised again. */
  doubt(): void {
    const now = this.#parts.now();
    for (const [key, alarm] of this.#standing) {
      const soon = now + (takeOverSlowlyMs[alarm.kind] ?? takeOverMs);
      this.#standing.set(key, { ...alarm, endsAt: alarm.endsAt ?? soon });
    }
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#keeping;
  }

  /** In the order in which they began. */
  get standing(): readonly Alarm[] {
    return [...this.#standing.values()];
  }

  /** Tells of it if it does not stand already. */
  raise({ lastsMs, ...raised }: AlarmRaised): void {
    const { now } = this.#parts;
    const known = this.#standing.get(keyOf(raised));
    const endsAt = lastsMs === undefined ? undefined : now() + lastsMs;
    const alarm: Alarm = { ...raised, since: known?.since ?? now(), endsAt };
    this.#standing.set(keyOf(raised), alarm);
    if (!known) this.#tell(alarm, 'raised');
    if (!known || known.problem !== alarm.problem || known.endsAt !== endsAt) this.#keep();
  }

  /** It is over; nothing happens if it does not stand. */
  clear(kind: AlarmKind, subject: string): void {
    const alarm = this.#standing.get(keyOf({ kind, subject }));
    if (!alarm) return;
    this.#standing.delete(keyOf(alarm));
    this.#tell(alarm, 'over');
    this.#keep();
  }

  #endWhatIsOver(): void {
    const now = this.#parts.now();
    for (const { kind, subject, endsAt } of this.standing) {
      if (endsAt !== undefined && endsAt <= now) this.clear(kind, subject);
    }
  }

  #tell(alarm: Alarm, state: 'raised' | 'over'): void {
    const { kind, subject, problem, hint } = alarm;
    if (state === 'raised') this.#parts.log.error('alarm', { kind, subject, problem, hint });
    else this.#parts.log.info('alarm is over', { kind, subject });
    for (const listener of this.#parts.listeners) listener(alarm, state);
  }

  #keep(): void {
    this.#keeping = this.#keeping.then(() => this.#write());
  }

  async #write(): Promise<void> {
    const { file, log } = this.#parts;
    try {
      await writeFile(`${file}.part`, JSON.stringify(this.standing), { mode: 0o600 });
      await rename(`${file}.part`, file);
    } catch (error) {
      log.error('the standing alarms could not be kept', { file, error: messageOf(error) });
    }
  }

  async #kept(): Promise<readonly Alarm[]> {
    const { file, log } = this.#parts;
    try {
      return JSON.parse(await readFile(file, 'utf8')) as readonly Alarm[];
    } catch (error) {
      if (codeOf(error) !== 'ENOENT')
        log.warn('the alarms of the former process cannot be read', { file, error: messageOf(error) });
      return [];
    }
  }
}

function keyOf({ kind, subject }: Pick<Alarm, 'kind' | 'subject'>): string {
  return `${kind} ${subject}`;
}
