/** The audio of recordings for the console: from this machine, or fetched from a target and kept for a while. */
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { fetchIntact } from '../assemble-copies.ts';
import type { RecordingWithDeliveries } from '../catalogue/catalogue.ts';
import { MitschnittError } from '../errors.ts';
import { errorFields } from '../log.ts';
import type { AudioContent } from '../web/handlers.ts';
import { ApiFailure, notFound, tooBusy } from '../web/failure.ts';
import { OpenAudio } from './open-audio.ts';
import type { RunningSource } from './running.ts';
import { Turns, type Asking, type TurnLimits } from './turns.ts';

/** What may be kept, and how much is done at once. */
export interface AudioLimits extends TurnLimits {
  /** Whoever listens comes back within this; then it is closed. */
  readonly keptMs: number;
  /** How often is looked for what nobody listens to any more, and what was erased. */
  readonly lookEveryMs: number;
  readonly most: number;
  /** Of all copies together; a longer one is kept alone. */
  readonly mostBytes: number;
  /** Between the answer and the first piece of it. */
  readonly aboutToReadMs: number;
}

const usualLimits: AudioLimits = {
  keptMs: 15 * 60_000,
  lookEveryMs: 10_000,
  most: 20,
  mostBytes: 500_000_000,
  // Each may have a session of its own at the target, beside those of the deliveries.
  atOnce: 3,
  waiting: 12,
  each: 6,
  aboutToReadMs: 2_000,
};
/** From a target that is far away. */
const fetchMs = 120_000;

/** What is to be kept in addition. */
interface Room {
  readonly more: number;
  readonly bytes: number;
}

interface Kept {
  readonly audio: Promise<OpenAudio>;
  /** Of the copy; none where this machine has the file. */
  bytes: number;
  /** Undefined: it is being fetched. */
  ready: OpenAudio | undefined;
  usedAt: number;
}

/**
 * What is played was compared with what was recorded: a file of this machine where it is, else a copy of what a target
 * has. Copies have no name once they are complete: nothing of them is left when the process ends, however it ends.
 */
export class AudioCopies {
  readonly #running: RunningSource;
  readonly #folder: string;
  readonly #limits: AudioLimits;
  readonly #turns: Turns;
  readonly #kept = new Map<string, Kept>();
  #timer: NodeJS.Timeout | undefined;

  /** `folder`: its own; what is in it is removed. */
  constructor(running: RunningSource, folder: string, limits = usualLimits) {
    this.#running = running;
    this.#folder = folder;
    this.#limits = limits;
    this.#turns = new Turns(limits);
  }

