import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { EmailTarget, type EmailSettings } from '../../src/delivery/email.ts';
import { OpusCopy, silence } from '../../src/delivery/email-opus.ts';
import { NoAnswer } from '../../src/delivery/time-limit.ts';
import { SmtpMailer } from '../../src/mail/smtp.ts';
import { takeNet } from '../live/net.ts';
import { SmtpServer } from '../live/smtp.ts';
import { tone, toneFile, tonesOver, totalMs } from '../live/tone.ts';
import { durationMs, formatWav, parseWav } from '../live/wav.ts';
import { expectToHelp, Local, patterned, sha256, thrownBy } from './contract.ts';
import { emailSettings, reachSmtp } from './email.fixture.ts';
import { startScripted } from './scripted-smtp.ts';

let local: Local;
let folder: string;
beforeAll(async () => {
  local = await Local.create();
  folder = await mkdtemp(join(tmpdir(), 'mitschnitt-opus-'));
});
afterAll(async () => {
  await local.remove();
  await rm(folder, { recursive: true });
});

const opus = (changes: Partial<EmailSettings> = {}) =>
  ({ ...emailSettings, ...changes, format: 'opus' }) as const;

/** A target whose mail server takes everything, and the sizes of what it took. */
async function scripted(changes: Partial<EmailSettings> = {}) {
  const server = await startScripted({});
  const { host, port } = server;
  const mailer = new SmtpMailer({ host, port, tls: 'none', from: 'pbx@example.test' });
  const target = new EmailTarget('post', opus(changes), mailer);
  const end = async () => {
    await target.close();
    await server.stop();
  };
  return { target, taken: server.messages, end };
}

test('a message gets the recording in Ogg Opus: as long, with each party in its channel, and small', async () => {
  const net = await takeNet();
  const server = await SmtpServer.start({ net: net.prefix, root: join(folder, 'mailboxes') });
  const ca = join(folder, 'ca.pem');
  await writeFile(ca, server.certificate);
  const target = new EmailTarget('post', opus(), new SmtpMailer(reachSmtp(server, 'required', ca)));
  const wav = formatWav({ sampleRate: 8_000, channels: [tone(560, 5_000), tone(1_020, 5_000)] });
  const upload = await local.upload({ content: wav });
  const { sent, ...stored } = await target.put(upload);
  expect(stored).toEqual({ how: 'stored', confirmedBy: 'accepted' });
  await target.close();
  const [mail] = await server.read('archive');
  await server.stop();
  await net.release();
  const name = upload.name.replace('.wav', '.opus');
  expect(mail?.attachments.map((each) => [each.name, each.type])).toEqual([[name, 'audio/ogg']]);
  expect(mail?.text).toContain(name);
  const [{ content } = { content: Buffer.alloc(0) }] = mail?.attachments ?? [];
  expect(content.length).toBe(sent);
  expect(content.length).toBeLessThan(wav.length / 5);
  const received = join(folder, 'received.opus');
  await writeFile(received, content);
  const decoded = join(folder, 'decoded.wav');
  await promisify(execFile)('ffmpeg', ['-v', 'error', '-i', received, '-ar', '8000', decoded]);
  const { sampleRate, channels } = parseWav(await readFile(decoded));
  expect(Math.abs(durationMs({ sampleRate, channels }) - 5_000)).toBeLessThan(30);
  for (const [channel, own, other] of [
    [0, 560, 1_020],
    [1, 1_020, 560],
  ] as const) {
    const heard = tonesOver({ sampleRate, channels }, [own, other], { channel });
    expect(totalMs(heard.get(own))).toBeGreaterThan(4_900);
    // At its beginning the encoder still finds out how little the two have in common.
    expect(totalMs(heard.get(other))).toBeLessThan(300);
  }
});

