/** Amounts as people read them. */
/** `3 files, 1.2 MB` */
export function files(count: number, total: number): string {
  return `${count} ${count === 1 ? 'file' : 'files'}, ${bytes(total)}`;
}

const units = ['B', 'kB', 'MB', 'GB', 'TB'];
const perUnit = 1_000;

/** `1.2 MB` */
export function bytes(amount: number): string {
  const power = Math.min(
    units.length - 1,
    Math.max(0, Math.floor(Math.log(Math.max(1, amount)) / Math.log(perUnit))),
  );
  const shown = amount / perUnit ** power;
  return `${power === 0 ? shown : shown.toFixed(1)} ${units[power] ?? ''}`;
}

/** `1.2 MB/s` */
export function rate(bytesPerSecond: number): string {
  return `${bytes(bytesPerSecond)}/s`;
}

const secondsPerMinute = 60;
const secondsPerHour = 3_600;

/** `45 s`, `3:05 min`, `2:10 h`; `-` where nothing moves. */
export function timeLeft(bytesLeft: number, bytesPerSecond: number): string {
  if (bytesLeft === 0) return '0 s';
  if (bytesPerSecond === 0) return '-';
  const seconds = Math.ceil(bytesLeft / bytesPerSecond);
  if (seconds < secondsPerMinute) return `${seconds} s`;
  const [unit, perUnit, part] =
    seconds < secondsPerHour ? ['min', secondsPerMinute, 1] : ['h', secondsPerHour, secondsPerMinute];
  const rest = Math.floor((seconds % perUnit) / part);
  return `${Math.floor(seconds / perUnit)}:${String(rest).padStart(2, '0')} ${unit}`;
}
