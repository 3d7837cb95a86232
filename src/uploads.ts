import type { DeliveryProblem, ReportIssue, TargetBacklog } from './catalogue/catalogue.ts';
import type { FileProgress } from './delivery/progress.ts';
import type { UploadActivity } from './delivery/uploader.ts';

/** What the running process tells of its deliveries (`GET /uploads` on its control socket). */
export interface Uploads {
  /** Ms since 1970: when this was so. */
  readonly at: number;
  readonly targets: readonly TargetUploads[];
}

/** What goes on at a target, what waits for it, and what became of the rest. */
export interface TargetUploads extends UploadActivity, Omit<TargetBacklog, 'target'> {
  /** Undefined: it gets none, and never got any. */
  readonly reports: ReportUploads | undefined;
}

/** What is being done about the reports for a target. */
export interface ReportActivity {
  readonly target: string;
  /** Whether a run that somebody asked for goes on. */
  readonly isAsked: boolean;
  /** What is on its way; its `recording` is the id of the report. */
  readonly file: FileProgress | undefined;
}

/** The reports for a target. */
export interface ReportUploads extends Omit<ReportActivity, 'target'>, ReportsWaiting {
  readonly pendingBytes: number;
  readonly delivered: number;
}

/** Reports that have not got to a target. */
export interface ReportsWaiting {
  readonly pending: number;
  readonly setAside: number;
  readonly lastError?: DeliveryProblem | undefined;
}

const nothing: Omit<TargetBacklog, 'target'> = {
  pending: 0,
  pendingBytes: 0,
  setAside: 0,
  delivered: 0,
  lastSuccessAt: undefined,
  lastError: undefined,
};

export function uploadsOf(sources: {
  readonly activity: readonly UploadActivity[];
  readonly backlog: readonly TargetBacklog[];
  readonly reporting: readonly ReportActivity[];
  /** Reports that are not delivered. */
  readonly unfinished: readonly ReportIssue[];
  /** Reports that each target got. */
  readonly deliveredReports: ReadonlyMap<string, number>;
}): Uploads {
  const { activity, backlog, reporting, unfinished, deliveredReports } = sources;
  const known = new Map(backlog.map((each) => [each.target, each]));
  return {
    at: Date.now(),
    targets: activity.map((each) => ({
      ...nothing,
      ...known.get(each.target),
      ...each,
      reports: reportUploads(
        reporting.find(({ target }) => target === each.target),
        unfinished.filter(({ target }) => target === each.target),
        deliveredReports.get(each.target) ?? 0,
      ),
    })),
  };
}

function reportUploads(
  activity: ReportActivity | undefined,
  issues: readonly ReportIssue[],
  delivered: number,
): ReportUploads | undefined {
  if (!activity && issues.length === 0 && delivered === 0) return undefined;
  const { isAsked = false, file } = activity ?? {};
  const pendingBytes = issues.reduce((sum, { state, bytes }) => sum + (state === 'pending' ? bytes : 0), 0);
  return { isAsked, file, ...reportsWaiting(issues), pendingBytes, delivered };
}

export function reportsWaiting(issues: readonly ReportIssue[]): ReportsWaiting {
  const pending = issues.filter(({ state }) => state === 'pending').length;
  const problems = issues.flatMap(({ problem }) => problem ?? []);
  const lastError = problems.sort((one, other) => one.at - other.at).at(-1);
  return { pending, setAside: issues.length - pending, lastError };
}

/** Which deliveries that were set aside are to be tried again: of one recording, or all (`POST /retry`). */
export interface RetryRequest {
  readonly id?: string | undefined;
  /** Who asks, for the audit log. */
  readonly actor?: string;
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
