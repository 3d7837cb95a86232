import { createHash, randomUUID } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';

import type { ReportIssue, ReportIssues } from '../catalogue/catalogue.ts';
import { codeOf, messageOf } from '../errors.ts';
import type { NumberToErase } from '../recording/erased-number.ts';
import { issueFile } from '../report/issuer.ts';
import { scrubberOf, syncFolder, writeLike, type ReportLines, type ReportResult } from './report-lines.ts';

/** What became of a report that waits for a target. */
export interface OutgoingResult extends ReportResult {
  readonly target: string;
}

/**
 * Takes a number out of all reports that are not delivered yet. Nothing may deliver or make one meanwhile. Returns those
 * that had it, and those that could not be changed.
 */
export async function scrubOutgoing(
  number: NumberToErase,
  lines: ReportLines,
  ledger: Pick<ReportIssues, 'unfinishedIssues' | 'replaceIssue'>,
): Promise<readonly OutgoingResult[]> {
  const results: OutgoingResult[] = [];
  for (const issue of await ledger.unfinishedIssues()) {
    const facts = { file: issue.name, target: issue.target };
    try {
      const changed = await scrubIssue(issue, number, lines, ledger);
      if (changed > 0) results.push({ ...facts, lines: changed, problem: undefined });
    } catch (error) {
      // It was delivered, and the process died before that was noted: the target has it as it was.
      if (codeOf(error) !== 'ENOENT') results.push({ ...facts, lines: 0, problem: messageOf(error) });
    }
  }
  return results;
}

/**
 * The report is made anew under another id, which takes the place of the old one in the catalogue: whenever the process
 * dies, what is noted is whole, and the file that is not noted goes at the next start.
 */
async function scrubIssue(
  issue: ReportIssue,
  number: NumberToErase,
  lines: ReportLines,
  ledger: Pick<ReportIssues, 'replaceIssue'>,
): Promise<number> {
  const path = issueFile(lines.folder, issue.id);
  const before = (await readFile(path, 'utf8')).split('\n');
  const after = before.map(scrubberOf(before[0] ?? '', number, lines));
  const changed = after.filter((line, index) => line !== before[index]).length;
  if (changed === 0) return 0;
  const [id, content] = [randomUUID(), Buffer.from(after.join('\n'))];
  await writeLike(path, issueFile(lines.folder, id), content.toString());
  await syncFolder(lines.folder);
  const sha256 = createHash('sha256').update(content).digest('hex');
  await ledger.replaceIssue(issue.id, { ...issue, id, bytes: content.length, sha256 });
  await rm(path);
  return changed;
}
