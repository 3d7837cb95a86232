import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { EmailTarget } from '../../src/delivery/email.ts';
import { FolderTarget } from '../../src/delivery/folder.ts';
import { createLog } from '../../src/log.ts';
import { IssueCourier } from '../../src/report/issue-courier.ts';
import { ReportIssuer } from '../../src/report/issuer.ts';
import { certificateText } from '../../src/retention/certificate-text.ts';
import type { Certificate } from '../../src/retention/certificate.ts';
import { Eraser } from '../../src/retention/eraser.ts';
import { allOf, sampleCall, sampleIssue, sampleRecord, START } from '../catalogue/sample.ts';
import { eventually } from '../live/eventually.ts';
import { ftp } from '../delivery/ftp.fixture.ts';
import { Estate } from './estate.ts';

const number = '+41791234567';
const other = '+41440000000';
let estate: Estate;
let eraser: Eraser;
/** Why reports cannot stand still. */
let standsNot: Error | undefined;

beforeEach(async () => {
  estate = await Estate.create();
  standsNot = undefined;
  eraser = new Eraser({
    ledger: estate.catalogue,
    // As it stands when the process was started over.
    remover: { workAtOnce: () => estate.remover.work() },
    now: () => estate.clock.now(),
    version: '1',
    timeZone: 'Europe/Zurich',
    reports: join(estate.path, 'report'),
    outgoing: join(estate.path, 'outgoing'),
    betweenReports: (work) => (standsNot ? Promise.reject(standsNot) : work()),
    reportCopies: ['archiv'],
    memberOf: (asked) => (asked === '200' ? 'Verkauf' : undefined),
    last: { state: undefined },
    placeOf: (target) => (target === 'post' ? 'post (e-mail to a@example.com)' : target),
    log: createLog({ level: 'error', format: 'text' }),
  });
});
afterEach(() => estate.remove());

async function erase(asked = number): Promise<Certificate> {
  eraser.begin({ number: asked, dryRun: false, actor: 'cli:root' });
  await eraser.stop();
  const { phase, problem, certificate } = eraser.state ?? {};
  if (!certificate) throw new Error(`${phase ?? ''}: ${problem ?? ''}`);
  return certificate;
}

/** In lower case, as the index of words keeps them. */
async function textOf(file: string): Promise<string> {
  return (await readFile(join(estate.path, file), 'latin1')).toLowerCase();
}

