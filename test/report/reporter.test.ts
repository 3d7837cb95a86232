import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SqliteCatalogue } from '../../src/catalogue/sqlite.ts';
import { Reporter } from '../../src/report/reporter.ts';
import { closedCallOf, sampleRecord, START } from '../catalogue/sample.ts';
import type { ReportAppend, ReportLedger } from '../../src/catalogue/catalogue.ts';
import type { MitschnittError } from '../../src/errors.ts';
import type { CallRecord } from '../../src/recording/recording.ts';
import type { ReportSettings } from '../../src/report/reporter.ts';

const APRIL = 'Report_2021-04.csv';
const HEAD = '\ufeffAnrufer;Angerufener;Gesprächsstart;Gesprächszeit;Aufzeichnung\r\n';

let folder: string;
let settings: ReportSettings;
let catalogue: SqliteCatalogue;
let problems: MitschnittError[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mitschnitt-report-'));
  const format = { language: 'de', timeZone: 'Europe/Zurich', columns: [] } as const;
  settings = { folder: join(folder, 'report'), files: 'monthly', ...format };
  catalogue = new SqliteCatalogue({ path: join(folder, 'catalogue.db') });
  problems = [];
  await catalogue.open();
});
afterEach(async () => {
  await catalogue.close();
  await rm(folder, { recursive: true });
});

const pathOf = (file: string) => join(settings.folder, file);
const textOf = (file = APRIL) => readFile(pathOf(file), 'utf8');
const lineOf = (from: string) => `${from};200;2021-04-07 13:34:26;00:03:12;${from}.wav\r\n`;
const close = async (from: string, change: Partial<CallRecord> = {}) => {
  const record = sampleRecord(`record-${from}`, { from, file: `${from}.wav`, ...change });
  await catalogue.closeCall(closedCallOf(record), [record]);
};

async function started(
  ledger: ReportLedger = catalogue,
  change: Partial<ReportSettings> = {},
): Promise<Reporter> {
  const reporter = new Reporter({ ...settings, ...change }, ledger, (problem) => problems.push(problem));
  await reporter.start();
  return reporter;
}

/** The ledger, with something happening between the note and the first byte. */
function ledgerWith(afterBegin: (append: ReportAppend) => Promise<void>): ReportLedger {
  return {
    unreported: (limit) => catalogue.unreported(limit),
    openAppend: () => catalogue.openAppend(),
    recordsOf: (append) => catalogue.recordsOf(append),
    completeAppend: (append) => catalogue.completeAppend(append),
    beginAppend: async (append) => {
      await catalogue.beginAppend(append);
      await afterBegin(append);
    },
  };
}

/** The process dies right after it noted what it is about to write; the note is what comes back. */
async function deathAfterBegin(change: Partial<ReportSettings> = {}): Promise<ReportAppend> {
  const dying = ledgerWith(() => Promise.reject(new Error('killed')));
  await (await started(dying, change)).stop();
  problems = [];
  const append = await catalogue.openAppend();
  if (!append) throw new Error('nothing was begun');
  return append;
}

/** The file as it is when only the first bytes of the append got there. */
async function writeBeginning(file: string, append: ReportAppend, bytes: number): Promise<void> {
  const before = await readFile(file);
  await writeFile(file, Buffer.concat([before, Buffer.from(append.text).subarray(0, bytes)]));
}

