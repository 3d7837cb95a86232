import { constants } from 'node:fs';
import { open, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';

import { codeOf, messageOf } from '../errors.ts';
import { localDateTime } from '../recording/local-time.ts';
import { erased, type NumberToErase } from '../recording/erased-number.ts';

export interface ReportLines {
  /** Folder of the monthly files. */
  readonly folder: string;
  readonly timeZone: string;
  /** Starts of the talks, ms since 1970, whose lines stay as they are. */
  readonly keptStarts: readonly number[];
}

/** As a cell may be written: in quotes, with the apostrophe that makes it text. */
const cellOf = (text: string) => text.replace(/^"(.*)"$/, '$1').replace(/^'/, '');
/** Caller, called and start are the first cells of every report. */
const partyCells = 2;

/** What became of a report file. */
export interface ReportResult {
  readonly file: string;
  readonly lines: number;
  /** Why it could not be changed. */
  readonly problem: string | undefined;
}

const reportFile = /^Report_\d{4}-\d{2}(-\d+)?\.csv$/;

/** Takes a number out of all report files. Returns those that had it, and those that could not be changed. */
export async function scrubReports(
  number: NumberToErase,
  lines: ReportLines,
): Promise<readonly ReportResult[]> {
  const names = await readdir(lines.folder).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  });
  const results: ReportResult[] = [];
  for (const file of names.filter((name) => reportFile.test(name)).sort()) {
    try {
      const changed = await scrubReport(file, number, lines);
      if (changed > 0) results.push({ file, lines: changed, problem: undefined });
    } catch (error) {
      results.push({ file, lines: 0, problem: messageOf(error) });
    }
  }
  return results;
}

/**
 * Takes a number out of a report file. The file is written anew beside the old one and takes its place when the disk has
 * it: whenever the process dies, one of the two is there, complete.
 *
 * @returns how many lines were changed.
 */
async function scrubReport(name: string, number: NumberToErase, lines: ReportLines): Promise<number> {
  const path = join(lines.folder, name);
  const text = await readFile(path, 'utf8');
  const kept = new Set(lines.keptStarts.map((start) => localDateTime(start, lines.timeZone)));
  let changed = 0;
  const scrubbed = text
    .split('\n')
    .map((line) => {
      const after = scrubbedLine(line, number, kept);
      if (after !== line) changed += 1;
      return after;
    })
    .join('\n');
  if (changed > 0) await replace(lines.folder, path, scrubbed);
  return changed;
}

function scrubbedLine(line: string, number: NumberToErase, kept: ReadonlySet<string>): string {
  const cells = line.split(';');
  const isOwn = cells.slice(0, partyCells).some((cell) => number.is(cellOf(cell)));
  if (!isOwn || kept.has(cellOf(cells[partyCells] ?? ''))) return line;
  return cells
    .map((cell, index) => (index < partyCells && number.is(cellOf(cell)) ? erased : number.scrubbed(cell)))
    .join(';');
}

async function replace(folder: string, path: string, text: string): Promise<void> {
  const part = `${path}.part`;
  const old = await open(path, 'r');
  try {
    const { mode, uid, gid } = await old.stat();
    const file = await open(part, 'w', mode);
    try {
      await file.chmod(mode);
      // A group that may read the report keeps that right; only root can give a file to others.
      await file.chown(uid, gid).catch(() => undefined);
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
  } finally {
    await old.close();
  }
  await rename(part, path);
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
