/** The value below which a share of all values is; `share` is 0.5 for the median. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, each) => total + each, 0);
}

/** A line of the results. */
export interface Row {
  readonly what: string;
  readonly measured: string;
  /** What it is compared with. */
  readonly peer?: string;
  readonly ratio?: string;
  readonly bar?: string;
  /** Whether the bar is met; a figure without a bar is only for information. */
  readonly met?: boolean;
}

/** Prints results as a table. */
export function printRows(rows: readonly Row[]): void {
  const verdict = ({ met }: Row): string => (met === undefined ? '' : met ? 'met' : 'NOT MET');
  const cells = rows.map((row) => [
    row.what,
    row.measured,
    row.peer ?? '',
    row.ratio ?? '',
    row.bar ?? '',
    verdict(row),
  ]);
  printTable([['what', 'measured', 'peer', 'ratio', 'bar', 'met?'], ...cells]);
}

/** Prints a table; the first line is its heading. */
export function printTable(lines: readonly (readonly string[])[]): void {
  const columns = lines[0]?.length ?? 0;
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  );
  const rule = widths.map((width) => '-'.repeat(width));
  for (const line of [lines[0] ?? [], rule, ...lines.slice(1)]) {
    console.log(`  ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd());
  }
}