describe('the monthly file', () => {
  test('gets headings once and one line per record', async () => {
    const reporter = await started();
    await close('100');
    await reporter.reportNow();
    await close('101');
    await close('102');
    await reporter.reportNow();
    await reporter.reportNow();
    expect(await textOf()).toBe(HEAD + lineOf('100') + lineOf('101') + lineOf('102'));
  });

  test('is the one of the month in which the talk began, on the clock of the PBX', async () => {
    await close('100', { startedAt: Date.parse('2021-03-31T22:00:00Z') });
    await close('101', { startedAt: Date.parse('2021-03-31T21:59:59Z') });
    await close('102', { startedAt: Date.parse('2021-03-31T22:00:01Z') });
    await started();
    expect((await textOf('Report_2021-03.csv')).split('\r\n')).toHaveLength(3);
    expect(await textOf()).toMatch(/100;200;2021-04-01 00:00:00.*\r\n102;200;2021-04-01 00:00:01/);
  });

  test('gets a backlog of thousands, each once', async () => {
    for (let n = 0; n < 1200; n++) await close(String(n), { startedAt: START });
    await started();
    const lines = (await textOf()).trimEnd().split('\r\n').slice(1);
    expect(lines.map((line) => Number(line.split(';')[0]))).toEqual(
      Array.from({ length: 1200 }, (_, n) => n),
    );
  });

  test('gets each line once although many calls end at the same time', async () => {
    const reporter = await started();
    const numbers = Array.from({ length: 50 }, (_, n) => String(n));
    await Promise.all(
      numbers.map(async (number) => {
        await close(number);
        await reporter.reportNow();
      }),
    );
    expect((await textOf()).trimEnd().split('\r\n')).toHaveLength(51);
  });

  test('is one of each day where that is wanted', async () => {
    await close('100');
    await close('101', { startedAt: Date.parse('2021-04-07T22:00:00Z') });
    await started(catalogue, { files: 'daily' });
    expect(await textOf('Report_2021-04-07.csv')).toBe(HEAD + lineOf('100'));
    expect(await textOf('Report_2021-04-08.csv')).toMatch(/\r\n101;200;2021-04-08 00:00:00/);
  });

  test('continues in a second part when columns or language change', async () => {
    await close('100');
    await started();
    await close('101');
    await started(catalogue, { language: 'en' });
    await close('102');
    await started(catalogue, { columns: ['outcome'] });
    await close('103');
    await started();
    expect(await textOf()).toBe(HEAD + lineOf('100') + lineOf('103'));
    expect(await textOf('Report_2021-04-2.csv')).toMatch(/^\ufeffCaller;.*\r\n101;/);
    expect(await textOf('Report_2021-04-3.csv')).toMatch(/;Ergebnis\r\n102;.*;recorded\r\n$/);
  });
});

describe('after a crash', () => {
  test('completes an append into a new file that stopped at any byte', async () => {
    for (let bytes = 0; ; bytes++) {
      const month = { folder: join(settings.folder, String(bytes)) };
      const number = String(10_000 + bytes);
      await close(number);
      const append = await deathAfterBegin(month);
      await writeBeginning(join(month.folder, APRIL), append, bytes);
      await started(catalogue, month);
      expect(await readFile(join(month.folder, APRIL), 'utf8')).toBe(HEAD + lineOf(number));
      expect(await catalogue.openAppend()).toBeUndefined();
      if (bytes === Buffer.byteLength(append.text)) break;
    }
    expect(problems).toEqual([]);
  });

  test('completes an append to a file with lines that stopped at any byte', async () => {
    await close('Ä100');
    await started();
    let expected = await textOf();
    for (let bytes = 0; ; bytes++) {
      const [one, two] = [`ä${10_000 + bytes}`, `ö${10_000 + bytes}`];
      await close(one);
      await close(two);
      const append = await deathAfterBegin();
      await writeBeginning(pathOf(APRIL), append, bytes);
      await started();
      expected += lineOf(one) + lineOf(two);
      expect(await textOf()).toBe(expected);
      if (bytes === Buffer.byteLength(append.text)) break;
    }
  });

  test('completes an append of which the disk kept only zeros', async () => {
    await close('100');
    const append = await deathAfterBegin();
    await writeFile(pathOf(APRIL), Buffer.alloc(Buffer.byteLength(append.text)));
    await started();
    expect(await textOf()).toBe(HEAD + lineOf('100'));
  });

  test('writes what was begun as it was meant, though the configuration is another by now', async () => {
    await close('100');
    const append = await deathAfterBegin();
    await writeBeginning(pathOf(APRIL), append, 80);
    await close('101');
    await started(catalogue, { language: 'en' });
    expect(await textOf()).toBe(HEAD + lineOf('100'));
    expect(await textOf('Report_2021-04-2.csv')).toMatch(/\r\n101;.*\r\n$/);
  });

  test('leaves alone what somebody wrote below the line that was complete already', async () => {
    await close('100');
    const append = await deathAfterBegin();
    await writeFile(pathOf(APRIL), `${append.text}a note\n`);
    await close('101');
    await started();
    expect(await textOf()).toBe(`${HEAD}${lineOf('100')}a note\n${lineOf('101')}`);
  });

  test('appends below, and takes nothing away, when somebody changed the file meanwhile', async () => {
    await close('100');
    await started();
    await close('101');
    const append = await deathAfterBegin();
    await writeBeginning(pathOf(APRIL), append, 10);
    const edited = `${await textOf()}x;my own note`;
    await writeFile(pathOf(APRIL), edited);
    await started();
    expect(await textOf()).toBe(`${edited}\r\n${lineOf('101')}`);
  });

  test('appends at the end of a file that was cut, or made anew when it was deleted', async () => {
    await close('100');
    await started();
    await close('101');
    await deathAfterBegin();
    await truncate(pathOf(APRIL), Buffer.byteLength(HEAD));
    await started();
    expect(await textOf()).toBe(HEAD + lineOf('101'));
    await close('102');
    await deathAfterBegin();
    await rm(pathOf(APRIL));
    await started();
    expect(await textOf()).toBe(HEAD + lineOf('102'));
  });
});

