/** Points in time as they are given on the command line and shown in listings. */
import { instantOfLocal } from '../recording/local-time.ts';

/** A period; ms since 1970-01-01 UTC, `to` exclusive. */
export interface Period {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

const datePattern = /^\d{4}-\d{2}-\d{2}$/;
const localPattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$/;
const instantPattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/;

/** What `--from` and `--to` take. */
export const allowedInstants =
  'a date (2026-11-23), a local time (2026-11-23T14:00) or an instant (2026-11-23T14:00:00Z, ...+01:00)';

/** Whether text is what {@link periodOf} understands. */
export function isPointInTime(text: string): boolean {
  if (instantPattern.test(text)) return !Number.isNaN(Date.parse(text));
  const local = `${text}${'0000-01-01T00:00:00'.slice(text.length)}`;
  if (!datePattern.test(text) && !localPattern.test(text)) return false;
  // Date.parse takes 30 February for 2 March.
  const parsed = Date.parse(`${local}Z`);
  return !Number.isNaN(parsed) && new Date(parsed).toISOString().startsWith(text);
}

/**
 * The period from one point in time to another. Both are local in the time zone if they do not say otherwise; a date
 * as the end includes that day.
 */
export function periodOf(from: string | undefined, to: string | undefined, timeZone: string): Period {
  return {
    from: from === undefined ? undefined : instantOf(from, timeZone),
    to: to === undefined ? undefined : instantOf(datePattern.test(to) ? dayAfter(to) : to, timeZone),
  };
}

const dayMs = 86_400_000;

function dayAfter(date: string): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + dayMs).toISOString().slice(0, 'yyyy-MM-dd'.length);
}

function instantOf(text: string, timeZone: string): number {
  if (instantPattern.test(text)) return Date.parse(text);
  return instantOfLocal(`${text}${'0000-01-01T00:00:00'.slice(text.length)}`, timeZone);
}
