import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock, type Clock } from '../delivery/clock.ts';
import { csvHead, csvLines } from './csv.ts';
import { lastMomentBefore, spanAt } from './spans.ts';
import type { ReportIssue, ReportIssues, ReportMark } from '../catalogue/catalogue.ts';
import type { ReportFormat } from './csv.ts';
import type { ReportSpan, Span } from './spans.ts';

/** A target and whose calls it is told of. */
export interface ReportRecipient {
  readonly name: string;
  /** The groups whose recordings are delivered to it. */
  readonly groups: readonly string[];
}

export interface IssuerOptions {
  readonly ledger: ReportIssues;
  readonly recipients: readonly ReportRecipient[];
  /** Where issues are until they are delivered. Created as needed. */
  readonly folder: string;
  readonly files: ReportSpan;
  readonly format: ReportFormat;
  /** The last time before another one as of which reports are delivered. */
  readonly lastRun: (before: Date) => Date | undefined;
  readonly onIssued: () => void;
  /** Told what keeps reports from being made. It is tried again within a minute. */
  readonly onProblem: (error: unknown) => void;
  readonly clock?: Clock;
}

/** Calls that go on at the time as of which a report is made are in it if they end within this. */
const settleMs = 10 * 60_000;
const lookAgainMs = 60_000;
const fileMode = 0o640;
const folderMode = 0o750;

/** Whatever else is in the folder is not ours. */
const ownFile = /^([0-9a-f-]{36})\.csv$/;

const words = {
  de: { until: 'bis', supplement: 'Nachtrag' },
  en: { until: 'until', supplement: 'supplement' },
} as const;

/** The local file of an issue. */
export function issueFile(folder: string, id: string): string {
  return join(folder, `${id}.csv`);
}

/**
 * Makes the report files that are delivered, for each target one with the calls of its groups. What is delivered never
 * changes. Of a month or day that is over a target gets `Report_2021-04.csv`, once; what becomes known later, such as a
 * call that went on, as `Report_2021-04_Nachtrag_2021-05-02.csv`, with those lines only. Of one that goes on it gets
 * all so far, `Report_2021-04_bis_2021-04-12.csv`, unless nothing was added.
 */
export class ReportIssuer {
  readonly #options: IssuerOptions;
  readonly #clock: Clock;
  #cancel: (() => void) | undefined;
  #running: Promise<void> | undefined;
  #stopped = true;

