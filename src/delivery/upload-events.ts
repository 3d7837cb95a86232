import type { Delivery } from '../catalogue/catalogue.ts';
import type { MitschnittError } from '../errors.ts';
import type { FinishedRecording } from '../recording/recording.ts';

/** What is told of the work, as it happens: to the log, to whoever watches. Nothing in it is secret. */
export type UploadEvent =
  | { readonly type: 'started'; readonly recording: FinishedRecording; readonly target: string }
  /** Of the `bytes` of the recording so many were handed over to the target. At most every 250 ms. */
  | {
      readonly type: 'progress';
      readonly recording: FinishedRecording;
      readonly target: string;
      readonly sent: number;
    }
  | {
      readonly type: 'delivered';
      readonly recording: FinishedRecording;
      readonly delivery: Delivery;
      /** How long the attempt took. */
      readonly ms: number;
    }
  /** `postponed`: tried again at `delivery.dueAt`; `set-aside`: no retry can mend it. */
  | {
      readonly type: 'postponed' | 'set-aside';
      readonly recording: FinishedRecording;
      readonly delivery: Delivery;
      readonly error: MitschnittError;
    }
  /** The recording has arrived; its sidecar follows when the call is over. */
  | { readonly type: 'sidecar-waits'; readonly recording: FinishedRecording; readonly delivery: Delivery }
  /** All targets have it. */
  | { readonly type: 'local-file-deleted'; readonly recording: FinishedRecording }
  /** Something of our own failed: the catalogue, or deleting a local file. It is tried again. */
  | { readonly type: 'trouble'; readonly target: string | undefined; readonly error: unknown };
