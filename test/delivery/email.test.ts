import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { EmailTarget, type EmailSettings } from '../../src/delivery/email.ts';
import type { Upload } from '../../src/delivery/target.ts';
import { base64Bytes } from '../../src/mail/mime.ts';
import { SmtpMailer, smtpLimits, type SmtpSettings } from '../../src/mail/smtp.ts';
import { takeNet, type Net } from '../live/net.ts';
import { SmtpServer } from '../live/smtp.ts';
import { nasty } from '../nasty.ts';
import { expectToHelp, Local, patterned, sha256, thrownBy } from './contract.ts';
import { emailSettings, reachSmtp, smtpTestLimits } from './email.fixture.ts';
import { startRude, type Rudeness } from './rude.ts';
import { startScripted, type Script } from './scripted-smtp.ts';

const secret = 'Tr0ub4dor&3';

let local: Local;
beforeAll(async () => {
  local = await Local.create();
});
afterAll(() => local.remove());

/** Settings of a server that wants neither login nor TLS. */
function plain({ host, port }: { readonly host: string; readonly port: number }): SmtpSettings {
  return { host, port, tls: 'none', from: 'pbx@example.test' };
}

describe('a mail server', () => {
  test.each<[Rudeness, string]>([
    ['silent', 'no-answer'],
    ['cuts greeting', 'connection-lost'],
    ['babbles', 'not-understood'],
  ])('that %s is none', async (rudeness, code) => {
    const server = await startRude(rudeness);
    const target = new EmailTarget('post', emailSettings, new SmtpMailer(plain(server), smtpTestLimits));
    const startedAt = performance.now();
    const thrown = await thrownBy(target.put(await local.upload({})));
    expect(performance.now() - startedAt).toBeLessThan(3_000);
    expectToHelp(thrown, 'post', [secret]);
    expect(thrown).toMatchObject({ code, retry: true });
    await server.stop();
  });

  test.each<[Script, string, boolean]>([
    [{ greeting: '554 5.7.1 not you' }, 'server-refuses', true],
    [{ greeting: '421 4.3.2 full house' }, 'server-busy', true],
    [{ MAIL: '550 5.1.8 who is that' }, 'sender-refused', true],
    [{ MAIL: '553 sender not allowed' }, 'sender-refused', true],
    [{ MAIL: '530 5.7.0 authenticate first' }, 'login-refused', true],
    [{ MAIL: '452 4.3.1 disk full' }, 'no-space', true],
    [{ MAIL: '552 5.3.4 too big' }, 'message-too-big', false],
    [{ EHLO: '250-hello\r\n250 SIZE 1000' }, 'message-too-big', false],
    [{ RCPT: '550 5.1.1 unknown' }, 'recipient-refused', true],
    [{ RCPT: '551 user not local' }, 'recipient-refused', true],
    [{ RCPT: '550 5.1.7 bad sender' }, 'sender-refused', true],
    [{ RCPT: '450 4.2.0 greylisted' }, 'recipient-not-now', true],
    [{ RCPT: '552 5.2.2 over quota' }, 'no-space', true],
    [{ DATA: '451 4.3.0 not now' }, 'not-now', true],
    [{ '.': '552 5.2.3 too long' }, 'message-too-big', false],
    [{ '.': '552 exceeds limit' }, 'message-too-big', false],
    [{ '.': '554 5.7.1 spam' }, 'message-refused', true],
    [{ '.': '451 4.3.0 queue error' }, 'not-now', true],
    [{ '.': '421 4.4.2 leaving' }, 'server-busy', true],
    [{ DATA: undefined }, 'no-answer', true],
  ])('that says %j gets the error %s', async (script, code, retry) => {
    const server = await startScripted(script);
    const target = new EmailTarget('post', emailSettings, new SmtpMailer(plain(server), smtpTestLimits));
    const thrown = await thrownBy(target.put(await local.upload({ content: patterned(3_000) })));
    expectToHelp(thrown, 'post', [secret]);
    expect(thrown).toMatchObject({ code, retry });
    await server.stop();
  });

  test('that takes only so many messages in one session gets the next one in another', async () => {
    const server = await startScripted({ MAIL: ['250 ok', '421 4.7.0 too many messages', '250 ok'] });
    const target = new EmailTarget('post', emailSettings, new SmtpMailer(plain(server), smtpTestLimits));
    for (let count = 0; count < 3; count += 1)
      await target.put(await local.upload({ content: patterned(500) }));
    expect(server.messages).toHaveLength(3);
    expect(server.heard.filter((command) => command === 'EHLO')).toHaveLength(2);
    await target.close();
    await server.stop();
  });

  test('is waited for after the last byte for longer than for any other answer', async () => {
    const server = await startScripted({ '.': undefined });
    const limits = { ...smtpLimits, answerMs: 300, acceptMs: 1_500 };
    const target = new EmailTarget('post', emailSettings, new SmtpMailer(plain(server), limits));
    const startedAt = performance.now();
    expect(await thrownBy(target.put(await local.upload({})))).toMatchObject({ code: 'no-answer' });
    expect(performance.now() - startedAt).toBeGreaterThan(1_400);
    await server.stop();
  });

  test('is given some time to answer for a whole message when the process stops', async () => {
    const server = await startScripted({ '.': undefined });
    const limits = { ...smtpLimits, partingMs: 500 };
    const target = new EmailTarget('post', emailSettings, new SmtpMailer(plain(server), limits));
    const abort = new AbortController();
    const putting = thrownBy(target.put({ ...(await local.upload({})), signal: abort.signal }));
    await expect.poll(() => server.heard).toContain('.');
    const abortedAt = performance.now();
    abort.abort();
    expect(await putting).toMatchObject({ code: 'aborted' });
    expect(performance.now() - abortedAt).toBeGreaterThan(400);
    await server.stop();
  });

  test('that tells the password in its refusal does not get it into the error', async () => {
    const token = Buffer.from(`\0pbx\0${secret}`).toString('base64');
    const server = await startScripted({
      EHLO: '250-hello\r\n250 AUTH PLAIN',
      AUTH: `535 5.7.8 not ${secret} of \u001b[2J${token} ${'long '.repeat(100)}`,
    });
    const settings = { ...plain(server), username: 'pbx', password: { reveal: () => secret } };
    const target = new EmailTarget('post', emailSettings, new SmtpMailer(settings, smtpTestLimits));
    const thrown = await thrownBy(target.check(new AbortController().signal));
    expectToHelp(thrown, 'post', [secret, '\u001b']);
    expect(thrown).toMatchObject({ code: 'login-refused' });
    expect((thrown as Error).message.length).toBeLessThan(400);
    await server.stop();
  });
});

