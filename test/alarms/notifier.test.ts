import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { Alarms, type AlarmRaised } from '../../src/alarms/alarms.ts';
import { EmailChannel } from '../../src/alarms/email-channel.ts';
import { Notifier, type NoticeChannel } from '../../src/alarms/notifier.ts';
import { WebhookChannel } from '../../src/alarms/webhook-channel.ts';
import { SqliteCatalogue } from '../../src/catalogue/sqlite.ts';
import { SmtpMailer, smtpLimits, type SmtpSettings } from '../../src/mail/smtp.ts';
import { reachSmtp } from '../delivery/email.fixture.ts';
import { eventually } from '../live/eventually.ts';
import { takeNet, type Net } from '../live/net.ts';
import { SmtpServer } from '../live/smtp.ts';
import { Receiver } from './receiver.ts';

const policy = { gatherMs: 300, quietMs: 300, remindEveryMs: 3_600_000 };
const form = { language: 'de', timeZone: 'Europe/Zurich', host: 'pbx1' } as const;
const delays = { firstMs: 200, longestMs: 400, jitter: 0 };

const down = (subject: string): AlarmRaised => ({
  ...{ kind: 'target-unreachable', subject, problem: 'nothing answers', fault: 'destination' },
  hint: 'Look.',
});

let folder: string;
let logged: string[];
let catalogue: SqliteCatalogue;
let alarms: Alarms;
let notifiers: Notifier[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mitschnitt-notifier-'));
  logged = [];
  catalogue = new SqliteCatalogue({ path: join(folder, 'catalogue.db') });
  await catalogue.open();
});
afterEach(async () => {
  await stopAll();
  await catalogue.close();
  await rm(folder, { recursive: true });
});

/** As a process begins. */
async function startAll(
  channels: readonly NoticeChannel[],
  changes: Partial<typeof policy> = {},
): Promise<void> {
  const write = (message: string, fields?: unknown): number =>
    logged.push(`${message} ${JSON.stringify(fields)}`);
  const log = { debug: write, info: write, warn: write, error: write };
  alarms = new Alarms({
    file: join(folder, 'alarms.json'),
    log,
    now: Date.now,
    listeners: [(alarm, state) => notifiers.forEach((notifier) => notifier.tell(alarm, state))],
  });
  notifiers = channels.map(
    (channel) =>
      new Notifier({
        ...{ channel, ledger: catalogue, alarms, log, now: Date.now, delays },
        policy: { ...policy, ...changes },
      }),
  );
  await alarms.start();
  for (const notifier of notifiers) await notifier.start();
}

async function stopAll(): Promise<void> {
  for (const notifier of notifiers.splice(0)) await notifier.stop();
  await alarms.stop();
}

