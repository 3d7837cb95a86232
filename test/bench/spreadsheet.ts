// Does LibreOffice, set to German, open the CSV report as it is meant? Each cell is compared, and none may be a formula.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { csvHead, csvLines, type ReportFormat } from '../../src/report/csv.ts';
import { sampleRecord } from '../catalogue/sample.ts';
import { docker } from '../live/containers.ts';
import { nasty } from '../nasty.ts';
import { cellsOf } from '../report/cells.ts';
import { printRows } from './figures.ts';

/** Made once: 105 s, 217 MB. */
const image = 'mitschnitt-bench/libreoffice';
const dockerfile = `FROM debian:forky-slim
ENV DEBIAN_FRONTEND=noninteractive
RUN apt-get update \\
 && apt-get install -y --no-install-recommends libreoffice-calc-nogui libreoffice-l10n-de locales \\
 && echo 'de_DE.UTF-8 UTF-8' > /etc/locale.gen && locale-gen \\
 && rm -rf /var/lib/apt/lists/*
ENV LANG=de_DE.UTF-8 LC_ALL=de_DE.UTF-8 HOME=/tmp
`;

/**
 * What the window that comes up after the double click is set to at first: tab, comma and semicolon part the cells, `"`
 * is around them, UTF-8 (76) by the byte order mark, from line 1 on. Without a screen nobody can press its button.
 */
const importFilter = 'CSV:9/44/59,34,76,1';

const formats: readonly ReportFormat[] = (['de', 'en'] as const).map((language) => ({
  ...{ language, timeZone: 'Europe/Zurich', columns: [] },
}));

/** Also numbers, times and names that no telephone has. */
function report(format: ReportFormat): string {
  const numbers = ['+41791234567', '200', '0041791234567', '', 'anonymous', ...nasty];
  const records = numbers.map((from, index) =>
    sampleRecord(`r${index}`, { from, file: index % 2 === 0 ? `Aufnahme_${from}.wav` : undefined }),
  );
  return csvHead(format) + csvLines(records, format);
}

interface Cell {
  readonly type: string;
  /** As the spreadsheet keeps it: a number without its blanks and zeros. */
  readonly value: string;
  readonly isFormula: boolean;
}

/** Prints what came of it; whether every cell is as it was meant. */
export async function benchSpreadsheet(): Promise<boolean> {
  await build();
  const folder = await mkdtemp(join(tmpdir(), 'mitschnitt-spreadsheet-'));
  try {
    let isFine = true;
    for (const format of formats) isFine = (await compare(folder, format)) && isFine;
    return isFine;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function build(): Promise<void> {
  const building = promisify(execFile)('docker', ['build', '--network', 'host', '--tag', image, '-']);
  building.child.stdin?.end(dockerfile);
  await building;
}

async function compare(folder: string, format: ReportFormat): Promise<boolean> {
  const name = `Report_${format.language}`;
  const text = report(format);
  await writeFile(join(folder, `${name}.csv`), text);
  const convert = ['soffice', '--headless', `--infilter=${importFilter}`, '--convert-to', 'fods'];
  const run = ['run', '--rm', '--network', 'none', '--volume', `${folder}:${folder}`, image];
  await docker(...run, ...convert, '--outdir', folder, join(folder, `${name}.csv`));
  const meant = cellsOf(text.replace('\ufeff', ''));
  const opened = rowsOf(await readFile(join(folder, `${name}.fods`), 'utf8'));
  const wrong = meant.flatMap((cells, row) =>
    cells.flatMap((cell, column) => {
      const found = opened[row]?.[column] ?? { type: 'none', value: '', isFormula: false };
      return isAsMeant(cell, found)
        ? []
        : [`line ${row + 1}, cell ${column + 1}: ${cell} became ${JSON.stringify(found)}`];
    }),
  );
  const formulas = opened.flat().filter(({ isFormula }) => isFormula).length;
  const columns = Math.max(...opened.map((row) => row.length));
  const rows = [
    {
      what: `${name}.csv: lines and columns`,
      measured: `${opened.length} and ${columns}`,
      bar: `${meant.length} and ${meant[0]?.length ?? 0}`,
      met: opened.length === meant.length && columns === meant[0]?.length,
    },
    {
      what: 'cells that are not as meant',
      measured: String(wrong.length),
      bar: '0',
      met: wrong.length === 0,
    },
    { what: 'cells that became formulas', measured: String(formulas), bar: '0', met: formulas === 0 },
  ];
  printRows(rows);
  for (const each of wrong.slice(0, 20)) console.log(`  ${each}`);
  return rows.every(({ met }) => met);
}

/** A text is the same text; what it takes for a number, date or time has the same value. */
function isAsMeant(meant: string, { type, value, isFormula }: Cell): boolean {
  if (isFormula) return false;
  if (type === 'float') return Math.abs(Number(value) / Number(meant) - 1) <= digits15 || value === meant;
  if (type === 'date') return value === meant.replace(' ', 'T');
  if (type === 'time') return value === meant.replace(/^(\d+):(\d+):(\d+)$/, 'PT$1H$2M$3S');
  // A spreadsheet takes the apostrophe in front for the sign that what follows is text.
  return value === meant || `'${value}` === meant || value.trim() === meant.trim();
}

/** A spreadsheet keeps 15 digits of a number, however many there are. */
const digits15 = 1e-14;

/** The rows of a flat OpenDocument spreadsheet, without the empty ones behind the last. */
function rowsOf(xml: string): readonly (readonly Cell[])[] {
  const rows = [...xml.matchAll(/<table:table-row[^>]*?(?:\/>|>(.*?)<\/table:table-row>)/gs)].map(
    ([, inner = '']) => {
      const cells = [
        ...inner.matchAll(/<table:table-cell([^>]*?)(?:\/>|>(.*?)<\/table:table-cell>)/gs),
      ].flatMap(([, attributes = '', content = '']) => {
        const repeated = Number(/number-columns-repeated="(\d+)"/.exec(attributes)?.[1] ?? '1');
        return Array.from({ length: Math.min(repeated, mostColumns) }, () => cellOf(attributes, content));
      });
      while (cells.at(-1)?.type === 'none') cells.pop();
      return cells;
    },
  );
  while (rows.at(-1)?.length === 0) rows.pop();
  return rows;
}

const mostColumns = 20;

function cellOf(attributes: string, content: string): Cell {
  const of = (name: string) => new RegExp(`office:${name}="([^"]*)"`).exec(attributes)?.[1];
  const type = of('value-type') ?? 'none';
  const value = of('value') ?? of('date-value') ?? of('time-value') ?? textOf(content);
  return { type, value, isFormula: attributes.includes('table:formula=') };
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function textOf(content: string): string {
  return content
    .replace(/<\/text:p>\s*<text:p[^>]*>/g, '\n')
    .replace(/<text:s(?: text:c="(\d+)")?\/>/g, (_, count?: string) => ' '.repeat(Number(count ?? '1')))
    .replace(/<text:tab\/>/g, '\t')
    .replace(/<[^>]*>/g, '')
    .replace(/&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi, (_, decimal?: string, hex?: string, name?: string) =>
      name === undefined
        ? String.fromCodePoint(Number(decimal ?? `0x${hex ?? '0'}`))
        : (entities[name] ?? ''),
    )
    .replace(/^\n\s*|\n\s*$/g, '');
}
