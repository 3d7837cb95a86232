import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import type { DeliveryLedger } from '../../src/catalogue/catalogue.ts';
import { FolderTarget } from '../../src/delivery/folder.ts';
import { FtpTarget } from '../../src/delivery/ftp.ts';
import { Shifts } from '../../src/delivery/shifts.ts';
import type { Target } from '../../src/delivery/target.ts';
import type { UploadEvent } from '../../src/delivery/upload-events.ts';
import { Uploader, type UploaderOptions } from '../../src/delivery/uploader.ts';
import { MitschnittError } from '../../src/errors.ts';
import { eventually } from '../live/eventually.ts';
import { failing } from './failing.ts';
import { patterned } from './contract.ts';
import { startRude } from './rude.ts';
import { one, Workplace } from './workplace.ts';

/** Delays of a hundredth of the real ones. */
const delays = { firstMs: 50, longestMs: 9_000, jitter: 0.2 };
const down = () =>
  new MitschnittError('Target archiv: down', {
    code: 'down',
    fault: 'destination',
    retry: true,
    hint: 'Wait.',
  });
const refused = () =>
  new MitschnittError('Target archiv: refused', {
    code: 'refused',
    fault: 'destination',
    retry: false,
    hint: 'No.',
  });

let work: Workplace;
let events: UploadEvent[];
let running: Uploader[];

beforeEach(async () => {
  work = await Workplace.create();
  events = [];
  running = [];
});
afterEach(async () => {
  await Promise.all(running.map((uploader) => uploader.stop()));
  await work.remove();
});

async function folder(name: string): Promise<FolderTarget> {
  const path = join(work.path, name);
  await mkdir(path, { recursive: true });
  return new FolderTarget(name, { type: 'folder', path });
}

function start(targets: readonly Target[], options: Partial<UploaderOptions> = {}): Uploader {
  const report = (event: UploadEvent) => events.push(event);
  const uploader = new Uploader({
    ...work.options,
    targets: targets.map((target) => one(target)),
    report,
    delays,
    ...options,
  });
  running.push(uploader);
  uploader.start();
  return uploader;
}

const arrived = async (target: string) =>
  (await readdir(join(work.path, target, '2021/04')).catch(() => [])).sort();
const allGone = () => eventually(async () => (await work.localFiles()).length === 0);
const kinds = () => events.map(({ type }) => type);

describe('delivers', () => {
  test('everything to all targets, oldest first, and only then deletes the local files', async () => {
    const recordings = [];
    for (let count = 0; count < 5; count += 1) recordings.push(await work.record(['archiv', 'backup']));
    const archiv = failing(await folder('archiv'), () => undefined);
    start([archiv, await folder('backup')]);
    await allGone();
    expect(archiv.calls.map(({ id }) => id)).toEqual(recordings.map(({ id }) => id));
    const names = recordings.map(({ name }) => name);
    expect([await arrived('archiv'), await arrived('backup')]).toEqual([names, names]);
    await eventually(async () => (await work.catalogue.deletable(10, Date.now())).length === 0);
    expect(kinds().filter((type) => type === 'delivered')).toHaveLength(10);
    expect(kinds().filter((type) => type === 'local-file-deleted')).toHaveLength(5);
  });

  test('what is recorded while it waits, as soon as it is told', async () => {
    const uploader = start([await folder('archiv')]);
    for (let count = 0; count < 3; count += 1) {
      await work.record(['archiv']);
      uploader.wake();
      await allGone();
    }
    expect(await arrived('archiv')).toHaveLength(3);
  });

  test('under the next free name where another file has it, and finds it there again after a crash', async () => {
    const { name } = await work.record(['archiv']);
    const target = await folder('archiv');
    await mkdir(join(work.path, 'archiv/2021/04'), { recursive: true });
    for (const taken of [name, name.replace('.', '-2.')])
      await writeFile(join(work.path, 'archiv/2021/04', taken), 'x');
    start([
      failing(target, (call) => (call === 3 ? new Error('the answer was lost') : undefined), { after: true }),
    ]);
    await allGone();
    expect(await arrived('archiv')).toEqual([name.replace('.', '-2.'), name.replace('.', '-3.'), name]);
    expect(events.find(({ type }) => type === 'delivered')).toMatchObject({
      delivery: { name: name.replace('.', '-3.'), attempts: 2, confirmedBy: 'sha256' },
    });
  });

  test('at the times of the schedule, and at once when asked', async () => {
    let next = Date.now() + 600_000;
    const uploader = start([await folder('archiv')], {
      schedule: { nextRun: (after) => (next > after.getTime() ? new Date(next) : undefined) },
    });
    await uploader.runNow();
    await work.record(['archiv']);
    uploader.wake();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await arrived('archiv')).toEqual([]);
    await uploader.runNow();
    expect(await arrived('archiv')).toHaveLength(1);
    next = Date.now() + 300;
    await uploader.runNow();
    await work.record(['archiv']);
    await allGone();
    expect(Date.now()).toBeGreaterThanOrEqual(next);
  });

  test('nothing of a recording that has no target, and keeps it', async () => {
    const kept = await work.record([]);
    const other = await work.record(['archiv']);
    const uploader = start([await folder('archiv')]);
    await eventually(async () => !(await work.localFiles()).includes(other.id));
    await uploader.stop();
    expect(await work.localFiles()).toEqual([kept.id]);
  });
});

