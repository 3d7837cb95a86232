import type { Alarm } from './alarms/alarms.ts';
import type { Call } from './call/call.ts';
import type {
  ConnectionCheck,
  DeliveryProblem,
  ReportIssue,
  StorageSample,
  TargetBacklog,
} from './catalogue/catalogue.ts';
import type { Config } from './config/schema.ts';
import { forecast, type Forecast } from './spool/disk-use.ts';
import type { UploadActivity } from './delivery/uploader.ts';
import { reportsWaiting, type ReportsWaiting } from './uploads.ts';
import type { SelfTestResult } from './selftest/result-file.ts';
import type { Reconciliation } from './reconciliation/reconciler.ts';
import type { Spool } from './spool/spool.ts';

/** What the running process tells of itself (`GET /status` on its control socket). */
export interface Status {
  readonly version: string;
  readonly pid: number;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  /** Which connections stand. */
  readonly asterisk: { readonly ari: boolean; readonly ami: boolean; readonly version?: string | undefined };
  readonly calls: { readonly live: number; readonly inGate: number; readonly recording: number };
  readonly spool: {
    readonly activeFiles: number;
    readonly activeBytes: number;
    readonly transferFiles: number;
    readonly transferBytes: number;
    readonly freeBytes: number;
    /** Of the disk, from 0 to 1; undefined when the spool is gone. */
    readonly used?: number | undefined;
    /** What is to be expected; undefined until an hour was measured. */
    readonly forecast?: Forecast | undefined;
  };
  readonly targets: readonly TargetStatus[];
  /** How far calls are compared with Asterisk's own account; undefined where it gives none. */
  readonly reconciliation?: Reconciliation | undefined;
  /** What stands in the way; undefined only of a process of an earlier version. */
  readonly alarms?: readonly Alarm[] | undefined;
  /** What the last self-test found; undefined before the first. */
  readonly selfTest?: SelfTestResult | undefined;
}

/** What waits for a target, and what happened last. */
export interface TargetStatus {
  readonly name: string;
  /** The `type` in the configuration: `ftp`; `not configured` when recordings wait for one that was taken out of it. */
  readonly kind: string;
  readonly pending: number;
  readonly pendingBytes: number;
  readonly setAside: number;
  readonly delivered: number;
  /** When the last delivery succeeded, ms since 1970. */
  readonly lastSuccessAt?: number | undefined;
  /** Of the deliveries that have not got there yet. */
  readonly lastError?: DeliveryProblem | undefined;
  /** Reports that have not got there; undefined: there are none, or the process is of an earlier version. */
  readonly reports?: ReportsWaiting | undefined;
  /** What the running process does there; undefined where none runs. */
  readonly activity?: TargetActivity | undefined;
  /** The last connection check; undefined before the first. */
  readonly check?: ConnectionCheck | undefined;
}

/** What goes on at a target. */
export type TargetActivity = Pick<UploadActivity, 'state' | 'restsUntil' | 'bytesPerSecond'>;

/** What a status is made of. */
export interface StatusSources extends Pick<
  Status,
  'version' | 'pid' | 'asterisk' | 'alarms' | 'selfTest' | 'reconciliation'
> {
  readonly startedAt: Date;
  readonly calls: readonly Call[];
  readonly spool: Spool;
  readonly targets: Config['targets'];
  readonly backlog: readonly TargetBacklog[];
  readonly storage: Config['storage'];
  /** How full the disk was lately. */
  readonly samples: readonly StorageSample[];
  readonly activity: readonly UploadActivity[];
  readonly checks: readonly ConnectionCheck[];
  /** Those that are not delivered. */
  readonly reports: readonly ReportIssue[];
}

export async function statusOf(sources: StatusSources): Promise<Status> {
  const { version, pid, asterisk, alarms, selfTest, startedAt, calls, spool, targets, backlog, activity } =
    sources;
  const { checks, reconciliation, reports, samples, storage } = sources;
  const [active, transfer, disk] = await Promise.all([
    spool.usage('active'),
    spool.usage('transfer'),
    spool.disk(),
  ]);
  return {
    version,
    pid,
    startedAt: startedAt.toISOString(),
    asterisk,
    calls: {
      live: calls.length,
      inGate: calls.filter(({ gate }) => gate !== undefined).length,
      recording: calls.filter(isRecorded).length,
    },
    spool: {
      activeFiles: active.files,
      activeBytes: active.bytes,
      transferFiles: transfer.files,
      transferBytes: transfer.bytes,
      freeBytes: disk?.freeBytes ?? 0,
      used: disk?.used,
      forecast: disk && forecast(samples, disk, storage.stop),
    },
    targets: targetStatuses(targets, { backlog, activity, checks, reports }),
    reconciliation,
    alarms,
    selfTest,
  };
}

function isRecorded({ segments }: Call): boolean {
  return segments.some(({ recording }) => recording?.state === 'running');
}

/** The configured targets, then those that only the catalogue knows. */
export function targetStatuses(
  targets: Config['targets'],
  sources: Pick<StatusSources, 'backlog' | 'activity' | 'checks' | 'reports'>,
): readonly TargetStatus[] {
  const { backlog, activity: activities, checks, reports: issues } = sources;
  const known = new Map(backlog.map((each) => [each.target, each]));
  const waiting = Map.groupBy(issues, ({ target }) => target);
  const names = new Set([...Object.keys(targets), ...known.keys(), ...waiting.keys()]);
  return [...names].map((name) => {
    const { pending = 0, pendingBytes = 0, setAside = 0, delivered = 0 } = known.get(name) ?? {};
    const { lastSuccessAt, lastError } = known.get(name) ?? {};
    const kind = targets[name]?.type ?? 'not configured';
    const active = activities.find(({ target }) => target === name);
    const activity = active && {
      state: active.state,
      restsUntil: active.restsUntil,
      bytesPerSecond: active.bytesPerSecond,
    };
    const check = checks.find(({ target }) => target === name);
    const counts = { pending, pendingBytes, setAside, delivered, lastSuccessAt, lastError };
    const issues = waiting.get(name);
    const reports = issues && reportsWaiting(issues);
    return { name, kind, ...counts, reports, activity, check };
  });
}
