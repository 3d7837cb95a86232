import { field, type AmiMessage } from './ami-wire.ts';
import type { Instant } from '../call/call.ts';

type Action = (fields: Readonly<Record<string, string>>) => Promise<AmiMessage>;

/** When somebody last watched the calls, this process or one before. */
export interface WatchMark {
  /** Undefined: nobody ever did. */
  last(): Instant | undefined;
  note(at: Instant): void;
}

/** The global variable in which dialplan/mitschnitt.conf finds how calls enter the gate. */
const entryVariable = 'MITSCHNITT_ENTRY';
/** They do not: nobody would serve them there. */
const closed = 'x';

/** How often it is looked whether this process stood still: within this and {@link standstillMs} nothing is noticed. */
const lookEveryMs = 100;
const standstillMs = 200;
const pingEveryMs = 1_000;
/** Asterisk forgets its globals when its dialplan is reloaded with `clearglobalvars`. */
const entryCheckMs = 60_000;

/**
 * Tells the dialplan how calls enter the gate, and knows when nobody watched them: Asterisk answers a ping each second,
 * and a clock in this process that is late says that it stood still.
 */
export class Attendance {
  readonly #action: Action;
  readonly #username: string;
  #isServed: (() => boolean) | undefined;
  readonly #mark: WatchMark;
  #open = closed;
  #told: Promise<void> = Promise.resolve();
  #timers: readonly NodeJS.Timeout[] = [];
  #lookedAt = 0;
  #standstill: { readonly since: Instant } | undefined;

  /**
   * `isServed`: whether calls in the gate would be served now; undefined: none needs to enter it. `username`: of AMI.
   */
  constructor(action: Action, username: string, isServed: (() => boolean) | undefined, mark: WatchMark) {
    this.#action = action;
    this.#username = username;
    this.#isServed = isServed;
    this.#mark = mark;
  }

  /** AMI is connected (again): Asterisk may have been restarted with other modules. */
  async begin(): Promise<void> {
    this.pause();
    const isServed = this.#isServed;
    this.#open = await this.#bestEntry();
    await this.tellEntry();
    this.#lookedAt = performance.now();
    this.#standstill = undefined;
    this.#timers = [
      setInterval(() => {
        this.#look();
        this.#lookedAt = performance.now();
      }, lookEveryMs),
      setInterval(() => void this.#unlessCut(this.#ping()), pingEveryMs),
      setInterval(() => void this.#unlessCut(this.tellEntry()), entryCheckMs),
    ];
    // It has changed meanwhile.
    if (isServed !== this.#isServed) await this.adapt(this.#isServed);
  }

  /** Whether calls need the gate has changed: `isServed` as at the beginning. */
  async adapt(isServed: (() => boolean) | undefined): Promise<void> {
    this.#isServed = isServed;
    // Else it begins with the next connection, or is over.
    if (this.#timers.length === 0) return;
    this.#open = await this.#bestEntry();
    await this.tellEntry();
  }

  /** AMI is gone. */
  pause(): void {
    this.#timers.forEach(clearInterval);
    this.#timers = [];
  }

  /** Calls pass by from now on, without a wait for somebody to take them. */
  async end(): Promise<void> {
    this.pause();
    this.#open = closed;
    await this.tellEntry();
  }

  /** The gate was opened or closed. In turn, so that what was told last is what is true. */
  async tellEntry(): Promise<void> {
    const telling = this.#unlessCut(this.#told).then(() => this.#tell());
    this.#told = telling;
    await telling;
  }

  async #tell(): Promise<void> {
    const entry = this.#isServed?.() === false ? closed : this.#open;
    const told = await this.#action({ Action: 'Getvar', Variable: entryVariable });
    if (field(told, 'Value') === entry) return;
    const answer = await this.#action({ Action: 'Setvar', Variable: entryVariable, Value: entry });
    if (field(answer, 'Response') !== 'Success') throw new Error(`Setvar: ${field(answer, 'Message')}`);
  }

  /** The dialplan asks whether somebody is there (`UserEvent(MitschnittGate)`); without an answer, it goes on. */
  async answer(message: AmiMessage): Promise<void> {
    if (field(message, 'UserEvent') !== 'MitschnittGate' || this.#isServed?.() !== true) return;
    const here = { Variable: 'MITSCHNITT_HERE', Value: 'yes' };
    await this.#action({ Action: 'Setvar', Channel: field(message, 'Channel'), ...here });
  }

  /**
   * Since when an event that is read now may have waited, because this process stood still; undefined: it is fresh.
   * Asterisk answers in order, so what comes after the answer to a ping is fresh again.
   */
  unseenSince(): Instant | undefined {
    this.#look();
    return this.#standstill?.since;
  }

  #look(): void {
    const stillMs = performance.now() - this.#lookedAt;
    if (this.#timers.length === 0 || stillMs < standstillMs) return;
    this.#lookedAt = performance.now();
    this.#standstill = { since: this.#standstill?.since ?? Date.now() - stillMs };
    void this.#unlessCut(this.#ping());
  }

  async #ping(): Promise<void> {
    const before = this.#standstill;
    await this.#action({ Action: 'Ping' });
    if (this.#standstill === before) this.#standstill = undefined;
    this.#mark.note(Date.now());
  }

  /** No answer ends the connection, and that is told. */
  async #unlessCut(work: Promise<void>): Promise<void> {
    await work.catch(() => undefined);
  }

  async #bestEntry(): Promise<string> {
    if (this.#isServed === undefined) return `n${this.#username}`;
    if (await this.#has('app_stasis_broadcast')) return `b${this.#username}`;
    return (await this.#has('func_timeout')) && (await this.#has('app_userevent')) ? 't' : 's';
  }

  async #has(module: string): Promise<boolean> {
    const answer = await this.#action({ Action: 'ModuleCheck', Module: module });
    return field(answer, 'Response') === 'Success';
  }
}
