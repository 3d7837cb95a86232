// When days are stated, what is compared again, and what of the account is known to be missing.
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { CdrFile } from '../../src/asterisk/cdr-file.ts';
import { recordsOf } from '../../src/call/records.ts';
import { SqliteCatalogue } from '../../src/catalogue/sqlite.ts';
import { completenessOf } from '../../src/reconciliation/completeness.ts';
import { stateDays } from '../../src/reconciliation/daily-statement.ts';
import { Reconciler, type ReconcilerParts } from '../../src/reconciliation/reconciler.ts';
import type { Unwatched } from '../../src/call/account.ts';
import type { Instant, Policy } from '../../src/call/call.ts';
import type { AccountProgress } from '../../src/catalogue/account-ledger.ts';
import { callOf, detailOf, recorded, rules, START } from './accounts.ts';
import { lineOf } from './cdr-line.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const midnight = Date.UTC(2021, 3, 7, 22);
const timeZone = 'Europe/Zurich';

let folder: string;
let path: string;
let catalogue: SqliteCatalogue;
let now: number;
let policy: Policy | undefined;
let unwatched: readonly Unwatched[];
let goingOn: readonly Instant[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mitschnitt-reconciler-'));
  path = join(folder, 'Master.csv');
  await writeFile(path, '');
  catalogue = new SqliteCatalogue({ path: join(folder, 'catalogue.db') });
  await catalogue.open();
  [now, policy, unwatched, goingOn] = [START, rules, [], []];
});
afterEach(async () => {
  await catalogue.close();
  await rm(folder, { recursive: true });
});

const nobody = () => undefined;
const log = { debug: nobody, info: nobody, warn: nobody, error: nobody };

async function process(changes: Partial<ReconcilerParts> = {}): Promise<Reconciler> {
  const file = new CdrFile({ path, timeZone: 'UTC' });
  const common = {
    alarms: { raise: nobody, clear: nobody },
    log,
    now: () => now,
    unwatchedNow: () => unwatched,
  };
  const daily = { ...common, catalogue, folder, timeZone, hasAccount: true, language: 'en' } as const;
  const reconciler = new Reconciler({
    ...common,
    account: { path, readSince: (place) => file.readSince(place) },
    told: undefined,
    ledger: catalogue,
    policy: () => policy,
    goingOnSince: () => goingOn,
    state: (from, to) => stateDays(daily, from, to),
    ...changes,
  });
  await reconciler.start();
  // Its first look is over: each of the next is one of its own.
  await reconciler.look();
  return reconciler;
}

const statement = () => readFile(join(folder, 'Completeness_2021-04-07.txt'), 'utf8').catch(() => undefined);

describe('the statement of a day over whose end no process ran', () => {
  const died = { reason: 'not-running', from: START + minuteMs, to: undefined } as const;
  let reconciler: Reconciler;
  beforeEach(async () => {
    await (await process()).stop();
    await appendFile(path, `${lineOf(detailOf(1, { startedAt: START + hourMs }), '')}\n`);
    now = midnight + 8 * hourMs;
    [policy, unwatched] = [undefined, [died]];
    reconciler = await process();
  });
  afterEach(() => reconciler.stop());

  test('waits until calls are watched, what was not is kept, and the account is read on', async () => {
    expect(await statement()).toBeUndefined();
    policy = rules;
    await reconciler.look();
    expect(await statement()).toBeUndefined();
    await catalogue.saveUnwatched({ ...died, to: now });
    unwatched = [];
    await reconciler.look();
    expect(await statement()).toBeUndefined();
    now += 3 * minuteMs;
    await reconciler.look();
    expect(await statement()).toContain('Result: 1 GAP\n');
    expect(await statement()).toContain('Mitschnitt did not run');
  });

  test('is made after hours in which nobody watches, and says so', async () => {
    now += 5 * hourMs;
    await reconciler.look();
    expect(await statement()).toBeUndefined();
    now += 2 * hourMs;
    await reconciler.look();
    expect(await statement()).toContain(
      'since 2021-04-07 13:35:26: Mitschnitt did not run; which calls there were is not known',
    );
    expect(await statement()).toContain('that is not proven');
  });
});

test('the statement of a day waits for a call that began on it and goes on, and for none that began later', async () => {
  const reconciler = await process();
  now = midnight + hourMs;
  goingOn = [midnight - minuteMs, midnight + minuteMs];
  await reconciler.look();
  now += 3 * minuteMs;
  await reconciler.look();
  expect(await statement()).toBeUndefined();
  goingOn = [midnight + minuteMs];
  await reconciler.look();
  expect(await statement()).toContain('2021-04-07');
  await reconciler.stop();
});

