import { timesIn } from '../recording/local-time.ts';
import type { Statement } from './statement.ts';

/** The statement as `completeness --json` gives it. Times are ISO 8601 in the time zone of the PBX; unknown is null. */
export function statementJson(statement: Statement, timeZone: string) {
  const time = timesIn(timeZone);
  const { account } = statement;
  return {
    from: time(statement.from),
    to: time(statement.to),
    complete: statement.complete,
    to_record: statement.toRecord,
    recorded: statement.recorded,
    recorded_in_part: statement.recordedInPart,
    not_recorded: statement.notRecorded,
    gaps: statement.gaps.map((gap) => ({
      name: gap.name,
      start: time(gap.startedAt),
      end: time(gap.endedAt),
      group: gap.group,
      direction: gap.direction ?? null,
      from: gap.from,
      to: gap.to,
      asterisk_id: gap.asteriskId,
      id: gap.record ?? null,
      unwatched: gap.unwatched,
    })),
    unwatched: statement.unwatched.map(({ from, to, reason, accounted }) => ({
      from: time(from),
      to: time(to),
      reason,
      accounted,
    })),
    account: account
      ? {
          since: time(account.since),
          read_to: time(account.readAt),
          calls: account.calls,
          matched: account.matched,
          clock: account.clock,
          no_talk: account.noTalk,
          outside_policy: account.outsidePolicy,
          gaps: account.gaps,
          pending: account.pending,
          only_in_catalogue: account.onlyInCatalogue,
          unreadable: account.unreadable,
          holes: account.holes.map(({ from, to }) => ({ from: time(from), to: time(to) })),
        }
      : null,
  };
}
