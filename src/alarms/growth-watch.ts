import { hints } from './recording-alarms.ts';
import { messageOf } from '../errors.ts';
import type { Call, Instant, RecordingId, Segment } from '../call/call.ts';
import type { Obstacle } from '../recording/media.ts';
import type { Log } from '../log.ts';
import type { Alarms } from './alarms.ts';

/** How soon a recording must have begun, and how often it is looked at: Asterisk writes every 2 s. */
const checkAfterMs = 5_000;
const lookEveryMs = 500;
/** Where no audio comes, as when both parties hold, nothing is written: so long that is nobody's fault. */
const silenceMs = 30_000;
/** The headers of two files: as long as there is no more, nothing was recorded. */
const headersBytes = 88;

export interface GrowthWatchParts {
  readonly files: {
    activeBytes(recording: RecordingId): number | undefined;
    obstacle(): Promise<Obstacle | undefined>;
  };
  readonly alarms: Pick<Alarms, 'raise' | 'clear'>;
  readonly log: Log;
  readonly now: () => Instant;
}

interface Watched {
  readonly id: RecordingId;
  readonly group: string;
  paused: boolean;
  bytes: number;
  grewAt: Instant;
  dueAt: Instant;
  stuck: Obstacle | undefined;
}

/**
 * Looks whether the files of running recordings grow. Asterisk says that it records, and goes on, even if it cannot
 * write a byte.
 */
export class GrowthWatch {
  readonly #parts: GrowthWatchParts;
  readonly #watched = new Map<RecordingId, Watched>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;

  constructor(parts: GrowthWatchParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.#looking ??= this.#look().finally(() => {
        this.#looking = undefined;
      });
    }, lookEveryMs);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  /** Told of each call whenever it changed. */
  follow({ segments }: Call): void {
    for (const segment of segments) {
      const known = this.#watched.get(segment.id);
      if (!isRunning(segment)) {
        if (known) this.#leave(known);
        continue;
      }
      const watched = known ?? this.#begin(segment);
      watched.paused = segment.recording?.pause !== undefined;
    }
  }

  /** Tells again what stands in the way: alarms are in doubt. */
  repeat(): void {
    const stuck = [...this.#watched.values()].filter((each) => each.stuck);
    for (const group of new Set(stuck.map((each) => each.group))) this.#tell(group);
  }

  #begin({ id, group }: Segment): Watched {
    const at = this.#parts.now();
    const since = { bytes: headersBytes, grewAt: at, dueAt: at + checkAfterMs };
    const watched: Watched = { id, group, paused: false, ...since, stuck: undefined };
    this.#watched.set(id, watched);
    return watched;
  }

  #leave(watched: Watched): void {
    this.#watched.delete(watched.id);
    if (watched.stuck) this.#tell(watched.group);
  }

  async #look(): Promise<void> {
    const { log, now } = this.#parts;
    for (const { id, dueAt } of [...this.#watched.values()]) {
      if (dueAt > now()) continue;
      try {
        await this.#check(id);
      } catch (error) {
        log.error('a recording could not be watched', { recording: id, error: messageOf(error) });
      }
    }
  }

  async #check(id: RecordingId): Promise<void> {
    const { files, now } = this.#parts;
    const bytes = files.activeBytes(id);
    // It may have ended meanwhile.
    const watched = this.#watched.get(id);
    if (!watched) return;
    const before = watched.stuck;
    watched.dueAt = now() + checkAfterMs;
    if (bytes !== undefined && bytes > watched.bytes) {
      watched.bytes = bytes;
      watched.grewAt = now();
      watched.stuck = undefined;
    } else if (!watched.paused) {
      watched.stuck = await this.#obstacleOf(watched, bytes);
    }
    if (before !== watched.stuck && this.#watched.get(id) === watched) this.#tell(watched.group);
  }

  async #obstacleOf(
    { bytes: before, grewAt }: Watched,
    bytes: number | undefined,
  ): Promise<Obstacle | undefined> {
    const seen = await this.#parts.files.obstacle();
    if (seen) return seen;
    if (bytes === undefined) return before > headersBytes ? fileGone : noFile;
    if (before === headersBytes) return noAudio;
    return this.#parts.now() - grewAt >= silenceMs ? standsStill : undefined;
  }

  /** One alarm for all recordings of a group: a full disk stops them all. */
  #tell(group: string): void {
    const { alarms } = this.#parts;
    const stuck = [...this.#watched.values()].filter((each) => each.group === group && each.stuck);
    const [first] = stuck;
    if (!first?.stuck) {
      alarms.clear('recording-not-growing', group);
      return;
    }
    const others = stuck.length === 1 ? '' : ` (and ${stuck.length - 1} more)`;
    alarms.raise({
      kind: 'recording-not-growing',
      subject: group,
      problem: `recording ${first.id}${others}: ${first.stuck.problem}`,
      fault: 'asterisk',
      hint: hints[first.stuck.rule] ?? '',
    });
  }
}

function isRunning({ endedAt, recording }: Segment): boolean {
  return endedAt === undefined && recording?.state === 'running';
}

const noFile: Obstacle = {
  rule: 'no-file-written',
  problem: 'Asterisk said that it records, and there is no file: it may not write in the spool',
};
const fileGone: Obstacle = { rule: 'no-file-written', problem: 'the file was there, and is gone' };
const noAudio: Obstacle = {
  rule: 'no-audio-written',
  problem: 'there is no audio in the file: none of either party reaches Asterisk, or it cannot write',
};
const standsStill: Obstacle = {
  rule: 'no-audio-written',
  problem: `the file has not grown for ${silenceMs / 1_000} s: none of either party's audio reaches Asterisk, or it cannot write`,
};
