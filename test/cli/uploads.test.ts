import { mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterEach, describe, expect, test } from 'vitest';
import { z } from 'zod';

import { uploadAnswers } from '../../src/assemble-delivery.ts';
import { SqliteCatalogue } from '../../src/catalogue/sqlite.ts';
import { ControlSocket } from '../../src/control-socket.ts';
import { FolderTarget } from '../../src/delivery/folder.ts';
import { Uploader } from '../../src/delivery/uploader.ts';
import { IssueCourier } from '../../src/report/issue-courier.ts';
import { patterned, sha256 } from '../delivery/content.ts';
import { one } from '../delivery/workplace.ts';
import { sampleIssue, sampleRecording } from '../catalogue/sample.ts';
import { mitschnitt } from './command.ts';
import { useInstallation } from './installation.ts';
import * as kept from './json/kept.ts';
import * as live from './json/live.ts';

const installation = useInstallation();
const ends: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const content = patterned(2_000);
/** The part of a running process that delivers, over the catalogue of the installation. */
async function running(): Promise<{ catalogue: SqliteCatalogue; record: (id: string) => Promise<void> }> {
  const { folder } = installation();
  await mkdir(join(folder, 'spool/transfer'));
  const catalogue = new SqliteCatalogue({ path: join(folder, 'catalogue.db') });
  await catalogue.open();
  const uploader = new Uploader({
    ledger: catalogue,
    targets: [one(new FolderTarget('archiv', { type: 'folder', path: join(folder, 'archiv') }))],
    // Nothing is delivered before somebody asks for it.
    schedule: { nextRun: () => undefined },
    windows: [],
    timeZone: 'Europe/Zurich',
    bandwidth: undefined,
    retentionMs: 0,
    localFile: (id) => join(folder, 'spool/transfer', `${id}.wav`),
    localSidecar: (id) => join(folder, 'spool/transfer', `${id}.json`),
    report: () => undefined,
  });
  const courier = new IssueCourier({
    ...{ ledger: catalogue, name: 'archiv', folder: join(folder, 'outgoing'), language: 'de' },
    create: () => new FolderTarget('archiv', { type: 'folder', path: join(folder, 'archiv') }),
    // It is never that late: what is delivered is because somebody asked for it.
    windows: { windows: [{ from: 1_440, to: 1_441 }], timeZone: 'Europe/Zurich' },
    report: () => undefined,
  });
  const reports = {
    runNow: () => courier.runNow(),
    retry: (id?: string) => catalogue.retryIssues(id),
    get activity() {
      return [{ target: courier.name, isAsked: courier.isAsked, file: courier.moving }];
    },
  };
  const control = new ControlSocket(
    join(folder, 'mitschnitt.sock'),
    uploadAnswers(uploader, catalogue, reports),
  );
  await control.start();
  uploader.start();
  courier.start();
  ends.push(
    () => catalogue.close(),
    () => courier.stop(),
    () => uploader.stop(),
    () => control.stop(),
  );
  const record = async (id: string) => {
    await writeFile(join(folder, 'spool/transfer', `${id}.wav`), content);
    const media = { bytes: content.length, sha256: sha256(content) };
    const name = `${id}.wav`;
    await catalogue.addRecording(sampleRecording(id, { ...media, folder: '', name }), ['archiv']);
  };
  return { catalogue, record };
}

describe('upload', () => {
  test('delivers now what waits, and tells what became of it', async () => {
    const { folder, config } = installation();
    const { record } = await running();
    for (const id of ['a', 'b', 'c']) await record(id);
    const { code, stdout } = await mitschnitt(['upload', '--watch', '-c', config]);
    expect(stdout.split('\n').slice(-4)).toEqual([
      'target\tdelivered now\twaiting\tset aside\tlast error',
      'archiv\t3\t0 files, 0 B\t0\t',
      'archiv (reports)\t0\t0 files, 0 B\t0\t',
      '',
    ]);
    expect(stdout).toMatch(/^archiv: 3 files, 6\.0 kB to go/);
    expect(code).toBe(0);
    expect((await readdir(join(folder, 'archiv'))).sort()).toEqual(['a.wav', 'b.wav', 'c.wav']);
  });

  test('ends with 4 when a target is not reachable, and says what to do', async () => {
    const { folder, config } = installation();
    const { record } = await running();
    await record('a');
    await rename(join(folder, 'archiv'), join(folder, 'away'));
    const { code, stdout } = await mitschnitt(['upload', '-c', config]);
    expect(code).toBe(4);
    expect(stdout).toMatch(/^archiv\t0\t1 file, 2\.0 kB\t0\tTarget archiv: /m);
    expect(stdout).toMatch(/^archiv: [A-Z].*\.$/m);
    const json = await mitschnitt(['upload', '--json', '-c', config]);
    expect(json.code).toBe(4);
    expect(JSON.parse(json.stdout)).toMatchObject([
      { target: 'archiv', state: 'resting', pending: 1, pending_bytes: 2_000, last_error: {}, files: [] },
    ]);
  });
});