describe('with a target that is down', () => {
  test('it asks once per rest, not once per file, ever more rarely, and delivers all when it is back', async () => {
    for (let count = 0; count < 30; count += 1) await work.record(['archiv', 'backup']);
    let isDown = true;
    const archiv = failing(await folder('archiv'), () => (isDown ? down() : undefined));
    start([archiv, await folder('backup')], { random: () => 0.5 });
    await eventually(async () => (await arrived('backup')).length === 30);
    // Rests of 50, 100, 200, 400, 800 ms.
    await eventually(() => archiv.calls.length === 5);
    expect(kinds().filter((type) => type === 'postponed')).toHaveLength(5);
    expect(await work.localFiles()).toHaveLength(30);
    isDown = false;
    await allGone();
    expect(await arrived('archiv')).toHaveLength(30);
    expect(archiv.calls).toHaveLength(5 + 30);
  });

  test('asked to run now, it tries at once and says when it has', async () => {
    await work.record(['archiv']);
    let isDown = true;
    const archiv = failing(await folder('archiv'), () => (isDown ? down() : undefined));
    const uploader = start([archiv], { delays: { firstMs: 60_000, longestMs: 60_000, jitter: 0 } });
    await eventually(() => archiv.calls.length === 1);
    await uploader.runNow();
    expect(archiv.calls).toHaveLength(2);
    expect(await work.pending('archiv')).toMatchObject([
      { attempts: 2, problem: { code: 'down', hint: 'Wait.' } },
    ]);
    isDown = false;
    await uploader.runNow();
    expect(await arrived('archiv')).toHaveLength(1);
    expect(await work.localFiles()).toEqual([]);
  });

  test('recordings that fail by themselves hold up no other', async () => {
    const recordings = [];
    for (let count = 0; count < 20; count += 1) recordings.push(await work.record(['archiv']));
    const poisonous = new Set(recordings.slice(0, 3).map(({ id }) => id));
    const archiv = failing(await folder('archiv'), (_, { id }) => (poisonous.has(id) ? down() : undefined));
    start([archiv]);
    await eventually(async () => (await work.localFiles()).length === 3, { within: 10_000 });
    expect(new Set(await work.localFiles())).toEqual(poisonous);
    expect(await work.backlog('archiv')).toMatchObject({ pending: 3, setAside: 0, delivered: 17 });
  });
});

describe('sets aside', () => {
  test('what no retry can mend, keeps it, and goes on', async () => {
    const bad = await work.record(['archiv']);
    await work.record(['archiv']);
    start([failing(await folder('archiv'), (_, { id }) => (id === bad.id ? refused() : undefined))]);
    await eventually(async () => (await work.backlog('archiv'))?.delivered === 1);
    expect(await work.backlog('archiv')).toMatchObject({
      setAside: 1,
      pending: 0,
      lastError: { code: 'refused' },
    });
    await eventually(async () => (await work.localFiles()).length === 1);
    expect(await work.localFiles()).toEqual([bad.id]);
  });

  test('a local file that was altered or is missing', async () => {
    const altered = await work.record(['archiv']);
    const missing = await work.record(['archiv']);
    await writeFile(work.localFile(altered.id), patterned(2_000, 99));
    await rm(work.localFile(missing.id));
    start([await folder('archiv')]);
    await eventually(() => kinds().filter((type) => type === 'set-aside').length === 2);
    expect(events.filter(({ type }) => type === 'set-aside')).toMatchObject([
      { type: 'set-aside', recording: { id: altered.id }, error: { code: 'local-file-altered' } },
      { type: 'set-aside', recording: { id: missing.id }, error: { code: 'local-file-missing' } },
    ]);
    expect(await readFile(work.localFile(altered.id))).toEqual(patterned(2_000, 99));
    expect(await arrived('archiv')).toEqual([]);
  });
});