  constructor(options: IssuerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** Makes what a former process did not get to. */
  async start(): Promise<void> {
    this.#stopped = false;
    this.#running = this.#removeUnnoted().catch(this.#options.onProblem);
    await this.#running;
    this.#look();
  }

  /** Waits for what is begun, and for the report that is being made. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel?.();
    await this.#running;
  }

  #look(): void {
    // Meanwhile it may have been told to stop.
    if (this.#stopped) return;
    this.#running = this.issueDue().then(() => {
      if (!this.#stopped) this.#cancel = this.#clock.after(lookAgainMs, () => this.#look());
    });
  }

  /** Makes the reports that are due. Never rejects. */
  async issueDue(): Promise<void> {
    const { lastRun, onIssued, onProblem, recipients } = this.#options;
    // The last time itself is one as well.
    const until = lastRun(new Date(this.#clock.now() - settleMs + 1))?.getTime();
    if (until === undefined) return;
    for (const recipient of recipients) {
      try {
        if (await this.#issue(recipient, until)) onIssued();
      } catch (error) {
        onProblem(error);
      }
    }
  }

  /** Returns whether there is anything to deliver. */
  async #issue(recipient: ReportRecipient, until: number): Promise<boolean> {
    const { ledger } = this.#options;
    const { name: target, groups } = recipient;
    const seq = await ledger.lastSeq();
    const mark = (await ledger.reportMark(target)) ?? (await this.#begin(target, seq));
    if (until <= mark.until) return false;
    const next = { seq, until };
    const issues: ReportIssue[] = [];
    for (const span of this.#spansOf(await ledger.startsBetween(mark, next, groups))) {
      const issue = await this.#made(recipient, span, next);
      if (issue) issues.push(issue);
    }
    await ledger.addIssues(target, issues, next);
    return issues.length > 0;
  }

  /** A new target gets no history, but the month or day that goes on from its beginning. */
  async #begin(target: string, seq: number): Promise<ReportMark> {
    const { ledger, files, format } = this.#options;
    const mark = { seq, until: spanAt(this.#clock.now(), files, format.timeZone).from };
    await ledger.addIssues(target, [], mark);
    return mark;
  }

  #spansOf(starts: readonly number[]): readonly Span[] {
    const { files, format } = this.#options;
    const spans = new Map<string, Span>();
    for (const start of [...starts].sort((one, other) => one - other)) {
      const span = spanAt(start, files, format.timeZone);
      spans.set(span.label, span);
    }
    return [...spans.values()];
  }

  /** Undefined: the target has it all. */
  async #made({ name: target, groups }: ReportRecipient, span: Span, mark: ReportMark) {
    const { ledger, folder } = this.#options;
    const isClosed = span.to <= mark.until;
    const before = await ledger.lastIssue(target, span.label);
    const afterSeq = before?.isClosed ? before.lastSeq : 0;
    const id = randomUUID();
    const file = await this.#write(id, {
      ...{ target, groups, from: span.from, to: Math.min(span.to, mark.until) },
      ...{ afterSeq, seq: mark.seq },
    });
    if (file.lines === 0 || (!isClosed && before?.sha256 === file.sha256)) {
      await rm(issueFile(folder, id));
      return undefined;
    }
    const { bytes, sha256 } = file;
    const name = this.#nameOf(span, isClosed, before, mark);
    const facts = { id, target, period: span.label, isClosed, lastSeq: mark.seq, name, bytes, sha256 };
    const state = { state: 'pending', attempts: 0, dueAt: 0 } as const;
    return { ...facts, ...state, deliveredAt: undefined, problem: undefined };
  }

  #nameOf(span: Span, isClosed: boolean, before: ReportIssue | undefined, { until }: ReportMark): string {
    const { language, timeZone } = this.#options.format;
    const moment = lastMomentBefore(until, timeZone);
    if (!isClosed) return `Report_${span.label}_${words[language].until}_${moment}.csv`;
    return before?.isClosed
      ? `Report_${span.label}_${words[language].supplement}_${moment}.csv`
      : `Report_${span.label}.csv`;
  }

  async #write(id: string, wanted: Parameters<ReportIssues['reportLines']>[0]) {
    const { ledger, folder, format } = this.#options;
    await mkdir(folder, { recursive: true, mode: folderMode });
    const file = await open(issueFile(folder, id), 'wx', fileMode);
    const hash = createHash('sha256');
    let [bytes, lines] = [0, 0];
    const add = async (text: string) => {
      const content = Buffer.from(text);
      hash.update(content);
      bytes += content.length;
      await file.writeFile(content);
    };
    try {
      await add(csvHead(format));
      for await (const records of ledger.reportLines(wanted)) {
        lines += records.length;
        await add(csvLines(records, format));
      }
      await file.sync();
    } finally {
      await file.close();
    }
    return { bytes, lines, sha256: hash.digest('hex') };
  }

  /** Files of a process that died before it noted them, or after it noted that they are delivered or replaced. */
  async #removeUnnoted(): Promise<void> {
    const { folder, ledger } = this.#options;
    await mkdir(folder, { recursive: true, mode: folderMode });
    const noted = new Set((await ledger.unfinishedIssues()).map(({ id }) => id));
    for (const file of await readdir(folder)) {
      const [, id] = ownFile.exec(file) ?? [];
      if (id !== undefined && !noted.has(id)) await rm(join(folder, file));
    }
  }
}
