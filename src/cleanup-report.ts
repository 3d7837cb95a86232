import { MitschnittError } from './errors.ts';
import type { CleanupMode } from './call/stuck.ts';

/** What is asked of the running process (`POST /cleanup`). */
export interface CleanupRequest {
  readonly mode: CleanupMode;
  /** Who asks: `cli:root`, `schedule`. It is kept with the recordings that are ended. */
  readonly actor: string;
}

/** What goes on now (`GET /cleanup`). */
export interface CleanupPreview {
  /** Calls of members. */
  readonly liveCalls: number;
  /** Recordings that `all` would end. */
  readonly running: number;
}

/** One recording that was taken out of `active/`. */
export interface CleanedRecording {
  readonly id: string;
  readonly callId: string;
  /** Empty when unknown. */
  readonly from: string;
  readonly to: string;
  /** Ms since 1970. */
  readonly startedAt: number;
  /** `call-over`: its call ended by itself meanwhile. */
  readonly why: 'max-duration' | 'all' | 'not-closed' | 'orphan' | 'call-over';
  /** `discarded`: there was less audio in it than makes a recording, or none. */
  readonly became: 'moved' | 'discarded';
}

export interface CleanupReport {
  readonly mode: CleanupMode;
  /** Calls of members that went on when it began. They still do, as far as it is concerned. */
  readonly liveCalls: number;
  /** Recordings that Asterisk was told to end. */
  readonly ended: number;
  /** Recordings that came to `transfer/` with their call, without it, and those of which there was nothing to move. */
  readonly moved: number;
  readonly orphans: number;
  readonly discarded: number;
  readonly recordings: readonly CleanedRecording[];
  /** Files of `active/` that stayed there, and why. */
  readonly left: readonly { readonly file: string; readonly reason: string }[];
}

export type CleanupAnswer = CleanupReport | { readonly problem: string };

/** Reads a request as it came over the control socket. Throws when it is none. */
export function cleanupRequestOf(body: unknown): CleanupRequest {
  const { mode, actor } = (body ?? {}) as Partial<Record<keyof CleanupRequest, unknown>>;
  if ((mode === 'stuck' || mode === 'all') && typeof actor === 'string') return { mode, actor };
  throw new MitschnittError('a request without mode or actor', {
    code: 'cleanup-request',
    fault: 'defect',
    retry: false,
    hint: 'Use the command line of the same version as the running process.',
  });
}
