import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';

import type { RecordingFacts, Upload } from '../../src/delivery/target.ts';
import { MitschnittError } from '../../src/errors.ts';
import { patterned, sha256 } from './content.ts';

/** An error that an administrator can act on, and that betrays nothing. */
export function expectToHelp(thrown: unknown, target: string, secrets: readonly string[]): void {
  if (!(thrown instanceof MitschnittError)) throw new Error('not classified', { cause: thrown });
  expect(thrown.message).toContain(`Target ${target}: `);
  expect(thrown.code).toMatch(/^[a-z]+(-[a-z]+)*$/);
  expect(thrown.hint).toMatch(/^[A-Z].{20,}\.$/s);
  for (const secret of secrets) expect(thrown.message + thrown.hint).not.toContain(secret);
}

/** What a promise is rejected with. */
export async function thrownBy(promise: Promise<unknown>): Promise<unknown> {
  const nothing = Symbol('nothing');
  const thrown: unknown = await promise.then(() => nothing).catch((error: unknown) => error);
  if (thrown === nothing) throw new Error('nothing was thrown');
  return thrown;
}

/** For what sends a large file more than once: a mail server takes 30 s for it on a busy machine. */
export const largeMs = 150_000;
/** Large against what a process may hold of it, short enough to be sent in a second. */
const largeBytes = 200_000_000;
/** Soon sent, and yet in parts where a target sends a large file so: what is left of such is found by nothing else. */
const shortenedBytes = 9_000_000;

type RecordingUpload = Upload & { readonly facts: RecordingFacts };

let known: string | undefined;

/** Of the large file, for all tests. */
function sha256OfZeros(): string {
  if (known !== undefined) return known;
  const hash = createHash('sha256');
  const zeros = Buffer.alloc(1_000_000);
  for (let bytes = 0; bytes < largeBytes; bytes += zeros.length) hash.update(zeros);
  return (known = hash.digest('hex'));
}

/** The local side: finished recordings in a temporary folder. */
export class Local {
  readonly #folder: string;
  #large: Upload | undefined;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async create(): Promise<Local> {
    return new Local(await mkdtemp(join(tmpdir(), 'mitschnitt-local-')));
  }

  async upload(what: {
    content?: Buffer | undefined;
    name?: string;
    folder?: string;
  }): Promise<RecordingUpload> {
    const { content = patterned(1000), folder = '' } = what;
    const id = randomUUID();
    const source = join(this.#folder, `${id}.wav`);
    await writeFile(source, content);
    const { name = `Aufnahme_${id}.wav` } = what;
    const { signal } = new AbortController();
    const numbers = { group: 'Verkauf', direction: 'incoming', from: '+41791234567', to: '200' } as const;
    const facts = { ...numbers, startedAt: Date.UTC(2021, 3, 7, 11, 34, 26), durationMs: 192_000 };
    return { id, source, bytes: content.length, sha256: sha256(content), folder, name, facts, signal };
  }

  /** Nothing but zeros, of which the disk holds none. */
  async large(): Promise<Upload> {
    if (this.#large) return this.#large;
    const upload = await this.upload({ content: Buffer.alloc(0) });
    await truncate(upload.source, largeBytes);
    const { size } = await stat(upload.source);
    return (this.#large = { ...upload, bytes: size, sha256: sha256OfZeros() });
  }

  /**
   * The same recording as far as a target can tell, and shorter: of what an attempt to put the long one left behind,
   * nothing may be in it.
   */
  async shortened({ id, name }: Upload): Promise<RecordingUpload> {
    return { ...(await this.upload({ content: patterned(shortenedBytes), name })), id };
  }

  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}
