import type { TargetUploads, Uploads } from '../uploads.ts';

/** Times are ISO 8601; what is not known is null. */
export function uploadsJson({ targets }: Uploads) {
  return targets.map(targetJson);
}

function targetJson(target: TargetUploads) {
  const { lastError } = target;
  return {
    target: target.target,
    state: target.state,
    next_attempt: time(target.restsUntil),
    bytes_per_second: target.bytesPerSecond,
    pending: target.pending,
    pending_bytes: target.pendingBytes,
    set_aside: target.setAside,
    delivered: target.delivered,
    last_success: time(target.lastSuccessAt),
    last_error: lastError
      ? {
          at: new Date(lastError.at).toISOString(),
          code: lastError.code,
          message: lastError.message,
          hint: lastError.hint,
        }
      : null,
    files: target.files.map(({ recording, name, bytes, sent, startedAt }) => ({
      recording,
      name,
      bytes,
      sent,
      started: new Date(startedAt).toISOString(),
    })),
  };
}

function time(instant: number | undefined): string | null {
  return instant === undefined ? null : new Date(instant).toISOString();
}