describe('the erasure of a number', () => {
  test('says what there is and touches nothing when only asked', async () => {
    const recording = await estate.add('a');
    await estate.catalogue.saveCall(sampleCall('live'));
    eraser.begin({ number: '0041 79 123 45 67', dryRun: true, actor: 'cli:root' });
    await eraser.stop();
    expect(eraser.state).toMatchObject({
      phase: 'done',
      found: { counts: { calls: 2, recordings: 1, targets: ['archiv'] }, live: ['live'], held: [] },
    });
    expect(existsSync(estate.at('archiv', recording))).toBe(true);
  });

  test('warns of the number of a member', async () => {
    await estate.add('a');
    eraser.begin({ number: '200', dryRun: true, actor: 'cli:root' });
    await eraser.stop();
    expect(eraser.state?.found).toMatchObject({ member: 'Verkauf', counts: { recordings: 1 } });
  });

  test('removes files everywhere and what names the person, and keeps what counts', async () => {
    const mine = await estate.add('a', { delivered: ['archiv'], pending: ['zweit'] });
    const others = await estate.add('b', { from: other });
    const certificate = await erase();
    expect(existsSync(estate.local('a'))).toBe(false);
    expect(existsSync(estate.at('archiv', mine))).toBe(false);
    expect(existsSync(estate.at('archiv', mine).replace('.wav', '.json'))).toBe(false);
    expect(existsSync(estate.local('b'))).toBe(true);
    expect(existsSync(estate.at('archiv', others))).toBe(true);
    const lines = await allOf(estate.catalogue.records({}));
    expect(lines.map(({ id, from, file }) => [id, from, file])).toEqual([
      ['a', 'erased', 'erased'],
      ['b', other, others.name],
    ]);
    expect(await allOf(estate.catalogue.deliveries({ state: 'pending' }))).toEqual([]);
    expect((await estate.catalogue.backlog()).find(({ target }) => target === 'zweit')?.pending).toBe(0);
    expect(certificate.content).toMatchObject({
      anonymised_calls: ['call-a'],
      outstanding: [],
      not_possible: [],
      report_copies: ['archiv'],
    });
    const removed = certificate.content.removed.map(({ recording, place, result }) => [
      recording,
      place,
      result,
    ]);
    expect(removed.sort()).toEqual([
      ['a', 'archiv', 'removed'],
      ['a', 'local', 'removed'],
      ['a', 'zweit', 'absent'],
    ]);
  });

  test('touches nothing where reports cannot stand still, and tells of all when it is repeated', async () => {
    const recording = await estate.add('a');
    standsNot = new Error('a report is being delivered');
    await expect(erase()).rejects.toThrow('failed: a report is being delivered');
    expect(existsSync(estate.at('archiv', recording))).toBe(true);
    expect(await allOf(estate.catalogue.records({}))).toMatchObject([{ from: number, file: recording.name }]);
    standsNot = undefined;
    const { content } = await erase();
    expect(content).toMatchObject({ anonymised_calls: ['call-a'], removed: [{}, {}] });
    expect(existsSync(estate.at('archiv', recording))).toBe(false);
  });

  test('leaves the number and its name in no file of the catalogue', async () => {
    await estate.add('a', { fromName: 'Petra Vergissmeinnicht' });
    await estate.add('b', { from: '0041791234567' });
    await erase();
    for (const file of ['catalogue.db', 'catalogue.db-wal']) {
      const text = await textOf(file);
      expect(text).not.toContain('41791234567');
      expect(text).not.toContain('vergissmeinnicht');
    }
  });

  test('removes at a target named local what cannot be removed on this machine', async () => {
    const path = join(estate.path, 'local');
    await mkdir(path);
    estate.targets.set('local', () => new FolderTarget('local', { type: 'folder', path }));
    const recording = await estate.add('a', { delivered: ['local'] });
    await rm(estate.local('a'));
    await mkdir(estate.local('a'));
    const { content } = await erase();
    expect(existsSync(estate.at('local', recording))).toBe(false);
    expect(content.outstanding).toHaveLength(1);
  });

  test('takes the name also from a call to the number, and from what else was talked in that call', async () => {
    const name = 'Petra Vergissmeinnicht';
    await estate.add('a', { from: '200', to: number, fromName: name });
    const call = { ...sampleCall('handed-on', { endedAt: START + 1 }), startedAt: START };
    const line = { callId: call.id, from: '200', fromName: name, file: undefined };
    await estate.catalogue.closeCall(call, [
      sampleRecord('first', { ...line, to: number }),
      sampleRecord('second', { ...line, to: '201' }),
      sampleRecord('third', { ...line, to: '201', fromName: 'Somebody else' }),
    ]);
    await erase();
    const lines = await allOf(estate.catalogue.records({}));
    expect(lines.map(({ id, from, to, fromName }) => [id, from, to, fromName])).toEqual([
      ['a', '200', 'erased', undefined],
      ['first', '200', 'erased', undefined],
      ['second', '200', '201', undefined],
      ['third', '200', '201', 'Somebody else'],
    ]);
    for (const file of ['catalogue.db', 'catalogue.db-wal'])
      expect(await textOf(file)).not.toContain('vergissmeinnicht');
  });

  test('a delivery that was under way ends without fuss', async () => {
    await estate.add('a', { delivered: [], pending: ['archiv'] });
    const [due] = await estate.catalogue.dueDeliveries('archiv', START, 1);
    await erase();
    if (!due) throw new Error('nothing is pending');
    await estate.catalogue.saveDelivery({ ...due.delivery, state: 'delivered' });
    expect(await estate.catalogue.retrySetAside(undefined)).toBe(0);
  });

  test('a hold wins, and a call that goes on is named', async () => {
    const held = await estate.add('held');
    await estate.catalogue.placeHold({
      subject: 'held',
      kind: 'id',
      at: START,
      actor: 'x',
      reason: 'dispute',
    });
    await estate.catalogue.saveCall(sampleCall('live'));
    const { content } = await erase();
    expect(content.on_hold).toMatchObject([{ call: 'call-held', reason: 'dispute' }]);
    expect(content.live_calls).toEqual(['live']);
    expect(content.removed).toEqual([]);
    expect(existsSync(estate.at('archiv', held))).toBe(true);
    expect(await estate.catalogue.openCalls()).toEqual([sampleCall('live')]);
  });

  test('replaces it in the reports, but for lines on hold, byte for byte the rest', async () => {
    await estate.add('held');
    await estate.catalogue.placeHold({
      subject: 'held',
      kind: 'id',
      at: START,
      actor: 'x',
      reason: undefined,
    });
    const head = '\ufeffAnrufer;Angerufener;Gesprächsstart;Gesprächszeit;Aufzeichnung\r\n';
    const kept = `${number};200;2021-04-07 13:34:26;00:03:12;a.wav\r\n${other};200;2021-04-08 10:00:00;00:00:01;b.wav\r\n`;
    const mine = `200;"${number}";2021-04-09 10:00:00;00:00:01;Aufnahme_${number}_200.wav\r\n`;
    const path = join(estate.path, 'report', 'Report_2021-04.csv');
    await writeFile(path, head + kept + mine, { mode: 0o640 });
    const { content } = await erase();
    expect(await readFile(path, 'utf8')).toBe(
      `${head}${kept}200;erased;2021-04-09 10:00:00;00:00:01;erased\r\n`,
    );
    expect(content.reports).toEqual([{ file: 'Report_2021-04.csv', lines: 1, problem: null }]);
  });

  test('of a few digits is in no file name of its lines, and in no gap of a statement, and dates stay', async () => {
    const folder = join(estate.path, 'report');
    const path = join(folder, 'Report_2021-04.csv');
    const head = '\ufeffAnrufer;Angerufener;Gesprächsstart;Gesprächszeit;Aufzeichnung;Mitschnitt-ID\r\n';
    const others = '200;201;2021-04-09 10:00:00;00:00:01;Aufnahme_2021_200_201.wav;x\r\n';
    const line = (file: string) => `200;2021;2021-04-09 10:00:00;00:00:01;${file};x\r\n`;
    await writeFile(path, head + others + line('Aufnahme_200_2021.wav') + line('abgelehnt') + line(''));
    const statement = join(folder, 'Vollstaendigkeit_2021-04-09.txt');
    const gap = (from: string, to: string) =>
      `  2021-04-09 10:00:00  ${from} -> ${to}  Verkauf  x/2021  1617.7\n`;
    await writeFile(statement, gap('200', '2021') + gap('2021', '200') + gap('20211', '200'));
    await erase('2021');
    const erasedLine = (file: string) => line(file).replace(';2021;', ';erased;');
    expect(await readFile(path, 'utf8')).toBe(
      head + others + erasedLine('erased') + erasedLine('abgelehnt') + erasedLine(''),
    );
    expect(await readFile(statement, 'utf8')).toBe(
      gap('200', 'erased') + gap('erased', '200') + gap('20211', '200'),
    );
  });

  test('replaces it in reports of any columns, in statements, and in what Asterisk said of calls', async () => {
    const folder = join(estate.path, 'report');
    const daily = join(folder, 'Report_2021-04-09-2.csv');
    await writeFile(daily, `Start (ISO 8601);Called;Caller\r\n2021-04-09T10:00:00+02:00;200;${number}\r\n`);
    const statement = join(folder, 'Vollstaendigkeit_2021-04-09.txt');
    await writeFile(statement, `10:00:00 ${number} -> 200: keine Aufnahme\n`);
    const parties = { callerName: 'PJSIP/trunk-1', calledName: 'PJSIP/200-2', from: number, to: '200' };
    const times = { startedAt: START, answeredAt: START, endedAt: START + 1_000 };
    const detail = { channel: 'a', linkedId: 'a', ...parties, ...times };
    const progress = { since: 0, place: undefined, readAt: START, unreadable: 0, unreadableAt: undefined };
    await estate.catalogue.saveAccount({ ...progress, statedTo: 0 }, [{ id: 'a', detail, group: 'Verkauf' }]);
    await erase();
    expect(await readFile(daily, 'utf8')).toBe(
      'Start (ISO 8601);Called;Caller\r\n2021-04-09T10:00:00+02:00;200;erased\r\n',
    );
    expect(await readFile(statement, 'utf8')).toBe('10:00:00 erased -> 200: keine Aufnahme\n');
    const [call] = await estate.catalogue.accounted({ from: 0, to: START + 2_000 });
    expect(call?.detail).toMatchObject({ from: 'erased', to: '200' });
  });

  describe('in reports that wait for a target', () => {
    const outgoing = (): string => join(estate.path, 'outgoing');
    const text = `Anrufer;Angerufener;Gesprächsstart\r\n${number};200;2021-04-07 13:34:26\r\n`;

    async function waiting(id: string, content: string, state: 'pending' | 'set-aside'): Promise<void> {
      await mkdir(outgoing(), { recursive: true });
      await writeFile(join(outgoing(), `${id}.csv`), content, { mode: 0o640 });
      const sha256 = createHash('sha256').update(content).digest('hex');
      const file = { name: `Report_${id}.csv`, bytes: Buffer.byteLength(content), sha256 };
      const issue = sampleIssue(id, { target: 'zweit', ...file, state, attempts: 3 });
      await estate.catalogue.addIssues('zweit', [issue], { seq: 1, until: START });
    }

    test('it is replaced, and they are delivered so', async () => {
      await estate.add('a');
      await waiting('one', text, 'pending');
      await waiting('two', text, 'set-aside');
      await waiting('without', text.replace(number, other), 'pending');
      const certificate = await erase();
      expect(certificate.content.outgoing_reports).toEqual([
        { file: 'Report_one.csv', place: 'zweit', lines: 1, problem: null },
        { file: 'Report_two.csv', place: 'zweit', lines: 1, problem: null },
      ]);
      expect(certificateText(certificate, 'de')).toContain('noch zu übertragen sind');
      expect(await readdir(outgoing())).toHaveLength(3);
      expect(await estate.catalogue.retryIssues()).toBe(1);
      const courier = new IssueCourier({
        ...{ ledger: estate.catalogue, name: 'zweit', folder: outgoing(), language: 'de' },
        create: () => new FolderTarget('zweit', { type: 'folder', path: join(estate.path, 'zweit') }),
        windows: { windows: [], timeZone: 'Europe/Zurich' },
        report: () => undefined,
      });
      courier.start();
      await eventually(async () => (await estate.catalogue.unfinishedIssues()).length === 0);
      await courier.stop();
      const arrived = (name: string) => readFile(join(estate.path, 'zweit', `Report_${name}.csv`), 'utf8');
      expect(await arrived('one')).toBe(text.replace(number, 'erased'));
      expect(await arrived('two')).toBe(text.replace(number, 'erased'));
      expect(await arrived('without')).toBe(text.replace(number, other));
    });

    test('a process that dies before that is noted leaves what is noted whole, and the next try does it', async () => {
      await estate.add('a');
      await waiting('one', text, 'pending');
      const { catalogue } = estate;
      const replaceIssue = catalogue.replaceIssue.bind(catalogue);
      catalogue.replaceIssue = () => Promise.reject(new Error('the process dies'));
      expect((await erase()).content.outgoing_reports).toMatchObject([{ problem: 'the process dies' }]);
      expect(await readFile(join(outgoing(), 'one.csv'), 'utf8')).toBe(text);
      catalogue.replaceIssue = replaceIssue;
      const issuer = new ReportIssuer({
        ...{ ledger: catalogue, recipients: [], folder: outgoing(), files: 'monthly', clock: estate.clock },
        format: { language: 'de', timeZone: 'Europe/Zurich', columns: [] },
        ...{ lastRun: () => undefined, onIssued: () => undefined, onProblem: () => undefined },
      });
      await issuer.start();
      await issuer.stop();
      expect(await readdir(outgoing())).toEqual(['one.csv']);
      expect((await erase()).content.outgoing_reports).toMatchObject([{ lines: 1, problem: null }]);
    });
  });

  test('certifies what a mailbox keeps and what is to be tried again, and removes that later', async () => {
    const mailer = {
      send: () => Promise.reject(new Error('nothing is sent')),
      check: () => Promise.resolve(),
    };
    const settings = { type: 'email', to: ['a@example.com'], max_size: 1_000 } as never;
    estate.targets.set(
      'post',
      () => new EmailTarget('post', settings, { ...mailer, close: () => Promise.resolve() } as never),
    );
    const recording = await estate.add('a', { delivered: ['post', 'archiv'] });
    const archiv = estate.targets.get('archiv');
    estate.targets.delete('archiv');
    const certificate = await erase();
    const { content, sha256 } = certificate;
    expect(content.not_possible).toMatchObject([
      { place: 'post (e-mail to a@example.com)', result: 'not-possible' },
    ]);
    expect(content.outstanding).toMatchObject([
      { recording: 'a', place: 'archiv', result: 'unknown-target' },
    ]);
    expect(createHash('sha256').update(JSON.stringify(content)).digest('hex')).toBe(sha256);
    expect(certificateText(certificate, 'de')).toContain('Kann nicht gelöscht werden (1)');
    expect(certificateText(certificate, 'en')).toContain(`SHA-256: ${sha256}`);
    if (archiv) estate.targets.set('archiv', archiv);
    estate.restart();
    await estate.clock.pass(3_600_000);
    await estate.retention.run();
    expect(existsSync(estate.at('archiv', recording))).toBe(false);
    const [last] = await allOf(estate.catalogue.deletions(content.erasure));
    expect(last).toMatchObject({ subject: 'a', target: 'archiv', result: 'removed', reason: 'erasure' });
  });

  test('a second one waits for the first', async () => {
    eraser.begin({ number, dryRun: true, actor: 'x' });
    expect(() => eraser.begin({ number, dryRun: true, actor: 'x' })).toThrow('under way');
    await eventually(() => Promise.resolve(eraser.state?.phase === 'done'));
  });

  test('removes recording and sidecar from an FTP server, and tells when the server is down', async () => {
    const place = await ftp('none').start();
    try {
      estate.targets.set('ftp', () => place.target());
      const recording = await estate.add('a', { delivered: ['ftp'] });
      const path = `${recording.folder}/${recording.name}`;
      await place.write(path, Buffer.from('audio'));
      await place.write(path.replace('.wav', '.json'), Buffer.from(JSON.stringify({ id: 'a' })));
      await place.kill();
      const { content } = await erase();
      expect(content.outstanding).toMatchObject([{ place: 'ftp' }]);
      await place.restart();
      await estate.clock.pass(3_600_000);
      await eventually(async () => {
        await estate.clock.pass(3_600_000);
        await estate.remover.work();
        return (await place.files()).length === 0;
      });
    } finally {
      await place.stop();
    }
  });
});
