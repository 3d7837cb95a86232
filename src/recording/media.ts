import type { Levels } from './levels.ts';

/** What is known of a finished audio file. */
export interface Media {
  readonly bytes: number;
  readonly durationMs: number;
  readonly sha256: string;
  /** The WAV header had been left unfinished and was repaired. */
  readonly repaired: boolean;
  /** When Asterisk wrote to it last, in ms since 1970 by the clock of the disk; absent where nobody can tell any more. */
  readonly writtenAt?: number | undefined;
  /** Samples per second. This and the levels are absent where only the catalogue's summary of the file is left. */
  readonly sampleRate?: number | undefined;
  /** How loud each channel is; in stereo the member's first, then the other party's. */
  readonly levels?: readonly Levels[] | undefined;
}

/** What kept Asterisk from writing audio, as far as it can be seen. */
export interface Obstacle {
  /** The name under which it is kept with the outcome `start-failed`: `spool-full`. */
  readonly rule: string;
  readonly problem: string;
}