describe('a file that was opened in a spreadsheet', () => {
  test('is continued at its end when it was saved with other line ends, quotes, and no byte order mark', async () => {
    await close('100');
    const reporter = await started();
    const saved = `"Anrufer";"Angerufener";"Gesprächsstart";"Gesprächszeit";"Aufzeichnung"\n"100";"200"`;
    await writeFile(pathOf(APRIL), saved);
    await close('101');
    await reporter.reportNow();
    expect(await textOf()).toBe(`${saved}\r\n${lineOf('101')}`);
  });

  test('is left alone when it was saved in another encoding', async () => {
    await close('100');
    const reporter = await started();
    const saved = Buffer.from(`\ufeff${(await textOf()).slice(1)}`, 'utf16le');
    await writeFile(pathOf(APRIL), saved);
    await close('101');
    await reporter.reportNow();
    expect(await readFile(pathOf(APRIL))).toEqual(saved);
    expect(await textOf('Report_2021-04-2.csv')).toBe(HEAD + lineOf('101'));
  });

  test('has the line although it was replaced while the line was being written', async () => {
    await close('100');
    await started();
    await close('101');
    let replacements = 1;
    const reporter = await started(
      ledgerWith(async () => {
        if (replacements-- !== 1) return;
        await writeFile(pathOf('new'), `${HEAD}${lineOf('99')}`);
        await rename(pathOf('new'), pathOf(APRIL));
      }),
    );
    expect(problems.map(({ code }) => code)).toEqual(['report-replaced']);
    await reporter.reportNow();
    expect(await textOf()).toBe(HEAD + lineOf('99') + lineOf('101'));
  });
});

describe('a file that cannot be written', () => {
  test('loses nothing on a full disk: it goes on at the next call', async () => {
    await close('100');
    await mkdir(settings.folder);
    await symlink('/dev/full', pathOf(APRIL));
    const reporter = await started();
    expect(problems).toMatchObject([{ code: 'report-disk-full', fault: 'configuration', retry: true }]);
    await rm(pathOf(APRIL));
    await close('101');
    await reporter.reportNow();
    expect(problems).toHaveLength(1);
    expect(await textOf()).toBe(HEAD + lineOf('100') + lineOf('101'));
  });

  test('is told, and tried again, when its name or its folder is taken', async () => {
    await close('100');
    await writeFile(settings.folder, '');
    const reporter = await started();
    await rm(settings.folder);
    await mkdir(pathOf(APRIL), { recursive: true });
    await reporter.reportNow();
    expect(problems.map(({ code }) => code)).toEqual(['report-not-writable', 'report-not-writable']);
    await rm(pathOf(APRIL), { recursive: true });
    await reporter.reportNow();
    expect(await textOf()).toBe(HEAD + lineOf('100'));
  });
});

describe('the reporter', () => {
  test('writes nothing more once it is stopped', async () => {
    const reporter = await started();
    await reporter.stop();
    await close('100');
    await reporter.reportNow();
    expect(await catalogue.unreported(10)).toHaveLength(1);
    expect(await readdir(folder)).not.toContain('report');
  });
});