describe('reports', () => {
  test('are delivered now as well, and shown', async () => {
    const { folder, config } = installation();
    await mkdir(join(folder, 'outgoing'));
    const { catalogue } = await running();
    const facts = { bytes: content.length, sha256: sha256(content) };
    const late = { ...facts, dueAt: Date.now() + 3_600_000 };
    const issues = [
      sampleIssue('i0', { ...facts, name: 'Report_2021-03.csv' }),
      sampleIssue('i1', facts),
      sampleIssue('i2', { ...late, name: 'Report_2021-05.csv' }),
      sampleIssue('i3', { ...facts, name: 'Report_2021-06.csv', state: 'set-aside' }),
    ];
    for (const { id } of issues.slice(1)) await writeFile(join(folder, 'outgoing', `${id}.csv`), content);
    await catalogue.addIssues('archiv', issues, { seq: 1, until: 0 });
    const { code, stdout } = await mitschnitt(['upload', '--watch', '-c', config]);
    expect(stdout).toMatch(/^archiv, reports: 3 files, 6\.0 kB to go$/m);
    expect(stdout.split('\n').slice(-4)).toEqual([
      'archiv\t0\t0 files, 0 B\t0\t',
      expect.stringMatching(/^archiv \(reports\)\t2\t0 files, 0 B\t2\t/),
      expect.stringMatching(/^archiv: /),
      '',
    ]);
    expect(code).toBe(1);
    expect((await readdir(join(folder, 'archiv'))).sort()).toEqual([
      'Report_2021-04.csv',
      'Report_2021-05.csv',
    ]);
    const json = await mitschnitt(['upload', '--json', '-c', config]);
    expect(z.array(live.uploads).parse(JSON.parse(json.stdout))).toMatchObject([
      { pending: 0, reports_pending: 0, reports_set_aside: 2, reports_delivered: 2, report: null },
    ]);
  });

  test('that do not get there end it with 4, each tried once', async () => {
    const { folder, config } = installation();
    const { catalogue } = await running();
    await mkdir(join(folder, 'outgoing'));
    const facts = { bytes: content.length, sha256: sha256(content) };
    const issues = [sampleIssue('i1', facts), sampleIssue('i2', { ...facts, name: 'Report_2021-05.csv' })];
    for (const { id } of issues) await writeFile(join(folder, 'outgoing', `${id}.csv`), content);
    await catalogue.addIssues('archiv', issues, { seq: 1, until: 0 });
    await rename(join(folder, 'archiv'), join(folder, 'away'));
    const { code, stdout } = await mitschnitt(['upload', '-c', config]);
    expect(stdout).toMatch(/^archiv \(reports\)\t0\t2 files, 4\.0 kB\t0\tTarget archiv: /m);
    expect(code).toBe(4);
    expect((await catalogue.pendingIssues('archiv')).map(({ attempts }) => attempts).sort()).toEqual([0, 1]);
  });

  test('that wait or were set aside are listed with the recordings, and tried again by their id', async () => {
    const { config } = installation();
    const { catalogue, record } = await running();
    await record('a');
    const problem = { at: 1, code: 'no-space', message: 'no space left', hint: 'Make room.' };
    const aside = sampleIssue('i1', { state: 'set-aside', attempts: 2, problem });
    const waiting = sampleIssue('i2', { target: 'zweit', name: 'Report_2021-05.csv' });
    await catalogue.addIssues('archiv', [aside, waiting], { seq: 1, until: 0 });
    const listed = await mitschnitt(['deliveries', '-c', config]);
    expect(listed.stdout.split('\n').slice(1, 4)).toEqual([
      'i1\tReport_2021-04.csv\tarchiv\tset-aside\t2\t\tno space left\tMake room.',
      'a\ta.wav\tarchiv\tpending\t0\t\t\t',
      'i2\tReport_2021-05.csv\tzweit\tpending\t0\t\t\t',
    ]);
    const json = await mitschnitt(['deliveries', '--target', 'archiv', '--json', '-c', config]);
    expect(z.array(kept.due).parse(JSON.parse(json.stdout))).toMatchObject([
      { what: 'report', recording: 'i1', bytes: 2_000, state: 'set-aside', problem: { code: 'no-space' } },
      { what: 'recording', recording: 'a' },
    ]);
    expect(await mitschnitt(['retry', 'i1', '-c', config])).toMatchObject({
      ...{ code: 0, stdout: '1 delivery is tried again.\n' },
    });
    expect((await catalogue.unfinishedIssues()).map(({ state }) => state)).toEqual(['pending', 'pending']);
  });
});

describe('what was set aside', () => {
  test('is listed with why and what to do, makes upload end with 1, and is delivered after a retry', async () => {
    const { folder, config } = installation();
    const { record } = await running();
    await record('a');
    await record('b');
    const file = join(folder, 'spool/transfer/a.wav');
    await rename(file, join(folder, 'a.wav'));
    const upload = await mitschnitt(['upload', '-c', config]);
    expect(upload.code).toBe(1);
    const listed = await mitschnitt(['deliveries', '-c', config]);
    expect(listed.code).toBe(0);
    expect(listed.stdout.split('\n').slice(1)).toEqual([
      expect.stringMatching(/^a\ta\.wav\tarchiv\tset-aside\t1\t\tThe local file .* is missing\tLook for /),
      '',
    ]);
    const json = await mitschnitt(['deliveries', '--json', '--state', 'set-aside', '-c', config]);
    expect(JSON.parse(json.stdout)).toMatchObject([
      {
        recording: 'a',
        target: 'archiv',
        state: 'set-aside',
        attempts: 1,
        bytes: 2_000,
        recording_arrived: false,
        problem: { code: 'local-file-missing' },
      },
    ]);
    const none = await mitschnitt(['retry', 'b', '-c', config]);
    expect(none).toMatchObject({ code: 1, stdout: expect.stringContaining('b was set aside') as string });
    await rename(join(folder, 'a.wav'), file);
    const retried = await mitschnitt(['retry', '--all', '-c', config]);
    expect(retried).toMatchObject({ code: 0, stdout: '1 delivery is tried again.\n' });
    expect((await mitschnitt(['upload', '-c', config])).code).toBe(0);
    expect((await readdir(join(folder, 'archiv'))).sort()).toEqual(['a.wav', 'b.wav']);
  });
});
