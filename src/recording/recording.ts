import type { Direction, RecordingId, Verdict } from '../call/call.ts';

/** A finished recording as the catalogue lists it and targets receive it. */
export interface FinishedRecording {
  readonly id: RecordingId;
  readonly callId: string;
  readonly group: string;
  readonly direction: Direction;
  readonly from: string;
  readonly to: string;
  /** Milliseconds since 1970-01-01 UTC: start and end of the talk. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly bytes: number;
  readonly durationMs: number;
  readonly sha256: string;
  /** Folder and file name under which it is delivered; `folder` is empty for none. */
  readonly folder: string;
  readonly name: string;
}

/** One segment, or one call without any, as report and listings show it. */
export interface CallRecord {
  /** The segment's id; the call's where there was no segment. Unique. */
  readonly id: string;
  readonly callId: string;
  /** `Linkedid` of Asterisk. */
  readonly linkedId: string;
  readonly group: string;
  readonly direction: Direction;
  readonly from: string;
  readonly to: string;
  /** Caller id name of who called, if there was one: whatever a caller sent. */
  readonly fromName?: string | undefined;
  readonly startedAt: number;
  /** 0 where nobody talked. */
  readonly talkMs: number;
  readonly verdict: Verdict;
  /** File name of the recording, if there is one. */
  readonly file: string | undefined;
}
