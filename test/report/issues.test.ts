import { Cron } from 'croner';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { SqliteCatalogue } from '../../src/catalogue/sqlite.ts';
import { FolderTarget } from '../../src/delivery/folder.ts';
import { IssueCourier, type IssueEvent } from '../../src/report/issue-courier.ts';
import { ReportIssuer, type IssuerOptions } from '../../src/report/issuer.ts';
import { closedCallOf, sampleRecord, sampleRecording } from '../catalogue/sample.ts';
import { VirtualClock } from '../delivery/virtual-clock.ts';
import type { ReportIssues } from '../../src/catalogue/catalogue.ts';
import type { CallRecord } from '../../src/recording/recording.ts';

const HEAD = '\ufeffAnrufer\r\n';
const zone = 'Europe/Zurich';

let folder: string;
let catalogue: SqliteCatalogue;
let clock: VirtualClock;
let events: IssueEvent[];
let problems: unknown[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mitschnitt-issues-'));
  await mkdir(join(folder, 'archiv'));
  await mkdir(join(folder, 'zweites'));
  catalogue = new SqliteCatalogue({ path: join(folder, 'catalogue.db') });
  clock = new VirtualClock(0);
  [events, problems] = [[], []];
  await catalogue.open();
});
afterEach(async () => {
  expect(problems).toEqual([]);
  await catalogue.close();
  await rm(folder, { recursive: true });
});

/** Of a process that dies before it can note what it made. */
class DyingCatalogue extends SqliteCatalogue {
  override addIssues(): Promise<void> {
    return Promise.reject(new Error('killed'));
  }
}

const outgoing = () => join(folder, 'outgoing');

/** A call that began at a local time, and is closed now. */
async function close(from: string, start: string, change: Partial<CallRecord> = {}): Promise<void> {
  const record = sampleRecord(`record-${from}`, { from, startedAt: Date.parse(start), ...change });
  await catalogue.closeCall(closedCallOf(record), [record]);
}

/** A process that lives at one time only: makes what is due then. */
async function issueAt(now: string, cron: string, change: Partial<IssuerOptions> = {}): Promise<void> {
  clock = new VirtualClock(Date.parse(now));
  const runs = new Cron(cron, { timezone: zone });
  const issuer = new ReportIssuer({
    ...{ ledger: catalogue, folder: outgoing(), files: 'monthly', clock },
    format: { language: 'de', timeZone: zone, columns: ['caller'] },
    recipients: [{ name: 'archiv', groups: ['Verkauf'] }],
    lastRun: (before) => runs.previousRuns(1, before).at(0),
    onIssued: () => undefined,
    onProblem: (problem) => problems.push(problem),
    ...change,
  });
  await issuer.start();
  await issuer.stop();
}

function courier(name = 'archiv', ledger: Pick<ReportIssues, 'pendingIssues' | 'saveIssue'> = catalogue) {
  return new IssueCourier({
    ...{ ledger, name, folder: outgoing(), language: 'de', clock, random: () => 0.5 },
    create: () => new FolderTarget(name, { type: 'folder', path: join(folder, name) }),
    windows: { windows: [], timeZone: zone },
    report: (event) => events.push(event),
  });
}

async function deliver(name = 'archiv'): Promise<void> {
  const one = courier(name);
  one.start();
  await vi.waitFor(async () => expect(await catalogue.pendingIssues(name)).toEqual([]));
  await one.stop();
}

const delivered = async (name = 'archiv') => (await readdir(join(folder, name))).sort();
const textOf = async (file: string, name = 'archiv') =>
  (await readFile(join(folder, name, file), 'utf8')).replace(HEAD, '').trimEnd().split('\r\n');

const daily = '0 0 * * *';
const monthly = '0 0 1 * *';

test('names files as they are called at the target', async () => {
  const text = async (name: string) => {
    await issueAt('2021-05-01T00:10:00+02:00', monthly, {
      recipients: [{ name, groups: ['Verkauf'] }],
      format: { language: 'de', timeZone: zone, columns: ['recording'] },
    });
    await deliver(name);
    return (await readFile(join(folder, name, 'Report_2021-04.csv'), 'utf8'))
      .trimEnd()
      .split('\r\n')
      .slice(1);
  };
  for (const name of ['archiv', 'zweites'])
    await issueAt('2021-04-01T12:00:00+02:00', monthly, { recipients: [{ name, groups: ['Verkauf'] }] });
  await close('100', '2021-04-07T13:00:00+02:00', { file: 'a.wav' });
  await close('101', '2021-04-07T14:00:00+02:00', { file: 'erased' });
  for (const id of ['record-100', 'record-101'])
    await catalogue.addRecording(sampleRecording(id, { name: `${id}.wav` }), ['archiv']);
  for (const { delivery } of await catalogue.dueDeliveries('archiv', 0, 2))
    await catalogue.saveDelivery({ ...delivery, name: 'a-2.wav', state: 'delivered', deliveredAt: 1 });
  expect(await text('archiv')).toEqual(['a-2.wav', 'erased']);
  expect(await text('zweites')).toEqual(['a.wav', 'erased']);
});

