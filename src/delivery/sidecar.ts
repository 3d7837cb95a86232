import { createHash } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';

import type { DeliveryLedger } from '../catalogue/catalogue.ts';
import { codeOf, messageOf, MitschnittError } from '../errors.ts';
import type { FinishedRecording } from '../recording/recording.ts';
import { recordFacts } from '../report/record-json.ts';
import type { Upload } from './target.ts';

export interface SidecarParts {
  readonly ledger: Pick<DeliveryLedger, 'lineOf'>;
  /** Absolute path of the sidecar of a recording. */
  readonly pathOf: (recording: string) => string;
  /** IANA time zone of the times in it. */
  readonly timeZone: string;
}

/** What is uploaded of one. */
type SidecarFile = Pick<Upload, 'id' | 'source' | 'bytes' | 'sha256'>;

/**
 * The files with what is known of a recording. Each is made once, when its call is over, and kept beside the recording:
 * all targets get the same (but for its name, where that is another), and a repeated attempt finds at the target what the
 * first one left there.
 */
export class Sidecars {
  readonly #parts: SidecarParts;
  /** Several targets may want the same one at the same time. */
  readonly #making = new Map<string, Promise<Buffer | undefined>>();

  constructor(parts: SidecarParts) {
    this.#parts = parts;
  }

  /**
   * The local file, as it is uploaded; undefined while the call goes on. Where the recording has another name at the
   * target, it is a file of its own: whoever asks removes it by {@link done}.
   */
  async of(recording: FinishedRecording, target: string, name: string): Promise<SidecarFile | undefined> {
    const { id } = recording;
    const making = this.#making.get(id) ?? this.#made(recording);
    this.#making.set(id, making);
    const content = await making.finally(() => this.#making.delete(id));
    if (!content) return undefined;
    const path = this.#parts.pathOf(id);
    if (name === recording.name) return fileOf(id, path, content);
    const known = JSON.parse(content.toString()) as Readonly<Record<string, unknown>>;
    const renamed = contentOf({ ...known, file: name });
    const source = `${path}.${digest(Buffer.from(target)).slice(0, 8)}`;
    await writeOrTell(source, renamed);
    return fileOf(id, source, renamed);
  }

  /** It is delivered, or was tried to be. */
  async done(recording: FinishedRecording, { source }: SidecarFile): Promise<void> {
    if (source !== this.#parts.pathOf(recording.id)) await rm(source, { force: true });
  }

  async #made(recording: FinishedRecording): Promise<Buffer | undefined> {
    const path = this.#parts.pathOf(recording.id);
    try {
      return await readFile(path);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
    }
    const content = await this.#content(recording);
    if (content) await writeOrTell(path, content);
    return content;
  }

  async #content(recording: FinishedRecording): Promise<Buffer | undefined> {
    const { ledger, timeZone } = this.#parts;
    const line = await ledger.lineOf(recording);
    if (line === 'open') return undefined;
    const { id, callId, bytes, durationMs, sha256, folder, name } = recording;
    const facts = line ? recordFacts(line, timeZone) : { id, call_id: callId };
    const file = { folder, file: name, bytes, duration_ms: durationMs, sha256 };
    return contentOf({ ...facts, ...file });
  }
}

function contentOf(facts: object): Buffer {
  return Buffer.from(`${JSON.stringify(facts, undefined, 2)}\n`);
}

function fileOf(recording: string, source: string, content: Buffer): SidecarFile {
  return { id: `${recording}-sidecar`, source, bytes: content.length, sha256: digest(content) };
}

function digest(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

async function writeOrTell(path: string, content: Buffer): Promise<void> {
  try {
    await write(path, content);
  } catch (error) {
    throw unwritable(path, error);
  }
}

/** Whole or not at all: what is found later is delivered as it is. */
async function write(path: string, content: Buffer): Promise<void> {
  const file = await open(`${path}.part`, 'w');
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.part`, path);
}

function unwritable(path: string, error: unknown): MitschnittError {
  return new MitschnittError(`The sidecar ${path} cannot be written: ${messageOf(error)}`, {
    code: 'sidecar-unwritable',
    fault: 'configuration',
    retry: true,
    hint: 'Look at the disk and the rights of the folder transfer in the spool. The recording itself has arrived.',
    cause: error,
  });
}
