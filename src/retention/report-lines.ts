import { constants } from 'node:fs';
import { open, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';

import { codeOf, messageOf } from '../errors.ts';
import { isoWithOffset, localDateTime } from '../recording/local-time.ts';
import { erased, type NumberToErase } from '../recording/erased-number.ts';
import { byteOrderMark, isNoFile, placesIn } from '../report/csv.ts';

export interface ReportLines {
  /** Folder of the monthly files. */
  readonly folder: string;
  readonly timeZone: string;
  /** Starts of the talks, ms since 1970, whose lines stay as they are. */
  readonly keptStarts: readonly number[];
}

/** As a cell may be written: in quotes, with the apostrophe that makes it text. */
const cellOf = (text: string) =>
  text
    .trim()
    .replace(/^"(.*)"$/, '$1')
    .replace(/^'/, '');

/** What became of a report file. */
export interface ReportResult {
  readonly file: string;
  readonly lines: number;
  /** Why it could not be changed. */
  readonly problem: string | undefined;
}

const reportFile = /^Report_\d{4}-\d{2}(-\d+){0,2}\.csv$/;
/** Of a day: it names what is missing. */
const statementFile = /^(Vollstaendigkeit|Completeness)_\d{4}-\d{2}-\d{2}\.txt$/;

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
  for (const file of names.filter((name) => reportFile.test(name) || statementFile.test(name)).sort()) {
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
  const before = text.split('\n');
  const scrub = statementFile.test(name) ? gapScrubberOf(number) : scrubberOf(before[0] ?? '', number, lines);
  const after = before.map(scrub);
  const changed = after.filter((line, index) => line !== before[index]).length;
  if (changed > 0) await replace(lines.folder, path, after.join('\n'));
  return changed;
}

/** What makes a line of a report with these headings one without the number. */
export function scrubberOf(
  head: string,
  number: NumberToErase,
  { keptStarts, timeZone }: ReportLines,
): (line: string) => string {
  const { parties, recordings, starts } = placesIn(head.replace(byteOrderMark, '').split(';').map(cellOf));
  const kept = new Set(
    keptStarts.flatMap((start) => [localDateTime(start, timeZone), isoWithOffset(start, timeZone)]),
  );
  return (line) => {
    const cells = line.split(';');
    const cellAt = (place: number): string => cellOf(cells[place] ?? '');
    const isOwn = parties.length === 0 || parties.some((place) => number.is(cellAt(place)));
    if (!isOwn || starts.some((place) => kept.has(cellAt(place)))) return line;
    return cells
      .map((cell, place) => {
        if (parties.includes(place) && number.is(cellOf(cell))) return erasedCell(cell);
        // A short number cannot be found in a file name: it is also part of dates and of other numbers.
        if (recordings.includes(place) && parties.length > 0 && !isNoFile(cellOf(cell)))
          return erasedCell(cell);
        return number.scrubbed(cell);
      })
      .join(';');
  };
}

/** `2021-04-07 13:34:26  +41791234567 -> 200  Verkauf  ...`: the parties of a gap. */
const gapLine = /^( {2}[-\d]+ [:\d]+ {2})(\S.*?) -> (.*?)( {2}.*)$/;

/** What makes a line of a statement of completeness one without the number. */
function gapScrubberOf(number: NumberToErase): (line: string) => string {
  const party = (text: string): string => (number.is(text) ? erased : text);
  return (line) => {
    const [, before, from, to, behind] = gapLine.exec(line) ?? [];
    if (from === undefined || to === undefined) return number.scrubbed(line);
    return number.scrubbed(`${before ?? ''}${party(from)} -> ${party(to)}${behind ?? ''}`);
  };
}

/** The last cell has the end of the line in it. */
function erasedCell(cell: string): string {
  return erased + (/\r$/.exec(cell)?.[0] ?? '');
}

async function replace(folder: string, path: string, text: string): Promise<void> {
  const part = `${path}.part`;
  await writeLike(path, part, text);
  await rename(part, path);
  await syncFolder(folder);
}

/** Writes another file of the same owner and mode; when it resolves, the disk has what is in it. */
export async function writeLike(path: string, other: string, text: string): Promise<void> {
  const old = await open(path, 'r');
  try {
    const { mode, uid, gid } = await old.stat();
    const file = await open(other, 'w', mode);
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
}

/** The disk has the names of its files. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
