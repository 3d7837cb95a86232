import type { Clock } from './clock.ts';
import { Rate } from './rate.ts';
import type { UploadEvent } from './upload-events.ts';

/** A file on its way. */
export interface FileProgress {
  readonly recording: string;
  readonly name: string;
  readonly bytes: number;
  /** Handed over to the target; not known of a target that does not tell. */
  readonly sent: number;
  /** Ms since 1970. */
  readonly startedAt: number;
}

/** What moves to one target. */
export interface Movement {
  readonly files: readonly FileProgress[];
  /** Over the last 10 s. */
  readonly bytesPerSecond: number;
}

/** Follows what is told of the work, and knows at any time what is on its way and how fast. */
export class Progress {
  readonly #clock: Clock;
  readonly #files = new Map<string, Map<string, FileProgress>>();
  readonly #rates = new Map<string, Rate>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  note(event: UploadEvent): void {
    switch (event.type) {
      case 'started': {
        const { recording, target } = event;
        const { id, name, bytes } = recording;
        const file = { recording: id, name, bytes, sent: 0, startedAt: this.#clock.now() };
        this.#filesOf(target).set(id, file);
        return;
      }
      case 'progress':
        this.#moved(event.target, event.recording.id, event.sent);
        return;
      case 'delivered':
      case 'sidecar-waits':
        this.#moved(event.delivery.target, event.recording.id, event.recording.bytes);
        this.#filesOf(event.delivery.target).delete(event.recording.id);
        return;
      case 'postponed':
      case 'set-aside':
        this.#filesOf(event.delivery.target).delete(event.recording.id);
        return;
      case 'local-file-deleted':
      case 'trouble':
    }
  }

  of(target: string): Movement {
    return {
      files: [...this.#filesOf(target).values()],
      bytesPerSecond: this.#rateOf(target).perSecond(this.#clock.now()),
    };
  }

  #moved(target: string, recording: string, sent: number): void {
    const files = this.#filesOf(target);
    const file = files.get(recording);
    if (!file) return;
    this.#rateOf(target).add(Math.max(0, sent - file.sent), this.#clock.now());
    files.set(recording, { ...file, sent });
  }

  #filesOf(target: string): Map<string, FileProgress> {
    const known = this.#files.get(target) ?? new Map<string, FileProgress>();
    this.#files.set(target, known);
    return known;
  }

  #rateOf(target: string): Rate {
    const known = this.#rates.get(target) ?? new Rate();
    this.#rates.set(target, known);
    return known;
  }
}
