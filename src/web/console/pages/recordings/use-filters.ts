import { useCallback, useMemo } from 'react';
import { useSearchParams } from 'wouter';

import { filtersOf, type FilterName, type Filters } from './filters.ts';

export function useFilters(): {
  readonly filters: Filters;
  readonly change: (change: Partial<Record<FilterName, string>>) => void;
  readonly clear: () => void;
} {
  const [search, setSearch] = useSearchParams();
  const text = search.toString();
  const filters = useMemo(() => filtersOf(new URLSearchParams(text)), [text]);
  const change = useCallback(
    (changed: Partial<Record<FilterName, string>>) => {
      const next = new URLSearchParams(text);
      for (const [name, value] of Object.entries(changed)) {
        if (value === '') next.delete(name);
        else next.set(name, value);
      }
      setSearch(next, { replace: true });
    },
    [text, setSearch],
  );
  const clear = useCallback(() => setSearch(new URLSearchParams(), { replace: true }), [setSearch]);
  return { filters, change, clear };
}