describe('a monthly report that is delivered daily', () => {
  test('arrives as a dated copy each day, and under its own name when the month is over', async () => {
    await issueAt('2021-04-01T12:00:00+02:00', daily);
    await close('100', '2021-04-07T13:00:00+02:00');
    await issueAt('2021-04-08T00:10:00+02:00', daily);
    await close('101', '2021-04-30T23:59:59+02:00');
    await issueAt('2021-05-01T00:10:00+02:00', daily);
    await deliver();
    expect(await delivered()).toEqual(['Report_2021-04.csv', 'Report_2021-04_bis_2021-04-07.csv']);
    expect(await textOf('Report_2021-04_bis_2021-04-07.csv')).toEqual(['100']);
    expect(await textOf('Report_2021-04.csv')).toEqual(['100', '101']);
    expect(await readdir(outgoing())).toEqual([]);
  });

  test('is not sent again on a day on which nothing was added', async () => {
    await issueAt('2021-04-01T12:00:00+02:00', daily);
    await close('100', '2021-04-07T13:00:00+02:00');
    await issueAt('2021-04-08T00:10:00+02:00', daily);
    await issueAt('2021-04-09T00:10:00+02:00', daily);
    await close('101', '2021-04-09T13:00:00+02:00', { group: 'Lager' });
    await issueAt('2021-04-10T00:10:00+02:00', daily);
    expect(await catalogue.pendingIssues('archiv')).toHaveLength(1);
  });

  test('names the time where it is made in the middle of a day', async () => {
    await issueAt('2021-04-01T12:00:00+02:00', '0 18 * * *');
    await close('100', '2021-04-07T13:00:00+02:00');
    await close('101', '2021-04-07T18:05:00+02:00');
    await issueAt('2021-04-07T18:10:00+02:00', '0 18 * * *');
    await deliver();
    expect(await delivered()).toEqual(['Report_2021-04_bis_2021-04-07_18-00.csv']);
    expect(await textOf('Report_2021-04_bis_2021-04-07_18-00.csv')).toEqual(['100']);
  });
});

describe('a call that becomes known after the report of its month was delivered', () => {
  test('arrives in a supplement, and what was delivered stays as it is', async () => {
    await issueAt('2021-04-01T12:00:00+02:00', monthly);
    await close('100', '2021-04-30T23:30:00+02:00');
    await issueAt('2021-05-01T00:10:00+02:00', monthly);
    await deliver();
    await close('101', '2021-04-30T23:50:00+02:00');
    await close('102', '2021-05-03T08:00:00+02:00');
    await issueAt('2021-06-01T00:10:00+02:00', monthly);
    await deliver();
    await issueAt('2021-07-01T00:10:00+02:00', monthly);
    await deliver();
    expect(await delivered()).toEqual([
      'Report_2021-04.csv',
      'Report_2021-04_Nachtrag_2021-05-31.csv',
      'Report_2021-05.csv',
    ]);
    expect(await textOf('Report_2021-04.csv')).toEqual(['100']);
    expect(await textOf('Report_2021-04_Nachtrag_2021-05-31.csv')).toEqual(['101']);
  });

  test('is in the report itself if it ends within ten minutes after midnight', async () => {
    await issueAt('2021-04-01T12:00:00+02:00', monthly);
    await issueAt('2021-05-01T00:09:59+02:00', monthly);
    await close('100', '2021-04-30T23:59:00+02:00');
    await close('101', '2021-05-01T00:03:00+02:00');
    await issueAt('2021-05-01T00:10:00+02:00', monthly);
    await deliver();
    expect(await delivered()).toEqual(['Report_2021-04.csv']);
    expect(await textOf('Report_2021-04.csv')).toEqual(['100']);
    await issueAt('2021-06-01T00:10:00+02:00', monthly);
    await deliver();
    expect(await textOf('Report_2021-05.csv')).toEqual(['101']);
  });
});

