// Mitschnitt calls itself: what a test that passes has done and leaves behind, and what each fault is called.
import { chmod, chown, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { startLyingWebDav } from '../delivery/lying-webdav.ts';
import { Tap } from '../delivery/tap.ts';
import { eventually } from './eventually.ts';
import { FtpServer } from './ftp.ts';
import { takeNet } from './net.ts';
import { SmbServer } from './smb.ts';
import { Station } from './station.ts';
import { keyTimeoutMs } from './station-config.ts';
import { WebDavServer } from './webdav.ts';

interface Step {
  readonly name: string;
  readonly group: string | null;
  readonly target: string | null;
  readonly prompt: string | null;
  readonly state: 'ok' | 'failed' | 'skipped';
  readonly code: string | null;
  readonly message: string | null;
  readonly hint: string | null;
}

interface Result {
  readonly ok: boolean;
  readonly steps: readonly Step[];
}

const timeout = `${String(keyTimeoutMs)}ms`;
const sales = {
  name: 'Verkauf',
  members: ['200'],
  record: { incoming: true, outgoing: true, internal: false },
  announcement: { incoming: { mode: 'opt-out', timeout }, outgoing: { mode: 'notice' } },
  audio: { channels: 'stereo' },
};
const buyers = {
  name: 'Einkauf',
  members: ['201'],
  record: { incoming: false, outgoing: true, internal: false },
  announcement: { outgoing: { mode: 'opt-in', timeout } },
};

const undo: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const each of undo.splice(0).reverse()) await each();
});

async function net(): Promise<string> {
  const taken = await takeNet();
  undo.push(() => taken.release());
  return taken.prefix;
}

async function start(version: 22 | 16, groups: readonly object[]): Promise<Station> {
  const station = await Station.start({
    version,
    configure: (config) => ({ ...config, groups }),
    run: false,
  });
  undo.push(() => station.stop());
  return station;
}

async function ftp() {
  const root = await mkdtemp(join(tmpdir(), 'mitschnitt-selftest-'));
  undo.push(() => rm(root, { recursive: true }));
  const server = await FtpServer.start({ net: await net(), root });
  undo.push(() => server.stop());
  const { host, port, username, password } = server;
  return { server, settings: { type: 'ftp', tls: 'none', host, port, username, password } };
}

/** With a password that is not the right one. */
async function nas() {
  const server = await SmbServer.start({ net: await net() });
  undo.push(() => server.stop());
  const { host, share, username } = server;
  return { type: 'smb', host, share, username, password: 'not the one' };
}

/** Runs it with other targets beside the folder. */
async function run(station: Station, targets: object, groups?: readonly object[]): Promise<void> {
  if (station.mitschnitt.pid !== undefined) await station.mitschnitt.stop();
  const all = { ...(station.config['targets'] as object), ...targets };
  await station.mitschnitt.configure({ ...station.config, ...(groups && { groups }), targets: all });
  await station.mitschnitt.run();
}

async function selfTest({ mitschnitt }: Station, code: number): Promise<Result> {
  const run = await mitschnitt.cli('selftest', '--json');
  expect({ code: run.code, stderr: run.stderr, ...(run.code === code ? {} : { out: run.stdout }) }).toEqual({
    code,
    stderr: '',
  });
  return run.json() as Result;
}

/** The steps that failed, in short. */
const faults = ({ steps }: Result) =>
  steps.flatMap(({ name, target, prompt, state, code }) =>
    state === 'failed' ? [`${name} ${target ?? prompt ?? ''}`.trim() + `: ${String(code)}`] : [],
  );

const hintOf = ({ steps }: Result, code: string): string =>
  steps.find((step) => step.code === code)?.hint ?? '';

async function status({ mitschnitt }: Station) {
  return (await mitschnitt.cli('status', '--json')).json() as {
    readonly selftest: Result | null;
    readonly alarms: readonly { readonly kind: string }[];
    readonly calls: { readonly live: number };
  };
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}

