/** The stretches of time of which there is a report file each. */
import { instantOfLocal, localTime } from '../recording/local-time.ts';

export type ReportSpan = 'monthly' | 'daily';

/** One month or one day on the clock of the PBX. */
export interface Span {
  /** `2021-04` or `2021-04-07`. */
  readonly label: string;
  /** Ms since 1970-01-01 UTC; `to` is exclusive. */
  readonly from: number;
  readonly to: number;
}

/** The label of the span in which something began. */
export function spanLabel(startedAt: number, kind: ReportSpan, timeZone: string): string {
  const { yyyy, MM, dd } = localTime(startedAt, timeZone);
  return kind === 'monthly' ? `${yyyy}-${MM}` : `${yyyy}-${MM}-${dd}`;
}

export function spanAt(instant: number, kind: ReportSpan, timeZone: string): Span {
  const { yyyy, MM, dd } = localTime(instant, timeZone);
  const [year, month, day] = [yyyy, MM, dd].map(Number) as [number, number, number];
  const [from, to] =
    kind === 'monthly'
      ? [Date.UTC(year, month - 1), Date.UTC(year, month)]
      : [Date.UTC(year, month - 1, day), Date.UTC(year, month - 1, day + 1)];
  const midnight = (date: number) =>
    instantOfLocal(new Date(date).toISOString().slice(0, 'yyyy-MM-ddTHH:mm:ss'.length), timeZone);
  return { label: spanLabel(instant, kind, timeZone), from: midnight(from), to: midnight(to) };
}

/** The last day that is wholly before a local midnight, `2021-04-12`; at any other time `2021-04-12_14-00`. */
export function lastMomentBefore(instant: number, timeZone: string): string {
  const { yyyy, MM, dd, HH, mm } = localTime(instant, timeZone);
  if (spanAt(instant, 'daily', timeZone).from !== instant) return `${yyyy}-${MM}-${dd}_${HH}-${mm}`;
  return spanLabel(instant - 1, 'daily', timeZone);
}
