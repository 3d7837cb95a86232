/** How times, amounts and durations are written: in the language of the reader, on the clock of the PBX. */
export interface Format {
  readonly zone: string;
  time(iso: string): string;
  date(iso: string): string;
  /** Of the calendar, such as `2026-11-26`: the same everywhere. */
  day(day: string): string;
  dateTime(iso: string): string;
  hour(iso: string): string;
  /** 14:24 */
  minute(iso: string): string;
  /** 26.11., 14:24 */
  dayMinute(iso: string): string;
  /** 3:12, 1:03:12 */
  duration(ms: number): string;
  /** Of a sound: 0.6 s, 7.2 s, 1:03 */
  length(ms: number): string;
  readonly number: (value: number) => string;
  bytes(value: number): string;
  percent(share: number): string;
  /** 14 h, 3 days */
  hours(value: number): string;
}

const units = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'];
const bytesPerUnit = 1_000;
const msPerMinute = 60_000;
const hoursPerDay = 24;
const hoursThatAreDays = 72;

export function formatFor(language: 'de' | 'en', zone: string): Format {
  const locale = language === 'de' ? 'de-CH' : 'en-GB';
  const at = (options: Intl.DateTimeFormatOptions) => {
    const format = new Intl.DateTimeFormat(locale, { timeZone: zone, hourCycle: 'h23', ...options });
    return (iso: string) => format.format(new Date(iso));
  };
  const clock = { hour: '2-digit', minute: '2-digit', second: '2-digit' } as const;
  const shortClock = { hour: '2-digit', minute: '2-digit' } as const;
  const day = { day: '2-digit', month: '2-digit', year: 'numeric' } as const;
  const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
  const tenths = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
  const rough = new Intl.NumberFormat(locale, { maximumSignificantDigits: 3 });
  const share = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 });
  return {
    zone,
    time: at(clock),
    date: at(day),
    day: (given) =>
      new Intl.DateTimeFormat(locale, { timeZone: 'UTC', ...day }).format(new Date(`${given}T12:00:00Z`)),
    dateTime: at({ ...day, ...clock }),
    hour: at({ hour: '2-digit' }),
    minute: at(shortClock),
    dayMinute: at({ day: '2-digit', month: '2-digit', ...shortClock }),
    duration,
    length: (ms) => (ms < msPerMinute ? `${tenths.format(ms / 1_000)} s` : duration(ms)),
    number: (value) => whole.format(value),
    bytes(value) {
      const exponent = Math.min(
        units.length - 1,
        Math.max(0, Math.floor(Math.log10(Math.max(1, Math.abs(value))) / 3)),
      );
      return `${rough.format(value / bytesPerUnit ** exponent)} ${units[exponent] ?? ''}`;
    },
    percent: (value) => share.format(value),
    hours: (value) =>
      value < hoursThatAreDays
        ? `${whole.format(value)} h`
        : `${whole.format(value / hoursPerDay)} ${language === 'de' ? 'Tage' : 'days'}`,
  };
}

function duration(ms: number): string {
  const total = Math.max(0, Math.round(ms / 1_000));
  const two = (value: number) => String(value).padStart(2, '0');
  const [hours, minutes, seconds] = [Math.floor(total / 3_600), Math.floor(total / 60) % 60, total % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
}

/**
 * The beginning of a day (`2026-11-26`) on the clock of the PBX, as ISO 8601 with its offset; `days` later. Undefined:
 * it is no day.
 */
export function startOfDay(day: string, zone: string, days = 0): string | undefined {
  const noon = new Date(`${day}T12:00:00Z`);
  if (Number.isNaN(noon.getTime())) return undefined;
  noon.setUTCDate(noon.getUTCDate() + days);
  const date = noon.toISOString().slice(0, 10);
  return `${date}T00:00:00${offsetAt(date, zone)}`;
}

/** Today on the clock of the PBX, and days before. */
export function today(zone: string, daysAgo = 0): string {
  const now = new Date();
  const parts = new Intl.DateTimeFormat('en-CA', { timeZone: zone }).format(now);
  const noon = new Date(`${parts}T12:00:00Z`);
  noon.setUTCDate(noon.getUTCDate() - daysAgo);
  return noon.toISOString().slice(0, 10);
}

function offsetAt(date: string, zone: string): string {
  const parts = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
  const name = parts.formatToParts(new Date(`${date}T00:00:00Z`)).find(({ type }) => type === 'timeZoneName');
  return name?.value.replace('GMT', '') || '+00:00';
}
