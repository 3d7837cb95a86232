import { comparable } from '../call/numbers.ts';
import type { Hold, RetentionLedger } from '../catalogue/retention-ledger.ts';

/** What the command line asks for (`POST /hold`, `POST /release`): on an id or on a number. */
export interface HoldRequest {
  readonly subject: string;
  readonly kind: Hold['kind'];
  readonly actor: string;
  readonly reason?: string | undefined;
}

/** What came of it. */
export interface HoldAnswer {
  readonly result: 'placed' | 'already-held' | 'unknown' | 'released' | 'not-held';
}

/** @throws TypeError when it is none. */
function holdRequestOf(body: unknown): HoldRequest {
  const { subject, kind, actor, reason } = (body ?? {}) as Partial<Record<keyof HoldRequest, unknown>>;
  if (typeof subject !== 'string' || typeof actor !== 'string' || (kind !== 'id' && kind !== 'number'))
    throw new TypeError('a request without subject, kind or actor');
  const isNumber = kind === 'number';
  return {
    subject: isNumber ? comparable(subject) : subject,
    kind,
    actor,
    reason: typeof reason === 'string' ? reason : undefined,
  };
}

/** What the running process answers about holds. */
export function holdAnswers(
  ledger: Pick<RetentionLedger, 'placeHold' | 'releaseHold'>,
  now: () => number,
): Readonly<Record<string, (body: unknown) => Promise<HoldAnswer>>> {
  return {
    'POST /hold': async (body) => {
      const { subject, kind, actor, reason } = holdRequestOf(body);
      return { result: await ledger.placeHold({ subject, kind, at: now(), actor, reason }) };
    },
    'POST /release': async (body) => {
      const { subject, kind, actor } = holdRequestOf(body);
      const released = await ledger.releaseHold({ subject, kind, at: now(), actor });
      return { result: released ? 'released' : 'not-held' };
    },
  };
}
