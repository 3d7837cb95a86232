/** An instant as the clock on the wall shows it. Each part has its full width: `2021`, `04`, `07`. */
export interface LocalTime {
  readonly yyyy: string;
  readonly MM: string;
  readonly dd: string;
  readonly HH: string;
  readonly mm: string;
  readonly ss: string;
}

/** Making a formatter takes a hundred times as long as using it, and there is one time zone per PBX. */
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterOf(timeZone: string): Intl.DateTimeFormat {
  const known = formatters.get(timeZone);
  if (known) return known;
  // Calendar and digits are named, or the machine's own would be taken. h23: midnight is 00, not 24.
  const made = new Intl.DateTimeFormat('en-GB-u-ca-gregory-nu-latn', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  formatters.set(timeZone, made);
  return made;
}

/**
 * The local time of an instant (ms since 1970-01-01 UTC).
 *
 * @param timeZone IANA name, `Europe/Zurich`; a name that does not exist throws a RangeError.
 */
export function localTime(instant: number, timeZone: string): LocalTime {
  const parts: Partial<Record<Intl.DateTimeFormatPartTypes, string>> = {};
  for (const { type, value } of formatterOf(timeZone).formatToParts(instant)) parts[type] = value;
  return {
    yyyy: (parts.year ?? '').padStart(4, '0'),
    MM: parts.month ?? '',
    dd: parts.day ?? '',
    HH: parts.hour ?? '',
    mm: parts.minute ?? '',
    ss: parts.second ?? '',
  };
}

/** `2026-11-23 14:00:00` */
export function localDateTime(instant: number, timeZone: string): string {
  const { yyyy, MM, dd, HH, mm, ss } = localTime(instant, timeZone);
  return `${yyyy}-${MM}-${dd} ${HH}:${mm}:${ss}`;
}

const secondMs = 1_000;

/** What the clock on the wall is ahead of UTC, in ms. */
function offsetAt(instant: number, timeZone: string): number {
  return Date.parse(`${wallClock(instant, timeZone)}Z`) - Math.floor(instant / secondMs) * secondMs;
}

/** `2026-11-23T14:00:00` */
function wallClock(instant: number, timeZone: string): string {
  return localDateTime(instant, timeZone).replace(' ', 'T');
}

/** `2026-11-23T14:00:00.250+01:00` */
export function isoWithOffset(instant: number, timeZone: string): string {
  const minutes = Math.round(offsetAt(instant, timeZone) / 60_000);
  const two = (number: number) => String(number).padStart(2, '0');
  const offset = `${minutes < 0 ? '-' : '+'}${two(Math.floor(Math.abs(minutes) / 60))}:${two(Math.abs(minutes) % 60)}`;
  const fraction = String(instant - Math.floor(instant / secondMs) * secondMs).padStart(3, '0');
  return `${wallClock(instant, timeZone)}.${fraction}${offset}`;
}

/** How JSON has the instants of a time zone: as {@link isoWithOffset}; null is not known. */
export function timesIn(timeZone: string) {
  function time(instant: number): string;
  function time(instant: number | undefined): string | null;
  function time(instant: number | undefined): string | null {
    return instant === undefined ? null : isoWithOffset(instant, timeZone);
  }
  return time;
}

/** Far enough to lie on either side of a change of the clock, wherever the zone is and however long the change. */
const aroundMs = 38 * 3_600_000;

/** The instants at which the clock on the wall shows a time, `2026-11-23T14:00:00`: one, two, or none. */
export function instantsOfLocal(local: string, timeZone: string): readonly number[] {
  const [earliest, latest] = boundsOf(local, timeZone);
  return [...new Set([earliest, latest])].filter((instant) => wallClock(instant, timeZone) === local);
}

/** What a time would be with the one or the other offset that the zone has around it. */
function boundsOf(local: string, timeZone: string): readonly [earliest: number, latest: number] {
  const asUtc = Date.parse(`${local}Z`);
  const offsets = [asUtc - aroundMs, asUtc + aroundMs].map((instant) => offsetAt(instant, timeZone));
  return [asUtc - Math.max(...offsets), asUtc - Math.min(...offsets)];
}

/**
 * The first instant at which the clock on the wall shows a time; where the time was left out, when the clock passed
 * over it.
 */
export function instantOfLocal(local: string, timeZone: string): number {
  const [shown] = instantsOfLocal(local, timeZone);
  if (shown !== undefined) return shown;
  let [before, reached] = boundsOf(local, timeZone);
  while (reached - before > secondMs) {
    const middle = before + Math.floor((reached - before) / 2 / secondMs) * secondMs;
    if (wallClock(middle, timeZone) >= local) reached = middle;
    else before = middle;
  }
  return reached;
}

const dayMs = 24 * 3_600_000;

/** When the day began, and when it ends, in which an instant lies. */
export function dayOf(instant: number, timeZone: string): { readonly from: number; readonly to: number } {
  const date = wallClock(instant, timeZone).slice(0, 'yyyy-MM-dd'.length);
  const next = new Date(Date.parse(`${date}T00:00:00Z`) + dayMs).toISOString().slice(0, 'yyyy-MM-dd'.length);
  return {
    from: instantOfLocal(`${date}T00:00:00`, timeZone),
    to: instantOfLocal(`${next}T00:00:00`, timeZone),
  };
}
