// Clean-up over a real spool and a real catalogue; Asterisk only says which of its channels record.
import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { scheduleOf } from '../src/assemble-cleanup.ts';
import { SqliteCatalogue } from '../src/catalogue/sqlite.ts';
import { Cleanup } from '../src/cleanup.ts';
import { Recorder } from '../src/recorder.ts';
import { Spool } from '../src/spool/spool.ts';
import type { Pbx } from '../src/asterisk/pbx.ts';
import type { CleanupMode } from '../src/call/stuck.ts';
import type { CleanupAnswer, CleanupReport } from '../src/cleanup-report.ts';
import type { ListedRecord } from '../src/catalogue/catalogue.ts';
import { policy } from './call/story.ts';
import { eventually } from './live/eventually.ts';
import { toneFile } from './live/tone.ts';
import { nasty } from './nasty.ts';

let folder: string;
let catalogue: SqliteCatalogue;
let recorder: Recorder;
let cleanup: Cleanup;
let isConnected: boolean;
let alarms: Set<string>;
const silent = () => undefined;
const log = { debug: silent, info: silent, warn: silent, error: silent };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mitschnitt-cleanup-'));
  [isConnected, alarms] = [true, new Set()];
  await begin();
});
afterEach(async () => {
  await end();
  await rm(folder, { recursive: true, force: true });
});

/** A process, with the spool and the catalogue of the one before. */
async function begin(): Promise<void> {
  catalogue = new SqliteCatalogue({ path: join(folder, 'catalogue.db') });
  await catalogue.open();
  const files = new Spool(join(folder, 'spool'));
  await files.prepare();
  const done = () => Promise.resolve();
  const pbx = new Proxy({} as Pbx, {
    get: (_pbx, name) =>
      name === 'channelsOf' ? () => Promise.resolve(isConnected ? new Map() : undefined) : done,
  });
  const common = {
    ...{ catalogue, files, log, now: Date.now, steady: () => performance.now(), newId: randomUUID },
    alarms: {
      raise: ({ kind }: { kind: string }) => alarms.add(kind),
      clear: (kind: string) => alarms.delete(kind),
    },
  };
  recorder = new Recorder(policy(), {
    ...{ ...common, pbx, recorded: silent, closed: silent, followed: silent, tested: silent },
    nameOf: ({ id }) => ({ folder: '', name: `${id}.wav` }),
    recipientsOf: () => ({ targets: ['archive'], astray: false }),
  });
  await recorder.start();
  recorder.connections({ ari: true, ami: true });
  cleanup = new Cleanup({ ...common, alarms: common.alarms, recorder, maxDurationMs: 3_600_000 });
}

async function end(): Promise<void> {
  await cleanup.stop();
  await recorder.stop();
  await catalogue.close();
}

async function leave(name: string, content: Uint8Array | string = toneFile(440, 1_000)): Promise<void> {
  const path = join(folder, 'spool/active', name);
  await writeFile(path, content);
  const then = new Date('2026-11-01T10:00:00Z');
  await utimes(path, then, then);
}

const run = (mode: CleanupMode = 'stuck'): Promise<CleanupAnswer> => cleanup.run({ mode, actor: 'cli:root' });

async function cleaned(mode?: CleanupMode): Promise<CleanupReport> {
  const answer = await run(mode);
  if ('problem' in answer) throw new Error(answer.problem);
  return answer;
}

async function listed(): Promise<ListedRecord[]> {
  const lines: ListedRecord[] = [];
  for await (const line of catalogue.records({})) lines.push(line);
  return lines;
}

const inSpool = (name: 'active' | 'transfer'): Promise<string[]> => readdir(join(folder, 'spool', name));