describe('by webhook', () => {
  const secret = 'whsec_' + Buffer.from('a key of many bytes').toString('base64');
  const receiver = new Receiver(Buffer.from('a key of many bytes'));
  const webhook = (key = secret) =>
    new WebhookChannel({ url: receiver.url, secret: { reveal: () => key } }, form);
  const states = () =>
    receiver.received.map(({ body }) =>
      body.alarms.map(({ state, subject }) => `${state} ${subject}`).join(', '),
    );

  beforeEach(async () => {
    for (const list of [receiver.received, receiver.attempts, receiver.doubts]) list.length = 0;
    receiver.status = 204;
    await receiver.start();
  });
  afterEach(() => receiver.stop());

  test('alarms are told once when they begin, all in one request, and once when they are over', async () => {
    await startAll([webhook()]);
    for (const subject of ['a', 'b', 'c']) alarms.raise(down(subject));
    await eventually(() => states().length === 1);
    alarms.clear('target-unreachable', 'b');
    await eventually(() => states().length === 2);
    expect(states()).toEqual(['raised a, raised b, raised c', 'over b']);
    expect(receiver.doubts).toEqual([]);
    const [first] = receiver.received;
    expect(first?.id).toBe(first?.body.id);
    expect(first?.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  test('a key that is plain text signs with that text', async () => {
    const other = new Receiver(Buffer.from('plain'));
    await other.start();
    await startAll([new WebhookChannel({ url: other.url, secret: { reveal: () => 'plain' } }, form)]);
    alarms.raise(down('a'));
    await eventually(() => other.received.length === 1);
    await other.stop();
  });

  test.each([500, 404, 307])(
    'a receiver that answers %i gets the same again, under the same id',
    async (status) => {
      receiver.status = status;
      await startAll([webhook()]);
      alarms.raise(down('a'));
      await eventually(() => logged.filter((line) => line.startsWith('nobody could be told')).length >= 2);
      const before = await catalogue.notices('webhook');
      expect(before).toMatchObject([{ subject: 'a', toldAt: undefined }]);
      receiver.status = 200;
      await eventually(() => states().length === 1);
      expect(states()).toEqual(['raised a']);
      expect(logged.join()).not.toContain('path-secret');
    },
  );

  test('a receiver that is away is told of all that happened meanwhile in one request', async () => {
    await startAll([webhook()]);
    await receiver.stop();
    alarms.raise(down('a'));
    await eventually(() => logged.some((line) => line.includes('cannot be reached (ECONNREFUSED)')));
    alarms.clear('target-unreachable', 'a');
    alarms.raise(down('b'));
    for (let time = 0; time < 50; time += 1) {
      alarms.raise(down('c'));
      alarms.clear('target-unreachable', 'c');
    }
    await receiver.start();
    await eventually(() => states().length === 1);
    expect(states()).toEqual(['passed a, raised b, passed c']);
    expect(receiver.received[0]?.body.alarms.map(({ times }) => times)).toEqual([1, 1, 50]);
  });

  test('what a process did not come to tell is told by the next one', async () => {
    await receiver.stop();
    await startAll([webhook()]);
    alarms.raise(down('a'));
    alarms.raise(down('b'));
    await eventually(() => logged.some((line) => line.startsWith('nobody could be told')));
    alarms.clear('target-unreachable', 'b');
    await stopAll();
    await receiver.start();
    await startAll([webhook()]);
    await eventually(() => states().length === 1);
    expect(states()[0]?.split(', ').sort()).toEqual(['passed b', 'raised a']);
    await stopAll();
    await startAll([webhook()]);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(states()).toHaveLength(1);
  });

  test('a process that died before it could note what it told tells it again, under the same id', async () => {
    await startAll([webhook()]);
    alarms.raise(down('a'));
    await eventually(async () => (await catalogue.notices('webhook')).length === 1);
    const before = await catalogue.notices('webhook');
    await eventually(() => states().length === 1);
    await stopAll();
    await catalogue.saveNotices('webhook', before);
    await startAll([webhook()]);
    await eventually(() => states().length === 2);
    expect(new Set(receiver.attempts).size).toBe(1);
  });

  test('a reminder comes as long as it stands', async () => {
    await startAll([webhook()], { remindEveryMs: 700 });
    alarms.raise(down('a'));
    await eventually(() => states().length === 3);
    expect(states()).toEqual(['raised a', 'reminder a', 'reminder a']);
    expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(3);
  });

  test('a wrong key is not believed, and that is an alarm', async () => {
    await startAll([webhook('wrong')]);
    alarms.raise(down('a'));
    await eventually(() => alarms.standing.some(({ kind }) => kind === 'notices-unsent'));
    expect(receiver.received).toEqual([]);
    expect(receiver.doubts[0]).toMatch(/^signature /);
    expect(alarms.standing).toContainEqual(
      expect.objectContaining({ subject: 'webhook', problem: expect.stringContaining('401') as string }),
    );
  });
});

describe('by e-mail', () => {
  let net: Net;
  let root: string;
  let server: SmtpServer;
  let smtp: SmtpSettings;
  beforeAll(async () => {
    net = await takeNet();
    root = await mkdtemp(join(tmpdir(), 'mitschnitt-mail-'));
    server = await SmtpServer.start({ net: net.prefix, root: join(root, 'mailboxes') });
    const ca = join(root, 'ca.pem');
    await writeFile(ca, server.certificate);
    smtp = reachSmtp(server, 'required', ca);
  });
  afterAll(async () => {
    await server.stop();
    await rm(root, { recursive: true });
    await net.release();
  });
  beforeEach(() => server.clear());

  const email = () =>
    new EmailChannel(
      ['admin@example.test', 'second@example.test'],
      form,
      new SmtpMailer(smtp, { ...smtpLimits, answerMs: 2_000 }),
    );
  const subjects = async () => (await server.read('admin')).map(({ subject }) => subject);

  test('the administrator gets one message when it begins and one when it is over', async () => {
    await startAll([email()]);
    alarms.raise(down('archiv'));
    await eventually(async () => (await subjects()).length === 1);
    alarms.clear('target-unreachable', 'archiv');
    await eventually(async () => (await subjects()).length === 2);
    expect(await subjects()).toEqual([
      '[Mitschnitt pbx1] Alarm: Das Ziel archiv ist nicht erreichbar',
      '[Mitschnitt pbx1] Behoben: Das Ziel archiv ist nicht erreichbar',
    ]);
    expect(await server.read('second')).toHaveLength(2);
    const [first] = await server.read('admin');
    expect(first?.text).toContain('Was zu tun ist: Prüfen, ob der Server läuft');
    expect(first?.headers.get('auto-submitted')).toBe('auto-generated');
  });

  test('a mail server that was down for a while brings one message with all that happened', async () => {
    await startAll([email()]);
    await server.kill();
    alarms.raise(down('archiv'));
    alarms.raise(down('nas'));
    await eventually(() => logged.some((line) => line.startsWith('nobody could be told')));
    alarms.clear('target-unreachable', 'nas');
    alarms.raise({ ...down('AMI'), kind: 'asterisk-disconnected' });
    await server.restart();
    await eventually(async () => (await subjects()).length === 1, { within: 10_000 });
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const mails = await server.read('admin');
    expect(mails).toHaveLength(1);
    expect(mails[0]?.subject).toMatch(/^\[Mitschnitt pbx1\] 3 Meldungen: /);
    expect(mails[0]?.text).toContain('Alarm: Das Ziel archiv ist nicht erreichbar');
    expect(mails[0]?.text).toContain('War kurz gestört und ist behoben: Das Ziel nas ist nicht erreichbar');
    expect(mails[0]?.text).toContain('Alarm: Keine Verbindung zur Telefonanlage (AMI)');
  });
});
