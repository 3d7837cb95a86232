import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

import type { ConnectionCheck } from '../../src/catalogue/catalogue.ts';
import { ConnectionChecks } from '../../src/delivery/connection-checks.ts';
import { FolderTarget } from '../../src/delivery/folder.ts';
import { eventually } from '../live/eventually.ts';
import { VirtualClock } from './virtual-clock.ts';

const hourMs = 3_600_000;

let folder: string;
let clock: VirtualClock;
let checks: ConnectionChecks | undefined;
let reported: ConnectionCheck[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mitschnitt-checks-'));
  clock = new VirtualClock(1_000);
  reported = [];
});
afterEach(async () => {
  await checks?.stop();
  await rm(folder, { recursive: true });
});

const report = (check: ConnectionCheck) => {
  reported.push(check);
  return Promise.resolve();
};

const archive = (name: string) => ({
  name,
  create: () => new FolderTarget(name, { type: 'folder', path: join(folder, name) }),
  checkEveryMs: hourMs,
});

/** What was reported, once there are so many. */
async function after(ms: number, count: number): Promise<readonly (string | undefined)[]> {
  await clock.pass(ms);
  await eventually(() => reported.length === count);
  return reported.map(({ target, problem }) => `${target} ${problem?.code ?? 'fine'}`);
}

test('each target is checked soon after the start and every so often, and nothing is left behind', async () => {
  await mkdir(join(folder, 'a'));
  checks = new ConnectionChecks({
    ...{ targets: [archive('a'), archive('b')], clock },
    report,
  });
  checks.start();
  expect(checks.latest).toEqual([]);
  expect((await after(3_000, 2)).toSorted()).toEqual(['a fine', 'b folder-missing']);
  await mkdir(join(folder, 'b'));
  expect((await after(hourMs, 4)).slice(2).toSorted()).toEqual(['a fine', 'b fine']);
  expect(checks.latest.map(({ at }) => at)).toEqual([1_000 + 3_000 + hourMs, 1_000 + 3_000 + hourMs]);
  expect(await readdir(join(folder, 'a'))).toEqual([]);
});

test('a check ends with the process, and says nothing then', async () => {
  const never = {
    name: 'c',
    put: () => Promise.reject(new Error('not asked')),
    close: () => Promise.resolve(),
  };
  const create = () => ({
    ...never,
    check: (signal: AbortSignal) =>
      new Promise<void>((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('aborted')));
      }),
  });
  checks = new ConnectionChecks({
    ...{ targets: [{ name: 'c', create, checkEveryMs: hourMs }], clock },
    report,
  });
  checks.start();
  await clock.pass(5_000);
  await checks.stop();
  expect(reported).toEqual([]);
});

test('what was found before a restart is known until there is something newer', async () => {
  const former = {
    ...{ target: 'a', at: 500, ms: 20 },
    problem: { code: 'unreachable', message: 'no way', fault: 'destination', hint: 'Look.' },
  } as const;
  await mkdir(join(folder, 'a'));
  checks = new ConnectionChecks({ targets: [archive('a')], clock, report });
  checks.start([former]);
  expect(checks.latest).toEqual([former]);
  await after(3_000, 1);
  expect(checks.latest).toMatchObject([{ target: 'a', at: 4_000, problem: undefined }]);
});
