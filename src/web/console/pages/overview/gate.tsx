import { Text } from '@mantine/core';
import { useEffect } from 'react';

import { useAnswer } from '../../connection/answers.ts';
import { useFormat, useWords } from '../../language/language.tsx';
import { useClock } from '../../parts/clock.ts';
import { byHour, HourChart, lastHoursFrom, Legend } from '../../parts/hour-chart.tsx';
import { Answered, Empty } from '../../parts/notes.tsx';

const hours = 24;
const askAgainMs = 60_000;

/** How long callers waited for the gate. */
export function GateTimes() {
  const { overview: words } = useWords();
  const format = useFormat();
  const now = useClock(askAgainMs);
  const answer = useAnswer('GET /gate', {});
  const { reload } = answer;
  useEffect(() => {
    const timer = setInterval(reload, askAgainMs);
    return () => clearInterval(timer);
  }, [reload]);
  const ms = (value: number) => `${format.number(value)} ms`;
  return (
    <Answered answer={answer}>
      {(times) => {
        if (times.hours.length === 0) return <Empty title={words.noGate}>{words.noGateWhy}</Empty>;
        const from = lastHoursFrom(now, hours);
        const median = byHour(times.hours, from, hours, ({ median_ms }) => median_ms);
        const p99 = byHour(times.hours, from, hours, ({ p99_ms }) => p99_ms);
        // Drawn upon the median.
        const slow = p99.map((all, hour) => all - (median[hour] ?? 0));
        const bars = [
          { name: words.gateMedian, colour: 'var(--c-recorded)', values: median },
          { name: words.gateSlow, colour: 'var(--c-plain)', values: slow, told: p99 },
        ];
        const calls = times.hours.reduce((sum, hour) => sum + hour.calls, 0);
        const latest = times.hours.at(-1);
        const items = [
          { name: words.gateMedian, colour: 'var(--c-recorded)', value: ms(latest?.median_ms ?? 0) },
          { name: words.gateSlow, colour: 'var(--c-plain)', value: ms(latest?.p99_ms ?? 0) },
        ];
        const told = items.map(({ name, value }) => `${name} ${value}`).join(', ');
        return (
          <>
            <Text size="sm" c="dimmed" mb="xs">
              {words.gateHelp}
            </Text>
            <HourChart
              label={`${words.gateChart(format.number(calls))}: ${told}`}
              height={120}
              value={ms}
              {...{ from, hours, bars }}
            />
            <Legend items={items} />
          </>
        );
      }}
    </Answered>
  );
}