test.each([0, 1, 57, 40_000])(
  'a recording of %i bytes is sent up to max_size, and no larger',
  async (bytes) => {
    const server = await startScripted({});
    const upload = await local.upload({ content: patterned(bytes) });
    const limited = (max_size: number) =>
      new EmailTarget('post', { ...emailSettings, max_size }, new SmtpMailer(plain(server), smtpTestLimits));
    await limited(1e9).put(upload);
    const [size = 0] = server.messages;
    expect(size).toBeGreaterThan(base64Bytes(bytes));
    await limited(size).put(upload);
    const thrown = await thrownBy(limited(size - 1).put(upload));
    expectToHelp(thrown, 'post', []);
    expect(thrown).toMatchObject({ code: 'too-large-for-email', fault: 'configuration', retry: false });
    expect(server.messages).toEqual([size, size]);
    await server.stop();
  },
);

test.each([0, 1, 56, 57, 58, 171, 172, 1_000_000])(
  'Base64 of %i bytes has the size that is told',
  (bytes) => {
    const text = Buffer.alloc(bytes).toString('base64');
    expect(base64Bytes(bytes)).toBe((text.match(/.{1,76}/g) ?? []).join('\r\n').length);
  },
);

describe('a Postfix', () => {
  let net: Net;
  let root: string;
  let server: SmtpServer;
  let right: SmtpSettings;
  const limit = 100_000;
  beforeAll(async () => {
    net = await takeNet();
    root = await mkdtemp(join(tmpdir(), 'mitschnitt-mail-'));
    server = await SmtpServer.start({ net: net.prefix, root: join(root, 'mailboxes'), size: limit });
    const ca = join(root, 'ca.pem');
    await writeFile(ca, server.certificate);
    right = reachSmtp(server, 'required', ca);
  });
  afterAll(async () => {
    await server.stop();
    await rm(root, { recursive: true });
    await net.release();
  });
  beforeEach(() => server.clear());
  const open: EmailTarget[] = [];
  afterEach(async () => {
    for (const target of open.splice(0)) await target.close();
  });

  const target = (
    changes: Partial<EmailSettings> = {},
    smtp: Partial<SmtpSettings> = {},
    limits = smtpLimits,
  ) => {
    const made = new EmailTarget(
      'post',
      { ...emailSettings, ...changes },
      new SmtpMailer({ ...right, ...smtp }, limits),
    );
    open.push(made);
    return made;
  };
  const told = async (changes: Partial<EmailSettings>, smtp: Partial<SmtpSettings> = {}, upload?: Upload) => {
    const thrown = await thrownBy(target(changes, smtp).put(upload ?? (await local.upload({}))));
    expectToHelp(thrown, 'post', [server.password]);
    return thrown as Error & { readonly code: string; readonly hint: string };
  };

  test('delivers the recording with what is known of the call', async () => {
    const upload = await local.upload({ content: patterned(50_000) });
    await target({ to: ['archive@example.test', 'second@example.test'] }).put(upload);
    for (const mailbox of ['archive', 'second']) {
      const [mail, ...others] = await server.read(mailbox);
      expect(others).toEqual([]);
      expect(mail?.subject).toBe('Aufnahme 2021-04-07 13:34:26 +41791234567 → 200');
      expect(mail?.text.split(/\r?\n/)).toEqual([
        'Anrufer: +41791234567',
        'Angerufener: 200',
        'Beginn: 2021-04-07 13:34:26 (Europe/Zurich)',
        'Dauer: 00:03:12',
        'Anruftyp: eingehend',
        'Gruppe: Verkauf',
        `Aufnahme: ${upload.name}`,
        '',
      ]);
      expect(mail?.attachments.map(({ name, type }) => ({ name, type }))).toEqual([
        { name: upload.name, type: 'audio/wav' },
      ]);
      expect(sha256(mail?.attachments[0]?.content ?? Buffer.alloc(0))).toBe(upload.sha256);
      expect(mail?.headers.get('message-id')).toBe(`<${upload.id}@example.test>`);
      expect(mail?.headers.get('auto-submitted')).toBe('auto-generated');
      expect(mail?.headers.get('from')).toBe('pbx@example.test');
    }
  });

  test('delivers it in English where the group speaks that', async () => {
    const upload = await local.upload({});
    await target({ languageOf: (group) => (group === 'Verkauf' ? 'en' : 'de') }).put(upload);
    const [mail] = await server.read('archive');
    expect(mail?.subject).toMatch(/^Recording /);
    expect(mail?.text).toContain('Caller: +41791234567');
  });

  test('gets no header and no line from whatever a caller sends as a number', async () => {
    const one = target();
    const { facts, ...upload } = await local.upload({});
    for (const from of nasty) await one.put({ ...upload, facts: { ...facts, from, to: from, group: from } });
    const mails = await server.read('archive');
    expect(mails).toHaveLength(nasty.length);
    const names = new Set(mails.flatMap(({ headers }) => [...headers.keys()]));
    const ours = [
      'from',
      'to',
      'subject',
      'message-id',
      'date',
      'mime-version',
      'content-type',
      'auto-submitted',
    ];
    const theirs = ['delivered-to', 'return-path', 'received', 'x-original-to'];
    expect([...names].filter((name) => ![...ours, ...theirs].includes(name))).toEqual([]);
    for (const { text, headers, subject } of mails) {
      expect(text.trimEnd().split(/\r?\n/)).toHaveLength(7);
      expect(headers.get('to')).toBe('archive@example.test');
      expect(subject).not.toMatch(/[\p{Cc}\p{Cf}\u2028\u2029]/u);
    }
  });

  test('that takes only small messages refuses a large one for good', async () => {
    const upload = await local.upload({ content: patterned(limit) });
    expect(await told({}, {}, upload)).toMatchObject({ code: 'message-too-big', retry: false });
    expect(await server.messages('archive')).toEqual([]);
  });

  test('that refuses one recipient gives the message to nobody, and the refused ones are named', async () => {
    const to = ['archive@example.test', 'nobody@example.test', 'second@example.test', 'nobody2@example.test'];
    const thrown = await told({ to });
    expect(thrown).toMatchObject({
      code: 'recipient-refused',
      message: expect.stringContaining('nobody@example.test, nobody2@example.test') as string,
    });
    expect(await thrownBy(target({ to }).check(new AbortController().signal))).toMatchObject({
      code: 'recipient-refused',
    });
    for (const mailbox of ['archive', 'second']) expect(await server.messages(mailbox)).toEqual([]);
  });

  test('that greylists is asked again later', async () => {
    expect(await told({ to: ['busy@example.test'] })).toMatchObject({
      code: 'recipient-not-now',
      retry: true,
    });
  });

  test('without TLS is told nothing where TLS is demanded', async () => {
    const { ports } = server;
    expect(await told({}, { port: ports.none })).toMatchObject({
      code: 'tls-not-offered',
      fault: 'configuration',
    });
    expect(await told({}, { port: ports.none, tls: 'implicit' })).toMatchObject({ code: 'tls-failed' });
  });

  test('that demands TLS or a login says so', async () => {
    const { ports } = server;
    const nobody = { username: undefined, password: undefined };
    expect(await told({}, { tls: 'none', port: ports.required })).toMatchObject({ code: 'tls-demanded' });
    expect(await told({}, { tls: 'none', port: ports.required, ...nobody })).toMatchObject({
      code: 'login-refused',
      hint: expect.stringContaining('tls: required') as string,
    });
    // Postfix gives it as the reason why it refuses the recipient.
    expect(await told({}, nobody)).toMatchObject({
      code: 'recipient-refused',
      hint: expect.stringContaining('username') as string,
    });
  });

  test('without TLS and login takes messages where neither is demanded', async () => {
    const nobody = {
      username: undefined,
      password: undefined,
      tls: 'optional',
      port: server.ports.none,
    } as const;
    expect((await target({}, nobody).put(await local.upload({}))).how).toBe('stored');
  });

  test('whose authority cannot be read is not connected to', async () => {
    expect(await told({}, { ca: '/nowhere/ca.pem' })).toMatchObject({ code: 'ca-unreadable' });
  });

  test('gets many recordings in one session, and a new one when it dropped that', async () => {
    const logins = async () => (await server.log()).split('sasl_method').length - 1;
    const one = target({}, {}, { ...smtpLimits, idleMs: 0 });
    await one.put(await local.upload({}));
    const connections = async () => (await server.log()).split(': connect from').length - 1;
    const before = await connections();
    await one.put(await local.upload({}));
    expect(await connections()).toBe(before);
    expect(await logins()).toBeGreaterThan(0);
    await server.restart();
    expect((await one.put(await local.upload({}))).how).toBe('stored');
    expect(await server.messages('archive')).toHaveLength(3);
  });
});
