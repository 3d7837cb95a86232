import type { FileProgress } from '../delivery/progress.ts';
import { problemJson, time } from './status-json.ts';
import type { TargetUploads, Uploads } from '../uploads.ts';

/** Times are ISO 8601; what is not known is null. */
export function uploadsJson({ targets }: Uploads) {
  return targets.map(targetJson);
}

function targetJson(target: TargetUploads) {
  const { lastError, reports } = target;
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
    last_error: lastError ? problemJson(lastError) : null,
    files: target.files.map(fileJson),
    reports_pending: reports?.pending ?? 0,
    reports_pending_bytes: reports?.pendingBytes ?? 0,
    reports_set_aside: reports?.setAside ?? 0,
    reports_delivered: reports?.delivered ?? 0,
    reports_last_error: reports?.lastError ? problemJson(reports.lastError) : null,
    report: reports?.file ? fileJson(reports.file) : null,
  };
}

function fileJson({ recording, name, bytes, sent, startedAt }: FileProgress) {
  return { recording, name, bytes, sent, started: new Date(startedAt).toISOString() };
}
