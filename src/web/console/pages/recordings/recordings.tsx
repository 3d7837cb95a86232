import { useMemo } from 'react';

import { useFormat, useWords } from '../../language/language.tsx';
import { Page } from '../../parts/shapes.tsx';
import { FilterForm } from './filter-form.tsx';
import { queryOf } from './filters.ts';
import { NothingFound, RecordList } from './record-list.tsx';
import { useFilters } from './use-filters.ts';

/** All recordings that one may hear, newest first. */
export default function Recordings() {
  const words = useWords();
  const { zone } = useFormat();
  const { filters, change, clear } = useFilters();
  const query = useMemo(() => ({ ...queryOf(filters, zone), recorded: 'true' as const }), [filters, zone]);
  const isFiltered = Object.keys(filters).length > 0;
  return (
    <Page title={words.pages.recordings}>
      <section className="card">
        <FilterForm filters={filters} change={change} clear={clear} />
        <RecordList query={query} empty={<NothingFound isFiltered={isFiltered} clear={clear} />} />
      </section>
    </Page>
  );
}
