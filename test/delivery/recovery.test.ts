import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

import type { ConnectionCheck } from '../../src/catalogue/catalogue.ts';
import { ConnectionChecks } from '../../src/delivery/connection-checks.ts';
import { FolderTarget } from '../../src/delivery/folder.ts';
import type { Target } from '../../src/delivery/target.ts';
import { Uploader, type UploaderOptions } from '../../src/delivery/uploader.ts';
import { MitschnittError } from '../../src/errors.ts';
import { eventually } from '../live/eventually.ts';
import { failing } from './failing.ts';
import { VirtualClock } from './virtual-clock.ts';
import { inMemory, one, Workplace } from './workplace.ts';

const minuteMs = 60_000;
const checkEveryMs = 5 * minuteMs;
const noon = Date.parse('2021-04-08T12:00:00+02:00');

let work: Workplace;
let clock: VirtualClock;
let found: ConnectionCheck[];
let uploader: Uploader;
let checks: ConnectionChecks;

beforeEach(async () => {
  work = await Workplace.create(inMemory);
  clock = new VirtualClock(noon);
  found = [];
});
afterEach(async () => {
  await checks.stop();
  await uploader.stop();
  await work.remove();
});

const share = () => join(work.path, 'share');
const arrived = () => readdir(join(share(), '2021/04')).catch(() => []);

const unmounted = () => new FolderTarget('archiv', { type: 'folder', path: share() });
const refusal = { code: 'down', fault: 'destination', retry: true, hint: 'Wait.' } as const;

/** Deliveries that fail, until the courier rests for longer than it is between two checks. */
async function outage(
  options: Partial<UploaderOptions> = {},
  create: () => Target = unmounted,
): Promise<void> {
  for (let count = 0; count < 3; count += 1) await work.record(['archiv']);
  const targets = [{ ...one(create()), create }];
  uploader = new Uploader({
    ...work.options,
    targets,
    report: () => undefined,
    random: () => 1,
    clock,
    ...options,
  });
  checks = new ConnectionChecks({
    ...{ targets: [{ name: 'archiv', create: unmounted, checkEveryMs }], clock },
    report: (check) => {
      found.push(check);
      if (!check.problem) uploader.recovered(check.target);
      return Promise.resolve();
    },
  });
  uploader.start();
  checks.start();
  // The third failing check comes after 10 minutes: the rest is at its longest by then, or nearly.
  await eventually(async () => {
    await clock.pass(minuteMs);
    return restMs() > 10 * minuteMs;
  });
}

const restMs = () => (uploader.activity[0]?.restsUntil ?? 0) - clock.now();

/** Lets time pass until a check finds that all is well. */
async function wellAgain(): Promise<number> {
  await mkdir(share());
  await eventually(async () => {
    await clock.pass(minuteMs);
    return found.at(-1)?.problem === undefined;
  });
  return clock.now();
}

test('a check that finds nothing in the way ends the rest of a target: all is delivered at once', async () => {
  await outage();
  const wellAt = await wellAgain();
  await eventually(async () => (await arrived()).length === 3);
  expect(clock.now()).toBe(wellAt);
  await eventually(() => uploader.activity[0]?.state === 'idle');
});

test('it opens no window', async () => {
  const windows = [{ from: 12 * 60, to: 14 * 60 }];
  await outage({ windows });
  await clock.pass(noon + 121 * minuteMs - clock.now());
  await wellAgain();
  await clock.pass(minuteMs);
  expect(await arrived()).toEqual([]);
  await clock.pass(noon + 24 * 60 * minuteMs - clock.now());
  await eventually(async () => (await arrived()).length === 3);
});

test('where deliveries fail all the same, a check leads to one attempt', async () => {
  await mkdir(share());
  const refuses = failing(unmounted(), () => new MitschnittError('Target archiv: no', refusal));
  await outage({}, () => refuses);
  await checks.stop();
  for (let count = 0; count < 3; count += 1) {
    const { length } = refuses.calls;
    uploader.recovered('archiv');
    await eventually(() => refuses.calls.length > length && restMs() > 10 * minuteMs);
    await clock.pass(minuteMs);
    expect(refuses.calls).toHaveLength(length + 1);
  }
});
