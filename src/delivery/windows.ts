import { localTime } from '../recording/local-time.ts';

/** A stretch of every day, in minutes since midnight on the clock on the wall; over midnight where `to` is earlier. */
export interface UploadWindow {
  readonly from: number;
  readonly to: number;
}

/** When deliveries may begin: always, where there is no window. */
export interface UploadWindows {
  readonly windows: readonly UploadWindow[];
  /** IANA name. */
  readonly timeZone: string;
}

const minutesPerHour = 60;
const minuteMs = 60_000;

/**
 * Whether a window is open at an instant (ms since 1970). The clock on the wall decides: an hour that summer time leaves
 * out opens nothing, and one that it repeats is open twice.
 */
export function isOpen({ windows, timeZone }: UploadWindows, instant: number): boolean {
  if (windows.length === 0) return true;
  const { HH, mm } = localTime(instant, timeZone);
  const minute = Number(HH) * minutesPerHour + Number(mm);
  return windows.some(({ from, to }) =>
    from < to ? from <= minute && minute < to : from <= minute || minute < to,
  );
}

/** Ms until a window can open or close: both happen on a full minute. */
export function untilNextMinute(instant: number): number {
  return minuteMs - (instant % minuteMs);
}
