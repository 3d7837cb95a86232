// The audio that the console gives: from the spool, or from a target.
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { AudioCopies, type AudioLimits } from '../../src/assemble-web/audio.ts';
import type { Running } from '../../src/assemble-web/running.ts';
import type { RecordingWithDeliveries } from '../../src/catalogue/catalogue.ts';
import { SqliteCatalogue } from '../../src/catalogue/sqlite.ts';
import { loadText } from '../../src/config/load.ts';
import { createLog } from '../../src/log.ts';
import { Spool } from '../../src/spool/spool.ts';
import { eventually } from '../live/eventually.ts';
import { sampleRecording } from '../catalogue/sample.ts';
import { wavOf } from './wav.ts';

const limits: AudioLimits = {
  ...{ keptMs: 60_000, lookEveryMs: 60_000, most: 20, mostBytes: 1_000_000 },
  ...{ atOnce: 2, waiting: 2, each: 4, aboutToReadMs: 0 },
};

const anna = { actor: 'web:anna', person: 'anna' };

let folder: string;
let running: Running;
let copies: AudioCopies;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mitschnitt-audio-'));
  for (const name of ['spool/transfer', 'archiv/a', 'archiv/b', 'state'])
    await mkdir(join(folder, name), { recursive: true });
  const file = join(folder, 'mitschnitt.yaml');
  const text = `asterisk: { ari: { password: x }, ami: { secret: x } }
pbx: { trunks: [] }
spool: { path: ${folder}/spool }
catalogue: { type: sqlite, path: ${folder}/state/catalogue.db }
groups:
  - { name: Verkauf, members: ["200"], record: { incoming: true, outgoing: false }, announcement: { incoming: { mode: none } }, deliver_to: [archiv] }
targets:
  aaa: { type: folder, path: ${folder}/gone }
  archiv: { type: folder, path: ${folder}/archiv }
log: { level: error }
`;
  await writeFile(file, text, { mode: 0o600 });
  const { config } = await loadText(text, file);
  const catalogue = new SqliteCatalogue({
    path: config.catalogue.type === 'sqlite' ? config.catalogue.path : '',
  });
  await catalogue.open();
  const log = createLog({ ...config.log, level: 'error' });
  running = { config, catalogue, log, spool: new Spool(config.spool.path) } as unknown as Running;
  copies = await started(limits);
});

afterEach(async () => {
  await copies.stop();
  await running.catalogue.close();
  await rm(folder, { recursive: true, force: true });
});

async function started(given: AudioLimits): Promise<AudioCopies> {
  const made = new AudioCopies(() => running, join(folder, 'state/listening'), given);
  await made.start();
  return made;
}

async function restarted(change: Partial<AudioLimits>): Promise<void> {
  await copies.stop();
  copies = await started({ ...limits, ...change });
}

const { content, sha256 } = wavOf(2_000);

/** A recording whose file is in the spool, or at the target; the target before that one cannot be reached. */
async function recorded(id: string, where: 'spool' | 'target'): Promise<RecordingWithDeliveries> {
  const recording = sampleRecording(id, { bytes: content.length, sha256, folder: 'a', name: `${id}.wav` });
  const path = where === 'spool' ? `spool/transfer/${id}.wav` : `archiv/a/${id}.wav`;
  await writeFile(join(folder, path), content);
  const delivery = {
    ...{ recording: id, name: `${id}.wav`, state: 'delivered', attempts: 1, dueAt: 0, deliveredAt: 0 },
    ...{ confirmedBy: 'sha256', problem: undefined, removedAt: undefined },
  };
  const deliveries = ['aaa', 'archiv'].map((target) => ({ ...delivery, target }));
  return { recording, deliveries } as unknown as RecordingWithDeliveries;
}

async function bytesOf(stream: Readable): Promise<Buffer> {
  return Buffer.concat(await stream.toArray());
}

test('a file of the spool is played from where it is, to its end, though it goes meanwhile', async () => {
  const wanted = await recorded('one', 'spool');
  const audio = await copies.of(wanted, anna);
  expect(await readdir(join(folder, 'state'))).not.toContain('listening');
  const reading = audio.read(0, audio.bytes - 1);
  await rm(join(folder, 'spool/transfer/one.wav'));
  expect(await bytesOf(reading)).toEqual(content);
  expect(await bytesOf((await copies.of(wanted, anna)).read(100, 199))).toEqual(content.subarray(100, 200));
});

test('a file that is altered after somebody listened to it is not played again', async () => {
  const wanted = await recorded('one', 'spool');
  await copies.of(wanted, anna);
  await writeFile(join(folder, 'spool/transfer/one.wav'), wavOf(2_000, { amplitude: 1 }).content);
  await expect(copies.of({ ...wanted, deliveries: [] }, anna)).rejects.toMatchObject({ code: 'altered' });
});

test('it comes from the next target where one cannot be reached, and leaves nothing on the disk', async () => {
  const audio = await copies.of(await recorded('one', 'target'), anna);
  expect(await readdir(join(folder, 'state/listening'))).toEqual([]);
  expect(await bytesOf(audio.read(0, audio.bytes - 1))).toEqual(content);
});

test('a target that cannot be reached is told as such, to try again', async () => {
  const wanted = await recorded('one', 'target');
  await rm(join(folder, 'archiv'), { recursive: true });
  await expect(copies.of(wanted, anna)).rejects.toMatchObject({
    ...{ status: 503, code: 'not-ready', details: { reason: 'recording-unreachable' } },
  });
});

test('what somebody listens to makes no room for another one: that one is told to come again', async () => {
  await restarted({ mostBytes: content.length });
  const [one, two] = [await recorded('one', 'target'), await recorded('two', 'target')];
  const reading = (await copies.of(one, anna)).read(0, content.length - 1);
  await expect(copies.of(two, anna)).rejects.toMatchObject({ status: 429 });
  expect(await bytesOf(reading)).toEqual(content);
  const audio = await copies.of(two, anna);
  expect(await bytesOf(audio.read(0, audio.bytes - 1))).toEqual(content);
});

test('what is asked for at once is fetched for few at once', async () => {
  await restarted({ atOnce: 1, waiting: 1 });
  const wanted = await Promise.all(['one', 'two', 'three'].map((id) => recorded(id, 'target')));
  const results = await Promise.allSettled(
    [...wanted, ...wanted.slice(0, 1)].map((each) => copies.of(each, anna)),
  );
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
});

test('what is erased is let go, and its copy with it', async () => {
  await restarted({ lookEveryMs: 20 });
  // It is in no catalogue.
  const audio = await copies.of(await recorded('one', 'target'), anna);
  await eventually(() => {
    try {
      audio.read(0, 0).destroy();
      return false;
    } catch {
      return true;
    }
  });
});

test('what a process left that was killed is removed at the start', async () => {
  await copies.stop();
  await mkdir(join(folder, 'state/listening'), { recursive: true });
  await writeFile(join(folder, 'state/listening/left.wav'), 'x');
  copies = await started(limits);
  expect(await readdir(join(folder, 'state'))).not.toContain('listening');
});
