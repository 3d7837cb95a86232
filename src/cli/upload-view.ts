import { stdout } from 'node:process';

import { printable } from '../recording/untrusted-text.ts';
import type { TargetUploads, Uploads } from '../uploads.ts';
import { writeLines } from './output.ts';
import { bytes, files, rate, timeLeft } from './quantities.ts';

/** To a file or pipe the progress is written only this often: every line stays. */
const lineEveryMs = 10_000;
const secondMs = 1_000;
const percent = 100;

/** Shows how far deliveries are: on a terminal always in the same place, else a line per target now and then. */
export class UploadView {
  readonly #terminal: boolean;
  /** Lines that are on the terminal and are to be replaced. */
  #shown = 0;
  #writtenAt = Number.NEGATIVE_INFINITY;

  constructor(terminal = stdout.isTTY) {
    this.#terminal = terminal;
  }

  async show(uploads: Uploads): Promise<void> {
    if (!this.#terminal) {
      if (uploads.at - this.#writtenAt < lineEveryMs) return;
      this.#writtenAt = uploads.at;
      await writeLines(...uploads.targets.flatMap((each) => [targetLine(each), ...reportLines(each)]));
      return;
    }
    const lines = uploads.targets.flatMap((target) => [
      targetLine(target),
      ...target.files.map((file) => fileLine(file, uploads.at)),
      ...reportLines(target),
      ...(target.reports?.file ? [fileLine(target.reports.file, uploads.at)] : []),
    ]);
    await this.end();
    const width = stdout.columns;
    await writeLines(...lines.map((line) => Array.from(line).slice(0, width).join('')));
    this.#shown = lines.length;
  }

  /** Takes the progress off the terminal: what comes now is the result. */
  async end(): Promise<void> {
    if (this.#shown > 0) await clearLines(this.#shown);
    this.#shown = 0;
  }
}

/** Moves up by so many lines, and clears what is below (ECMA-48: CPL, ED). */
function clearLines(count: number): Promise<void> {
  return new Promise((resolve) => stdout.write(`\u001b[${count}F\u001b[J`, () => resolve()));
}

function targetLine(target: TargetUploads): string {
  const sent = target.files.reduce((sum, file) => sum + file.sent, 0);
  const left = Math.max(0, target.pendingBytes - sent);
  const what = `${printable(target.target)}: ${files(target.pending, left)} to go`;
  if (target.state === 'resting')
    return `${what}, not reachable now: ${printable(target.lastError?.message ?? '')}`;
  return `${what}, ${rate(target.bytesPerSecond)}, ${timeLeft(left, target.bytesPerSecond)} left`;
}

/** None where no report waits. */
function reportLines({ target, reports }: TargetUploads): readonly string[] {
  if (!reports || reports.pending === 0) return [];
  const left = Math.max(0, reports.pendingBytes - (reports.file?.sent ?? 0));
  return [`${printable(target)}, reports: ${files(reports.pending, left)} to go`];
}

function fileLine(file: TargetUploads['files'][number], now: number): string {
  const seconds = Math.max(1, (now - file.startedAt) / secondMs);
  const share = file.bytes === 0 ? percent : Math.floor((file.sent / file.bytes) * percent);
  const moved = `${bytes(file.sent)} of ${bytes(file.bytes)}, ${share} %`;
  return `  ${printable(file.name)}: ${moved}, ${timeLeft(file.bytes - file.sent, file.sent / seconds)} left`;
}
