import { useElementSize, useInterval } from '@mantine/hooks';

import type { ResponseOf, StorageNow } from '../../../api.ts';
import { useAnswer } from '../../connection/answers.ts';
import { useFormat, useWords } from '../../language/language.tsx';
import { Legend } from '../../parts/hour-chart.tsx';

type Sample = ResponseOf<'GET /storage'>['samples'][number];

const hours = 24;
const msPerHour = 3_600_000;
const leastMs = msPerHour / 4;
/** Where a page is left open, the last day is still the last day. */
const lookAgainMs = 60_000;
const height = 120;
const room = { left: 46, right: 6, top: 8, bottom: 20 };
/** Until it has been measured. */
const usualWidth = 480;
/** Of the whole disk, above and below which a line is drawn. */
const shares = [0, 0.25, 0.5, 0.75, 1];

/** The last day, and dashed where it goes to if it goes on like this. */
export function History({ now }: { readonly now: StorageNow }) {
  const { overview: words } = useWords();
  const format = useFormat();
  const { ref, width: measured } = useElementSize();
  const { data, reload } = useAnswer('GET /storage', { query: { hours } });
  useInterval(reload, lookAgainMs, { autoInvoke: true });
  const samples = data?.samples ?? [];
  const [first, last] = [samples[0], samples.at(-1)];
  if (!first || !last || samples.length < 2) return null;
  // Of some minutes it would be a line that says nothing.
  if (timeOf(last) - timeOf(first) < leastMs) return null;
  const width = measured > 0 ? measured : usualWidth;
  const [from, to] = [timeOf(first), timeOf(last)];
  const ahead = (to - from) / 3;
  const x = (at: number) =>
    room.left + ((at - from) / (to - from + ahead)) * (width - room.left - room.right);
  const y = (share: number) => room.top + (1 - share) * (height - room.top - room.bottom);
  const perMs = (now.bytes_per_hour ?? 0) / msPerHour / last.total_bytes;
  const end = Math.min(1, Math.max(0, used(last) + perMs * ahead));
  const told = words.storageTold(
    format.percent(used(first)),
    format.percent(used(last)),
    format.percent(end),
  );
  const level = (share: number, colour: string, dashes?: string) => (
    <line
      {...{ x1: x(from), x2: x(to + ahead), y1: y(share), y2: y(share), stroke: colour }}
      strokeDasharray={dashes}
    />
  );
  return (
    <div ref={ref}>
      <svg className="chart" role="img" aria-label={`${words.storageChart}: ${told}`} {...{ width, height }}>
        {shares.map((share) => (
          <g key={share}>
            {level(share, 'var(--line)')}
            <text x={room.left - 6} y={y(share) + 4} textAnchor="end">
              {format.percent(share)}
            </text>
          </g>
        ))}
        {level(now.warn, 'var(--c-warn)', '2 4')}
        {level(now.stop, 'var(--c-bad)', '2 4')}
        <polyline
          points={samples.map((sample) => `${x(timeOf(sample))},${y(used(sample))}`).join(' ')}
          fill="none"
          stroke="var(--c-recorded)"
          strokeWidth={2}
        />
        <line
          {...{ x1: x(to), x2: x(to + ahead), y1: y(used(last)), y2: y(end) }}
          stroke="var(--c-recorded)"
          strokeWidth={2}
          strokeDasharray="4 4"
        />
        <text x={x(from)} y={height - 4}>
          {format.dayMinute(first.at)}
        </text>
        <text x={x(to)} y={height - 4} textAnchor="end">
          {format.minute(last.at)}
        </text>
      </svg>
      <Legend
        items={[
          { name: words.storageUsed, colour: 'var(--c-recorded)' },
          { name: words.storageWarn, colour: 'var(--c-warn)', value: format.percent(now.warn) },
          { name: words.storageStop, colour: 'var(--c-bad)', value: format.percent(now.stop) },
        ]}
      />
    </div>
  );
}

function timeOf({ at }: Sample): number {
  return new Date(at).getTime();
}

function used({ free_bytes: free, total_bytes: total }: Sample): number {
  return total > 0 ? 1 - free / total : 0;
}
