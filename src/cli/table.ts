import { printable } from '../recording/untrusted-text.ts';
import { coloured } from './colour.ts';

/** Rows that decide how wide the columns are; later ones may stand out. */
const measuredRows = 200;
const widestCell = 60;
const gap = '  ';

/**
 * Rows as text: columns aligned for a terminal; for a pipe one row per line, separated by tabs, without headings
 * being cut or padded.
 */
export async function* table(
  headings: readonly string[],
  rows: AsyncIterable<readonly string[]> | Iterable<readonly string[]>,
  terminal = process.stdout.isTTY,
): AsyncIterable<string> {
  if (!terminal) {
    yield* plain(headings, rows);
    return;
  }
  let widths: readonly number[] | undefined;
  let measured: (readonly string[])[] = [headings];
  for await (const row of rows) {
    const shown = row.map(shortened);
    if (widths) {
      yield aligned(shown, widths);
      continue;
    }
    measured.push(shown);
    if (measured.length <= measuredRows) continue;
    widths = widthsOf(measured);
    for (const each of measured) yield aligned(each, widths);
    measured = [];
  }
  const last = widths ?? widthsOf(measured);
  for (const each of measured) yield aligned(each, last);
}

async function* plain(
  headings: readonly string[],
  rows: AsyncIterable<readonly string[]> | Iterable<readonly string[]>,
): AsyncIterable<string> {
  yield `${headings.join('\t')}\n`;
  for await (const row of rows) yield `${row.map(printable).join('\t')}\n`;
}

function shortened(cell: string): string {
  const characters = Array.from(printable(cell));
  return characters.length <= widestCell
    ? characters.join('')
    : `${characters.slice(0, widestCell - 1).join('')}…`;
}

function lengthOf(cell: string): number {
  return Array.from(cell).length;
}

function widthsOf(rows: readonly (readonly string[])[]): number[] {
  const columns = Math.max(...rows.map((row) => row.length));
  return Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => lengthOf(row[column] ?? ''))),
  );
}

function aligned(row: readonly string[], widths: readonly number[]): string {
  const cells = row.map(
    (cell, column) => coloured(cell, true) + ' '.repeat(Math.max(0, (widths[column] ?? 0) - lengthOf(cell))),
  );
  return `${cells.join(gap).trimEnd()}\n`;
}
