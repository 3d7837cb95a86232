import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { recordsOf } from '../../src/call/records.ts';
import { SqliteCatalogue } from '../../src/catalogue/sqlite.ts';
import { stateDays } from '../../src/reconciliation/daily-statement.ts';
import { callOf, detailOf, recorded, rules, START } from './accounts.ts';

const hourMs = 3_600_000;
const midnight = Date.UTC(2021, 3, 7, 22);

let folder: string;
let catalogue: SqliteCatalogue;
let alarms: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mitschnitt-daily-'));
  catalogue = new SqliteCatalogue({ path: join(folder, 'catalogue.db') });
  await catalogue.open();
  alarms = [];
  const call = callOf(detailOf(1), recorded);
  await catalogue.closeCall(call, recordsOf(call, rules, new Map()));
});
afterEach(async () => {
  await catalogue.close();
  await rm(folder, { recursive: true });
});

function state(now: number, into: string): Promise<number> {
  const nobody = () => undefined;
  const parts = {
    ...{ catalogue, hasAccount: false, folder: into, timeZone: 'Europe/Zurich' },
    language: 'de',
    alarms: { raise: ({ kind }: { readonly kind: string }) => alarms.push(kind) },
    ...{ unwatchedNow: () => [], now: () => now },
    log: { debug: nobody, info: nobody, warn: nobody, error: nobody },
  } as const;
  return stateDays(parts, START, now);
}

test('a day is stated some minutes after its midnight, and each day that was missed', async () => {
  const into = join(folder, 'report');
  expect(await state(midnight + 60_000, into)).toBe(START);
  expect(await state(midnight + hourMs, into)).toBe(midnight);
  expect(await readFile(join(into, 'Vollstaendigkeit_2021-04-07.txt'), 'utf8')).toContain('aufgezeichnet: 1');
  expect(await state(midnight + 49 * hourMs, into)).toBe(midnight + 48 * hourMs);
  expect((await readdir(into)).sort()).toEqual([
    'Vollstaendigkeit_2021-04-07.txt',
    'Vollstaendigkeit_2021-04-08.txt',
    'Vollstaendigkeit_2021-04-09.txt',
  ]);
});

test('a day that cannot be written is an alarm, and stays to be stated', async () => {
  await writeFile(join(folder, 'file'), '');
  expect(await state(midnight + hourMs, join(folder, 'file'))).toBe(START);
  expect(alarms).toEqual(['report-unwritable']);
});
