import { useElementSize } from '@mantine/hooks';

import { useFormat } from '../language/language.tsx';

/** One value for each hour. */
export interface Series {
  readonly name: string;
  readonly colour: string;
  readonly values: readonly number[];
  /** What is told of each hour, where that is not how high it is drawn. */
  readonly told?: readonly number[];
}

export interface HourChartProps {
  /** All that the picture says, for those who do not see it. */
  readonly label: string;
  /** Start of the first hour, ms since 1970. */
  readonly from: number;
  readonly hours: number;
  /** Stacked. */
  readonly bars: readonly Series[];
  readonly lines?: readonly Series[];
  readonly height?: number;
  /** How a value is written. */
  readonly value: (value: number) => string;
}

const msPerHour = 3_600_000;
const room = { left: 46, right: 6, top: 8, bottom: 20 };
/** In so many pixels an hour can be named. */
const pixelsPerName = 46;
/** Until it has been measured, and where nothing can be. */
const usualWidth = 960;

/** What happened hour by hour, drawn as wide as there is room: letters stay as large as everywhere. */
export function HourChart(props: HourChartProps) {
  const { label, from, hours, bars, lines = [], height = 150, value } = props;
  const { ref, width: measured } = useElementSize();
  const width = measured > 0 ? measured : usualWidth;
  const sums = indices(hours).map((hour) => bars.reduce((sum, { values }) => sum + (values[hour] ?? 0), 0));
  const most = Math.max(1, ...sums, ...lines.flatMap(({ values }) => values.slice(0, hours)));
  const step = niceStep(most);
  const top = Math.ceil(most / step) * step;
  const inner = height - room.top - room.bottom;
  const slot = (width - room.left - room.right) / hours;
  const x = (hour: number) => room.left + hour * slot;
  const y = (at: number) => room.top + inner * (1 - at / top);
  return (
    <div ref={ref}>
      <svg className="chart" width={width} height={height} role="img" aria-label={label}>
        {indices(Math.round(top / step) + 1).map((line) => (
          <g key={line}>
            <line
              className="axis"
              x1={room.left}
              x2={width - room.right}
              y1={y(line * step)}
              y2={y(line * step)}
            />
            <text x={room.left - 6} y={y(line * step) + 4} textAnchor="end">
              {value(line * step)}
            </text>
          </g>
        ))}
        <HourNames from={from} hours={hours} slot={slot} x={x} y={height - 4} />
        {indices(hours).map((hour) => (
          <Hour key={hour} {...props} hour={hour} x={x(hour)} slot={slot} y={y} />
        ))}
        {lines.map(({ name, colour, values }) => (
          <polyline
            key={name}
            points={values.map((at, hour) => `${x(hour) + slot / 2},${y(at)}`).join(' ')}
            fill="none"
            stroke={colour}
            strokeWidth={2}
            strokeLinejoin="round"
            pointerEvents="none"
          />
        ))}
      </svg>
    </div>
  );
}

function HourNames({
  from,
  hours,
  slot,
  x,
  y,
}: {
  readonly from: number;
  readonly hours: number;
  readonly slot: number;
  readonly x: (hour: number) => number;
  readonly y: number;
}) {
  const format = useFormat();
  const every = [1, 2, 3, 6, 12].find((count) => count * slot >= pixelsPerName) ?? hours;
  return indices(hours)
    .filter((hour) => hour % every === 0)
    .map((hour) => (
      <text key={hour} x={x(hour)} y={y}>
        {format.hour(new Date(from + hour * msPerHour).toISOString())}
      </text>
    ));
}

/** The bars of one hour, and its values for whoever points at it. */
function Hour({
  from,
  bars,
  lines = [],
  value,
  hour,
  x,
  slot,
  y,
}: HourChartProps & {
  readonly hour: number;
  readonly x: number;
  readonly slot: number;
  readonly y: (at: number) => number;
}) {
  const format = useFormat();
  const told = [...bars, ...lines].map(
    ({ name, values, told: said = values }) => `${name} ${value(said[hour] ?? 0)}`,
  );
  let below = 0;
  return (
    <g>
      <title>{[format.hour(new Date(from + hour * msPerHour).toISOString()), ...told].join(' · ')}</title>
      <rect x={x} y={room.top} width={slot} height={y(0) - room.top} fill="transparent" />
      {bars.map(({ name, colour, values }) => {
        const bottom = below;
        below += values[hour] ?? 0;
        if (below === bottom) return null;
        return (
          <rect
            key={name}
            x={x + slot * 0.15}
            width={slot * 0.7}
            y={y(below)}
            height={y(bottom) - y(below)}
            fill={colour}
          />
        );
      })}
    </g>
  );
}

export function Legend({
  items,
}: {
  readonly items: readonly { readonly name: string; readonly colour: string; readonly value?: string }[];
}) {
  return (
    <ul className="legend">
      {items.map(({ name, colour, value }) => (
        <li key={name}>
          <i style={{ background: colour }} />
          {name} {value !== undefined && <strong>{value}</strong>}
        </li>
      ))}
    </ul>
  );
}

/** `hours` values out of what is known of some of them. */
export function byHour<Known extends { readonly start: string }>(
  known: readonly Known[],
  from: number,
  hours: number,
  value: (of: Known) => number,
): number[] {
  const values = indices(hours).map(() => 0);
  for (const each of known) {
    const index = Math.floor((new Date(each.start).getTime() - from) / msPerHour);
    if (index >= 0 && index < hours) values[index] = (values[index] ?? 0) + value(each);
  }
  return values;
}

/** Start of the first of the last `hours` hours, this one included. */
export function lastHoursFrom(now: number, hours: number): number {
  return Math.floor(now / msPerHour) * msPerHour - (hours - 1) * msPerHour;
}

function indices(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

/** Some four lines, at round counts. */
function niceStep(most: number): number {
  const rough = most / 4;
  const power = 10 ** Math.floor(Math.log10(Math.max(1, rough)));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= rough) ?? power;
}