test('max_size is that of the message as it is sent', async () => {
  const upload = await local.upload({ content: toneFile(560, 20_000) });
  const { target, taken, end } = await scripted({ max_size: 200_000 });
  expect((await target.put(upload)).how).toBe('stored');
  const [size = 0] = taken;
  expect(size).toBeLessThan(200_000);
  await end();
  const narrow = await scripted({ max_size: size / 2 });
  expect(await thrownBy(narrow.target.put(upload))).toMatchObject({
    code: 'too-large-for-email',
    retry: false,
  });
  expect(narrow.taken).toEqual([]);
  await narrow.end();
});

test('a sidecar is attached as it is', async () => {
  const { target, taken, end } = await scripted();
  const upload = await local.upload({ content: patterned(40_000), name: 'Aufnahme.json' });
  expect(await target.put(upload)).toEqual({ how: 'stored', confirmedBy: 'accepted' });
  expect(taken[0]).toBeGreaterThan(40_000);
  await end();
});

test('what is no longer what was recorded is not sent as a copy either', async () => {
  const { target, taken, end } = await scripted();
  const upload = await local.upload({ content: toneFile(560, 2_000) });
  await writeFile(upload.source, toneFile(1_020, 2_000));
  expect(sha256(toneFile(1_020, 2_000))).not.toBe(upload.sha256);
  expect(await thrownBy(target.put(upload))).toMatchObject({ code: 'local-file-altered', retry: false });
  expect(taken).toEqual([]);
  await end();
});

test.each<[string, string, string]>([
  ['is not there', '', 'ffmpeg-missing'],
  ['cannot do it', 'echo "Unknown encoder \'libopus\'" >&2; exit 1', 'conversion-failed'],
  ['dies', 'kill -9 $$', 'conversion-failed'],
])('an ffmpeg that %s is told, by a check as well, and how to go on', async (_, script, code) => {
  const { target, taken, end } = await scripted();
  const upload = await local.upload({ content: toneFile(560, 20_000) });
  for (const call of [() => target.put(upload), () => target.check(new AbortController().signal)]) {
    const thrown = await withFfmpeg(script, () => thrownBy(call()));
    expectToHelp(thrown, 'post', []);
    expect(thrown).toMatchObject({
      ...{ code, fault: 'configuration', retry: true },
      hint: expect.stringContaining('set format in targets.post to wav') as string,
    });
  }
  await target.check(new AbortController().signal);
  expect(taken).toEqual([]);
  await end();
});

test('an ffmpeg that never ends is ended with the process, or when its time is up', async () => {
  const { target, end } = await scripted();
  const upload = await local.upload({ content: toneFile(560, 20_000) });
  const marker = 3_601;
  await withFfmpeg(`exec sleep ${String(marker)}`, async () => {
    const abort = new AbortController();
    const putting = thrownBy(target.put({ ...upload, signal: abort.signal }));
    await expect.poll(() => isRunning(`sleep\0${String(marker)}`)).toBe(true);
    abort.abort();
    expect(await putting).toMatchObject({ code: 'aborted', retry: true });
    expect(await thrownBy(OpusCopy.of(silence(), new AbortController().signal, 200))).toBeInstanceOf(
      NoAnswer,
    );
  });
  await expect.poll(() => isRunning(`sleep\0${String(marker)}`)).toBe(false);
  await end();
});

/** Runs with no other programs than this one in the place of ffmpeg; none, if empty. */
async function withFfmpeg<T>(script: string, work: () => Promise<T>): Promise<T> {
  const programs = await mkdtemp(join(folder, 'bin-'));
  if (script !== '') await writeFile(join(programs, 'ffmpeg'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const before = process.env['PATH'];
  process.env['PATH'] = script === '' ? programs : `${programs}:/bin`;
  return work().finally(() => (process.env['PATH'] = before));
}

async function isRunning(commandLine: string): Promise<boolean> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(ids.map((id) => readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')));
  return lines.some((line) => line.startsWith(commandLine));
}
