import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';

import { FtpTarget } from '../../src/delivery/ftp.ts';
import { Uploader } from '../../src/delivery/uploader.ts';
import type { FinishedRecording } from '../../src/recording/recording.ts';
import { eventually } from '../live/eventually.ts';
import { FtpServer } from '../live/ftp.ts';
import { takeNet, type Net } from '../live/net.ts';
import { patterned, sha256 } from './contract.ts';
import type { UploaderProcess } from './uploader-process.ts';
import { one, Workplace } from './workplace.ts';

let net: Net;
let work: Workplace;
let server: FtpServer;

beforeAll(async () => {
  net = await takeNet();
});
afterAll(() => net.release());
beforeEach(async () => {
  work = await Workplace.create();
  server = await FtpServer.start({ net: net.prefix, root: join(work.path, 'ftp') });
});
afterEach(async () => {
  await server.stop();
  await work.remove();
});

/** Everything below the account's home, temporary files included. */
async function onServer(): Promise<string[]> {
  const entries = await readdir(server.root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
    .sort();
}

async function expectEachOnce(recordings: readonly FinishedRecording[]): Promise<void> {
  expect(await onServer()).toEqual(recordings.map(({ name }) => name).sort());
  for (const { folder, name, sha256: expected } of recordings)
    expect(sha256(await readFile(join(server.root, folder, name)))).toBe(expected);
  expect(await work.backlog('archiv')).toMatchObject({
    pending: 0,
    setAside: 0,
    delivered: recordings.length,
  });
}

const allGone = () =>
  eventually(async () => (await work.localFiles()).length === 0, { within: 30_000, every: 50 });

test('a server that is down and comes back, twice and in the middle of a file, gets each recording once', async () => {
  const recordings: FinishedRecording[] = [];
  for (let count = 0; count < 12; count += 1)
    recordings.push(await work.record(['archiv'], patterned(count % 4 === 0 ? 5_000_000 : 50_000, count)));
  await server.kill();
  const { host, port, username, password } = server;
  const settings = { type: 'ftp', host, port, tls: 'none', username, path: '' } as const;
  const uploader = new Uploader({
    ...work.options,
    targets: [one(new FtpTarget('archiv', { ...settings, password: { reveal: () => password } }))],
    report: () => undefined,
    delays: { firstMs: 100, longestMs: 400, jitter: 0.2 },
  });
  uploader.start();
  await eventually(async () => (await work.backlog('archiv'))?.lastError?.code === 'connection-refused');
  await server.restart();
  await eventually(async () => ((await work.backlog('archiv'))?.delivered ?? 0) >= 3);
  await server.kill();
  await server.restart();
  await allGone();
  await uploader.stop();
  await expectEachOnce(recordings);
});

test('a process that is killed while it uploads, again and again, loses and doubles nothing', async () => {
  const recordings: FinishedRecording[] = [];
  for (let count = 0; count < 40; count += 1)
    recordings.push(await work.record(['archiv'], patterned(400_000, count)));
  const { host, port, username, password } = server;
  const order: UploaderProcess = { path: work.path, host, port, username, password };
  const script = join(import.meta.dirname, 'uploader-process.ts');
  let kills = 0;
  while ((await work.localFiles()).length > 0) {
    const child = spawn(process.execPath, [script, JSON.stringify(order)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let lines = 0;
    child.stdout.on('data', (text: Buffer) => {
      // Wherever it is by then: in a transfer, before or after its note, or deleting.
      lines += text.toString().split('\n').length - 1;
      if (lines >= 9 + kills) child.kill('SIGKILL');
    });
    const finished = allGone().then(() => child.kill('SIGKILL'));
    await once(child, 'exit');
    kills += 1;
    if ((await work.localFiles()).length === 0) await finished;
    else finished.catch(() => undefined);
  }
  expect(kills).toBeGreaterThan(2);
  await expectEachOnce(recordings);
});
