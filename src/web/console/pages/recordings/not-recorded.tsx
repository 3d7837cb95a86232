import { Button, Text } from '@mantine/core';
import { useMemo } from 'react';

import type { ResponseOf } from '../../../api.ts';
import { useAnswer } from '../../connection/answers.ts';
import { startOfDay } from '../../language/format.ts';
import { useFormat, useWords } from '../../language/language.tsx';
import { Answered, Empty } from '../../parts/notes.tsx';
import { outcomes, OutcomeTag, useRule } from '../../parts/outcome.tsx';
import { Page, Section } from '../../parts/shapes.tsx';
import { FilterForm } from './filter-form.tsx';
import { queryOf, reasonSpanOf, type Filters } from './filters.ts';
import { RecordList } from './record-list.tsx';
import { useFilters } from './use-filters.ts';

type Reasons = ResponseOf<'GET /reasons'>['reasons'];
const spanDays = 30;
const notRecorded = outcomes.filter((outcome) => outcome !== 'recorded');

/** Why calls were not recorded: first by rule, then call by call. */
export default function NotRecorded() {
  const { notRecorded: words, pages } = useWords();
  const format = useFormat();
  const { zone } = format;
  const { filters, change, clear } = useFilters();
  const query = useMemo(() => ({ ...queryOf(filters, zone), recorded: 'false' as const }), [filters, zone]);
  const { isCut, ...days } = reasonSpanOf(filters, zone);
  const span = useSpan(days, filters.group, zone);
  const reasons = useAnswer('GET /reasons', { query: span });
  return (
    <Page title={pages.notRecorded}>
      <Section
        title={
          filters.from === undefined && filters.to === undefined ? words.lastDays(spanDays) : words.byReason
        }
      >
        {isCut && (
          <Text size="sm" c="dimmed" role="status">
            {words.countedFrom(format.day(days.from))}
          </Text>
        )}
        <Answered answer={reasons}>
          {(data) => (
            <ReasonTable
              reasons={data.reasons}
              filters={filters}
              choose={(outcome, rule, group) => change({ outcome, rule, group })}
            />
          )}
        </Answered>
      </Section>
      <Section title={words.calls}>
        <FilterForm filters={filters} change={change} clear={clear} outcomes={notRecorded} />
        <RecordList query={query} showsRule empty={<Empty title={words.none}>{words.noneWhy}</Empty>} />
      </Section>
    </Page>
  );
}

function useSpan(
  { from, to }: { readonly from: string; readonly to: string },
  group: string | undefined,
  zone: string,
) {
  return useMemo(() => {
    const [start, end] = [startOfDay(from, zone), startOfDay(to, zone, 1)];
    return {
      ...(start === undefined || end === undefined ? {} : { from: start, to: end }),
      ...(group === undefined ? {} : { group }),
    };
  }, [from, to, group, zone]);
}

function ReasonTable({
  reasons,
  filters,
  choose,
}: {
  readonly reasons: Reasons;
  readonly filters: Filters;
  readonly choose: (outcome: string, rule: string, group: string) => void;
}) {
  const { notRecorded: words, recordings } = useWords();
  const format = useFormat();
  const ruleIn = useRule();
  if (reasons.length === 0) return <Empty title={words.noReasons}>{words.noReasonsWhy}</Empty>;
  const sorted = [...reasons].sort((a, b) => b.calls - a.calls);
  return (
    <table className="list stack">
      <caption>{words.byReason}</caption>
      <thead>
        <tr>
          <th>{recordings.outcome}</th>
          <th>{words.why}</th>
          <th>{recordings.group}</th>
          <th className="right">{words.count}</th>
          <th>{words.last}</th>
          <th>{words.show}</th>
        </tr>
      </thead>
      <tbody>
        {sorted.map(({ outcome, rule, group, calls, last }) => {
          const isChosen = filters.rule === rule && filters.outcome === outcome && filters.group === group;
          return (
            <tr key={`${outcome} ${rule} ${group}`}>
              <td className="nowrap whole">
                <OutcomeTag outcome={outcome} />
              </td>
              <td className="whole">
                {ruleIn(rule)}
                <Text size="xs" c="dimmed">
                  {words.remedies[outcome]}
                </Text>
              </td>
              <td data-name={recordings.group}>{group}</td>
              <td className="right" data-name={words.count}>
                <strong>{format.number(calls)}</strong>
              </td>
              <td className="nowrap whole" data-name={words.last}>
                {format.dateTime(last)}
              </td>
              <td className="whole">
                <Button
                  size="compact-xs"
                  variant={isChosen ? 'filled' : 'default'}
                  aria-pressed={isChosen}
                  onClick={() => (isChosen ? choose('', '', '') : choose(outcome, rule, group))}
                >
                  {words.showCalls}
                </Button>
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
