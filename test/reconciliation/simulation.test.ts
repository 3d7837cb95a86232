// Two thousand calls with faults: what is stated agrees with what was dialled, call by call.
import { appendFile, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { CdrFile } from '../../src/asterisk/cdr-file.ts';
import { recordsOf } from '../../src/call/records.ts';
import { SqliteCatalogue } from '../../src/catalogue/sqlite.ts';
import { completenessOf } from '../../src/reconciliation/completeness.ts';
import { Reconciler } from '../../src/reconciliation/reconciler.ts';
import type { CallDetail } from '../../src/call/account.ts';
import type { Call } from '../../src/call/call.ts';
import { nasty } from '../nasty.ts';
import { callOf, consentOf, detailOf, recorded, rules, START } from './accounts.ts';
import { lineOf } from './cdr-line.ts';

const minuteMs = 60_000;
const names = nasty.filter((text) => !text.includes('\n'));

/** What became of a call, and how it is to be stated. */
interface Fate {
  /** What Mitschnitt kept; undefined: nothing. */
  readonly kept: (detail: CallDetail) => Call | undefined;
  readonly detail?: (n: number, startedAt: number) => CallDetail;
  /** What Asterisk does with its own note. */
  readonly note?: 'lost' | 'torn';
  readonly stated: 'recorded' | 'gap' | 'other';
}

const member = (n: number, startedAt: number) =>
  detailOf(n, {
    startedAt,
    callerName: `PJSIP/200-${n}`,
    calledName: `PJSIP/trunk-${n}`,
    from: '200',
    to: '+41791234567',
  });
const failed = (outcome: 'disk-full' | 'start-failed' | 'lost') => (detail: CallDetail) =>
  callOf(detail, { outcome, rule: 'x' });

const fates: Readonly<Record<string, Fate>> = {
  recorded: { kept: (detail) => callOf(detail, recorded), stated: 'recorded' },
  outgoing: { detail: member, kept: (detail) => callOf(detail, recorded), stated: 'recorded' },
  declined: {
    kept: (detail) => callOf(detail, { outcome: 'declined', rule: 'party-declined' }),
    stated: 'other',
  },
  'process killed': { kept: () => undefined, stated: 'gap' },
  'outgoing, process killed': { detail: member, kept: () => undefined, stated: 'gap' },
  'events withheld': { kept: (detail) => callOf(detail, undefined), stated: 'gap' },
  'disk full': { kept: failed('disk-full'), stated: 'gap' },
  'start failed': { kept: failed('start-failed'), stated: 'gap' },
  'file lost': { kept: failed('lost'), stated: 'gap' },
  'Asterisk crashed': { kept: (detail) => callOf(detail, recorded), note: 'lost', stated: 'recorded' },
  'note torn': { kept: (detail) => callOf(detail, recorded), note: 'torn', stated: 'recorded' },
  'nobody answered': {
    detail: (n, startedAt) => ({ ...detailOf(n, { startedAt }), answeredAt: undefined }),
    kept: (detail) => callOf(detail, undefined),
    stated: 'other',
  },
  'hung up in the gate': {
    detail: member,
    kept: (detail) => callOf(detail, undefined, { consents: [consentOf(detail, { problem: 'hung up' })] }),
    stated: 'other',
  },
  'internal, process killed': {
    detail: (n, startedAt) => detailOf(n, { startedAt, callerName: `PJSIP/201-${n}`, from: '201' }),
    kept: () => undefined,
    stated: 'other',
  },
};

let folder: string;
let catalogue: SqliteCatalogue;
let now: number;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mitschnitt-simulation-'));
  catalogue = new SqliteCatalogue({ path: join(folder, 'catalogue.db') });
  await catalogue.open();
  now = START;
});
afterEach(async () => {
  await catalogue.close();
  await rm(folder, { recursive: true });
});

