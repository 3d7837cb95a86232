// When two parties are to be recorded and when in silence, told from what they asked for with the keys of their
// telephones.
import type { Channel } from './asterisk.ts';
import { pauseLimitMs, type Performance, type Request } from './performance.ts';

export interface Span {
  readonly from: number;
  readonly to: number;
}

/** What holds of what two parties asked for, from one of their talks to the next. */
export interface Asked {
  readonly last: 'start' | 'stop' | undefined;
  readonly pausedAt: number | undefined;
}

export const nothingAsked: Asked = { last: undefined, pausedAt: undefined };

/** What has to become of a talk that may be recorded. */
export interface Wanted {
  readonly recorded: readonly Span[];
  readonly silent: readonly Span[];
  readonly after: Asked;
}

/** Those of two parties' requests in their talk that a member made. */
export function requestsIn(
  { a, b, from, to }: { readonly a: Channel; readonly b: Channel } & Span,
  members: readonly Channel[],
  { requests }: Performance,
): readonly Request[] {
  return requests.filter(
    ({ at, channel }) =>
      (channel === a || channel === b) && members.includes(channel) && at >= from && at <= to,
  );
}

/** `onDemand`: recorded only from when somebody asks for it. */
export function wantedIn(
  { from, to }: Span,
  requests: readonly Request[],
  { before, onDemand }: { readonly before: Asked; readonly onDemand: boolean },
): Wanted {
  const [recorded, silent]: [Span[], Span[]] = [[], []];
  let { last, pausedAt } = before;
  if (pausedAt !== undefined && pausedAt + pauseLimitMs <= from) pausedAt = undefined;
  let runsFrom = last === 'stop' || (onDemand && last !== 'start') ? undefined : from;
  const resume = (at: number): void => {
    if (pausedAt === undefined) return;
    if (runsFrom !== undefined) {
      const end = Math.min(at, pausedAt + pauseLimitMs);
      silent.push({ from: Math.max(from, pausedAt), to: end });
    }
    pausedAt = undefined;
  };
  const expire = (at: number): void => {
    if (pausedAt !== undefined && pausedAt + pauseLimitMs <= at) resume(at);
  };
  const end = (at: number): void => {
    if (runsFrom !== undefined) recorded.push({ from: runsFrom, to: at });
    runsFrom = undefined;
  };
  for (const { at, control } of requests) {
    expire(at);
    const runs = runsFrom !== undefined;
    if (control === 'pause' && runs) pausedAt ??= at;
    if (control === 'resume' && runs) resume(at);
    if (control === 'stop' && runs) {
      resume(at);
      end(at);
      last = 'stop';
    }
    if (control === 'start' && !runs) {
      [runsFrom, last, pausedAt] = [at, 'start', undefined];
    }
  }
  expire(to);
  const stillPausedAt = pausedAt;
  resume(to);
  end(to);
  return { recorded, silent, after: { last, pausedAt: stillPausedAt } };
}
