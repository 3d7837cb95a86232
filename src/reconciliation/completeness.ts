import { statementOf, type Statement } from './statement.ts';
import type { Unwatched } from '../call/account.ts';
import type { Instant } from '../call/call.ts';
import type { AccountLedger, Interval } from '../catalogue/account-ledger.ts';
import type { Listings } from '../catalogue/catalogue.ts';

export interface CompletenessSources {
  readonly catalogue: Pick<AccountLedger, 'accounted' | 'accountHoles' | 'accountProgress' | 'unwatched'> &
    Pick<Listings, 'records'>;
  /** The PBX gives an account of its own. */
  readonly hasAccount: boolean;
  readonly now: Instant;
  /** Nobody watches now, or nobody did until just now, and that is not kept yet. */
  readonly unwatchedNow: readonly Unwatched[];
}

/** How complete the recordings of a period are, as far as it is over. */
export async function completenessOf(
  { from, to }: Interval,
  { catalogue, hasAccount, now, unwatchedNow }: CompletenessSources,
): Promise<Statement> {
  const period = { from, to: Math.min(to, now) };
  const known = await catalogue.unwatched(period);
  const isKept = ({ from: begin, reason }: Unwatched) =>
    known.some((each) => each.from === begin && each.reason === reason);
  const current = unwatchedNow.filter(
    (each) => each.from < period.to && (each.to ?? now) > from && !isKept(each),
  );
  return await statementOf({
    period,
    records: catalogue.records(period),
    accounted: hasAccount ? await catalogue.accounted(period) : undefined,
    progress: await catalogue.accountProgress(),
    holes: hasAccount ? await catalogue.accountHoles(period) : [],
    unwatched: [...known, ...current],
    now,
  });
}
