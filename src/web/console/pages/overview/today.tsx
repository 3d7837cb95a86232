import type { ResponseOf } from '../../../api.ts';
import { useFormat, useWords } from '../../language/language.tsx';
import { byHour, HourChart, Legend } from '../../parts/hour-chart.tsx';
import { Empty } from '../../parts/notes.tsx';
import { outcomes as allOutcomes, toneOfOutcome } from '../../parts/outcome.tsx';

type Outcomes = ResponseOf<'GET /outcomes'>;

const colours = {
  good: 'var(--c-recorded)',
  plain: 'var(--c-plain)',
  warn: 'var(--c-warn)',
  bad: 'var(--c-bad)',
  live: 'var(--c-bad)',
};
/** Outcomes alone would be twelve colours that nobody can tell apart. */
const tones = ['good', 'plain', 'warn', 'bad'] as const;
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
  const bars = tones.map((tone) => ({
    name: words.overview.tones[tone],
    colour: colours[tone],
    values: byHour(outcomes.hours, from, hours, ({ counts }) =>
      allOutcomes
        .filter((outcome) => toneOfOutcome[outcome] === tone)
        .reduce((sum, outcome) => sum + (counts[outcome] ?? 0), 0),
    ),
  }));
  const sums = known.map((outcome) => ({
    name: words.outcomes[outcome],
    colour: colours[toneOfOutcome[outcome]],
    value: format.number(outcomes.totals[outcome] ?? 0),
  }));
  const told = sums.map(({ name, value }) => `${name} ${value}`).join(', ');
  return (
    <>
      <HourChart
        label={`${words.overview.perHour}: ${told}`}
        bars={bars.filter(({ values }) => values.some((count) => count > 0))}
        value={format.number}
        {...{ from, hours }}
      />
      <Legend items={sums} />
    </>
  );
}
