import type { EventData, QueryGiven } from '../../../api.ts';
import { startOfDay, today } from '../../language/format.ts';

/** What is looked for, as it is in the address of the page: a search can be kept and sent to others. */
export const filterNames = [
  'number',
  'text',
  'from',
  'to',
  'group',
  'direction',
  'outcome',
  'rule',
  'delivery',
  'held',
] as const;
export type FilterName = (typeof filterNames)[number];
export type Filters = Readonly<Partial<Record<FilterName, string>>>;

const leastLength = 2;

export function filtersOf(search: URLSearchParams): Filters {
  return Object.fromEntries(
    filterNames.flatMap((name) => {
      const value = search.get(name);
      return value === null || value === '' ? [] : [[name, value]];
    }),
  );
}

/** As the API takes them; days are those of the PBX, `to` included. */
export function queryOf(filters: Filters, zone: string): QueryGiven<'GET /records'> {
  const { from, to, number, text, ...rest } = filters;
  const start = from === undefined ? undefined : startOfDay(from, zone);
  const end = to === undefined ? undefined : startOfDay(to, zone, 1);
  return {
    ...(rest as QueryGiven<'GET /records'>),
    ...(start === undefined ? {} : { from: start }),
    ...(end === undefined ? {} : { to: end }),
    ...(number !== undefined && number.length >= leastLength ? { number } : {}),
    ...(text !== undefined && text.length >= leastLength ? { text } : {}),
  };
}

/** Whether a line that was just added can be in a list; what an event does not tell may be so. */
export function mayBeListed(
  { group, outcome, start }: EventData<'record'>,
  { from, to, ...query }: QueryGiven<'GET /records'>,
): boolean {
  const at = Date.parse(start);
  const isRecorded = outcome === 'recorded';
  const wanted = query.outcome?.split(',');
  return (
    (query.group === undefined || query.group === group) &&
    (query.recorded === undefined || (query.recorded === 'true') === isRecorded) &&
    (query.delivery === undefined || isRecorded) &&
    (wanted?.includes(outcome) ?? true) &&
    (from === undefined || at >= Date.parse(from)) &&
    (to === undefined || at < Date.parse(to))
  );
}

const usualDays = 30;
/** The server counts at most 62 days; one has 25 hours. */
const mostDays = 61;

/** The days of which the reasons are counted. */
interface ReasonSpan {
  readonly from: string;
  readonly to: string;
  /** Fewer than was asked for. */
  readonly isCut: boolean;
}

/** Days as they are in the address of the page; the last ones where more are asked for than are counted. */
export function reasonSpanOf(filters: Filters, zone: string): ReasonSpan {
  const to = filters.to ?? today(zone);
  const wanted = filters.from ?? dayBefore(to, usualDays - 1);
  const earliest = dayBefore(to, mostDays - 1);
  // Days as text are in the order of time.
  const from = [earliest, wanted].reduce((a, b) => (a > b ? a : b));
  return { from: from > to ? to : from, to, isCut: wanted < earliest };
}

function dayBefore(day: string, days: number): string {
  const noon = new Date(`${day}T12:00:00Z`);
  if (Number.isNaN(noon.getTime())) return day;
  noon.setUTCDate(noon.getUTCDate() - days);
  return noon.toISOString().slice(0, 10);
}
