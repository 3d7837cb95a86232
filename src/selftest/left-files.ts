import { createHash } from 'node:crypto';

import type { SelfTestLedger, TestFile } from '../catalogue/self-test-ledger.ts';
import type { Target, TargetPath, Upload } from '../delivery/target.ts';
import { codeOf, messageOf } from '../errors.ts';
import { errorFields, type Log } from '../log.ts';
import { temporaryName } from '../recording/naming.ts';
import { found } from './steps.ts';

export interface LeftFilesParts {
  readonly ledger: SelfTestLedger;
  readonly targets: readonly { readonly name: string; readonly create: () => Target }[];
  readonly log: Log;
  readonly now: () => number;
}

/**
 * What self-tests may have left at targets. Each file is noted before anything of it gets there, so that it is removed
 * whenever the process dies or the target is out of reach: by the next process or the next self-test.
 */
export class LeftFiles {
  readonly #parts: LeftFilesParts;
  #sweeping: Promise<void> | undefined;

  constructor(parts: LeftFilesParts) {
    this.#parts = parts;
  }

  /** Before it is delivered: what cannot be noted is not to be. */
  async note({ id, folder, name, sha256 }: Upload, target: string): Promise<void> {
    const { ledger, now } = this.#parts;
    try {
      await ledger.addTestFile({ recording: id, target, folder, name, sha256, at: now() });
    } catch (error) {
      throw found(
        'catalogue-not-writable',
        'configuration',
        `Target ${target}: nothing was sent, since the catalogue could not note it: ${messageOf(error)}`,
        'Make room on the disk of the catalogue, and see that Mitschnitt may write there.',
      );
    }
  }

  /** Nothing of it is there any more. */
  async forget({ id }: Pick<Upload, 'id'>, target: string): Promise<void> {
    await this.#parts.ledger
      .forgetTestFile({ recording: id, target })
      .catch((error: unknown) =>
        this.#tell('a removed file of the self-test stays noted', { target }, error),
      );
  }

  /** Removes what earlier tests left, all targets at the same time; not the files noted from now on. Never rejects. */
  async sweep(signal: AbortSignal): Promise<void> {
    if (this.#sweeping) return this.#sweeping;
    const sweeping = this.#sweep(signal).finally(() => (this.#sweeping = undefined));
    this.#sweeping = sweeping;
    await sweeping;
  }

  async #sweep(signal: AbortSignal): Promise<void> {
    try {
      const byTarget = Map.groupBy(await this.#parts.ledger.testFiles(), ({ target }) => target);
      await Promise.all([...byTarget].map(([target, files]) => this.#sweepTarget(target, files, signal)));
    } catch (error) {
      this.#tell('what self-tests left at targets is not known', {}, error);
    }
  }

  async #sweepTarget(name: string, files: readonly TestFile[], signal: AbortSignal): Promise<void> {
    const target = this.#parts.targets.find((each) => each.name === name)?.create();
    if (!target) {
      for (const file of files)
        this.#parts.log.warn('a self-test left a file at a target that is not configured any more', {
          ...placeOf(file),
          hint: 'Remove it there by hand, or configure the target again.',
        });
      return;
    }
    const failures: unknown[] = [];
    try {
      for (const file of files) {
        if (signal.aborted) break;
        // One that cannot be removed holds up no other: it would for ever.
        await this.#remove(target, file, signal).catch((error: unknown) => failures.push(error));
      }
    } finally {
      await target.close().catch(() => undefined);
    }
    if (failures.length === 0 || signal.aborted) return;
    const facts = { target: name, files: failures.length };
    this.#tell('what self-tests left at a target cannot be removed yet', facts, failures[0]);
  }

  async #remove(target: Target, file: TestFile, signal: AbortSignal): Promise<void> {
    const { log } = this.#parts;
    const temporary = { folder: file.folder, name: temporaryName(file.recording) };
    try {
      // This one first: a rename that is still on its way comes before or fails.
      const part = await target.remove(temporary, signal);
      const content = await contentOf(target, file, signal);
      const isOurs = content === file.sha256;
      if (content !== undefined && !isOurs)
        log.warn('a file at a target has the name of one of a self-test, and other content: it stays', {
          ...placeOf(file),
          hint: 'Look at it, and remove it by hand if nobody needs it.',
        });
      const whole = isOurs ? await target.remove(file, signal) : 'absent';
      if (part === 'removed' || whole === 'removed')
        log.info('removed what a self-test had left at a target', placeOf(file));
    } catch (error) {
      // A message that was sent, say: there is nothing that could be removed at any time.
      if (codeOf(error) !== 'not-possible') throw error;
    }
    await this.forget({ id: file.recording }, file.target);
  }

  #tell(what: string, facts: object, error: unknown): void {
    this.#parts.log.warn(what, { ...facts, ...errorFields(error) });
  }
}

/** SHA-256 of what is there; undefined: nothing is. */
async function contentOf(target: Target, file: TargetPath, signal: AbortSignal): Promise<string | undefined> {
  const hash = createHash('sha256');
  try {
    for await (const piece of target.read(file, signal)) hash.update(piece);
  } catch (error) {
    if (codeOf(error) === 'file-missing') return undefined;
    throw error;
  }
  return hash.digest('hex');
}

function placeOf({ target, folder, name, at }: TestFile): Record<string, string> {
  return {
    target,
    file: folder === '' ? name : `${folder}/${name}`,
    selftest: new Date(at).toISOString(),
  };
}
