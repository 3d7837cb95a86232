import { statfs } from 'node:fs/promises';

import type { StorageSample } from '../catalogue/catalogue.ts';

/** How full a disk is. */
export interface DiskUse {
  /** Of what may be used by others than root, as `df` has it. */
  readonly totalBytes: number;
  readonly freeBytes: number;
  /** From 0 to 1: of the bytes or of the files that there can be, whichever is more. */
  readonly used: number;
}

/** Of the disk that a path is on. */
export async function diskUse(path: string): Promise<DiskUse> {
  const { bavail, bfree, blocks, bsize, ffree, files } = await statfs(path);
  const total = blocks - bfree + bavail;
  const usedBytes = total === 0 ? 1 : 1 - bavail / total;
  const usedFiles = files === 0 ? 0 : 1 - ffree / files;
  return { totalBytes: total * bsize, freeBytes: bavail * bsize, used: Math.max(usedBytes, usedFiles) };
}

/** What is to be expected of a disk. */
export interface Forecast {
  /** What was used up in an hour, on the average; less than 0 where it becomes emptier. */
  readonly bytesPerHour: number;
  /** Until so much of it is used that recording stops; undefined while it does not fill. */
  readonly hoursLeft: number | undefined;
}

const msPerHour = 3_600_000;
/** From less nothing can be said. */
const leastMeasuredMs = msPerHour;

/**
 * A straight line through what was measured, by least squares; undefined when too little was. `stop` is the use from
 * which on nothing is recorded, from 0 to 1.
 */
export function forecast(
  samples: readonly StorageSample[],
  { freeBytes, totalBytes }: DiskUse,
  stop: number,
): Forecast | undefined {
  const [first] = samples;
  const last = samples.at(-1);
  if (!first || !last || last.at - first.at < leastMeasuredMs) return undefined;
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const hours = samples.map(({ at }) => (at - first.at) / msPerHour);
  const meanHours = mean(hours);
  const meanFree = mean(samples.map((sample) => sample.freeBytes));
  const covariance = mean(
    samples.map((sample, n) => ((hours[n] ?? 0) - meanHours) * (sample.freeBytes - meanFree)),
  );
  const variance = mean(hours.map((hour) => (hour - meanHours) ** 2));
  const bytesPerHour = Math.round(-covariance / variance);
  const left = Math.max(0, freeBytes - totalBytes * (1 - stop));
  return { bytesPerHour, hoursLeft: bytesPerHour > 0 ? left / bytesPerHour : undefined };
}
