import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { Alarms, type AlarmRaised } from '../../src/alarms/alarms.ts';
import { eventually } from '../live/eventually.ts';

let folder: string;
let alarms: Alarms;
let told: string[];
let log: string[];
let now: number;

function make(file = join(folder, 'alarms.json')): Alarms {
  const write = (message: string, fields?: unknown): number =>
    log.push(`${message} ${JSON.stringify(fields)}`);
  return new Alarms({
    file,
    log: { debug: write, info: write, warn: write, error: write },
    now: () => now,
    listeners: [({ kind, subject }, state) => told.push(`${kind} ${subject} ${state}`)],
  });
}

/** The next process, after a crash. */
async function restarted(): Promise<Alarms> {
  await alarms.stop();
  told = [];
  alarms = make();
  await alarms.start();
  return alarms;
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mitschnitt-alarms-'));
  [told, log, now] = [[], [], 1_000_000];
  alarms = make();
  await alarms.start();
});
afterEach(async () => {
  await alarms.stop();
  await rm(folder, { recursive: true, force: true });
});

const disconnected: AlarmRaised = {
  kind: 'asterisk-disconnected',
  subject: 'AMI',
  problem: 'ECONNREFUSED',
  fault: 'asterisk',
  hint: 'Check that Asterisk runs.',
};
const hour = 3_600_000;
const failed: AlarmRaised = { ...disconnected, kind: 'recording-failed', subject: 'Verkauf', lastsMs: hour };

describe('an alarm', () => {
  test('is told once when it begins and once when it is over, however often it is raised', () => {
    alarms.raise(disconnected);
    now += 5_000;
    alarms.raise({ ...disconnected, problem: 'timed out' });
    expect(alarms.standing).toMatchObject([{ subject: 'AMI', since: 1_000_000, problem: 'timed out' }]);
    alarms.clear('asterisk-disconnected', 'AMI');
    alarms.clear('asterisk-disconnected', 'AMI');
    expect(alarms.standing).toEqual([]);
    expect(told).toEqual(['asterisk-disconnected AMI raised', 'asterisk-disconnected AMI over']);
    expect(log[0]).toContain('"hint":"Check that Asterisk runs."');
    expect(log).toHaveLength(2);
  });

  test('is one for each subject', () => {
    alarms.raise(disconnected);
    alarms.raise({ ...disconnected, subject: 'ARI' });
    alarms.clear('asterisk-disconnected', 'AMI');
    expect(alarms.standing).toMatchObject([{ subject: 'ARI' }]);
  });

  test('of what happens now and then is over when it did not happen for so long', async () => {
    alarms.raise(failed);
    now += hour - 1_000;
    alarms.raise(failed);
    now += hour - 1_000;
    expect(alarms.standing).toHaveLength(1);
    now += 1_000;
    await eventually(() => alarms.standing.length === 0);
    expect(told).toEqual(['recording-failed Verkauf raised', 'recording-failed Verkauf over']);
  });
});

describe('after a restart an alarm', () => {
  test('that still stands is not told again, and keeps its beginning', async () => {
    alarms.raise(disconnected);
    await restarted();
    now += 10_000;
    alarms.raise(disconnected);
    now += hour;
    expect(alarms.standing).toMatchObject([{ since: 1_000_000, endsAt: undefined }]);
    expect(told).toEqual([]);
  });

  test('that nobody raises again is over soon, and that is told', async () => {
    alarms.raise(disconnected);
    await restarted();
    now += 61_000;
    await eventually(() => alarms.standing.length === 0);
    expect(told).toEqual(['asterisk-disconnected AMI over']);
  });

  test('of what happens now and then stands for its time', async () => {
    alarms.raise(failed);
    await restarted();
    now += hour - 1;
    expect(alarms.standing).toHaveLength(1);
    now += 1;
    await eventually(() => alarms.standing.length === 0);
  });

  test('that was over is over', async () => {
    alarms.raise(disconnected);
    alarms.clear('asterisk-disconnected', 'AMI');
    expect((await restarted()).standing).toEqual([]);
  });
});

describe('the file', () => {
  test('that is none of ours is left out, and said so', async () => {
    await writeFile(join(folder, 'alarms.json'), '{');
    expect((await restarted()).standing).toEqual([]);
    expect(log.join()).toContain('cannot be read');
  });

  test('that cannot be written takes no alarm away', async () => {
    await alarms.stop();
    alarms = make(join(folder, 'absent', 'alarms.json'));
    await alarms.start();
    alarms.raise(disconnected);
    await eventually(() => log.some((line) => line.includes('could not be kept')));
    expect(alarms.standing).toHaveLength(1);
  });

  test('has what stands', async () => {
    alarms.raise(disconnected);
    await alarms.stop();
    const kept = JSON.parse(await readFile(join(folder, 'alarms.json'), 'utf8')) as unknown;
    expect(kept).toMatchObject([{ kind: 'asterisk-disconnected', subject: 'AMI' }]);
  });
});