describe('a file that nobody knows', () => {
  test('is taken over as a call of its own, to be delivered like any other', async () => {
    const id = randomUUID();
    await leave(`${id}.wav`);
    expect(await cleaned()).toMatchObject({ ended: 0, moved: 0, orphans: 1, left: [], recordings: [{ id }] });
    expect(await inSpool('active')).toEqual([]);
    expect(await inSpool('transfer')).toEqual([`${id}.wav`]);
    expect(await listed()).toMatchObject([
      {
        id,
        startedAt: Date.parse('2026-11-01T09:59:59Z'),
        talkMs: 1_000,
        verdict: { outcome: 'recorded', rule: 'orphan' },
        file: `${id}.wav`,
        deliveries: [{ target: 'archive', state: 'pending' }],
      },
    ]);
  });

  test('is one with the other side of it', async () => {
    const id = randomUUID();
    await leave(`${id}.member.wav`);
    await leave(`${id}.other.wav`);
    expect(await cleaned()).toMatchObject({ orphans: 1, left: [] });
    expect(await inSpool('active')).toEqual([]);
  });

  test('gets a name of ours where somebody else gave it one', async () => {
    for (const name of ['aufnahme 1.wav', '-rf.wav', '$(reboot);,x.wav16']) await leave(name);
    expect(await cleaned()).toMatchObject({ orphans: 3, left: [] });
    expect((await inSpool('transfer')).every((name) => /^[0-9a-f-]{36}\.wav$/.test(name))).toBe(true);
  });

  test('takes the place of no other, where its recording was taken over before', async () => {
    const id = randomUUID();
    await leave(`${id}.wav`);
    await cleaned();
    await leave(`${id}.wav`, toneFile(880, 2_000));
    const { recordings, orphans } = await cleaned();
    // The first call is still known for a while: whatever comes of it meanwhile is not judged.
    expect([orphans, recordings]).toEqual([0, []]);
    await end();
    await begin();
    expect(await cleaned()).toMatchObject({ orphans: 1 });
    const lines = await listed();
    expect(lines.map(({ talkMs }) => talkMs).sort()).toEqual([1_000, 2_000]);
    expect(await inSpool('transfer')).toHaveLength(2);
  });

  test('without audio is discarded, and listed', async () => {
    await leave(`${randomUUID()}.wav`, toneFile(440, 0));
    expect(await cleaned()).toMatchObject({ orphans: 0, discarded: 1, left: [] });
    expect(await listed()).toMatchObject([{ verdict: { outcome: 'too-short' } }]);
  }, 10_000);

  test('that is no recording stays, is named, and is an alarm until somebody takes it away', async () => {
    await leave('notes.txt', 'x'.repeat(100));
    await leave(`${randomUUID()}.wav`, 'y'.repeat(100));
    await symlink('/etc/passwd', join(folder, 'spool/active/link.wav'));
    const { left } = await cleaned('all');
    expect(left.map(({ reason }) => reason)).toEqual(
      Array(2).fill('it is no WAV file as Asterisk writes it'),
    );
    expect([...alarms]).toEqual(['recording-stuck']);
    await rm(join(folder, 'spool/active'), { recursive: true });
    await cleaned();
    expect([...alarms]).toEqual([]);
  });

  test('is not lost when the process dies while it is taken over', async () => {
    const id = randomUUID();
    // Not closed: it is waited for.
    await leave(`${id}.wav`, unfinished());
    const half = run();
    await eventually(async () => (await catalogue.openCalls()).length === 1);
    await end();
    await half.catch(() => undefined);
    await begin();
    recorder.channels([], undefined);
    await eventually(async () => (await listed()).length === 1, { within: 10_000 });
    expect(await listed()).toMatchObject([{ id, verdict: { rule: 'orphan' } }]);
    expect(await inSpool('transfer')).toEqual([`${id}.wav`]);
  }, 20_000);
});

function unfinished(): Buffer {
  const bytes = toneFile(440, 1_000);
  for (const offset of [4, 40]) bytes.writeUInt32LE(0, offset);
  return bytes;
}

test('while Asterisk cannot be asked nothing is touched', async () => {
  await leave(`${randomUUID()}.wav`);
  isConnected = false;
  expect(await run('all')).toEqual({ problem: expect.stringContaining('AMI') as string });
  expect(await inSpool('active')).toHaveLength(1);
});

test('names of files are only names', async () => {
  const names = nasty.filter((name) => name !== '' && !/[/\0]/.test(name) && Buffer.byteLength(name) < 250);
  for (const name of names) await leave(`x${name}.wav`);
  expect(await cleaned('all')).toMatchObject({ orphans: new Set(names).size, left: [] });
});

test('the schedule follows the clock of the PBX', async () => {
  vi.useFakeTimers({ now: new Date('2026-07-01T00:59:59Z') });
  const asked: unknown[] = [];
  const nothing = { problem: 'nothing' };
  const cron = scheduleOf(
    {
      cleanup: { schedule: '0 3 * * *', mode: 'all', max_duration: 1 },
      pbx: { trunks: [], timezone: 'Europe/Zurich' },
    },
    (request) => Promise.resolve((asked.push(request), nothing)),
    log,
  );
  await vi.advanceTimersByTimeAsync(3_000);
  expect(asked).toEqual([{ mode: 'all', actor: 'schedule' }]);
  cron?.stop();
  vi.useRealTimers();
});
