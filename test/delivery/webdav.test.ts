import { chmod, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import {
  webDavLimits,
  WebDavTarget,
  type WebDavLimits,
  type WebDavSettings,
} from '../../src/delivery/webdav.ts';
import { takeNet, type Net } from '../live/net.ts';
import { WebDavServer } from '../live/webdav.ts';
import { nasty } from '../nasty.ts';
import { expectToHelp, Local, patterned, thrownBy } from './contract.ts';
import { startRudeHttp } from './rude-http.ts';
import { startRude, type Rudeness } from './rude.ts';

const secret = 'Tr0ub4dor&3';
/** So that what is silent is given up soon. */
const impatient: WebDavLimits = { ...webDavLimits, answerMs: 1_000 };

const nowhere: WebDavSettings = {
  ...({ type: 'webdav', url: 'http://127.0.0.1:9', username: 'pbx', path: '' } as const),
  password: { reveal: () => secret },
};

/** An answer to PROPFIND (RFC 4918, 9.1). */
const multistatus = (what: string) =>
  `<?xml version="1.0"?><D:multistatus xmlns:D="DAV:"><D:response><D:href>/</D:href><D:propstat><D:prop>${what}</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response></D:multistatus>`;
const aFolder = multistatus('<D:resourcetype><D:collection/></D:resourcetype>');
const aFile = (bytes: number) =>
  multistatus(`<D:resourcetype/><D:getcontentlength>${String(bytes)}</D:getcontentlength>`);

let local: Local;
beforeAll(async () => {
  local = await Local.create();
});
afterAll(() => local.remove());

describe('what is no WebDAV server', () => {
  const told = async (url: string, limits = impatient) => {
    const target = new WebDavTarget('archiv', { ...nowhere, url }, limits);
    const startedAt = performance.now();
    const thrown = await thrownBy(target.put(await local.upload({ content: patterned(3_000_000) })));
    expect(performance.now() - startedAt).toBeLessThan(4_000);
    await target.close();
    expectToHelp(thrown, 'archiv', [secret]);
    expect(thrown).toMatchObject({ retry: true });
    return thrown;
  };

  test.each<[Rudeness, string]>([
    ['silent', 'no-answer'],
    ['cuts greeting', 'not-understood'],
    ['babbles', 'no-answer'],
  ])('but a server that %s is told', async (rudeness, code) => {
    const server = await startRude(rudeness);
    expect(await told(`http://${server.host}:${String(server.port)}`)).toMatchObject({ code });
    await server.stop();
  });

  const root = (request: IncomingMessage, response: ServerResponse): boolean => {
    request.resume();
    if (request.method === 'PROPFIND' && request.url === '/') response.writeHead(207).end(aFolder);
    else if (request.method === 'PROPFIND') response.writeHead(404).end();
    else return false;
    return true;
  };
  test.each<[string, string, (request: IncomingMessage, response: ServerResponse) => void]>([
    ['has a web page for everything', 'not-understood', (_, response) => response.end('<html>Hello')],
    ['only serves pages', 'not-understood', (_, response) => response.writeHead(405).end()],
    ['cuts the connection', 'connection-lost', (request) => request.socket.destroy()],
    ['never ends its answer', 'not-understood', (request, response) => endless(request, response)],
    ['takes a file and says nothing', 'no-answer', (request, response) => void root(request, response)],
    [
      'has no space left',
      'no-space',
      (request, response) => root(request, response) || response.writeHead(507).end(),
    ],
    [
      'is too busy',
      'server-busy',
      (request, response) => root(request, response) || response.writeHead(503).end(),
    ],
    [
      'has it locked',
      'locked',
      (request, response) => root(request, response) || response.writeHead(423).end(),
    ],
    [
      'limits requests',
      'file-too-large',
      (request, response) => root(request, response) || response.writeHead(413).end(),
    ],
    [
      'forgets what it took',
      'content-differs',
      (request, response) => root(request, response) || response.writeHead(201).end(),
    ],
  ])('but a web server that %s is told', async (_, code, answer) => {
    const server = await startRudeHttp(answer);
    expect(await told(server.url)).toMatchObject({ code });
    await server.stop();
  });

  test('but one that keeps half of a file is told, and the half gets no name', async () => {
    const methods: (string | undefined)[] = [];
    const server = await startRudeHttp((request, response) => {
      methods.push(request.method);
      if (methods.includes('PUT') && request.method === 'PROPFIND')
        response.writeHead(207).end(aFile(1_500_000));
      else if (!root(request, response)) response.writeHead(201).end();
    });
    expect(await told(server.url)).toMatchObject({ code: 'content-differs' });
    expect(methods).not.toContain('MOVE');
    expect(methods).toContain('DELETE');
    await server.stop();
  });
});

/** Sends as long as it is let. */
function endless(request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  response.writeHead(207);
  const more = (): void => {
    while (!response.destroyed && response.write(Buffer.alloc(64_000, ' ')));
    if (!response.destroyed) response.once('drain', more);
  };
  more();
}

describe('an Apache with mod_dav', () => {
  let net: Net;
  let root: string;
  let server: WebDavServer;
  beforeAll(async () => {
    net = await takeNet();
    root = await mkdtemp(join(tmpdir(), 'mitschnitt-webdav-'));
    server = await WebDavServer.start({ net: net.prefix, root });
  });
  afterAll(async () => {
    await server.stop();
    await rm(root, { recursive: true });
    await net.release();
  });
  beforeEach(async () => {
    for (const entry of await readdir(root)) await rm(join(root, entry), { recursive: true });
  });

  const target = (changes: Partial<WebDavSettings> = {}, limits = webDavLimits) => {
    const { url, username, password } = server;
    const right = { ...nowhere, url, username, password: { reveal: () => password } };
    return new WebDavTarget('archiv', { ...right, ...changes }, limits);
  };

  test('that wants a digest is never told the password, also not a wrong one', async () => {
    const other = await takeNet();
    const strict = await WebDavServer.start({ net: other.prefix, login: 'digest' });
    for (const password of [strict.password, secret]) {
      const one = target({ url: strict.url, password: { reveal: () => password } });
      const putting = one.put(await local.upload({ folder: '2026/04' }));
      if (password === secret) expect(await thrownBy(putting)).toMatchObject({ code: 'login-refused' });
      else expect((await putting).how).toBe('stored');
      await one.close();
    }
    expect(await strict.run('ls', '-R', '/srv/dav')).toContain('Aufnahme_');
    await strict.stop();
    await other.release();
    const seen: (string | undefined)[] = [];
    const rude = await startRudeHttp(({ headers }, response) => {
      seen.push(headers.authorization);
      response.writeHead(401, { 'www-authenticate': 'Digest realm="x", nonce="y", qop="auth"' }).end();
    });
    expect(await thrownBy(target({ url: rude.url }).put(await local.upload({})))).toMatchObject({
      code: 'login-refused',
    });
    expect(seen.length).toBeGreaterThan(1);
    expect(seen.filter((header) => header?.startsWith('Digest') === false)).toEqual([]);
    await rude.stop();
  });

  test.each(['/from/the root', 'from/the url'])('gets a path that does not exist yet, %s', async (path) => {
    const one = target({ path });
    const upload = await local.upload({ folder: '2026' });
    expect((await one.put(upload)).how).toBe('stored');
    expect(await readdir(join(root, path, '2026'))).toEqual([upload.name]);
    await one.close();
  });

  test('that may not write on its disk is told', async () => {
    await mkdir(join(root, 'locked'));
    await chmod(join(root, 'locked'), 0o555);
    const one = target({ path: 'locked' });
    const thrown = await thrownBy(one.put(await local.upload({})));
    expectToHelp(thrown, 'archiv', [server.password]);
    expect(thrown).toMatchObject({ code: 'server-failed', retry: true });
    await one.close();
  });

  test('keeps names as they are, whatever a caller made of them', async () => {
    const one = target();
    const possible = nasty.filter((name) => !/[/\0]/.test(name) && !['', '.', '..'].includes(name));
    const short = possible.filter((name) => Buffer.byteLength(name) <= 255);
    for (const name of short) expect((await one.put(await local.upload({ name }))).how).toBe('stored');
    expect((await readdir(root)).sort()).toEqual(short.map((name) => name.toWellFormed()).sort());
    await one.close();
  });
});
