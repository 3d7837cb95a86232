import { createHash } from 'node:crypto';
import { open, readFile, rename } from 'node:fs/promises';

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

/**
 * The files with what is known of a recording. Each is made once, when its call is over, and kept beside the recording:
 * all targets get the same, and a repeated attempt finds at the target what the first one left there.
 */
export class Sidecars {
  readonly #parts: SidecarParts;
  /** Several targets may want the same one at the same time. */
  readonly #making = new Map<string, Promise<Buffer | undefined>>();

  constructor(parts: SidecarParts) {
    this.#parts = parts;
  }

  /** The local file, as it is uploaded; undefined while the call goes on. */
  async of(
    recording: FinishedRecording,
  ): Promise<Pick<Upload, 'id' | 'source' | 'bytes' | 'sha256'> | undefined> {
    const { id } = recording;
    const making = this.#making.get(id) ?? this.#made(recording);
    this.#making.set(id, making);
    const content = await making.finally(() => this.#making.delete(id));
    if (!content) return undefined;
    const sha256 = createHash('sha256').update(content).digest('hex');
    return { id: `${id}-sidecar`, source: this.#parts.pathOf(id), bytes: content.length, sha256 };
  }

  async #made(recording: FinishedRecording): Promise<Buffer | undefined> {
    const path = this.#parts.pathOf(recording.id);
    try {
      return await readFile(path);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
    }
    const text = await this.#text(recording);
    if (text === undefined) return undefined;
    const content = Buffer.from(text);
    try {
      await write(path, content);
    } catch (error) {
      throw unwritable(path, error);
    }
    return content;
  }

  async #text(recording: FinishedRecording): Promise<string | undefined> {
    const { ledger, timeZone } = this.#parts;
    const line = await ledger.lineOf(recording);
    if (line === 'open') return undefined;
    const { id, callId, bytes, durationMs, sha256, folder, name } = recording;
    const facts = line ? recordFacts(line, timeZone) : { id, call_id: callId };
    const file = { folder, file: name, bytes, duration_ms: durationMs, sha256 };
    return `${JSON.stringify({ ...facts, ...file }, undefined, 2)}\n`;
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