describe('a target', () => {
  test('gets the calls of the groups that deliver to it, and of no others', async () => {
    const recipients = [
      { name: 'archiv', groups: ['Verkauf', 'Lager'] },
      { name: 'zweites', groups: ['Lager'] },
    ];
    await issueAt('2021-04-01T12:00:00+02:00', monthly, { recipients });
    await close('100', '2021-04-07T13:00:00+02:00');
    await close('101', '2021-04-07T14:00:00+02:00', { group: 'Lager' });
    await close('102', '2021-04-07T15:00:00+02:00', { group: 'Leitung' });
    await issueAt('2021-05-01T00:10:00+02:00', monthly, { recipients });
    await deliver();
    await deliver('zweites');
    expect(await textOf('Report_2021-04.csv')).toEqual(['100', '101']);
    expect(await textOf('Report_2021-04.csv', 'zweites')).toEqual(['101']);
  });

  test('that is new gets no history before the month that goes on', async () => {
    await close('100', '2021-03-07T13:00:00+01:00');
    await close('101', '2021-04-07T13:00:00+02:00');
    await issueAt('2021-04-20T12:00:00+02:00', daily);
    await deliver();
    expect(await delivered()).toEqual(['Report_2021-04_bis_2021-04-19.csv']);
    expect(await textOf('Report_2021-04_bis_2021-04-19.csv')).toEqual(['101']);
  });

  test('gets every month of which a process missed the end', async () => {
    await issueAt('2021-04-01T12:00:00+02:00', monthly);
    await close('100', '2021-04-07T13:00:00+02:00');
    await close('101', '2021-05-07T13:00:00+02:00');
    await close('102', '2021-06-07T13:00:00+02:00');
    await issueAt('2021-06-08T00:00:00+02:00', monthly);
    await deliver();
    expect(await delivered()).toEqual(['Report_2021-04.csv', 'Report_2021-05.csv']);
    await issueAt('2021-07-02T00:00:00+02:00', monthly);
    await deliver();
    expect(await textOf('Report_2021-06.csv')).toEqual(['102']);
  });
});

describe('the delivery of a report', () => {
  beforeEach(async () => {
    await issueAt('2021-04-01T12:00:00+02:00', monthly);
    await close('100', '2021-04-07T13:00:00+02:00');
  });

  test('never overwrites: a foreign file of its name stays', async () => {
    await writeFile(join(folder, 'archiv', 'Report_2021-04.csv'), 'mine');
    await issueAt('2021-05-01T00:10:00+02:00', monthly);
    await deliver();
    expect(await textOf('Report_2021-04.csv')).toEqual(['mine']);
    expect(await textOf('Report_2021-04-2.csv')).toEqual(['100']);
  });

  test('is tried again until it succeeds, over restarts, and told', async () => {
    await rm(join(folder, 'archiv'), { recursive: true });
    await issueAt('2021-05-01T00:10:00+02:00', monthly);
    const first = courier();
    first.start();
    await vi.waitFor(() => expect(events).toHaveLength(1));
    await first.stop();
    expect(events).toMatchObject([{ type: 'postponed', issue: { attempts: 1, dueAt: clock.now() + 5_000 } }]);
    await mkdir(join(folder, 'archiv'));
    await clock.pass(5_000);
    await deliver();
    expect(events.at(-1)).toMatchObject({ type: 'delivered', issue: { attempts: 2, problem: undefined } });
    expect(await textOf('Report_2021-04.csv')).toEqual(['100']);
  });

  test('that was not noted because the process died is found at the target, not sent twice', async () => {
    await issueAt('2021-05-01T00:10:00+02:00', monthly);
    const dying = courier('archiv', {
      pendingIssues: (target) => catalogue.pendingIssues(target),
      saveIssue: () => Promise.reject(new Error('killed')),
    });
    dying.start();
    await vi.waitFor(() => expect(events).toMatchObject([{ type: 'trouble' }]));
    await dying.stop();
    await issueAt('2021-05-01T00:20:00+02:00', monthly);
    await deliver();
    expect(await delivered()).toEqual(['Report_2021-04.csv']);
  });

  test('that no retry can mend is set aside, and tried again when somebody says so', async () => {
    await issueAt('2021-05-01T00:10:00+02:00', monthly);
    const [issue] = await catalogue.pendingIssues('archiv');
    const file = join(outgoing(), `${issue?.id}.csv`);
    const whole = await readFile(file);
    await writeFile(file, 'altered');
    await deliver();
    expect(events).toMatchObject([{ type: 'set-aside', error: { code: 'local-file-altered' } }]);
    await writeFile(file, whole);
    expect(await catalogue.retryIssues()).toBe(1);
    await deliver();
    expect(await textOf('Report_2021-04.csv')).toEqual(['100']);
  });

  test('begins anew where the process died before it noted what it had made', async () => {
    const dying = new DyingCatalogue({ path: join(folder, 'catalogue.db') });
    await dying.open();
    await issueAt('2021-05-01T00:10:00+02:00', monthly, { ledger: dying });
    await dying.close();
    expect(problems.splice(0)).toHaveLength(1);
    expect(await readdir(outgoing())).toHaveLength(1);
    await writeFile(join(outgoing(), 'note.txt'), 'of somebody else');
    await issueAt('2021-05-01T00:20:00+02:00', monthly);
    await deliver();
    expect(await readdir(outgoing())).toEqual(['note.txt']);
    expect(await delivered()).toEqual(['Report_2021-04.csv']);
  });

  test('goes on where the folder of this machine could not be written', async () => {
    await rm(outgoing(), { recursive: true, force: true });
    await writeFile(outgoing(), '');
    await issueAt('2021-05-01T00:10:00+02:00', monthly);
    expect(problems.splice(0)).not.toEqual([]);
    await rm(outgoing());
    await issueAt('2021-05-01T00:11:00+02:00', monthly);
    await deliver();
    expect(await delivered()).toEqual(['Report_2021-04.csv']);
  });
});
