import type { QueryGiven } from '../../../api.ts';
import { startOfDay } from '../../language/format.ts';

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
