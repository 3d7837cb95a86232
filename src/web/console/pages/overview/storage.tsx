import { Text } from '@mantine/core';

import type { StorageNow } from '../../../api.ts';
import { useAnswer } from '../../connection/answers.ts';
import { useFormat, useWords } from '../../language/language.tsx';
import { Facts, Meter, type Tone } from '../../parts/shapes.tsx';

const soonHours = 24;

export function Storage({ now }: { readonly now: StorageNow }) {
  const { overview: words } = useWords();
  const format = useFormat();
  if (now.used === null) return <Text size="sm">{words.spoolGone}</Text>;
  const tone: Tone = now.used >= now.stop ? 'bad' : now.used >= now.warn ? 'warn' : 'good';
  return (
    <>
      <Meter share={now.used} tone={tone} label={words.used} />
      <Text size="sm" mt={6}>
        {words.usedOf(format.percent(now.used), format.bytes(now.free_bytes))}
      </Text>
      <Text size="sm" c={now.hours_left !== null && now.hours_left < soonHours ? 'red' : 'dimmed'} mb="xs">
        {forecast(now, words, format)}
      </Text>
      <Facts
        rows={[
          [words.active, `${format.number(now.active_files)} · ${format.bytes(now.active_bytes)}`],
          [words.transfer, `${format.number(now.transfer_files)} · ${format.bytes(now.transfer_bytes)}`],
          [words.limits, words.limitsAt(format.percent(now.warn), format.percent(now.stop))],
        ]}
      />
      <History now={now} />
    </>
  );
}

function forecast(
  now: StorageNow,
  words: ReturnType<typeof useWords>['overview'],
  format: ReturnType<typeof useFormat>,
): string {
  if (now.hours_left !== null) return words.hoursLeft(format.hours(now.hours_left));
  if (now.bytes_per_hour === null) return words.notMeasured;
  return words.doesNotFill;
}

const width = 480;
const height = 90;

/** The last day, and dashed where it goes to if it goes on like this. */
function History({ now }: { readonly now: StorageNow }) {
  const { overview: words } = useWords();
  const format = useFormat();
  const { data } = useAnswer('GET /storage', { query: { hours: 24 } });
  const samples = data?.samples ?? [];
  const first = samples[0];
  const last = samples.at(-1);
  if (!first || !last || samples.length < 2) return null;
  const [from, to] = [new Date(first.at).getTime(), new Date(last.at).getTime()];
  const ahead = (to - from) / 3;
  const x = (at: number) => ((at - from) / (to - from + ahead)) * width;
  const y = (share: number) => height - share * height;
  const used = (free: number, total: number) => (total > 0 ? 1 - free / total : 0);
  const points = samples
    .map((each) => `${x(new Date(each.at).getTime())},${y(used(each.free_bytes, each.total_bytes))}`)
    .join(' ');
  const perMs = (now.bytes_per_hour ?? 0) / 3_600_000 / last.total_bytes;
  const end = Math.min(1, Math.max(0, used(last.free_bytes, last.total_bytes) + perMs * ahead));
  return (
    <svg
      className="chart"
      viewBox={`0 -4 ${width} ${height + 22}`}
      role="img"
      aria-label={words.storageChart}
    >
      <line className="axis" x1={0} x2={width} y1={height} y2={height} />
      <line
        x1={0}
        x2={width}
        y1={y(now.warn)}
        y2={y(now.warn)}
        stroke="var(--c-warn)"
        strokeDasharray="2 4"
      />
      <line x1={0} x2={width} y1={y(now.stop)} y2={y(now.stop)} stroke="var(--c-bad)" strokeDasharray="2 4" />
      <polyline points={points} fill="none" stroke="var(--c-recorded)" strokeWidth={2} />
      <line
        x1={x(to)}
        x2={width}
        y1={y(used(last.free_bytes, last.total_bytes))}
        y2={y(end)}
        stroke="var(--c-recorded)"
        strokeWidth={2}
        strokeDasharray="4 4"
      />
      <text x={0} y={height + 14}>
        {format.dateTime(first.at)}
      </text>
      <text x={x(to)} y={height + 14} textAnchor="end">
        {format.time(last.at)}
      </text>
    </svg>
  );
}
