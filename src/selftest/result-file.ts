import { readFile, rename, writeFile } from 'node:fs/promises';

import { codeOf, messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Step } from './steps.ts';

/** What a self-test found. */
export interface SelfTestResult {
  /** When it began, ms since 1970. */
  readonly at: number;
  /** How long it took. */
  readonly ms: number;
  readonly ok: boolean;
  readonly steps: readonly Step[];
}

/** Keeps the last result. */
export class ResultFile {
  readonly #path: string;
  readonly #log: Log;

  constructor(path: string, log: Log) {
    this.#path = path;
    this.#log = log;
  }

  /** Undefined: there is none, or none that can be read. */
  async read(): Promise<SelfTestResult | undefined> {
    try {
      return JSON.parse(await readFile(this.#path, 'utf8')) as SelfTestResult;
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') this.#tell('the result of the last self-test cannot be read', error);
      return undefined;
    }
  }

  async write(result: SelfTestResult): Promise<void> {
    try {
      await writeFile(`${this.#path}.part`, JSON.stringify(result), { mode: 0o600 });
      await rename(`${this.#path}.part`, this.#path);
    } catch (error) {
      this.#tell('the result of the self-test could not be kept', error);
    }
  }

  #tell(what: string, error: unknown): void {
    this.#log.warn(what, { file: this.#path, error: messageOf(error) });
  }
}