function reconcilerOn(path: string, raised: Set<string>): Reconciler {
  const nobody = () => undefined;
  const file = new CdrFile({ path, timeZone: 'UTC' });
  return new Reconciler({
    account: { path, readSince: (place) => file.readSince(place) },
    told: undefined,
    ledger: catalogue,
    policy: () => rules,
    alarms: { raise: ({ kind }) => raised.add(kind), clear: nobody },
    log: { debug: nobody, info: nobody, warn: nobody, error: nobody },
    now: () => now,
    unwatchedNow: () => [],
    goingOnSince: () => [],
    state: (from) => Promise.resolve(from),
  });
}

test('of 2,000 calls with faults each that is missing is named, and no other', async () => {
  const path = join(folder, 'Master.csv');
  await writeFile(path, '');
  const raised = new Set<string>();
  let reconciler = reconcilerOn(path, raised);
  await reconciler.start();
  await reconciler.look();
  const kinds = fc.sample(fc.constantFrom(...Object.keys(fates)), { numRuns: 2_000, seed: 7 });
  const dialled: { readonly channel: string; readonly stated: Fate['stated'] }[] = [];
  let lines = '';
  for (const [n, kind] of kinds.entries()) {
    const { detail: make, kept, note, stated } = fates[kind] ?? { kept: () => undefined, stated: 'other' };
    const startedAt = START + n * 1_000;
    const detail = make?.(n, startedAt) ?? detailOf(n, { startedAt });
    dialled.push({ channel: detail.channel, stated });
    const call = kept(detail);
    if (call) await catalogue.closeCall(call, recordsOf(call, rules, new Map()));
    const line = lineOf(detail, names[n % names.length] ?? '');
    // What a full disk tore has the next line behind it.
    if (note === 'torn') lines += line.slice(0, 60 + (n % 90));
    else if (note !== 'lost') lines += `${line}\n`;
    if (n % 400 === 399) {
      await appendFile(path, lines);
      lines = '';
      now = detail.endedAt + minuteMs;
      // Rotated, killed, or both, in between.
      if (n % 800 === 799) await rename(path, join(folder, `Master.csv.${n}`));
      await reconciler.stop();
      reconciler = reconcilerOn(path, raised);
      await reconciler.start();
      await reconciler.look();
    }
  }
  await appendFile(path, `${lines}\n`);
  now += minuteMs;
  await reconciler.look();
  await reconciler.look();
  await reconciler.stop();

  const period = { from: START - minuteMs, to: now + minuteMs };
  const statement = await completenessOf(period, { catalogue, hasAccount: true, now, unwatchedNow: [] });
  const wanted = (stated: Fate['stated']) =>
    dialled.filter((call) => call.stated === stated).map(({ channel }) => channel);
  const gaps = statement.gaps.map(({ asteriskId }) => asteriskId);
  expect([...gaps].sort()).toEqual([...wanted('gap')].sort());
  expect(statement).toMatchObject({
    recorded: wanted('recorded').length,
    toRecord: wanted('recorded').length + wanted('gap').length,
    complete: false,
    account: { pending: 0, clock: 0 },
  });
  expect(raised).toContain('call-missing');
}, 30_000);

test('what the catalogue comes to know later is no gap any more', async () => {
  const path = join(folder, 'Master.csv');
  await writeFile(path, '');
  const raised = new Set<string>();
  const reconciler = reconcilerOn(path, raised);
  await reconciler.start();
  await reconciler.look();
  const detail = detailOf(1);
  await appendFile(path, `${lineOf(detail, '')}\n`);
  const stated = () =>
    completenessOf(
      { from: START, to: START + 60 * minuteMs },
      { catalogue, hasAccount: true, now, unwatchedNow: [] },
    );
  now = detail.endedAt + minuteMs;
  await reconciler.look();
  expect(await stated()).toMatchObject({ toRecord: 1, recorded: 0, complete: false });
  const call = callOf(detail, recorded);
  await catalogue.closeCall(call, recordsOf(call, rules, new Map()));
  now += 2 * minuteMs;
  await reconciler.look();
  expect(await stated()).toMatchObject({ toRecord: 1, recorded: 1, gaps: [], complete: true });
  await reconciler.stop();
});