  async start(): Promise<void> {
    // What was being fetched when a process before this one was killed.
    await rm(this.#folder, { recursive: true, force: true });
    const { keptMs, lookEveryMs } = this.#limits;
    this.#timer = setInterval(() => {
      this.#makeRoom({ more: 0, bytes: 0 }, Date.now() - keptMs);
      void this.#dropErased().catch(() => undefined);
    }, lookEveryMs);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    for (const id of [...this.#kept.keys()]) this.#drop(id);
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** As it was recorded. @throws MitschnittError, ApiFailure `too-busy` */
  async of(wanted: RecordingWithDeliveries, asking: Asking): Promise<OpenAudio> {
    const { id, sha256 } = wanted.recording;
    const known = this.#kept.get(id);
    if (known) {
      known.usedAt = Date.now();
      const audio = await known.audio;
      if (await audio.isIntact(sha256).catch(() => false)) return audio;
      if (this.#kept.get(id) === known) this.#drop(id);
    }
    return await (this.#kept.get(id) ?? this.#keep(wanted, asking)).audio;
  }

  #keep(wanted: RecordingWithDeliveries, asking: Asking): Kept {
    const { id } = wanted.recording;
    this.#makeRoom({ more: 1, bytes: 0 }, Date.now() - this.#limits.keptMs);
    if (!this.#isRoomFor({ more: 1, bytes: 0 })) throw tooBusy();
    const audio = this.#turns.take(asking, () => this.#open(wanted, (bytes) => this.#takeRoom(kept, bytes)));
    const kept: Kept = { audio, bytes: 0, ready: undefined, usedAt: Date.now() };
    this.#kept.set(id, kept);
    audio.then(
      (ready) => {
        kept.ready = ready;
        // Erased while it was fetched.
        if (this.#kept.get(id) !== kept) ready.drop();
      },
      () => {
        if (this.#kept.get(id) === kept) this.#kept.delete(id);
      },
    );
    return kept;
  }

  async #open(wanted: RecordingWithDeliveries, takeRoom: (bytes: number) => void): Promise<OpenAudio> {
    const own = await this.#openOwn(wanted);
    if (own) return own;
    takeRoom(wanted.recording.bytes);
    const { config, log } = this.#running();
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const copy = join(this.#folder, `${wanted.recording.id}.wav`);
    try {
      await fetchIntact({ wanted, config, copy, limitMs: fetchMs }, (error) =>
        log.warn('a copy of a recording cannot be played', {
          recording: wanted.recording.id,
          ...errorFields(error),
        }),
      );
      return await OpenAudio.of(await open(copy, 'r'));
    } catch (error) {
      if (error instanceof MitschnittError && error.retry)
        throw new ApiFailure(503, 'not-ready', error.message, error.hint, {
          reason: 'recording-unreachable',
        });
      throw error;
    } finally {
      await rm(copy, { force: true });
    }
  }

  /** Where this machine still has it. Undefined: it has not, or not as it was recorded. */
  async #openOwn({ recording }: RecordingWithDeliveries): Promise<OpenAudio | undefined> {
    const file = await open(this.#running().spool.transferFile(recording.id), 'r').catch(() => undefined);
    if (!file) return undefined;
    const audio = await OpenAudio.of(file);
    if (await audio.hasHash(recording.sha256).catch(() => false)) return audio;
    audio.drop();
    return undefined;
  }

  /** @throws ApiFailure `too-busy` */
  #takeRoom(kept: Kept, bytes: number): void {
    this.#makeRoom({ more: 0, bytes }, Date.now() - this.#limits.keptMs);
    const isAlone = [...this.#kept.values()].every((each) => each.bytes === 0);
    if (!isAlone && !this.#isRoomFor({ more: 0, bytes })) throw tooBusy();
    kept.bytes = bytes;
  }

  #isRoomFor({ more, bytes }: Room): boolean {
    const total = [...this.#kept.values()].reduce((sum, kept) => sum + kept.bytes, bytes);
    return this.#kept.size + more <= this.#limits.most && total <= this.#limits.mostBytes;
  }

  /** Whatever was last used before, and as much as is needed; nothing that somebody waits for or listens to. */
  #makeRoom(room: Room, before: number): void {
    const byUse = [...this.#kept].sort(([, a], [, b]) => a.usedAt - b.usedAt);
    for (const [id, { ready, usedAt }] of byUse) {
      const isUsed = !ready || ready.isRead || usedAt > Date.now() - this.#limits.aboutToReadMs;
      if (!isUsed && (usedAt < before || !this.#isRoomFor(room))) this.#drop(id);
    }
  }

  async #dropErased(): Promise<void> {
    const { catalogue } = this.#running();
    for (const id of [...this.#kept.keys()])
      if (!(await catalogue.recordingsOf(id)).some(({ recording }) => recording.id === id)) this.#drop(id);
  }

  #drop(id: string): void {
    this.#kept.get(id)?.ready?.drop();
    this.#kept.delete(id);
  }
}

/** The recording of a line. @throws ApiFailure where there is none */
export async function recordingOf(running: RunningSource, id: string): Promise<RecordingWithDeliveries> {
  const found = await running().catalogue.recordingsOf(id);
  const own = found.find(({ recording }) => recording.id === id);
  if (!own) throw notFound();
  return own;
}

export async function audioOf(
  copies: AudioCopies,
  asking: Asking,
  wanted: RecordingWithDeliveries,
): Promise<AudioContent> {
  const { name, sha256 } = wanted.recording;
  const audio = await copies.of(wanted, asking);
  return {
    ...{ bytes: audio.bytes, etag: `"${sha256}"`, name },
    read: (start, end) => audio.read(start, end),
  };
}
