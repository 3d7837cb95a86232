import { readFile } from 'node:fs/promises';

import { assemble, type Program } from './assemble.ts';
import { revisionOf } from './assemble-web/configuration.ts';
import type { Console } from './assemble-web.ts';
import { loadText } from './config/load.ts';
import { messageOf } from './errors.ts';
import { newShifts } from './delivery/shifts.ts';
import { adjustableLog, errorFields, type AdjustableLog } from './log.ts';
import type { Config } from './config/schema.ts';

/** Runs until SIGTERM or SIGINT. A second signal ends the process at once. SIGHUP: with what is in the file by then. */
export async function run(config: Config, file: string): Promise<void> {
  const signalled = untilSignalled();
  const service = new Service(config, file);
  const reload = (): void => service.reload();
  // From the first moment on: without a listener, the signal ends the process.
  process.on('SIGHUP', reload);
  try {
    await service.start();
    await Promise.race([signalled, service.broken]);
  } finally {
    process.off('SIGHUP', reload);
    await service.stop();
  }
}

/** How long a moment without an announcement going on is waited for before another configuration is taken over. */
const quietMs = 30_000;
const lookEveryMs = 100;

/**
 * The program, which goes on by another configuration without a pause for calls. Only where another Asterisk, catalogue
 * or spool is named it is made anew: recordings are Asterisk's and go on meanwhile, and the next program finds them as
 * after a restart, within moments.
 */
class Service {
  /** Rejects when no configuration is in force any more: to end, and to be started anew, is better than not to record. */
  readonly broken: Promise<never>;
  #break: (reason: unknown) => void = () => undefined;
  readonly #file: string;
  readonly #log: AdjustableLog;
  #console: Console | undefined;
  #config: Config;
  #revision = '';
  /** Why the last configuration was not taken over. */
  #reloadProblem: string | undefined;
  #program: Program;
  readonly #shifts = newShifts();
  #isRunning = false;
  #isStopping = false;
  #work: Promise<void> = Promise.resolve();

  constructor(config: Config, file: string) {
    this.#config = config;
    this.#file = file;
    this.#log = adjustableLog(config.log);
    this.#program = assemble(config, { shifts: this.#shifts });
    this.broken = new Promise((_resolve, reject) => {
      this.#break = reject;
    });
    this.broken.catch(() => undefined);
  }

  start(): Promise<void> {
    const started = this.#start();
    // What is signalled meanwhile is done afterwards.
    this.#work = started.catch(() => undefined);
    return started;
  }

  async #start(): Promise<void> {
    this.#revision = revisionOf(await readFile(this.#file, 'utf8'));
    await this.#program.start();
    this.#isRunning = true;
    await this.#startConsole();
  }

  async #startConsole(): Promise<void> {
    if (!this.#config.web) return;
    // Loaded late: who wants no console need not have it in memory.
    const { consoleOf } = await import('./assemble-web.ts');
    const file = {
      path: this.#file,
      runningRevision: () => this.#revision,
      reloadProblem: () => this.#reloadProblem,
      reload: () => this.reload(),
    };
    const running = () => (this.#isRunning ? this.#program.running : undefined);
    const wanted = consoleOf(this.#config, file, running);
    try {
      await wanted?.start();
      this.#console = wanted;
    } catch (error) {
      // Such as an address that another program has: calls are recorded all the same.
      this.#log.error('the console does not start, all else goes on', errorFields(error));
      await wanted?.stop().catch(() => undefined);
    }
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#work;
    await this.#console?.stop();
    this.#isRunning = false;
    await this.#program.stop();
  }

  /** One after the other; the last one sees what is in the file then. */
  reload(): void {
    this.#work = this.#work
      .then(() => this.#takeOver())
      .catch((error: unknown) => {
        this.#log.error('the configuration was not taken over', errorFields(error));
        this.#reloadProblem = messageOf(error);
        if (!this.#isRunning) this.#break(error);
        else this.#console?.reloaded(this.#revision);
      });
  }

  async #takeOver(): Promise<void> {
    if (this.#isStopping || !this.#isRunning) return;
    const text = await readFile(this.#file, 'utf8');
    const { config } = await loadText(text, this.#file);
    const isSame = this.#program.canUse(config);
    if (!isSame) await this.#untilQuiet();
    const startedAt = Date.now();
    await (isSame ? this.#goOn(config) : this.#begin(config));
    this.#revision = revisionOf(text);
    this.#reloadProblem = undefined;
    this.#log.adjust(config.log);
    this.#console?.reloaded(this.#revision);
    this.#log.info('the configuration was taken over', { ms: Date.now() - startedAt });
  }

  /** With the former configuration where the new one, though it is valid, does not start. */
  async #begin(config: Config): Promise<void> {
    const former = this.#config;
    this.#isRunning = false;
    await this.#program.stop();
    this.#program = assemble(config, { hadGroups: former.groups.length > 0, shifts: this.#shifts });
    try {
      await this.#program.start();
    } catch (error) {
      this.#log.error(doesNotStart, errorFields(error));
      await this.#program.stop().catch(() => undefined);
      this.#program = assemble(former, { shifts: this.#shifts });
      await this.#program.start();
      this.#isRunning = true;
      throw error;
    }
    this.#config = config;
    this.#isRunning = true;
  }

  /** The same, while calls are attended to. */
  async #goOn(config: Config): Promise<void> {
    try {
      await this.#program.use(config);
      this.#config = config;
    } catch (error) {
      this.#log.error(doesNotStart, errorFields(error));
      this.#isRunning = false;
      await this.#program.use(this.#config);
      this.#isRunning = true;
      throw error;
    }
  }

  /** Who hears an announcement would lose the end of it, and would not be recorded. */
  async #untilQuiet(): Promise<void> {
    const until = Date.now() + quietMs;
    const isAnnouncing = () =>
      this.#program.running.recorder()?.liveCalls.some(({ gate }) => gate !== undefined) ?? false;
    while (isAnnouncing() && Date.now() < until && !this.#isStopping) await pause(lookEveryMs);
  }
}

const doesNotStart = 'the configuration does not start: the former one goes on';

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function untilSignalled(): Promise<void> {
  return new Promise((resolve) => {
    const stop = (): void => {
      // Without a listener, Node ends the process at the next signal.
      for (const signal of signals) process.off(signal, stop);
      resolve();
    };
    for (const signal of signals) process.on(signal, stop);
  });
}

const signals = ['SIGTERM', 'SIGINT'] as const;
