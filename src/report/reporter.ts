import { codeOf, MitschnittError, messageOf } from '../errors.ts';
import { csvHead, csvLines, headingsOf, reportFileName } from './csv.ts';
import { remainsOf, ReportFile } from './report-file.ts';
import { spanLabel } from './spans.ts';
import type { ReportAppend, ReportLedger } from '../catalogue/catalogue.ts';
import type { CallRecord } from '../recording/recording.ts';
import type { ReportFormat } from './csv.ts';
import type { ReportSpan } from './spans.ts';

export interface ReportSettings extends ReportFormat {
  /** Where the files are. Created as needed. */
  readonly folder: string;
  /** Whether there is a file of each month or of each day. */
  readonly files: ReportSpan;
}

/** Records per append: a backlog is worked off in pieces of some 50 KB. */
const recordsPerAppend = 500;
/** Calls that are closed within this are reported together: each append waits for the disk twice. */
const gatherMs = 1_000;

/**
 * Writes one line per record into the files of the months or days, exactly once, whenever the process dies.
 *
 * What is about to be written, and where, is noted in the ledger first, and the records are marked with the note's
 * removal once the disk has the text. A note that is found later is finished: the text is completed if the file holds
 * a beginning of it. Nothing but such bytes is ever written over: a file that somebody changed in the meantime is
 * continued at its end.
 *
 * Columns or language that change in the middle of a span begin its next file, `Report_2021-04-2.csv`.
 */
export class Reporter {
  readonly #settings: ReportSettings;
  readonly #ledger: ReportLedger;
  readonly #onProblem: (problem: MitschnittError) => void;
  /** The run that is under way. */
  #running: Promise<void> | undefined;
  /** Something was closed since the run began. */
  #again = false;
  /** Set while closed calls are gathered for one run. */
  #soon: NodeJS.Timeout | undefined;
  #stopped = true;

  /** @param onProblem Told what keeps a line from being written. It is tried again at the next trigger. */
  constructor(settings: ReportSettings, ledger: ReportLedger, onProblem: (problem: MitschnittError) => void) {
    this.#settings = settings;
    this.#ledger = ledger;
    this.#onProblem = onProblem;
  }

  /** Finishes what a former process began, and writes what it left unreported. */
  async start(): Promise<void> {
    this.#stopped = false;
    await this.reportNow();
  }

