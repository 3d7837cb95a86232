import { readdirSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { systemClock } from '../../src/delivery/clock.ts';
import { FolderTarget } from '../../src/delivery/folder.ts';
import type { Target, Upload } from '../../src/delivery/target.ts';
import type { UploadEvent } from '../../src/delivery/upload-events.ts';
import { Uploader, type UploaderOptions, type UploadTarget } from '../../src/delivery/uploader.ts';
import { MitschnittError } from '../../src/errors.ts';
import { sampleCall, sampleRecord } from '../catalogue/sample.ts';
import { eventually } from '../live/eventually.ts';
import { patterned } from './content.ts';
import { turn, VirtualClock } from './virtual-clock.ts';
import { inMemory, one, Workplace } from './workplace.ts';

const down = (retry = true) =>
  new MitschnittError('Target archiv: down', { code: 'down', fault: 'destination', retry, hint: 'Wait.' });
const noon = Date.parse('2021-04-08T12:00:00+02:00');
const hourMs = 3_600_000;

let work: Workplace;
let clock: VirtualClock;
let events: UploadEvent[];
let running: Uploader[];
/** Calls of `put` that go on, and the most that did at the same time. */
let outstanding: number;
let mostOutstanding: number;
let calls: { upload: Upload; at: number }[];
let created: number;
let closed: number;

beforeEach(async () => {
  work = await Workplace.create(inMemory);
  clock = new VirtualClock(noon);
  [events, running, calls] = [[], [], []];
  [outstanding, mostOutstanding, created, closed] = [0, 0, 0, 0];
  await mkdir(join(work.path, 'archiv'));
});
afterEach(async () => {
  await Promise.all(running.map((uploader) => uploader.stop()));
  await work.remove();
});

/** A folder as the target archiv. `meet` may throw, or change the upload, before the folder gets it. */
function archiv(meet: (upload: Upload) => Upload = (upload) => upload): () => Target {
  return () => {
    created += 1;
    const real = new FolderTarget('archiv', { type: 'folder', path: join(work.path, 'archiv') });
    return {
      name: 'archiv',
      read: (path, signal) => real.read(path, signal),
      remove: (path, signal) => real.remove(path, signal),
      check: (signal) => real.check(signal),
      close: () => {
        closed += 1;
        return real.close();
      },
      put: async (upload) => {
        calls.push({ upload, at: clock.now() });
        outstanding += 1;
        mostOutstanding = Math.max(mostOutstanding, outstanding);
        try {
          // As a server would: its refusal takes longer than the asking.
          await turn();
          return await real.put(meet(upload));
        } finally {
          outstanding -= 1;
        }
      },
    };
  };
}

function start(
  create: () => Target,
  target: Partial<UploadTarget> = {},
  options: Partial<UploaderOptions> = {},
): Uploader {
  const uploader = new Uploader({
    ...work.options,
    targets: [{ ...one(create()), create, ...target }],
    report: (event) => events.push(event),
    random: () => 0.5,
    clock,
    ...options,
  });
  created = 0;
  running.push(uploader);
  uploader.start();
  return uploader;
}

const untilMs = 30_000;

/** Lets time pass as long as nothing goes on, until something is so. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const startedAt = performance.now();
  while (performance.now() - startedAt < untilMs) {
    if (await isSo()) return;
    await turn();
    if (outstanding === 0) clock.fire();
  }
  throw new Error('it never is');
}

const arrived = () => readdir(join(work.path, 'archiv/2021/04')).catch(() => []);
const locals = () => readdirSync(join(work.path, 'transfer'));
const delivered = () => events.filter(({ type }) => type === 'delivered').length;
const record = async (count: number, content?: Buffer) => {
  const recordings = [];
  for (let index = 0; index < count; index += 1) recordings.push(await work.record(['archiv'], content));
  return recordings;
};

describe('several connections', () => {
  test('are made as they are needed, up to the limit, and closed when nobody needs them', async () => {
    await record(20);
    start(archiv(), { connections: 3 });
    await until(() => delivered() === 20);
    expect({ created, mostOutstanding }).toEqual({ created: 3, mostOutstanding: 3 });
    expect(await arrived()).toHaveLength(20);
    expect(closed).toBe(0);
    await clock.pass(130_000);
    expect(closed).toBe(3);
  });

  test('are not made for a single recording', async () => {
    await record(1);
    start(archiv(), { connections: 3 });
    await until(() => delivered() === 1);
    expect(created).toBe(1);
  });

  test('begin the oldest first', async () => {
    const recordings = await record(9);
    start(archiv(), { connections: 3 });
    await until(() => delivered() === 9);
    expect(calls.map(({ upload }) => upload.id)).toEqual(recordings.map(({ id }) => id));
  });

  test('of a target that is down count as one: it is asked once per rest, and the rests are no longer for it', async () => {
    await record(30);
    let isDown = true;
    const create = archiv((upload) => {
      if (isDown) throw down();
      return upload;
    });
    start(create, { connections: 4 });
    await until(() => calls.length === 8);
    const times = calls.map(({ at }) => at - noon);
    expect(times.slice(0, 4).every((at) => at < 1_000)).toBe(true);
    // Rests of 5, 10, 20, 40 s.
    for (const [index, at] of [5_000, 15_000, 35_000, 75_000].entries())
      expect(Math.abs((times[4 + index] ?? 0) - at)).toBeLessThan(1_000);
    isDown = false;
    await until(() => delivered() === 30);
    // The eighth was under way when it came back.
    expect(calls).toHaveLength(7 + 30);
    expect(mostOutstanding).toBe(4);
  });

  test('that a server refuses are given up, and the others go on at once', async () => {
    await record(60);
    const create = archiv((upload) => {
      if (outstanding > 2) throw down();
      return upload;
    });
    start(create, { connections: 5 });
    await until(() => delivered() === 60);
    expect(calls.length - 60).toBeLessThan(12);
    expect(clock.now() - noon).toBeLessThan(60_000);
  });
});

describe('asked to run now', () => {
  test('it takes all, though some fail by themselves, and each of them once', async () => {
    const recordings = await record(12);
    const poisonous = new Set(recordings.slice(0, 3).map(({ id }) => id));
    const create = archiv((upload) => {
      if (poisonous.has(upload.id)) throw down();
      return upload;
    });
    const closedNow = { windows: [{ from: 0, to: 60 }] };
    const uploader = start(create, { connections: 3 }, closedNow);
    let isDone = false;
    const asked = uploader.runNow().then(() => (isDone = true));
    expect(uploader.activity[0]?.isAsked).toBe(true);
    await until(() => isDone);
    await asked;
    expect(uploader.activity[0]?.isAsked).toBe(false);
    expect(calls.filter(({ upload }) => poisonous.has(upload.id)).length).toBe(3);
  });
});

describe('windows', () => {
  const windows = [{ from: 22 * 60, to: 6 * 60 }];

  test('hold deliveries back until they open, and let in what is asked for', async () => {
    await record(2);
    const uploader = start(archiv(), {}, { windows });
    await clock.pass(9 * hourMs);
    expect(calls).toEqual([]);
    expect(uploader.activity[0]?.state).toBe('closed');
    await until(() => delivered() === 2);
    expect(clock.now() - noon - 10 * hourMs).toBeLessThan(60_000);
    await uploader.stop();
    clock = new VirtualClock(noon);
    await record(1);
    const other = start(archiv(), {}, { windows });
    void other.runNow();
    await until(() => delivered() === 3);
    expect(clock.now() - noon).toBeLessThan(hourMs);
  });
});

describe('a limit of the rate', () => {
  test('holds back a target that reads the local file through us within a file', async () => {
    await record(1, patterned(200_000));
    const startedAt = performance.now();
    start(archiv(), { bandwidth: 100_000 }, { clock: systemClock });
    await eventually(() => delivered() === 1);
    expect(performance.now() - startedAt).toBeGreaterThan(1_600);
    expect(performance.now() - startedAt).toBeLessThan(4_000);
  });

  test('holds back one that does not between its files', async () => {
    await record(3, patterned(1_000_000));
    start(
      archiv((upload) => ({ ...upload, pace: undefined })),
      {},
      { bandwidth: 100_000 },
    );
    await until(() => delivered() === 3);
    const times = calls.map(({ at }) => Math.round((at - noon) / 1_000));
    expect(times).toEqual([0, 10, 20]);
  });
});

describe('the local file', () => {
  test('is kept until its time has come, though it is delivered', async () => {
    const [recording] = await record(1);
    clock = new VirtualClock((recording?.endedAt ?? 0) + hourMs);
    start(archiv(), {}, { retentionMs: 3 * hourMs });
    await until(() => delivered() === 1);
    await clock.pass(1.9 * hourMs);
    expect(locals()).toHaveLength(1);
    await clock.pass(0.2 * hourMs);
    await until(() => locals().length === 0);
  });

  test('goes in the end, though the note of its delivery was taken for failed', async () => {
    await record(1);
    const { catalogue } = work;
    let isFirst = true;
    const ledger: UploaderOptions['ledger'] = Object.create(catalogue, {
      dueDeliveries: { value: catalogue.dueDeliveries.bind(catalogue) },
      nextDue: { value: catalogue.nextDue.bind(catalogue) },
      deletable: { value: catalogue.deletable.bind(catalogue) },
      sync: { value: catalogue.sync.bind(catalogue) },
      noteLocalDeleted: { value: catalogue.noteLocalDeleted.bind(catalogue) },
      saveDelivery: {
        value: async (...saved: Parameters<typeof catalogue.saveDelivery>) => {
          await catalogue.saveDelivery(...saved);
          if (isFirst) throw new Error('the answer was lost', { cause: (isFirst = false) });
        },
      },
    }) as UploaderOptions['ledger'];
    start(archiv(), {}, { ledger });
    await until(() => locals().length === 0);
    expect(delivered()).toBe(0);
    expect(events.some(({ type }) => type === 'trouble')).toBe(true);
  });
});

describe('what was set aside', () => {
  test('is tried again when somebody asks, one recording or all', async () => {
    const [first] = await record(3);
    let isRefused = true;
    const create = archiv((upload) => {
      if (isRefused) throw down(false);
      return upload;
    });
    const uploader = start(create);
    await until(() => events.filter(({ type }) => type === 'set-aside').length === 3);
    isRefused = false;
    expect(await uploader.retry(first?.id)).toBe(1);
    await until(() => delivered() === 1);
    expect(await uploader.retry(first?.id)).toBe(0);
    expect(await uploader.retry(undefined)).toBe(2);
    await until(() => delivered() === 3 && locals().length === 0);
  });
});

describe('the sidecar', () => {
  const sidecar = { sidecar: true };

  test('follows its recording when the call is over, with what is known of it, and is deleted with it', async () => {
    const [recording] = await record(1);
    if (!recording) throw new Error('no recording');
    await work.catalogue.saveCall(sampleCall(recording.callId));
    start(archiv(), sidecar);
    await until(() => events.some(({ type }) => type === 'sidecar-waits'));
    await clock.pass(60_000);
    expect(await arrived()).toEqual([recording.name]);
    expect(calls).toHaveLength(1);
    const record_ = sampleRecord(recording.id, { callId: recording.callId });
    await work.catalogue.closeCall(
      sampleCall(recording.callId, { verdict: { outcome: 'recorded', rule: 'announced' } }),
      [record_],
    );
    await until(() => delivered() === 1);
    const name = recording.name.replace('.wav', '.json');
    expect((await arrived()).sort()).toEqual([name, recording.name]);
    const facts = JSON.parse(await readFile(join(work.path, 'archiv/2021/04', name), 'utf8')) as object;
    expect(facts).toMatchObject({
      id: recording.id,
      outcome: 'recorded',
      from: record_.from,
      sha256: recording.sha256,
      file: recording.name,
      call: { start: expect.stringContaining('+02:00') as string },
    });
    expect(facts).not.toHaveProperty('deliveries');
    expect(events.find(({ type }) => type === 'delivered')).toMatchObject({ delivery: { attempts: 2 } });
    await until(() => locals().length === 0);
  });

  test('names its recording as it is called at the target, and leaves nothing here', async () => {
    const [recording] = await record(1);
    if (!recording) throw new Error('no recording');
    await mkdir(join(work.path, 'archiv/2021/04'), { recursive: true });
    await writeFile(join(work.path, 'archiv/2021/04', recording.name), 'of somebody else');
    start(archiv(), sidecar);
    await until(() => delivered() === 1 && locals().length === 0);
    const name = recording.name.replace('.wav', '-2.json');
    expect(await arrived()).toContain(name);
    expect(JSON.parse(await readFile(join(work.path, 'archiv/2021/04', name), 'utf8'))).toMatchObject({
      id: recording.id,
      file: recording.name.replace('.wav', '-2.wav'),
    });
    const { dir, base } = parse(work.localSidecar(recording.id));
    expect((await readdir(dir)).filter((file) => file.startsWith(base))).toEqual([]);
  });

  test('that fails is tried again without its recording, and overwrites nothing', async () => {
    const [recording] = await record(1);
    if (!recording) throw new Error('no recording');
    await mkdir(join(work.path, 'archiv/2021/04'), { recursive: true });
    const taken = join(work.path, 'archiv/2021/04', recording.name.replace('.wav', '.json'));
    await writeFile(taken, 'of somebody else');
    let failures = 0;
    const create = archiv((upload) => {
      if (upload.name.endsWith('.json') && (failures += 1) <= 2) throw down();
      return upload;
    });
    start(create, sidecar);
    await until(() => delivered() === 1);
    expect(calls.filter(({ upload }) => upload.name.endsWith('.wav'))).toHaveLength(1);
    expect(await readFile(taken, 'utf8')).toBe('of somebody else');
    expect((await arrived()).sort()).toEqual(
      ['-2.json', '.json', '.wav'].map((end) => recording.name.replace('.wav', end)).sort(),
    );
  });

  test('is the same after a crash between its arrival and the note of it', async () => {
    const [recording] = await record(1);
    if (!recording) throw new Error('no recording');
    const first = start(
      archiv((upload) => {
        if (upload.name.endsWith('.json')) throw down();
        return upload;
      }),
      sidecar,
    );
    await until(() => events.some(({ type }) => type === 'postponed'));
    await first.stop();
    expect(await work.pending('archiv')).toMatchObject([{ confirmedBy: 'sha256', state: 'pending' }]);
    await writeFile(
      join(work.path, 'archiv/2021/04', recording.name.replace('.wav', '.json')),
      await readFile(work.localSidecar(recording.id)),
    );
    start(archiv(), sidecar);
    await until(() => delivered() === 1);
    expect(await arrived()).toHaveLength(2);
  });
});

describe('progress', () => {
  test('tells what is on its way and how fast', async () => {
    await record(1, patterned(1_000_000));
    const uploader = start(archiv(), { bandwidth: 100_000 }, { clock: systemClock });
    const sent = () => uploader.activity[0]?.files[0]?.sent ?? 0;
    await eventually(() => sent() >= 300_000);
    expect(uploader.activity).toMatchObject([
      { target: 'archiv', state: 'uploading', files: [{ bytes: 1_000_000 }] },
    ]);
    expect(sent()).toBeLessThan(600_000);
    expect(uploader.activity[0]?.bytesPerSecond).toBeGreaterThan(60_000);
    expect(uploader.activity[0]?.bytesPerSecond).toBeLessThan(140_000);
    expect(events.filter(({ type }) => type === 'progress').length).toBeGreaterThan(5);
  });
});