test('calls that cannot be compared yet do not keep later ones waiting', async () => {
  const ledger: ReconcilerParts['ledger'] = {
    accountProgress: () => catalogue.accountProgress(),
    saveAccount: (progress, calls, hole) => catalogue.saveAccount(progress, calls, hole),
    accountHoles: (interval) => catalogue.accountHoles(interval),
    unjudged: (limit, after) => catalogue.unjudged(limit, after),
    gaps: (since, at, limit) => catalogue.gaps(since, at, limit),
    saveJudgement: (id, judgement, at) => catalogue.saveJudgement(id, judgement, at),
    accounted: (interval) => catalogue.accounted(interval),
    saveUnwatched: (each) => catalogue.saveUnwatched(each),
    unwatched: (interval) => catalogue.unwatched(interval),
    // Their recordings end and end.
    callsOf: async (detail) => {
      const call = callOf(detail, recorded);
      const open = call.segments.map((segment) => ({ ...segment, endedAt: undefined }));
      return detail.from === 'open' ? [{ ...call, segments: open }] : await catalogue.callsOf(detail);
    },
  };
  const reconciler = await process({ ledger });
  const open = Array.from({ length: 120 }, (_, n) =>
    detailOf(n, { from: 'open', startedAt: START + n * 1_000 }),
  );
  const last = detailOf(200, { startedAt: START + 200_000 });
  await appendFile(path, [...open, last].map((detail) => `${lineOf(detail, '')}\n`).join(''));
  now += hourMs;
  await reconciler.look();
  expect(await catalogue.unjudged(1_000)).toHaveLength(120);
  expect(await catalogue.gaps(START, now + hourMs, 10)).toMatchObject([
    { detail: { channel: last.channel } },
  ]);
  await reconciler.stop();
});

test('a gap is looked up again when as much time has passed as until it was judged', async () => {
  const reconciler = await process();
  const detail = detailOf(1);
  await appendFile(path, `${lineOf(detail, '')}\n`);
  now = detail.endedAt + 10 * minuteMs;
  await reconciler.look();
  expect(await catalogue.gaps(START, now + 9 * minuteMs, 10)).toEqual([]);
  expect(await catalogue.gaps(START, now + 10 * minuteMs, 10)).toHaveLength(1);
  await reconciler.stop();
});

test.each([
  [30 * minuteMs, 1],
  [2 * hourMs, 0],
])('by its name a channel is searched for in calls that ended %i ms after it: %i', async (later, found) => {
  const detail = { ...detailOf(1), linkedId: 'another' };
  const call = callOf(detailOf(1), recorded, { endedAt: detail.endedAt + later, linkedId: 'one more' });
  await catalogue.closeCall(call, recordsOf(call, rules, new Map()));
  expect(await catalogue.callsOf(detail)).toHaveLength(found);
});

test.each(['compressed', 'truncated'])(
  'a file of the account that was %s unread leaves a hole',
  async (how) => {
    await writeFile(path, `${lineOf(detailOf(7), '')}\n`);
    const reconciler = await process();
    const readAt = now;
    now += 5_000;
    if (how === 'compressed') {
      await writeFile(join(folder, 'new'), '');
      await rm(path);
    }
    await writeFile(path, '');
    await reconciler.look();
    const holes = [{ from: readAt, to: now }];
    expect(await catalogue.accountHoles({ from: START, to: midnight })).toEqual(holes);
    now += 5_000;
    await reconciler.look();
    expect(await catalogue.accountHoles({ from: START, to: midnight })).toEqual(holes);
    await reconciler.stop();
  },
);

describe('what is stated of a day without a gap', () => {
  const day = { from: START, to: START + 10 * hourMs };
  const progress: AccountProgress = {
    ...{
      since: day.from,
      place: undefined,
      readAt: day.to,
      unreadable: 0,
      unreadableAt: undefined,
      statedTo: 0,
    },
  };
  const detail = detailOf(1);
  const noted = { id: 'x', detail, group: 'Verkauf' };
  const stated = async (hasAccount = true) => {
    const parts = { catalogue, hasAccount, now: day.to + minuteMs, unwatchedNow: unwatched };
    return (await completenessOf(day, parts)).complete;
  };
  beforeEach(async () => {
    const call = callOf(detail, recorded);
    await catalogue.closeCall(call, recordsOf(call, rules, new Map()));
    await catalogue.saveAccount(progress, [noted]);
    const records = call.segments.map(({ id }) => id);
    await catalogue.saveJudgement('x', { match: 'matched', rule: 'same-channels', records }, day.to);
  });

  test('is complete where an account of the PBX proves it', async () => {
    expect(await stated()).toBe(true);
  });
  test('is not complete without an account', async () => {
    expect(await stated(false)).toBe(false);
  });
  test.each([{ readAt: day.to - minuteMs }, { readAt: undefined }, { since: day.from + 1 }])(
    'is not complete where the account covers a part of it: %j',
    async (part) => {
      await catalogue.saveAccount({ ...progress, ...part }, []);
      expect(await stated()).toBe(false);
    },
  );
  test('is not complete with a hole of the account', async () => {
    await catalogue.saveAccount(progress, [], { from: START + hourMs, to: START + 2 * hourMs });
    expect(await stated()).toBe(false);
  });
  test('is not complete as long as a call of it was not compared', async () => {
    await catalogue.saveAccount(progress, [{ ...noted, id: 'y' }]);
    expect(await stated()).toBe(false);
  });
  test('is not complete while nobody watches', async () => {
    unwatched = [{ reason: 'ami-disconnected', from: day.to - hourMs, to: undefined }];
    expect(await stated()).toBe(false);
  });
});