  /** Writes what was still to be gathered, and waits for the append that is under way. */
  async stop(): Promise<void> {
    if (this.#soon) await this.reportNow();
    this.#stopped = true;
    await this.#running;
  }

  /** A call was closed: it is reported within {@link gatherMs}. */
  wake(): void {
    if (this.#stopped) return;
    this.#soon ??= setTimeout(() => void this.reportNow(), gatherMs);
  }

  /** Writes all records that no file has yet. Never rejects. */
  async reportNow(): Promise<void> {
    clearTimeout(this.#soon);
    this.#soon = undefined;
    if (this.#stopped) return;
    this.#again = true;
    this.#running ??= this.#run();
    await this.#running;
  }

  /** Lets somebody else change the files: begun appends are finished before, and the next one waits. */
  async between<Result>(work: () => Promise<Result>): Promise<Result> {
    await this.reportNow();
    while (this.#running) await this.#running;
    const working = work();
    this.#running = working.then(
      () => undefined,
      () => undefined,
    );
    try {
      return await working;
    } finally {
      this.#running = undefined;
      if (this.#again) void this.reportNow();
    }
  }

  async #run(): Promise<void> {
    try {
      while (this.#again && !this.#stopped) {
        this.#again = false;
        await this.#appendAll().catch((error: unknown) => {
          this.#onProblem(problemOf(error, this.#settings.folder));
        });
      }
    } finally {
      // In the same turn as the last look at #again: a trigger in between would start nothing.
      this.#running = undefined;
    }
  }

  async #appendAll(): Promise<void> {
    const begun = await this.#ledger.openAppend();
    if (begun) await this.#finish(begun);
    while (!this.#stopped) {
      const records = await this.#ledger.unreported(recordsPerAppend);
      const [first] = records;
      if (!first) return;
      const span = this.#spanOf(first);
      await this.#append(records.filter((record) => this.#spanOf(record) === span));
    }
  }

  #spanOf({ startedAt }: CallRecord): string {
    return spanLabel(startedAt, this.#settings.files, this.#settings.timeZone);
  }

  /** Appends records of one month or day. */
  async #append(records: readonly CallRecord[]): Promise<void> {
    const [first] = records;
    if (!first) return;
    for (let part = 1; ; part++) {
      const name = reportFileName(this.#spanOf(first), part);
      const file = await ReportFile.open(this.#settings.folder, name);
      try {
        const size = await file.size();
        if (size > 0 && !(await file.hasHeadings(headingsOf(this.#settings)))) continue;
        const head = size === 0 ? csvHead(this.#settings) : await file.lineEndMissing(size);
        await this.#write(file, {
          file: name,
          offset: size,
          text: head + csvLines(records, this.#settings),
          records: records.map(({ id }) => id),
        });
        return;
      } finally {
        await file.close();
      }
    }
  }

  async #write(file: ReportFile, append: ReportAppend): Promise<void> {
    await this.#ledger.beginAppend(append);
    await file.write(append.offset, Buffer.from(append.text));
    // Otherwise the lines are in a file that is gone. The note stays, and the next run finishes it.
    if (!(await file.isInPlace())) throw replaced(append.file);
    await this.#ledger.completeAppend(append);
  }

  /** Finishes an append that was begun: by a process that died, or by this one when the disk was full. */
  async #finish(append: ReportAppend): Promise<void> {
    const file = await ReportFile.open(this.#settings.folder, append.file);
    try {
      const remains = await remainsOf(append, file);
      if (remains !== 'changed') {
        // What is there already is written once more: nobody knows whether the disk has it.
        await this.#write(file, append);
        return;
      }
    } finally {
      await file.close();
    }
    // Begins anew at the present end, and replaces the note.
    await this.#append(await this.#ledger.recordsOf(append));
  }
}

const meanings: Readonly<Record<string, { readonly code: string; readonly hint: string }>> = {
  EACCES: { code: 'report-not-writable', hint: 'Give the user of Mitschnitt the right to write there.' },
  EPERM: { code: 'report-not-writable', hint: 'Give the user of Mitschnitt the right to write there.' },
  EROFS: { code: 'report-not-writable', hint: 'The file system is mounted read-only: mount it for writing.' },
  EISDIR: { code: 'report-not-writable', hint: 'Move the folder away that has the name of the report file.' },
  EEXIST: { code: 'report-not-writable', hint: 'Set the folder of the report to a folder.' },
  ENOTDIR: { code: 'report-not-writable', hint: 'Set the folder of the report to a folder.' },
  ENOSPC: { code: 'report-disk-full', hint: 'Make room on the disk of the report.' },
  EDQUOT: { code: 'report-disk-full', hint: 'Raise the quota of the user of Mitschnitt.' },
};

function replaced(file: string): MitschnittError {
  return new MitschnittError(`report ${file}: another program replaced it while a line was being written`, {
    code: 'report-replaced',
    fault: 'configuration',
    retry: true,
    hint: 'Nothing is lost: the line is written with the next call. Save changes under another name.',
  });
}

/** Nothing is lost by any of these: the records stay unreported. */
function problemOf(error: unknown, folder: string): MitschnittError {
  if (error instanceof MitschnittError) return error;
  const meaning = meanings[codeOf(error)] ?? {
    code: 'report-failed',
    hint: 'It is tried again after the next call; the lines wait in the catalogue.',
  };
  return new MitschnittError(`report in ${folder}: ${messageOf(error)}`, {
    ...meaning,
    fault: 'configuration',
    retry: true,
    cause: error,
  });
}
