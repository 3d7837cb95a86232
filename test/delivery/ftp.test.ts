import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { FtpTarget, type FtpLimits, type FtpSettings } from '../../src/delivery/ftp.ts';
import { FtpServer } from '../live/ftp.ts';
import { takeNet, type Net } from '../live/net.ts';
import { expectToHelp, Local, patterned, thrownBy } from './contract.ts';
import { startRude, type Rudeness } from './rude.ts';

const secret = 'Tr0ub4dor&3';
/** So that what is silent is given up soon. */
const limits: FtpLimits = { answerMs: 500, idleMs: 5_000 };

function ftpTarget(changes: Partial<FtpSettings>, within: FtpLimits = limits): FtpTarget {
  const settings = {
    type: 'ftp',
    host: '127.0.0.1',
    port: 21,
    tls: 'none',
    username: 'pbx',
    path: '',
  } as const;
  return new FtpTarget('archiv', { ...settings, password: { reveal: () => secret }, ...changes }, within);
}

let local: Local;
beforeAll(async () => {
  local = await Local.create();
});
afterAll(() => local.remove());

describe('a rude server', () => {
  test.each<[Rudeness, string]>([
    ['silent', 'no-answer'],
    ['cuts greeting', 'connection-lost'],
    ['babbles', 'no-answer'],
    ['agrees to all', 'not-understood'],
    ['tells password', 'login-refused'],
    ['silent after login', 'no-answer'],
    ['cuts transfer', 'connection-lost'],
    ['stalls transfer', 'no-answer'],
    ['never confirms', 'no-answer'],
    ['drops half', 'content-differs'],
  ])('that is %s', async (rudeness, code) => {
    const server = await startRude(rudeness);
    const target = ftpTarget({ port: server.port });
    const upload = await local.upload({ content: patterned(10_000_000) });
    const startedAt = performance.now();
    const thrown = await thrownBy(target.put(upload));
    expect(performance.now() - startedAt).toBeLessThan(4_000);
    expectToHelp(thrown, 'archiv', [secret]);
    expect(thrown).toMatchObject({ code, retry: true });
    expect((thrown as Error).message).not.toMatch(/[\p{Cc}]/u);
    expect((thrown as Error).message.length).toBeLessThan(300);
    await target.close();
    await server.stop();
  });
});

describe('a server that says of what it does not have that it is unavailable now', () => {
  test.each([1_000, 1_000_000])('gets a file of %i bytes, and is believed when it is gone', async (bytes) => {
    const server = await startRude('says unavailable');
    const target = ftpTarget({ port: server.port });
    const upload = await local.upload({ content: patterned(bytes), folder: '2026' });
    const { signal } = new AbortController();
    expect(await target.put(upload)).toMatchObject({ how: 'stored' });
    expect(await target.remove(upload, signal)).toBe('removed');
    expect(await target.remove(upload, signal)).toBe('absent');
    const reading = async () => {
      for await (const piece of target.read(upload, signal)) expect(piece).toBeUndefined();
    };
    expect(await thrownBy(reading())).toMatchObject({ code: 'file-missing' });
    await target.close();
    await server.stop();
  });
});

describe('a wrong setting', () => {
  let net: Net;
  let root: string;
  let servers: Record<'none' | 'explicit', FtpServer>;
  beforeAll(async () => {
    net = await takeNet();
    root = await mkdtemp(join(tmpdir(), 'mitschnitt-ftp-'));
    const none = await FtpServer.start({ net: net.prefix, root, tls: 'none' });
    const other = await takeNet();
    const explicit = await FtpServer.start({ net: other.prefix, root, tls: 'explicit' });
    servers = { none, explicit };
    return () => other.release();
  });
  afterAll(async () => {
    await Promise.all(Object.values(servers).map((server) => server.stop()));
    await rm(root, { recursive: true });
    await net.release();
  });

  const told = async (server: 'none' | 'explicit', changes: Partial<FtpSettings>): Promise<unknown> => {
    const { host, port, username, password } = servers[server];
    const right = { host, port, username, password: { reveal: () => password } };
    const thrown = await thrownBy(ftpTarget({ ...right, ...changes }).put(await local.upload({})));
    expectToHelp(thrown, 'archiv', [password]);
    return thrown;
  };

  test('TLS with a server that has none', async () => {
    expect(await told('none', { tls: 'explicit' })).toMatchObject({
      code: 'tls-not-offered',
      fault: 'configuration',
    });
  });
  test('implicit TLS with a server that expects another beginning', async () => {
    expect(await told('explicit', { tls: 'implicit' })).toMatchObject({
      code: 'tls-failed',
      fault: 'configuration',
    });
  });
  test('no TLS with a server that insists on it', async () => {
    expect(await told('explicit', { tls: 'none' })).toMatchObject({
      code: 'login-refused',
      hint: expect.stringContaining('tls: explicit') as string,
    });
  });
  test('a file of certificates that is not there', async () => {
    expect(await told('explicit', { tls: 'explicit', ca: '/nowhere.pem' })).toMatchObject({
      code: 'ca-unreadable',
    });
  });
  test('a host that does not exist', async () => {
    const { code } = (await told('none', { host: 'nowhere.invalid' })) as { code: string };
    // Without any name server it cannot even be known that there is none.
    expect(['host-unknown', 'name-service-down']).toContain(code);
  });
  test.each(['/from/the root', 'from/the login'])(
    'but a path that does not exist yet, %s, is made',
    async (path) => {
      const { host, port, username, password } = servers.none;
      const right = { host, port, username, password: { reveal: () => password }, path };
      const target = ftpTarget(right, { ...limits, answerMs: 5_000 });
      const upload = await local.upload({ folder: '2026' });
      expect((await target.put(upload)).how).toBe('stored');
      expect(await readdir(join(root, path, '2026'))).toEqual([upload.name]);
      await target.close();
    },
  );
});

describe('a session', () => {
  let net: Net;
  let root: string;
  let server: FtpServer;
  beforeAll(async () => {
    net = await takeNet();
    root = await mkdtemp(join(tmpdir(), 'mitschnitt-ftp-'));
    server = await FtpServer.start({ net: net.prefix, root });
  });
  afterAll(async () => {
    await server.stop();
    await rm(root, { recursive: true });
    await net.release();
  });
  const target = (within: FtpLimits) => {
    const { host, port, username, password } = server;
    return ftpTarget({ host, port, username, password: { reveal: () => password } }, within);
  };
  const logins = async () => (await server.log()).split('OK LOGIN').length - 1;

  test('serves many files, and is opened anew when the server ended it', async () => {
    const kept = target({ answerMs: 5_000, idleMs: 5_000 });
    for (let count = 0; count < 5; count += 1) await kept.put(await local.upload({}));
    expect(await logins()).toBe(1);
    await server.restart();
    expect((await kept.put(await local.upload({}))).how).toBe('stored');
    await kept.close();
  });
});
