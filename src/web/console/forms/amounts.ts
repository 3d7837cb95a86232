/** Amounts as they are written in the configuration, and values that are offered or one's own. */
import type { SchemaNode } from './schema.ts';

type Kind = NonNullable<SchemaNode['x-kind']>;

const offeredUnits: Readonly<Partial<Record<Kind, readonly string[]>>> = {
  duration: ['ms', 's', 'm', 'h', 'd', 'y'],
  size: ['KB', 'MB', 'GB'],
  rate: ['KB/s', 'MB/s', 'GB/s'],
  percentage: ['%'],
};

/** Those that may be written as well. */
const otherUnits: Readonly<Partial<Record<Kind, readonly string[]>>> = {
  size: ['B', 'TB', 'KiB', 'MiB', 'GiB', 'TiB'],
  rate: ['B/s', 'TB/s', 'KiB/s', 'MiB/s', 'GiB/s', 'TiB/s'],
};

/** `8h` as number and unit; undefined where it is written otherwise, such as `${NAME}`. */
export function amountOf(
  text: string,
  kind: Kind | undefined,
): { readonly number: string; readonly unit: string } | undefined {
  const [, number = '', unit = ''] = /^(\d*(?:\.\d*)?) ?(\D*)$/.exec(text) ?? [];
  const known = kind ? [...(offeredUnits[kind] ?? []), ...(otherUnits[kind] ?? [])] : [];
  return known.includes(unit) ? { number, unit } : undefined;
}

/** To choose from; `written` is among them. */
export function unitsOf(kind: Kind | undefined, written: string | undefined): readonly string[] {
  const offered = (kind && offeredUnits[kind]) ?? [];
  return written === undefined || offered.includes(written) ? offered : [...offered, written];
}

/** Whether a value is none of those offered, or was typed although it is: `typed` was, the last time. */
export function isOwnValue(written: string, offered: readonly string[], typed: string | undefined): boolean {
  return written === typed || (written !== '' && !offered.includes(written));
}
