/** The audio of recordings for the console: from this machine, or fetched from a target and kept for a while. */
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { fetchIntact } from '../assemble-copies.ts';
import type { RecordingWithDeliveries } from '../catalogue/catalogue.ts';
import { MitschnittError } from '../errors.ts';
import { errorFields } from '../log.ts';
import type { AudioContent } from '../web/handlers.ts';
import { ApiFailure, notFound } from '../web/failure.ts';
import type { RunningSource } from './running.ts';

/** Whoever listens comes back within this; then the copy is removed. */
const keptMs = 15 * 60_000;
const lookEveryMs = 60_000;
const mostKept = 20;
/** From a target that is far away. */
const fetchMs = 120_000;

interface Copy {
  readonly path: Promise<string>;
  usedAt: number;
}

/** Copies that were compared with what was recorded: what is played is what was recorded, whatever happens meanwhile. */
export class AudioCopies {
  readonly #running: RunningSource;
  readonly #copies = new Map<string, Copy>();
  #folder: Promise<string> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(running: RunningSource) {
    this.#running = running;
  }

  start(): void {
    this.#timer = setInterval(() => void this.#removeUnused(Date.now() - keptMs, mostKept), lookEveryMs);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#copies.clear();
    const folder = await this.#folder?.catch(() => undefined);
    this.#folder = undefined;
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }

  /** Path of a copy that is as it was recorded. @throws MitschnittError */
  async pathOf(wanted: RecordingWithDeliveries): Promise<string> {
    const { id } = wanted.recording;
    const known = this.#copies.get(id);
    if (known) {
      known.usedAt = Date.now();
      return await known.path;
    }
    const copy: Copy = { path: this.#fetch(wanted), usedAt: Date.now() };
    this.#copies.set(id, copy);
    copy.path.catch(() => this.#copies.delete(id));
    await this.#removeUnused(Date.now() - keptMs, mostKept);
    return await copy.path;
  }

  async #fetch(wanted: RecordingWithDeliveries): Promise<string> {
    const { config, log } = this.#running();
    this.#folder ??= mkdtemp(join(tmpdir(), 'mitschnitt-audio-'));
    const copy = join(await this.#folder, `${wanted.recording.id}.wav`);
    const signal = AbortSignal.timeout(fetchMs);
    try {
      await fetchIntact({ wanted, config, copy, signal }, (error) =>
        log.warn('a copy of a recording cannot be played', {
          recording: wanted.recording.id,
          ...errorFields(error),
        }),
      );
      return copy;
    } catch (error) {
      await rm(copy, { force: true });
      if (error instanceof MitschnittError && error.retry)
        throw new ApiFailure(503, 'not-ready', error.message, error.hint);
      throw error;
    }
  }

  async #removeUnused(before: number, most: number): Promise<void> {
    const byUse = [...this.#copies].sort(([, a], [, b]) => b.usedAt - a.usedAt);
    for (const [index, [id, copy]] of byUse.entries()) {
      if (index < most && copy.usedAt >= before) continue;
      this.#copies.delete(id);
      await copy.path.then((path) => rm(path, { force: true })).catch(() => undefined);
    }
  }
}

/** The recording of a line. @throws ApiFailure where there is none */
export async function recordingOf(running: RunningSource, id: string): Promise<RecordingWithDeliveries> {
  const found = await running().catalogue.recordingsOf(id);
  const own = found.find(({ recording }) => recording.id === id);
  if (!own) throw notFound();
  return own;
}

export async function audioOf(copies: AudioCopies, wanted: RecordingWithDeliveries): Promise<AudioContent> {
  const { name, sha256 } = wanted.recording;
  const path = await copies.pathOf(wanted);
  const { size } = await stat(path);
  return {
    ...{ bytes: size, etag: `"${sha256}"`, name },
    read: (start, end) => createReadStream(path, { start, end }),
  };
}
