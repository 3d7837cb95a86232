import type { ResponseOf } from '../../../api.ts';
import { useFormat, useWords } from '../../language/language.tsx';
import { Empty } from '../../parts/notes.tsx';
import { outcomes as allOutcomes, toneOfOutcome, type Outcome } from '../../parts/outcome.tsx';

type Outcomes = ResponseOf<'GET /outcomes'>;

const colours = {
  good: 'var(--c-recorded)',
  plain: 'var(--c-plain)',
  warn: 'var(--c-warn)',
  bad: 'var(--c-bad)',
  live: 'var(--c-bad)',
};
const tones = ['good', 'plain', 'warn', 'bad'] as const;
const hoursOfDay = 24;
const width = 960;
const height = 150;
const room = { left: 34, top: 8, bottom: 20 };
const msPerHour = 3_600_000;

/** How many of each tone; outcomes alone would be twelve colours that nobody can tell apart. */
function counted(counts: Partial<Record<Outcome, number>>): Record<(typeof tones)[number], number> {
  const sums = { good: 0, plain: 0, warn: 0, bad: 0 };
  for (const outcome of allOutcomes) {
    const tone = toneOfOutcome[outcome];
    if (tone !== 'live') sums[tone] += counts[outcome] ?? 0;
  }
  return sums;
}

/** Calls per hour of this day, by what became of them; the numbers themselves are in the legend. */
export function Today({ outcomes }: { readonly outcomes: Outcomes }) {
  const words = useWords();
  const format = useFormat();
  const total = Object.values(outcomes.totals).reduce((sum, count) => sum + count, 0);
  if (total === 0) return <Empty title={words.overview.noneToday}>{words.overview.noneTodayWhy}</Empty>;
  const known = allOutcomes.filter((outcome) => (outcomes.totals[outcome] ?? 0) > 0);
  return (
    <>
      <HourChart outcomes={outcomes} />
      <ul className="legend">
        {known.map((outcome) => (
          <li key={outcome}>
            <i style={{ background: colours[toneOfOutcome[outcome]] }} />
            {words.outcomes[outcome]} <strong>{format.number(outcomes.totals[outcome] ?? 0)}</strong>
          </li>
        ))}
      </ul>
    </>
  );
}

function HourChart({ outcomes }: { readonly outcomes: Outcomes }) {
  const words = useWords();
  const format = useFormat();
  const start = new Date(outcomes.from).getTime();
  const bars = Array.from({ length: hoursOfDay }, () => ({ good: 0, plain: 0, warn: 0, bad: 0 }));
  for (const hour of outcomes.hours) {
    const index = Math.floor((new Date(hour.start).getTime() - start) / msPerHour);
    if (index >= 0 && index < hoursOfDay) bars[index] = counted(hour.counts);
  }
  const most = Math.max(1, ...bars.map((bar) => tones.reduce((sum, tone) => sum + bar[tone], 0)));
  const step = niceStep(most);
  const top = Math.ceil(most / step) * step;
  const inner = height - room.top - room.bottom;
  const slot = (width - room.left) / hoursOfDay;
  const y = (count: number) => room.top + inner * (1 - count / top);
  return (
    <svg className="chart" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={words.overview.perHour}>
      {Array.from({ length: Math.round(top / step) + 1 }, (_, line) => line * step).map((count) => (
        <g key={count}>
          <line className="axis" x1={room.left} x2={width} y1={y(count)} y2={y(count)} />
          <text x={room.left - 6} y={y(count) + 4} textAnchor="end">
            {format.number(count)}
          </text>
        </g>
      ))}
      {bars.map((bar, hour) => (
        <g key={hour} transform={`translate(${room.left + hour * slot} 0)`}>
          <Bar bar={bar} slot={slot} y={y} />
          {hour % 3 === 0 && (
            <text x={0} y={height - 4}>
              {String(hour).padStart(2, '0')}
            </text>
          )}
        </g>
      ))}
    </svg>
  );
}

function Bar({
  bar,
  slot,
  y,
}: {
  readonly bar: Record<(typeof tones)[number], number>;
  readonly slot: number;
  readonly y: (count: number) => number;
}) {
  let below = 0;
  return tones.map((tone) => {
    const from = below;
    below += bar[tone];
    if (bar[tone] === 0) return null;
    const top = y(below);
    return (
      <rect
        key={tone}
        x={slot * 0.15}
        width={slot * 0.7}
        y={top}
        height={y(from) - top}
        fill={colours[tone]}
      />
    );
  });
}

/** Some four lines, at round counts. */
function niceStep(most: number): number {
  const rough = most / 4;
  const power = 10 ** Math.floor(Math.log10(Math.max(1, rough)));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= rough) ?? power;
}
