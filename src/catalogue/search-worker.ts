/** The thread in which searches run: SQLite answers without a turn of the event loop, and calls must not wait for it. */
import { parentPort, workerData } from 'node:worker_threads';

import { searchLines } from './line-search.ts';
import { deliveriesByHour, outcomesByHour, reasons } from './line-statistics.ts';
import { openForReading } from './sqlite-connection.ts';
import { messageOf } from '../errors.ts';
import type { LineSearches } from './console-ledger.ts';
import type { SearchAnswer, SearchRequest } from './search-thread.ts';

const { db } = await openForReading((workerData as { readonly path: string }).path);

const searches: LineSearches = {
  search: (wanted) => searchLines(db, wanted),
  outcomesByHour: (span, offsetMs) => outcomesByHour(db, span, offsetMs),
  reasons: (span) => reasons(db, span),
  deliveriesByHour: (target, from) => deliveriesByHour(db, target, from),
};

/** What the thread beside us asks for is what its types say. */
const byName = searches as unknown as Readonly<
  Record<keyof LineSearches, (...given: readonly unknown[]) => Promise<unknown>>
>;

parentPort?.on('message', ({ id, what, given }: SearchRequest) => {
  void byName[what](...given)
    .then(
      (result): SearchAnswer => ({ id, result }),
      (error: unknown): SearchAnswer => ({ id, problem: messageOf(error) }),
    )
    .then((answer) => parentPort?.postMessage(answer));
});
