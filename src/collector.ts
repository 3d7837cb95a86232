import { setTimeout as pause } from 'node:timers/promises';

import { messageOf } from './errors.ts';
import type { Alarms } from './alarms/alarms.ts';
import type { Pbx } from './asterisk/pbx.ts';
import type { RecordingId } from './call/call.ts';
import type { CallEvent } from './call/event.ts';
import type { Media, Obstacle } from './recording/media.ts';
import type { CallCatalogue } from './catalogue/catalogue.ts';
import type { Log } from './log.ts';
import type { AudioFiles, AudioForm } from './recording/audio-form.ts';

/** A file that the disk or its rights kept from us is tried again after this. */
const collectAgainMs = 10_000;

/** The part of the spool that recording needs. */
export interface RecordingFiles {
  activeFiles(recording: RecordingId, form: Pick<AudioForm, 'stereo'>): AudioFiles;
  activeBytes(recording: RecordingId): number | undefined;
  /** Whether Asterisk closed the file. */
  isClosed(recording: RecordingId): boolean;
  collect(recording: RecordingId, signal: AbortSignal): Promise<Media | undefined>;
  discard(recording: RecordingId): Promise<void>;
  /** What stands in the way of writing now, as far as it can be seen. */
  obstacle(): Promise<Obstacle | undefined>;
}

/** How long Asterisk may take to close a file of which it stopped the recording, and how often it is looked at. */
export const cutWithinMs = 1_000;
const lookEveryMs = 50;
/** How long after it closed the file Asterisk may take to tell that the talk is over. */
const endToldWithinMs = 100;

const noFile: Obstacle = {
  rule: 'no-file-written',
  problem:
    'Asterisk said that it records, and wrote no file: it may not write in the spool, or sees another folder there',
};
const noAudio: Obstacle = {
  rule: 'no-audio-written',
  problem: 'there is no audio in the file: none of either party reached Asterisk',
};

export interface CollectorParts {
  readonly catalogue: Pick<CallCatalogue, 'mediaOf'>;
  readonly files: RecordingFiles;
  readonly alarms: Pick<Alarms, 'raise' | 'clear'>;
  readonly log: Log;
  readonly now: () => number;
  readonly pbx: Pick<Pbx, 'caughtUp'>;
}

/** Takes finished files over from Asterisk, and tells what became of each. */
export class Collector {
  readonly #parts: CollectorParts;
  readonly #tell: (event: CallEvent) => void;
  readonly #isToRun: (recording: RecordingId) => boolean;
  readonly #collecting = new Set<RecordingId>();
  /** Recordings of a former process: if such a file is gone, it was there once. */
  readonly #inherited = new Set<RecordingId>();
  readonly #stopping = new AbortController();

  constructor(
    parts: CollectorParts,
    tell: (event: CallEvent) => void,
    isToRun: (recording: RecordingId) => boolean,
  ) {
    this.#parts = parts;
    this.#tell = tell;
    this.#isToRun = isToRun;
  }

  /** A former process ordered this recording. */
  inherit(recording: RecordingId): void {
    this.#inherited.add(recording);
  }

  /** Resolves when the file is taken over or known to be none, or after `stop`. Can be asked for again. */
  async collect(recording: RecordingId): Promise<void> {
    if (this.#collecting.has(recording)) return;
    this.#collecting.add(recording);
    while (!this.#isStopping()) {
      try {
        this.#tell(await this.#taken(recording));
        this.#parts.alarms.clear('spool-unusable', 'spool');
        break;
      } catch (error) {
        if (this.#isStopping()) break;
        this.#tellTrouble(recording, error);
        await this.#pause(collectAgainMs);
      }
    }
    this.#collecting.delete(recording);
  }

  /**
   * Tells when Asterisk closes the file of a recording that is to run, within so many ms: 0 looks once. Resolves when
   * that is known.
   */
  async look(recording: RecordingId, withinMs: number): Promise<void> {
    const { files, log, now, pbx } = this.#parts;
    const until = performance.now() + withinMs;
    while (!files.isClosed(recording)) {
      if (performance.now() >= until || this.#isStopping()) return;
      await this.#pause(lookEveryMs);
    }
    // It closes the file when the talk ends, too: whatever tells that has come by then.
    await this.#pause(endToldWithinMs);
    const isToRun = (await pbx.caughtUp()) && this.#isToRun(recording);
    // Without an answer, it is looked at again when Asterisk is there again.
    if (!isToRun || this.#isStopping()) return;
    log.warn('somebody else stopped a recording (StopMixMonitor): the talk is recorded on', { recording });
    this.#tell({ at: now(), type: 'recording-cut', recording });
  }

  /** What was not taken over is by the next process. */
  stop(): void {
    this.#stopping.abort();
  }

  #tellTrouble(recording: RecordingId, error: unknown): void {
    const { alarms, log } = this.#parts;
    log.error('a recording could not be taken over yet', { recording, error: messageOf(error) });
    alarms.raise({
      kind: 'spool-unusable',
      subject: 'spool',
      problem: `a finished recording could not be taken over: ${messageOf(error)}`,
      fault: 'configuration',
      hint: 'Look at the disk and the rights of the spool. It is tried again until it works; nothing is deleted.',
    });
  }

  /** Until `stop` at the latest. */
  async #pause(ms: number): Promise<void> {
    await pause(ms, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }

  #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  async #taken(recording: RecordingId): Promise<CallEvent> {
    const { catalogue, files, now } = this.#parts;
    const media =
      (await files.collect(recording, this.#stopping.signal)) ?? (await catalogue.mediaOf(recording));
    if (media) {
      const obstacle = media.durationMs === 0 ? ((await files.obstacle()) ?? noAudio) : undefined;
      return { at: now(), type: 'recording-closed', recording, media, obstacle };
    }
    if (this.#inherited.has(recording)) {
      const problem = 'the file is in no folder of the spool';
      return { at: now(), type: 'recording-missing', recording, state: 'lost', problem };
    }
    const obstacle = (await files.obstacle()) ?? noFile;
    return { at: now(), type: 'recording-missing', recording, state: 'failed', ...obstacle };
  }
}