describe('loses and doubles nothing', () => {
  test('when the answer of a target is lost', async () => {
    await work.record(['archiv']);
    const archiv = failing(await folder('archiv'), (call) => (call === 1 ? down() : undefined), {
      after: true,
    });
    start([archiv]);
    await allGone();
    expect(archiv.calls).toHaveLength(2);
    expect(await arrived('archiv')).toHaveLength(1);
  });

  test('when the catalogue fails for a while', async () => {
    await work.record(['archiv']);
    let failures = 0;
    const { catalogue } = work;
    const fail = () => Promise.reject(new Error(`disk full ${String((failures += 1))}`));
    const ledger: DeliveryLedger = {
      dueDeliveries: (...asked) => (failures === 0 ? fail() : catalogue.dueDeliveries(...asked)),
      nextDue: (target) => catalogue.nextDue(target),
      saveDelivery: (delivery) => (failures === 1 ? fail() : catalogue.saveDelivery(delivery)),
      saveDeliveries: (deliveries) => catalogue.saveDeliveries(deliveries),
      retrySetAside: (recording) => catalogue.retrySetAside(recording),
      lineOf: (recording) => catalogue.lineOf(recording),
      deletable: (limit, endedBefore) => catalogue.deletable(limit, endedBefore),
      sync: () => (failures === 2 ? fail() : catalogue.sync()),
      noteLocalDeleted: (recordings, at) => catalogue.noteLocalDeleted(recordings, at),
    };
    const uploader = start([await folder('archiv')], { ledger });
    await eventually(() => failures === 3);
    expect(await work.localFiles()).toHaveLength(1);
    await uploader.stop();
    start([await folder('archiv')]);
    await allGone();
    expect(await arrived('archiv')).toHaveLength(1);
    expect(events.filter(({ type }) => type === 'trouble')).toHaveLength(3);
  });

  test('when it is stopped in the middle of a transfer: that ends soon and counts as no attempt', async () => {
    const server = await startRude('stalls transfer');
    const settings = { type: 'ftp', host: server.host, port: server.port, tls: 'none', path: '' } as const;
    const archiv = new FtpTarget('archiv', { ...settings, username: 'pbx', password: { reveal: () => 'x' } });
    await work.record(['archiv'], patterned(20_000_000));
    const uploader = start([archiv]);
    await eventually(() => server.connections() > 0);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const stoppedAt = performance.now();
    await uploader.stop();
    expect(performance.now() - stoppedAt).toBeLessThan(1_000);
    expect(await work.pending('archiv')).toMatchObject([{ attempts: 0, problem: undefined }]);
    expect(await work.localFiles()).toHaveLength(1);
    await server.stop();
  });
});

test('what an uploader that was stopped does not end is not delivered beside it by the next one', async () => {
  await mkdir(join(work.path, 'backup'));
  const shifts = new Shifts();
  const { promise: answered, resolve: answer } = Promise.withResolvers<undefined>();
  const real = await folder('archiv');
  let puts = 0;
  // It takes the file, and says nothing of it, whatever it is told.
  const deaf: Target = {
    ...failing(real, () => undefined),
    put: async (upload) => {
      puts += 1;
      await answered;
      return await real.put({ ...upload, signal: new AbortController().signal });
    },
  };
  const { name } = await work.record(['archiv']);
  const former = start([deaf], { shifts, stopMs: 50 });
  await eventually(() => puts === 1);
  await former.stop();
  const archiv = failing(real, () => undefined);
  await work.record(['backup']);
  start([archiv, await folder('backup')], { shifts });
  await eventually(async () => (await arrived('backup')).length === 1);
  expect(archiv.calls, 'one that is as it was waits').toHaveLength(0);
  await work.record(['archiv']);
  answer(undefined);
  await allGone();
  expect(archiv.calls).toHaveLength(1);
  expect(await arrived('archiv')).toHaveLength(2);
  const told = events.filter((event) => event.type === 'delivered' && event.delivery.target === 'archiv');
  expect(told).toMatchObject([{ delivery: { name, attempts: 1 } }, { delivery: { attempts: 1 } }]);
});
