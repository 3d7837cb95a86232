// An account that the PBX tells while it is listened to, and what is known of the time in which nobody listened.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { CdrFile } from '../../src/asterisk/cdr-file.ts';
import { recordsOf } from '../../src/call/records.ts';
import { SqliteCatalogue } from '../../src/catalogue/sqlite.ts';
import { completenessOf } from '../../src/reconciliation/completeness.ts';
import { Reconciler } from '../../src/reconciliation/reconciler.ts';
import { ToldCalls } from '../../src/reconciliation/told-calls.ts';
import { eventually } from '../live/eventually.ts';
import { callOf, detailOf, recorded, rules, START } from './accounts.ts';
import type { CallDetail } from '../../src/call/account.ts';
import type { Call } from '../../src/call/call.ts';

const minuteMs = 60_000;
const END = START + 10 * 60 * minuteMs;

let folder: string;
let catalogue: SqliteCatalogue;
let now: number;
let heardAt: number | undefined;
let raised: Map<string, string>;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mitschnitt-told-'));
  catalogue = new SqliteCatalogue({ path: join(folder, 'catalogue.db') });
  await catalogue.open();
  [now, heardAt, raised] = [START, undefined, new Map<string, string>()];
});
afterEach(async () => {
  await catalogue.close();
  await rm(folder, { recursive: true });
});

/** A process that listens, with a file beside it or without. */
async function process(file?: string): Promise<{ told: ToldCalls; reconciler: Reconciler }> {
  const nobody = () => undefined;
  const told = new ToldCalls({
    source: { name: 'CDR (AMI)', hint: 'Load the module cdr_manager.' },
    heardAt: () => heardAt,
    now: () => now,
  });
  const csv = file === undefined ? undefined : new CdrFile({ path: file, timeZone: 'UTC' });
  const reconciler = new Reconciler({
    account: csv && { path: file ?? '', readSince: (place) => csv.readSince(place) },
    told,
    ledger: catalogue,
    policy: () => rules,
    alarms: {
      raise: ({ kind, problem }) => raised.set(kind, problem),
      clear: (kind) => raised.delete(kind),
    },
    log: { debug: nobody, info: nobody, warn: nobody, error: nobody },
    now: () => now,
    unwatchedNow: () => [],
    goingOnSince: () => [],
    state: (from) => Promise.resolve(from),
  });
  await reconciler.start();
  // Its first look is over: each of the next is one of its own.
  await reconciler.look();
  return { told, reconciler };
}

/** Time passes in which the PBX answers, and what was told is kept. */
async function listen({ reconciler }: { reconciler: Reconciler }, ms: number): Promise<void> {
  now += ms;
  heardAt = now;
  await reconciler.look();
}

const kept = (call: Call) => catalogue.closeCall(call, recordsOf(call, rules, new Map()));
const stated = () =>
  completenessOf(
    { from: START, to: END },
    { catalogue, hasAccount: true, now: Math.min(now, END), unwatchedNow: [] },
  );

test('calls that were told are compared, and one that the catalogue does not have is a gap', async () => {
  const run = await process();
  run.told.begin(now);
  await listen(run, minuteMs);
  const [seen, unseen] = [detailOf(1, { startedAt: now }), detailOf(2, { startedAt: now })];
  await kept(callOf(seen, recorded));
  run.told.told(seen);
  run.told.told(unseen);
  run.told.told(undefined);
  await listen(run, 2 * minuteMs);
  const readAt = now;
  now += 1;
  const { account, gaps } = await stated();
  expect(account).toMatchObject({ calls: 2, matched: 1, gaps: 1, unreadable: 1, readAt, holes: [] });
  expect(gaps).toMatchObject([{ name: 'not-in-catalogue', asteriskId: unseen.channel }]);
  await run.reconciler.stop();
});

test('what was told is kept at once: a process that dies has lost nothing of it', async () => {
  const run = await process();
  run.told.begin(now);
  await listen(run, minuteMs);
  run.told.told(detailOf(1, { startedAt: START + 1_000 }));
  await eventually(async () => (await catalogue.unjudged(10)).length === 1, { within: 2_000 });
  await run.reconciler.stop();
});