describe('on Asterisk 22', () => {
  let station: Station;
  let server: FtpServer;
  beforeAll(async () => {
    const [started, { server: files, settings }] = await Promise.all([
      start(22, [
        { ...sales, deliver_to: ['archive', 'ftp'] },
        { ...buyers, deliver_to: ['ftp'] },
      ]),
      ftp(),
    ]);
    [station, server] = [started, files];
    await run(station, { ftp: settings });
  });

  test('a test passes through all steps and both targets, and leaves nothing behind', async () => {
    expect((await status(station)).selftest).toBeNull();
    const result = await selfTest(station, 0);
    expect(result.ok).toBe(true);
    const done = result.steps.map(({ name, group, target, state }) =>
      [name, group, target, state].filter((part) => part !== null).join(' '),
    );
    expect(done.filter((step) => !step.startsWith('prompt'))).toEqual([
      'asterisk ok',
      ...['call Verkauf ok', 'announcement Verkauf ok', 'key Verkauf skipped'],
      ...['recording Verkauf ok', 'file Verkauf ok'],
      ...['archive', 'ftp'].flatMap((target) =>
        ['delivery', 'read-back', 'removal'].map((step) => `${step} Verkauf ${target} ok`),
      ),
      ...['call Einkauf ok', 'announcement Einkauf ok', 'key Einkauf ok'],
      ...['recording Einkauf ok', 'file Einkauf ok'],
    ]);
    expect(done.filter((step) => step.startsWith('prompt'))).toHaveLength(4);
    expect(await filesIn(station.archive)).toEqual([]);
    expect(await filesIn(server.root)).toEqual([]);
    expect(await station.spooled()).toEqual([]);
    // It is in no list, no count and no report.
    expect((await station.mitschnitt.cli('recordings', '--json')).json()).toEqual([]);
    expect(await filesIn(join(station.spool, 'report')).catch(() => [])).toEqual([]);
    expect(await status(station)).toMatchObject({ selftest: { ok: true }, alarms: [], calls: { live: 0 } });
    await eventually(async () =>
      (await station.asterisk.cli('core show channels count')).includes('0 active channels'),
    );
    // Who looks at the target meanwhile sees what it is.
    expect(await server.log()).toMatch(/RNTO .*Selbsttest_\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d_Verkauf\.wav/);
  });

  test('one that is killed in the middle is delivered by nobody: the next process removes what is left of it', async () => {
    const asked = station.mitschnitt.cli('selftest');
    await eventually(async () => (await filesIn(join(station.spool, 'active'))).length > 0);
    await station.mitschnitt.kill();
    await asked;
    expect(await station.spooled()).not.toEqual([]);
    await station.mitschnitt.run();
    await eventually(async () =>
      (await station.asterisk.cli('core show channels count')).includes('0 active channels'),
    );
    const { stdout } = await station.mitschnitt.cli('cleanup', '--all', '--yes', '--json');
    // By the process itself or by this, whichever comes first: discarded, never moved to be delivered.
    expect(JSON.parse(stdout)).toMatchObject({ moved: 0, orphans: 0, left: [] });
    expect(await station.spooled()).toEqual([]);
    expect(await filesIn(station.archive)).toEqual([]);
    expect(await filesIn(server.root)).toEqual([]);
    expect((await station.mitschnitt.cli('recordings', '--json')).json()).toEqual([]);
  });

  test('one that is killed when its file is at the target leaves a note of it: the next process removes it there', async () => {
    const root = await mkdtemp(join(tmpdir(), 'mitschnitt-selftest-'));
    undo.push(() => rm(root, { recursive: true }));
    const web = await WebDavServer.start({ net: await net(), root });
    undo.push(() => web.stop());
    const tap = await Tap.to(web.host, web.port);
    undo.push(() => tap.remove());
    const { username, password } = web;
    const url = `http://${tap.host}:${String(tap.port)}`;
    const cloud = { type: 'webdav', url, username, password };
    await run(station, { cloud }, [{ ...sales, deliver_to: ['cloud'] }]);
    // The destination of a rename is the only one that is a whole URL. It never learns that the file has its name.
    tap.hushAfter(`${url}/Selbsttest_`);
    const asked = station.mitschnitt.cli('selftest');
    await eventually(async () => (await filesIn(root)).some((name) => name.startsWith('Selbsttest_')), {
      within: 30_000,
    });
    await station.mitschnitt.kill();
    await asked;
    expect(await filesIn(root)).toEqual([expect.stringMatching(/^Selbsttest_.*_Verkauf\.wav$/)]);
    const direct = { ...cloud, url: web.url };
    await run(station, { cloud: direct }, [{ ...sales, deliver_to: ['cloud'] }]);
    await eventually(async () => (await filesIn(root)).length === 0);
    await station.mitschnitt.prints(/removed what a self-test had left at a target.*Selbsttest_/);
    expect(await station.spooled()).toEqual([]);
  });

  test('a wrong password and a target that cuts files are found', async () => {
    const liar = await startLyingWebDav();
    undo.push(() => liar.stop());
    const cloud = { type: 'webdav', url: liar.url, username: 'pbx', password: 'x' };
    await run(station, { nas: await nas(), cloud }, [{ ...sales, deliver_to: ['nas', 'cloud'] }]);
    const found = await selfTest(station, 4);
    expect(faults(found)).toEqual(['delivery nas: login-refused', 'read-back cloud: content-differs']);
    expect(hintOf(found, 'login-refused')).toContain('password');
    expect(hintOf(found, 'content-differs')).toContain('quota');
    expect(await status(station)).toMatchObject({
      selftest: { ok: false },
      alarms: expect.arrayContaining([expect.objectContaining({ kind: 'selftest-failed' })]) as unknown,
    });
  });

  test('a spool in which Asterisk may not write is found', async () => {
    const active = join(station.spool, 'active');
    const { gid, mode, uid } = await stat(active);
    await chmod(active, 0o755);
    await chown(active, uid, 0);
    const found = await selfTest(station, 1);
    await chown(active, uid, gid);
    await chmod(active, mode);
    expect(faults(found)).toEqual(['recording: spool-not-writable']);
    expect(hintOf(found, 'spool-not-writable')).toContain('right to write in the spool');
  });

  test('announcements that are missing are found', async () => {
    const folders = [join(station.folder, 'prompts', 'de'), join(station.spool, 'prompts')];
    for (const folder of folders) await rename(folder, `${folder}.gone`);
    const found = await selfTest(station, 1);
    const sounds = ['ansage-opt-out', 'abgelehnt', 'ansage'];
    expect(faults(found)).toEqual([
      ...sounds.map((name) => `prompt de/${name}: prompt-unusable`),
      'announcement: announcement-failed',
    ]);
    expect(hintOf(found, 'prompt-unusable')).toContain('WAV file');
    expect(await station.spooled()).toEqual([]);
  });
});

test('on Asterisk 16 a test passes', async () => {
  const station = await start(16, [{ ...sales, deliver_to: ['archive'] }]);
  await run(station, {});
  const result = await station.mitschnitt.cli('selftest');
  expect(result.stdout).toContain('The self-test passed');
  expect(result.code).toBe(0);
  expect(await filesIn(station.archive)).toEqual([]);
});
