import type { Alarm } from '../alarms/alarms.ts';
import type { ConnectionCheck, DeliveryProblem } from '../catalogue/catalogue.ts';
import type { Status, TargetStatus } from '../status.ts';
import { selfTestJson } from './selftest-json.ts';

/** The state of the running process as `status --json` gives it. Times are ISO 8601; what is not known is null. */
export function statusJson(status: Status) {
  const { version, pid, startedAt, asterisk, calls, spool, targets, alarms = [] } = status;
  return {
    version,
    pid,
    started_at: startedAt,
    asterisk: { ari: asterisk.ari, ami: asterisk.ami, version: asterisk.version ?? null },
    calls: { live: calls.live, in_gate: calls.inGate, recording: calls.recording },
    spool: {
      active_files: spool.activeFiles,
      active_bytes: spool.activeBytes,
      transfer_files: spool.transferFiles,
      transfer_bytes: spool.transferBytes,
      free_bytes: spool.freeBytes,
      used: spool.used ?? null,
      bytes_per_hour: spool.forecast?.bytesPerHour ?? null,
      hours_left: spool.forecast?.hoursLeft ?? null,
    },
    targets: targets.map(targetJson),
    reconciliation: status.reconciliation
      ? { account_read_to: time(status.reconciliation.readAt), gaps: status.reconciliation.gaps }
      : null,
    alarms: alarms.map(alarmJson),
    selftest: status.selfTest ? selfTestJson(status.selfTest) : null,
  };
}

function alarmJson({ kind, subject, since, problem, fault, hint }: Alarm) {
  return { kind, subject, since: new Date(since).toISOString(), problem, fault, hint };
}

export function targetJson(target: TargetStatus) {
  const { name, kind, pending, pendingBytes, setAside, delivered, lastError, reports, activity } = target;
  return {
    name,
    kind,
    pending,
    pending_bytes: pendingBytes,
    set_aside: setAside,
    delivered,
    state: activity?.state ?? null,
    next_attempt: time(activity?.restsUntil),
    bytes_per_second: activity?.bytesPerSecond ?? null,
    last_success: time(target.lastSuccessAt),
    check: target.check ? checkJson(target.check) : null,
    last_error: lastError ? problemJson(lastError) : null,
    reports_pending: reports?.pending ?? 0,
    reports_set_aside: reports?.setAside ?? 0,
    reports_last_error: reports?.lastError ? problemJson(reports.lastError) : null,
  };
}

export function problemJson({ at, code, message, hint }: DeliveryProblem) {
  return { at: new Date(at).toISOString(), code, message, hint };
}

function checkJson({ at, ms, problem }: ConnectionCheck) {
  const { code = null, message = null, fault = null, hint = null } = problem ?? {};
  return { at: new Date(at).toISOString(), ms, ok: problem === undefined, code, message, fault, hint };
}

/** ISO 8601, in UTC; null: never. */
export function time(instant: number | undefined): string | null {
  return instant === undefined ? null : new Date(instant).toISOString();
}
