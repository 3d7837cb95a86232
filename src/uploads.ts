import type { TargetBacklog } from './catalogue/catalogue.ts';
import type { UploadActivity } from './delivery/uploader.ts';

/** What the running process tells of its deliveries (`GET /uploads` on its control socket). */
export interface Uploads {
  /** Ms since 1970: when this was so. */
  readonly at: number;
  readonly targets: readonly TargetUploads[];
}

/** What goes on at a target, what waits for it, and what became of the rest. */
export interface TargetUploads extends UploadActivity, Omit<TargetBacklog, 'target'> {}

const nothing: Omit<TargetBacklog, 'target'> = {
  pending: 0,
  pendingBytes: 0,
  setAside: 0,
  delivered: 0,
  lastSuccessAt: undefined,
  lastError: undefined,
};

export function uploadsOf(activity: readonly UploadActivity[], backlog: readonly TargetBacklog[]): Uploads {
  const known = new Map(backlog.map((each) => [each.target, each]));
  return {
    at: Date.now(),
    targets: activity.map((each) => ({ ...nothing, ...known.get(each.target), ...each })),
  };
}

/** Which deliveries that were set aside are to be tried again: of one recording, or all (`POST /retry`). */
export interface RetryRequest {
  readonly id?: string | undefined;
}

export interface RetryAnswer {
  /** How many deliveries are tried again. */
  readonly retried: number;
}

/** @throws TypeError when it is none. */
export function retryRequestOf(body: unknown): RetryRequest {
  const { id } = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  if (id !== undefined && typeof id !== 'string') throw new TypeError('the id is no text');
  return { id };
}
