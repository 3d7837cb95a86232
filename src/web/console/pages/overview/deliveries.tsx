import { Text } from '@mantine/core';
import { useEffect, useRef } from 'react';

import type { TargetState } from '../../../api.ts';
import { useAnswer, useSoon } from '../../connection/answers.ts';
import { useFormat, useWords } from '../../language/language.tsx';
import { useClock } from '../../parts/clock.ts';
import { byHour, HourChart, lastHoursFrom, Legend } from '../../parts/hour-chart.tsx';
import { Answered, Empty } from '../../parts/notes.tsx';

const hours = 24;
/** Many deliveries that end together are asked for once. */
const askAgainMs = 2_000;
/** How late the picture may begin another hour. */
const lookAgainMs = 60_000;

/** What was delivered, what failed and how much waited, hour by hour, of each target. */
export function Deliveries({ targets }: { readonly targets: readonly TargetState[] }) {
  return targets.map((target) => <Target key={target.name} target={target} isOnly={targets.length === 1} />);
}

function Target({ target, isOnly }: { readonly target: TargetState; readonly isOnly: boolean }) {
  const { overview: words } = useWords();
  const format = useFormat();
  const now = useClock(lookAgainMs);
  const query = { hours };
  const answer = useAnswer('GET /targets/:name/history', { params: { name: target.name }, query });
  const askSoon = useSoon(askAgainMs, answer.reload);
  const { delivered, pending, set_aside: aside } = target;
  const shown = useRef('');
  useEffect(() => {
    const counts = [delivered, pending, aside].join(' ');
    // What is shown first was just asked for.
    if (shown.current !== '' && shown.current !== counts) askSoon();
    shown.current = counts;
  }, [askSoon, delivered, pending, aside]);
  return (
    <>
      {!isOnly && (
        <Text fw={600} size="sm" mt="sm">
          {target.name}
        </Text>
      )}
      <Answered answer={answer}>
        {(history) => {
          const from = lastHoursFrom(now, hours);
          const of = (name: 'delivered' | 'failed' | 'queued') =>
            byHour(history.hours, from, hours, (hour) => hour[name]);
          const bars = [
            { name: words.delivered, colour: 'var(--c-recorded)', values: of('delivered') },
            { name: words.failedTries, colour: 'var(--c-bad)', values: of('failed') },
          ];
          const waiting = backlog(of('queued'), of('delivered'), pending + aside);
          if ([...bars.flatMap(({ values }) => values), ...waiting].every((count) => count === 0))
            return <Empty title={words.nothingDelivered}>{words.nothingDeliveredWhy}</Empty>;
          const lines = [{ name: words.waitingAtEnd, colour: 'var(--c-warn)', values: waiting }];
          const [done = 0, failed = 0] = bars.map(({ values }) =>
            values.reduce((sum, each) => sum + each, 0),
          );
          const most = Math.max(...waiting);
          const items = [
            { ...bars[0], value: format.number(done) },
            { ...bars[1], value: format.number(failed) },
            { ...lines[0], value: words.atMost(format.number(most)) },
          ].map(({ name = '', colour = '', value }) => ({ name, colour, value }));
          const told = items.map(({ name, value }) => `${name} ${value}`).join(', ');
          return (
            <>
              <HourChart
                label={`${words.deliveriesChart(target.name)}: ${told}`}
                value={format.number}
                {...{ from, hours, bars, lines }}
              />
              <Legend items={items} />
            </>
          );
        }}
      </Answered>
    </>
  );
}

/** How many waited at the end of each hour: back from how many wait now. */
function backlog(queued: readonly number[], delivered: readonly number[], now: number): number[] {
  const waiting: number[] = [];
  let at = now;
  for (let hour = queued.length - 1; hour >= 0; hour -= 1) {
    waiting[hour] = Math.max(0, at);
    at += (delivered[hour] ?? 0) - (queued[hour] ?? 0);
  }
  return waiting;
}
