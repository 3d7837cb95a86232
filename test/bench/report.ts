// The CSV report of a very busy month: does a line cost the same at its end, and is each there once after crashes?
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { SqliteCatalogue } from '../../src/catalogue/sqlite.ts';
import { Reporter } from '../../src/report/reporter.ts';
import { allOf, closedCallOf } from '../catalogue/sample.ts';
import { cellsOf } from '../report/cells.ts';
import { printRows, quantile } from './figures.ts';
import { reportSettings, segment } from './report-segments.ts';

export interface ReportOptions {
  readonly segments: number;
  /** How often a process that appends is killed. */
  readonly crashes: number;
}

/** So many appends at the beginning, and at the end, are measured one by one. */
const measured = 1_000;
/** Those between them are closed so many at a time, as when a backlog is worked off. */
const batch = 500;
/** The work of an append may grow by no more: the disk is not that exact. */
const tolerance = 1.3;
/** What the collector of garbage leaves for later. */
const mostGrowthBytes = 50e6;
const bytesPerMb = 1e6;
/** A process is killed so long after it began to append, at most: some hundred appends. */
const longestLifeMs = 400;
const half = 0.5;

/** Prints what came of it; whether all is as it should be. */
export async function benchReport(options: ReportOptions): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'mitschnitt-report-'));
  try {
    const grown = await grow(join(folder, 'grown'), options.segments);
    const crashed = await crash(join(folder, 'crashed'), options.crashes);
    return grown && crashed;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Opened {
  readonly catalogue: SqliteCatalogue;
  readonly reporter: Reporter;
  readonly stop: () => Promise<void>;
}

async function opened(folder: string): Promise<Opened> {
  const settings = reportSettings(folder);
  await mkdir(folder, { recursive: true });
  const catalogue = new SqliteCatalogue({ path: join(folder, 'catalogue.db') });
  await catalogue.open();
  const reporter = new Reporter(settings, catalogue, (problem) => {
    throw problem;
  });
  await reporter.start();
  const stop = async (): Promise<void> => {
    await reporter.stop();
    await catalogue.close();
  };
  return { catalogue, reporter, stop };
}

async function grow(folder: string, segments: number): Promise<boolean> {
  const { catalogue, reporter, stop } = await opened(folder);
  const close = async (n: number): Promise<void> => {
    const record = segment(n);
    await catalogue.closeCall(closedCallOf(record), [record]);
  };
  const appends = async (from: number): Promise<readonly number[]> => {
    const times: number[] = [];
    for (let n = from; n < from + measured; n += 1) {
      await close(n);
      const startedAt = performance.now();
      await reporter.reportNow();
      times.push(performance.now() - startedAt);
    }
    return times;
  };
  const first = await appends(0);
  const before = process.memoryUsage().rss;
  for (let n = measured; n < segments - measured; n += 1) {
    await close(n);
    if (n % batch === 0) await reporter.reportNow();
  }
  await reporter.reportNow();
  const last = await appends(segments - measured);
  const { rss } = process.memoryUsage();
  await stop();
  const [file] = await readdir(join(folder, 'report'));
  const path = join(folder, 'report', file ?? '');
  const { lines, doubles } = linesOf(await readFile(path, 'utf8'));
  const ratio = quantile(last, half) / quantile(first, half);
  const bytes = (await stat(path)).size;
  const rows = [
    { what: `append, median of the first ${measured}`, measured: ms(quantile(first, half)) },
    {
      what: `append, median of the last ${measured} of ${segments}`,
      measured: ms(quantile(last, half)),
      ratio: ratio.toFixed(2),
      bar: `at most ${tolerance} x`,
      met: ratio <= tolerance,
    },
    {
      what: 'append, 99th percentile, first and last',
      measured: `${ms(quantile(first, 0.99))}, ${ms(quantile(last, 0.99))}`,
    },
    {
      what: `memory after the first ${measured}, and at the end`,
      measured: `${megabytes(before)}, ${megabytes(rss)}`,
      bar: `at most ${megabytes(mostGrowthBytes)} more`,
      met: rss - before <= mostGrowthBytes,
    },
    {
      what: `lines in a file of ${megabytes(bytes)}`,
      measured: `${lines}, ${doubles} of them twice`,
      bar: `${segments}, 0`,
      met: lines === segments && doubles === 0,
    },
  ];
  printRows(rows);
  return rows.every(({ met }) => met !== false);
}

/** Each process goes on where the one before was killed. */
async function crash(folder: string, crashes: number): Promise<boolean> {
  await (await opened(folder)).stop();
  let torn = 0;
  for (let each = 0; each < crashes; each += 1) {
    await killedWhileAppending(folder, each * bytesPerMb);
    if (!(await textIn(folder)).endsWith('\r\n')) torn += 1;
  }
  const { catalogue, stop } = await opened(folder);
  const known = (await allOf(catalogue.records({}))).map(({ id }) => id);
  await stop();
  const { ids, doubles } = linesOf(await textIn(folder));
  const missing = known.filter((id) => !ids.has(id)).length;
  const foreign = ids.size - (known.length - missing);
  const rows = [
    { what: 'processes killed while they append', measured: String(crashes) },
    { what: 'of these in the middle of a line', measured: String(torn) },
    {
      what: 'calls in the catalogue; of these not in the file, twice in it, unknown',
      measured: `${known.length}; ${missing}, ${doubles}, ${foreign}`,
      bar: '0, 0, 0',
      met: missing + doubles + foreign === 0,
    },
  ];
  printRows(rows);
  return rows.every(({ met }) => met !== false);
}

async function killedWhileAppending(folder: string, first: number): Promise<void> {
  const program = join(import.meta.dirname, 'report-process.ts');
  const child = spawn(process.execPath, [program, folder, String(first)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  await pause(Math.random() * longestLifeMs);
  child.kill('SIGKILL');
  await once(child, 'close');
}

async function textIn(folder: string): Promise<string> {
  const names = await readdir(join(folder, 'report')).catch(() => []);
  const texts = await Promise.all(names.map((name) => readFile(join(folder, 'report', name), 'utf8')));
  return texts.join('');
}

/** Every line but the headings, by its last cell. */
function linesOf(text: string): { lines: number; doubles: number; ids: ReadonlySet<string> } {
  const rows = cellsOf(text).slice(1);
  const ids = new Set(rows.map((cells) => cells.at(-1) ?? ''));
  return { lines: rows.length, doubles: rows.length - ids.size, ids };
}

function megabytes(bytes: number): string {
  return `${(bytes / bytesPerMb).toFixed(0)} MB`;
}

function ms(value: number): string {
  return `${value.toFixed(2)} ms`;
}
