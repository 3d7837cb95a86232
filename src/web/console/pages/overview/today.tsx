import type { ResponseOf } from '../../../api.ts';
import { useFormat, useWords } from '../../language/language.tsx';
import { byHour, HourChart, Legend } from '../../parts/hour-chart.tsx';
import { Empty } from '../../parts/notes.tsx';
import { colourOfOutcome, outcomes as allOutcomes } from '../../parts/outcome.tsx';

type Outcomes = ResponseOf<'GET /outcomes'>;

const msPerHour = 3_600_000;

/** Calls per hour of this day, by what became of them; the sums are in the legend. */
export function Today({ outcomes }: { readonly outcomes: Outcomes }) {
  const words = useWords();
  const format = useFormat();
  const total = Object.values(outcomes.totals).reduce((sum, count) => sum + count, 0);
  if (total === 0) return <Empty title={words.overview.noneToday}>{words.overview.noneTodayWhy}</Empty>;
  const known = allOutcomes.filter((outcome) => (outcomes.totals[outcome] ?? 0) > 0);
  const from = new Date(outcomes.from).getTime();
  // 23 or 25 on the days on which the clocks change.
  const hours = Math.round((new Date(outcomes.to).getTime() - from) / msPerHour);
  const bars = known.map((outcome) => ({
    name: words.outcomes[outcome],
    colour: colourOfOutcome(outcome),
    values: byHour(outcomes.hours, from, hours, ({ counts }) => counts[outcome] ?? 0),
  }));
  const sums = known.map((outcome) => ({
    name: words.outcomes[outcome],
    colour: colourOfOutcome(outcome),
    value: format.number(outcomes.totals[outcome] ?? 0),
  }));
  const told = sums.map(({ name, value }) => `${name} ${value}`).join(', ');
  return (
    <>
      <HourChart
        label={`${words.overview.perHour}: ${told}`}
        bars={bars}
        value={format.number}
        {...{ from, hours }}
      />
      <Legend items={sums} />
    </>
  );
}