test('the time in which nobody listened is a hole, and calls that nobody watched then are not proven', async () => {
  const first = await process();
  first.told.begin(now);
  await listen(first, minuteMs);
  const diedAt = now;
  now += 10 * minuteMs;
  const second = await process();
  // The mark of the former process is known before anybody listens.
  await second.reconciler.look();
  second.told.begin(now);
  const ranAt = now;
  await catalogue.saveUnwatched({ reason: 'not-running', from: diedAt, to: ranAt });
  await catalogue.saveUnwatched({ reason: 'stood-still', from: ranAt + 5_000, to: ranAt + 9_000 });
  await listen(second, minuteMs);
  const { account, complete, unwatched } = await stated();
  expect(account?.holes).toEqual([{ from: diedAt, to: ranAt }]);
  expect(unwatched.map(({ reason, accounted }) => [reason, accounted])).toEqual([
    ['not-running', false],
    ['stood-still', true],
  ]);
  expect(complete).toBe(false);
  for (const { reconciler } of [first, second]) await reconciler.stop();
});

test('with the file beside it there is no hole, and no call is counted twice', async () => {
  const file = join(folder, 'Master.csv');
  await writeFile(file, '');
  const detail = detailOf(1, { startedAt: START + 1_000 });
  const first = await process(file);
  first.told.begin(now);
  first.told.told(detail);
  await listen(first, minuteMs);
  expect((await stated()).account).toMatchObject({ calls: 1 });
  const diedAt = now;
  await writeFile(file, [detail, detailOf(2, { startedAt: START + 2_000 })].map(lineOf).join(''));
  now += minuteMs;
  const second = await process(file);
  second.told.begin(now);
  await catalogue.saveUnwatched({ reason: 'not-running', from: diedAt, to: now });
  await listen(second, minuteMs);
  const { account, unwatched } = await stated();
  expect(account).toMatchObject({ calls: 2, holes: [] });
  expect(unwatched).toMatchObject([{ accounted: true }]);
  for (const { reconciler } of [first, second]) await reconciler.stop();
});

test('a PBX that never tells of a call is told, and is believed only until the first that it owes', async () => {
  const run = await process();
  run.told.begin(now);
  await listen(run, minuteMs);
  const owedSince = now;
  for (let party = 0; party < 4; party++) run.told.expect(now);
  await listen(run, 9 * minuteMs);
  expect(raised.size).toBe(0);
  await listen(run, minuteMs);
  expect(raised.get('account-unreadable')).toContain('Asterisk has told of no call since');
  expect((await catalogue.accountProgress())?.readAt).toBe(owedSince);
  run.told.heard();
  await listen(run, minuteMs);
  expect(raised.has('account-unreadable')).toBe(false);
  expect((await catalogue.accountProgress())?.readAt).toBe(now);
  await run.reconciler.stop();
});

test('one party that went on elsewhere is no reason to doubt it', async () => {
  const run = await process();
  run.told.begin(now);
  run.told.heard();
  run.told.expect(now);
  await listen(run, 11 * minuteMs);
  expect(raised.size).toBe(0);
  expect((await catalogue.accountProgress())?.readAt).toBe(now);
  await run.reconciler.stop();
});

test('an account that never told anything is doubted with the first call that it owes', async () => {
  const run = await process();
  run.told.begin(now);
  run.told.expect(now);
  await listen(run, 11 * minuteMs);
  expect([...raised.keys()]).toEqual(['account-unreadable']);
  await run.reconciler.stop();
});

test('before there was an account nothing is compared', async () => {
  await catalogue.saveAccount({ ...(await firstProgress()), since: START - minuteMs }, []);
  const run = await process();
  run.told.begin(now);
  await listen(run, minuteMs);
  expect(await catalogue.accountProgress()).toMatchObject({ since: START, readAt: now });
  expect((await stated()).account?.holes).toEqual([]);
  await run.reconciler.stop();
});

async function firstProgress() {
  const { reconciler } = await process();
  await reconciler.stop();
  const progress = await catalogue.accountProgress();
  if (!progress) throw new Error('none was kept');
  return progress;
}

/** As Asterisk writes it with `loguniqueid`, `newcdrcolumns` and `usegmtime`. */
function lineOf({ channel, callerName, calledName, from, to, startedAt, endedAt }: CallDetail): string {
  const time = (at: number) => new Date(at).toISOString().slice(0, 19).replace('T', ' ');
  const texts = ['', from, to, 'x', '', callerName, calledName, 'Dial', ''];
  const times = [time(startedAt), time(startedAt), time(endedAt)];
  const quoted = [...texts, ...times].map((text) => `"${text}"`).join(',');
  return `${quoted},39,39,"ANSWERED","DOCUMENTATION","${channel}","","","${channel}",1\n`;
}
