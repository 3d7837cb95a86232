import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { eventually } from './eventually.ts';

const readyLine = /\bready\b/;
const program = resolve(import.meta.dirname, '../../src/cli/mitschnitt.mjs');
// The product's own bar is 1 s; a test that measures it does so itself.
const readyMs = 15_000;
// It finishes what it has begun on SIGTERM, such as an upload.
const stopMs = 15_000;

/** What to start. */
export interface MitschnittOptions {
  /** The configuration: an object, or the text of the YAML file. */
  readonly config: object | string;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Do not wait for 'ready', as when Asterisk is not there. */
  readonly unready?: boolean;
}

/** What a run of the command line left behind. */
export class CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;

  constructor(code: number | null, stdout: string, stderr: string) {
    this.code = code;
    this.stdout = stdout;
    this.stderr = stderr;
  }

  /** The output as JSON. */
  json(): unknown {
    try {
      return JSON.parse(this.stdout);
    } catch (error) {
      throw new Error(`no JSON, exit code ${String(this.code)}:\n${this.stdout}${this.stderr}`, {
        cause: error,
      });
    }
  }
}

/** How the process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

interface Run {
  ended: Exit | undefined;
}

/** Mitschnitt as its users run it: the command line, in processes of its own. */
export class Mitschnitt {
  readonly configFile: string;
  readonly #folder: string;
  readonly #env: NodeJS.ProcessEnv;
  #process: ChildProcess | undefined;
  #exit: Promise<Exit> | undefined;
  #log = '';
  #linesOfThisRun = '';

  private constructor(folder: string, env: Readonly<Record<string, string>>) {
    this.#folder = folder;
    this.configFile = join(folder, 'mitschnitt.yaml');
    this.#env = { ...process.env, ...env };
  }

  /** Writes the configuration; nothing runs yet. */
  static async prepare({ config, env = {} }: MitschnittOptions): Promise<Mitschnitt> {
    const mitschnitt = new Mitschnitt(await mkdtemp(join(tmpdir(), 'mitschnitt-run-')), env);
    await mitschnitt.configure(config);
    return mitschnitt;
  }

  /** Writes the configuration and runs it; resolves when it says that it is ready. */
  static async start(options: MitschnittOptions): Promise<Mitschnitt> {
    const mitschnitt = await Mitschnitt.prepare(options);
    try {
      await mitschnitt.run(options.unready === true ? null : readyLine);
    } catch (error) {
      await mitschnitt.remove();
      throw error;
    }
    return mitschnitt;
  }

  /** Everything that all runs have printed, to both outputs. */
  get log(): string {
    return this.#log;
  }

  /** The process, while one runs. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Replaces the configuration, for the next run. */
  async configure(config: object | string): Promise<void> {
    await writeFile(this.configFile, typeof config === 'string' ? config : stringify(config), {
      mode: 0o600,
    });
  }

  /** Runs it, again after `kill` or `stop`; resolves when it prints `until`, at once if that is null. */
  async run(until: RegExp | null = readyLine): Promise<void> {
    if (this.#process !== undefined) throw new Error('it is running');
    const child = this.#spawn(['run', '--config', this.configFile]);
    this.#process = child;
    this.#linesOfThisRun = '';
    const run: Run = { ended: undefined };
    this.#exit = once(child, 'close').then((values: unknown[]) => {
      const [code, signal] = values as [number | null, NodeJS.Signals | null];
      this.#process = undefined;
      run.ended = { code, signal };
      return run.ended;
    });
    const keep = (piece: Buffer): void => {
      this.#log += piece.toString();
      this.#linesOfThisRun += piece.toString();
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    if (until !== null) await this.#seen(until, run);
  }

  /** Waits until this run has printed something. */
  async prints(pattern: RegExp, within = readyMs): Promise<RegExpExecArray> {
    return eventually(() => pattern.exec(this.#linesOfThisRun) ?? undefined, { within });
  }

  /** Resolves when the last run has ended, by itself or not. */
  async ended(): Promise<Exit> {
    if (this.#exit === undefined) throw new Error('it was never run');
    return this.#exit;
  }

  /** Sends a signal and waits for the end; SIGKILL is a crash. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<Exit> {
    if (this.#process === undefined) throw new Error(`it is not running:\n${this.#log}`);
    this.#process.kill(signal);
    return this.ended();
  }

  /** Sends a signal that it goes on after. */
  signal(signal: NodeJS.Signals): void {
    this.#process?.kill(signal);
  }

  /** Makes it stand still, with all its sockets open; `thaw` lets it go on. */
  freeze(): void {
    this.#process?.kill('SIGSTOP');
  }

  /** Undoes `freeze`. */
  thaw(): void {
    this.#process?.kill('SIGCONT');
  }

  /** Ends it in order (SIGTERM), which has to succeed within 15 s. */
  async stop(): Promise<Exit> {
    const child = this.#process;
    const limit = setTimeout(() => child?.kill('SIGKILL'), stopMs);
    try {
      const exit = await this.kill('SIGTERM');
      if (exit.signal === 'SIGKILL') throw new Error(`it did not end on SIGTERM:\n${this.#log}`);
      return exit;
    } finally {
      clearTimeout(limit);
    }
  }

  /** For a test's end: whatever still runs is killed, the configuration goes. */
  async remove(): Promise<void> {
    if (this.#process !== undefined) await this.kill('SIGKILL');
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Runs another verb to its end, with this configuration; `config schema` has none. */
  async cli(...parameters: readonly string[]): Promise<CliResult> {
    const configured = parameters[0] === 'config' ? parameters : [...parameters, '--config', this.configFile];
    const child = this.#spawn(configured);
    let [stdout, stderr] = ['', ''];
    child.stdout?.on('data', (piece: Buffer) => (stdout += piece.toString()));
    child.stderr?.on('data', (piece: Buffer) => (stderr += piece.toString()));
    const [code] = (await once(child, 'close')) as [number | null];
    return new CliResult(code, stdout, stderr);
  }

  #spawn(parameters: readonly string[]): ChildProcess {
    // This process's own Node, so that the tests run on the one that they were started with.
    return spawn(process.execPath, [program, ...parameters], {
      cwd: this.#folder,
      env: this.#env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  async #seen(pattern: RegExp, run: Run): Promise<void> {
    try {
      // One that has ended will print nothing more.
      await eventually(() => run.ended !== undefined || pattern.test(this.#linesOfThisRun), {
        within: readyMs,
      });
    } catch {
      throw new Error(`no ${String(pattern)} within ${String(readyMs)} ms:\n${this.#linesOfThisRun}`);
    }
    if (!pattern.test(this.#linesOfThisRun)) {
      throw new Error(`it ended with ${JSON.stringify(run.ended)}:\n${this.#linesOfThisRun}`);
    }
  }
}
