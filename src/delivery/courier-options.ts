import type { DeliveryLedger } from '../catalogue/catalogue.ts';
import type { AttemptParts } from './attempt.ts';
import type { RetryDelays } from './retry.ts';
import type { Target } from './target.ts';
import type { UploadWindows } from './windows.ts';

/** When recordings are delivered: as soon as they are there, or at the times that `nextRun` tells (later than `after`). */
export type UploadSchedule = 'immediately' | { nextRun(after: Date): Date | undefined };

/** What a target is doing. `resting`: it failed, and is tried again later; `closed`: outside its windows. */
export type CourierState = 'idle' | 'uploading' | 'resting' | 'closed';

export interface CourierOptions extends AttemptParts {
  readonly name: string;
  /** How many files go to the target at the same time, each over a connection of its own. */
  readonly connections: number;
  readonly create: () => Target;
  readonly ledger: DeliveryLedger;
  readonly schedule: UploadSchedule;
  readonly windows: UploadWindows;
  readonly delays: RetryDelays;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly onDelivered: () => void;
}
