// Asterisk says that it records, whether it can write or not: what Mitschnitt finds out, and tells.
import { chmod, chown, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';

import { eventually } from './eventually.ts';
import { Station } from './station.ts';

const groups = [
  {
    name: 'Verkauf',
    members: ['200'],
    announcement: { incoming: { mode: 'none' }, outgoing: { mode: 'none' } },
    deliver_to: ['archive'],
  },
];

interface Alarm {
  readonly kind: string;
  readonly subject: string;
  readonly problem: string;
  readonly hint: string;
}

/** A recording that does not grow is told 5 s after its beginning; with some room for a busy machine. */
const toldWithinMs = 9_000;
/** A recording that stood still grows again with what Asterisk gathered, which is looked for every 5 s. */
const overWithinMs = 12_000;

let station: Station;
afterEach(() => station.stop());

const start = (version: 22 | 16, spoolSize?: string): Promise<Station> =>
  Station.start({
    version,
    configure: (config) => ({ ...config, groups }),
    ...(spoolSize === undefined ? {} : { spoolSize }),
  });

async function alarms(): Promise<readonly Alarm[]> {
  return (await station.status()).alarms ?? [];
}

async function alarm(kind: string, within = toldWithinMs): Promise<Alarm> {
  return eventually(async () => (await alarms()).find((each) => each.kind === kind), { within, every: 300 });
}

async function over(kind: string): Promise<void> {
  await eventually(async () => (await alarms()).every((each) => each.kind !== kind), {
    within: overWithinMs,
    every: 300,
  });
}

async function talking(from: string) {
  const member = await station.parties.party('200').answers();
  const caller = await station.parties.party('trunk').calls('200', { from });
  await eventually(() => member.answeredAt, { within: 10_000 });
  return { member, caller };
}

async function hungUp({ member, caller }: Awaited<ReturnType<typeof talking>>): Promise<void> {
  caller.hangUp();
  await Promise.all([member.done, caller.done]);
}

/** For long enough to be recorded. */
async function talks(from: string): Promise<void> {
  const call = await talking(from);
  await pause(2_000);
  await hungUp(call);
}

/** Fills the disk to its last byte. */
async function fill(path: string): Promise<void> {
  const block = 4_096;
  for (let bytes = 4_194_304; bytes >= block; bytes /= 2) {
    await writeFile(path, new Uint8Array(bytes), { flag: 'a' }).catch(() => undefined);
  }
}

describe.each([22, 16] as const)('on Asterisk %i', (version) => {
  test('a folder in which it may not write: told during the call, and the call is start-failed', async () => {
    station = await start(version);
    const active = join(station.spool, 'active');
    await chmod(active, 0o755);
    await chown(active, (await stat(station.folder)).uid, 0);
    const call = await talking('+41791001001');
    expect(await alarm('recording-not-growing')).toMatchObject({
      subject: 'Verkauf',
      problem: expect.stringContaining('may not write') as string,
    });
    await hungUp(call);
    expect(await station.listedCall('+41791001001')).toMatchObject({
      outcome: 'start-failed',
      rule: 'spool-not-writable',
      file: null,
    });
    await over('recording-not-growing');
    expect(await alarm('recording-failed')).toMatchObject({ subject: 'Verkauf' });
    expect((await station.mitschnitt.cli('status')).stdout).toContain('recording-failed');
    expect((await station.mitschnitt.cli('status')).code).toBe(1);
  });

  test('a full disk: told while it is full, over when there is room again, and what is missing is told', async () => {
    station = await start(version, '2m');
    const call = await talking('+41791001002');
    await pause(3_000);
    const filler = join(station.spool, 'filler');
    await fill(filler);
    expect(await alarm('recording-not-growing', 15_000)).toMatchObject({
      problem: expect.stringContaining('no space is left') as string,
      hint: 'Make room on the disk of the spool.',
    });
    await rm(filler);
    await over('recording-not-growing');
    await hungUp(call);
    const listed = await station.listedCall('+41791001002');
    expect(listed).toMatchObject({ outcome: 'recorded', media: { findings: ['audio-missing'] } });
    expect(await alarm('recording-finding')).toMatchObject({
      problem: expect.stringContaining('of the talk are missing') as string,
    });
  });
});

test('a disk beyond storage.stop: calls go on unrecorded as disk-full, until there is room again', async () => {
  station = await start(22, '1m');
  const filler = join(station.spool, 'filler');
  await fill(filler);
  expect(await alarm('storage-full')).toMatchObject({
    problem: expect.stringContaining('no new recording begins') as string,
  });
  await talks('+41791001003');
  expect(await station.listedCall('+41791001003')).toMatchObject({
    outcome: 'disk-full',
    rule: 'storage-stop',
    file: null,
  });
  await rm(filler);
  await over('storage-full');
  await talks('+41791001005');
  expect(await station.listedCall('+41791001005')).toMatchObject({ outcome: 'recorded' });
});

test('a folder that is gone: told, and the rule says so', async () => {
  station = await start(22);
  await chmod(station.spool, 0o755);
  await rm(join(station.spool, 'active'), { recursive: true });
  const call = await talking('+41791001004');
  expect(await alarm('recording-not-growing')).toMatchObject({
    problem: expect.stringContaining('is gone') as string,
  });
  await hungUp(call);
  expect(await station.listedCall('+41791001004')).toMatchObject({
    outcome: 'start-failed',
    rule: 'spool-missing',
  });
});

test('silence of both, as of a line without audio, is told; an alarm outlives a restart, and ends', async () => {
  station = await start(22);
  const [member, trunk] = [await station.parties.telephone('200'), await station.parties.telephone('trunk')];
  const called = await member.answers({ tone: null });
  const calling = await trunk.calls('200', { from: '+41791001005', tone: null });
  await eventually(() => called.answeredAt, { within: 10_000 });
  await pause(4_000);
  called.hangUp();
  await Promise.all([called.done, calling.done]);
  expect(await station.listedCall('+41791001005')).toMatchObject({
    outcome: 'recorded',
    media: { silent_sides: ['both'], findings: ['silent'] },
  });
  expect(await alarm('recording-finding')).toMatchObject({
    problem: expect.stringContaining('nothing is to be heard at all') as string,
  });
  await station.mitschnitt.kill();
  await station.mitschnitt.run();
  const told = station.mitschnitt.log.match(/ alarm kind=recording-finding/g) ?? [];
  expect(await alarm('recording-finding')).toBeDefined();
  expect(told).toHaveLength(1);
});

test('a lost connection is an alarm as long as it lasts', async () => {
  station = await start(16);
  expect(await alarms()).toEqual([]);
  await station.asterisk.kill();
  expect(await alarm('asterisk-disconnected')).toMatchObject({
    problem: expect.stringMatching(/AMI|ARI/) as string,
  });
  await station.asterisk.restart();
  await over('asterisk-disconnected');
});
