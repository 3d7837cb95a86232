import { execFile } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { CreateMultipartUploadCommand, UploadPartCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { s3Limits, S3Target, type S3Limits, type S3Settings } from '../../src/delivery/s3.ts';
import { takeNet, type Net } from '../live/net.ts';
import { S3Server } from '../live/s3.ts';
import { nasty } from '../nasty.ts';
import { expectToHelp, Local, patterned, thrownBy } from './contract.ts';
import { startRudeHttp } from './rude-http.ts';
import { startRude, type Rudeness } from './rude.ts';
import { bucketPlace, settingsFor } from './s3.fixture.ts';

const secret = 'Tr0ub4dor&3';
/** So that what is silent is given up soon. */
const impatient: S3Limits = { ...s3Limits, answerMs: 1_000, discardMs: 500 };

const nowhere: S3Settings = {
  type: 's3',
  region: 'us-east-1',
  bucket: 'mitschnitt',
  access_key: 'AKIA',
  secret_key: { reveal: () => secret },
  path: '',
  path_style: true,
};

let local: Local;
beforeAll(async () => {
  local = await Local.create();
});
afterAll(() => local.remove());

test('the packages for S3, SFTP and WebDAV are loaded only by who uses them', async () => {
  const targets = new URL('../../src/delivery/targets.ts', import.meta.url).href;
  const script = `
    import { registerHooks } from 'node:module';
    const loaded = [];
    registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
    const { createTarget } = await import('${targets}');
    const target = createTarget('archiv', ${JSON.stringify({ ...nowhere, endpoint: 'http://127.0.0.1:9' })});
    console.log(loaded.some((url) => /\\/(@aws-sdk|ssh2|webdav)\\//.test(url)));
    await target.check(new AbortController().signal).catch(() => undefined);
    console.log(loaded.some((url) => url.includes('/@aws-sdk/')));`.replace(
    '"secret_key":{}',
    '"secret_key":{reveal:()=>"s"}',
  );
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script]);
  expect(stdout.trim().split('\n')).toEqual(['false', 'true']);
});

describe('what is no S3 service', () => {
  const told = async (endpoint: string, limits = impatient) => {
    const target = new S3Target('archiv', { ...nowhere, endpoint }, limits);
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
    // The beginning of an answer that has no end.
    ['babbles', 'no-answer'],
  ])('but a server that %s is told', async (rudeness, code) => {
    const server = await startRude(rudeness);
    expect(await told(`http://${server.host}:${String(server.port)}`)).toMatchObject({ code });
    await server.stop();
  });

  test.each<[string, string, (request: IncomingMessage, response: ServerResponse) => void]>([
    ['has a web page for everything', 'not-understood', (_, response) => response.end('<html>Hello')],
    ['says no with a web page', 'write-refused', (_, response) => response.writeHead(403).end('<html>No')],
    [
      'is too busy for more than a page',
      'server-busy',
      (_, response) => response.writeHead(503).end('<html>No'),
    ],
    ['cuts the connection', 'connection-lost', (request) => request.socket.destroy()],
    [
      'takes nothing of a file',
      'no-answer',
      ({ method }, response) => method === 'HEAD' && response.writeHead(404).end(),
    ],
    [
      'takes a file and says nothing about it',
      'no-answer',
      (request, response) => {
        request.resume();
        if (request.method === 'HEAD') response.writeHead(404).end();
      },
    ],
  ])('but a web server that %s is told', async (_, code, answer) => {
    const server = await startRudeHttp(answer);
    expect(await told(server.url)).toMatchObject({ code });
    await server.stop();
  });

  test('but one that keeps half of a file is told, and the half does not stay', async () => {
    const removed: (string | undefined)[] = [];
    let stored = 0;
    const server = await startRudeHttp((request, response) => {
      request.resume();
      if (request.method === 'DELETE') removed.push(request.url);
      if (request.method === 'PUT') stored = Number(request.headers['content-length']);
      if (request.method === 'HEAD' && stored === 0) response.writeHead(404).end();
      else if (request.method === 'HEAD')
        response.writeHead(200, { 'content-length': Math.floor(stored / 2), etag: 'e' }).end();
      else response.end();
    });
    expect(await told(server.url)).toMatchObject({ code: 'content-differs' });
    expect(removed).toHaveLength(1);
    await server.stop();
  });
});

test.each<[number, string, string, boolean?]>([
  [403, 'RequestTimeTooSkewed', 'clock-wrong'],
  [403, 'InvalidAccessKeyId', 'login-refused'],
  [403, 'QuotaExceeded', 'no-space'],
  [507, 'XMinioStorageFull', 'no-space'],
  [503, 'SlowDown', 'server-busy'],
  [400, 'KMS.DisabledException', 'encryption-key-unusable'],
  [301, 'PermanentRedirect', 'region-wrong'],
  [400, 'AuthorizationHeaderMalformed', 'region-wrong'],
  [400, 'XAmzContentSHA256Mismatch', 'transfer-damaged'],
  [400, 'KeyTooLongError', 'name-refused', false],
  [500, 'InternalError', 'server-failed'],
])('the answer %i %s is told as %s', async (status, code, ours, retry = true) => {
  const server = await startRudeHttp((request, response) => {
    request.resume();
    if (request.method === 'HEAD') response.writeHead(404).end();
    else
      response
        .writeHead(status, { 'content-type': 'application/xml' })
        .end(`<Error><Code>${code}</Code><Message>${secret}\u001b[2J ${'so '.repeat(200)}</Message></Error>`);
  });
  const target = new S3Target('archiv', { ...nowhere, endpoint: server.url }, impatient);
  const thrown = await thrownBy(target.put(await local.upload({})));
  expectToHelp(thrown, 'archiv', [secret]);
  expect(thrown).toMatchObject({ code: ours, retry });
  expect((thrown as Error).message).not.toMatch(/\p{Cc}/u);
  expect((thrown as Error).message.length).toBeLessThan(400);
  await target.close();
  await server.stop();
});

test('a service that does not know conditions is asked without one', async () => {
  let stored = 0;
  const server = await startRudeHttp((request, response) => {
    request.resume();
    if (request.method === 'HEAD')
      response.writeHead(stored === 0 ? 404 : 200, { 'content-length': stored, etag: 'e' }).end();
    else if (request.headers['if-none-match'] !== undefined) response.writeHead(501).end();
    else {
      stored = Number(request.headers['content-length']);
      response.end();
    }
  });
  const target = new S3Target('archiv', { ...nowhere, endpoint: server.url }, impatient);
  expect((await target.put(await local.upload({}))).how).toBe('stored');
  stored = 0;
  expect((await target.put(await local.upload({}))).how).toBe('stored');
  expect(server.requests.filter(({ headers }) => headers['if-none-match'] !== undefined)).toHaveLength(1);
  await target.close();
  await server.stop();
});

test.each([
  ['honours', true, 1],
  ['ignores', false, 3],
])(
  'a service that %s conditions replaces nothing, and is asked before no more often than that takes',
  async (_, honours, looks) => {
    const objects = new Map<string, string>();
    const server = await startRudeHttp((request, response) => {
      const { method, url = '', headers } = request;
      const key = url.replace(/\?.*/, '');
      const length = objects.get(key);
      request.resume();
      if (method === 'DELETE') objects.delete(key);
      if (method === 'HEAD' && length !== undefined) response.setHeader('content-length', length);
      if (method === 'HEAD') response.writeHead(length === undefined ? 404 : 200, { etag: 'e' }).end();
      else if (method === 'PUT' && length !== undefined && honours && headers['if-none-match'] === '*')
        response
          .writeHead(412, { 'content-type': 'application/xml' })
          .end('<Error><Code>PreconditionFailed</Code></Error>');
      else {
        if (method === 'PUT') objects.set(key, headers['content-length'] ?? '');
        response.end();
      }
    });
    const target = new S3Target('archiv', { ...nowhere, endpoint: server.url }, impatient);
    const uploads = [];
    for (let n = 1; n <= 3; n += 1) uploads.push(await local.upload({ content: patterned(1000 * n, n) }));
    for (const upload of uploads) expect((await target.put(upload)).how).toBe('stored');
    const asked = server.requests.filter(({ method }) => method === 'HEAD');
    // One for each file that arrived.
    expect(asked).toHaveLength(3 + looks);
    const taken = await local.upload({ content: patterned(77) });
    const [first] = objects.keys();
    objects.set((first ?? '').replace(/[^/]*$/, encodeURIComponent(taken.name)), '5');
    expect(await thrownBy(target.put(taken))).toMatchObject({ code: 'name-taken' });
    // What was tried with is gone.
    expect([...objects.values()].toSorted()).toEqual(['1000', '2000', '3000', '5']);
    await target.close();
    await server.stop();
  },
);

test('encryption, lock and storage class are asked for with every object, and with the beginning of one in parts', async () => {
  const xml = { 'content-type': 'application/xml' };
  let stored = 0;
  const server = await startRudeHttp((request, response) => {
    request.resume();
    const { method, url = '' } = request;
    if (method === 'HEAD')
      response.writeHead(stored === 0 ? 404 : 200, { 'content-length': stored, etag: 'e' }).end();
    else if (url.includes('?object-lock'))
      response
        .writeHead(200, xml)
        .end(
          '<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>',
        );
    else if (method === 'POST' && !url.includes('uploadId'))
      response.writeHead(200, xml).end('<R><UploadId>1</UploadId></R>');
    else if (method === 'POST') response.writeHead(200, xml).end('<R><ETag>e</ETag></R>');
    else {
      stored += method === 'PUT' ? Number(request.headers['content-length']) : 0;
      response.writeHead(200, { etag: 'e' }).end();
    }
  });
  const settings: S3Settings = {
    ...nowhere,
    endpoint: server.url,
    encryption: 'aws:kms',
    kms_key: 'ours',
    object_lock: { mode: 'compliance', retention: 86_400_000, legal_hold: true },
    storage_class: 'STANDARD_IA',
  };
  const target = new S3Target('archiv', settings, { ...impatient, partBytes: 1_000_000 });
  for (const bytes of [1_000, 2_500_000]) {
    stored = 0;
    expect((await target.put(await local.upload({ content: patterned(bytes) }))).how).toBe('stored');
  }
  const asked = server.requests.filter(({ headers }) => headers['x-amz-storage-class'] !== undefined);
  expect(asked.map(({ method }) => method)).toEqual(['PUT', 'POST']);
  for (const { headers } of asked) {
    expect(headers).toMatchObject({
      'x-amz-server-side-encryption': 'aws:kms',
      'x-amz-server-side-encryption-aws-kms-key-id': 'ours',
      'x-amz-object-lock-mode': 'COMPLIANCE',
      'x-amz-object-lock-legal-hold': 'ON',
      'x-amz-storage-class': 'STANDARD_IA',
    });
    const until = Date.parse(String(headers['x-amz-object-lock-retain-until-date']));
    expect(Math.abs(until - Date.now() - 86_400_000)).toBeLessThan(60_000);
  }
  const parts = server.requests.filter(({ url = '' }) => url.includes('partNumber='));
  expect(parts).toHaveLength(3);
  for (const { headers } of parts)
    expect(Buffer.from(String(headers['x-amz-checksum-sha256']), 'base64').toString('hex')).toBe(
      headers['x-amz-content-sha256'],
    );
  await target.close();
  await server.stop();
});

describe('a service', () => {
  let net: Net;
  let server: S3Server;
  let right: S3Settings;
  beforeAll(async () => {
    net = await takeNet();
    server = await S3Server.start({ net: net.prefix });
    right = settingsFor(server);
  });
  afterAll(async () => {
    await server.stop();
    await net.release();
  });
  beforeEach(() => bucketPlace(server, '').clear());

  const target = (changes: Partial<S3Settings> = {}, limits = s3Limits) =>
    new S3Target('archiv', { ...right, ...changes }, limits);

  test.each<[string, Partial<S3Settings>, string]>([
    ['locks', { object_lock: { legal_hold: true } }, 'lock-not-offered'],
    ['encryption', { encryption: 'AES256' }, 'not-offered'],
    ['this region', { region: 'eu-central-1' }, 'region-wrong'],
  ])('without %s is told', async (_, changes, code) => {
    for (const call of ['put', 'check'] as const) {
      const one = target(changes);
      const thrown = await thrownBy(
        call === 'put' ? one.put(await local.upload({})) : one.check(new AbortController().signal),
      );
      await one.close();
      expectToHelp(thrown, 'archiv', [server.secretKey]);
      expect(thrown).toMatchObject({ code, fault: 'configuration', retry: true });
    }
    expect(await bucketPlace(server, '').files()).toEqual([]);
  });

  test('gets rid of the parts that an attempt left behind that died', async () => {
    const client = server.client();
    const upload = await local.large();
    for (const name of [upload.name, `${upload.name}2`]) {
      const where = { Bucket: server.bucket, Key: `${right.path}/${name}` };
      const { UploadId } = await client.send(new CreateMultipartUploadCommand(where));
      await client.send(new UploadPartCommand({ ...where, UploadId, PartNumber: 1, Body: patterned(1000) }));
    }
    const one = target();
    expect((await one.put(upload)).how).toBe('stored');
    // The other one may be somebody's who is at work.
    expect(await bucketPlace(server, 'calls/').files()).toEqual([upload.name, `${upload.name}2.part`]);
    await one.close();
    client.destroy();
  });

  test('keeps names as they are, whatever a caller made of them, and refuses those that are too long', async () => {
    const one = target();
    const possible = nasty.filter((name) => name.isWellFormed() && !/[/\p{Cc}\uFFFE\uFFFF]/u.test(name));
    const names = possible.filter((name) => !['', '.', '..'].includes(name));
    const short = names.filter((name) => Buffer.byteLength(name) <= 255);
    for (const name of short) expect((await one.put(await local.upload({ name }))).how).toBe('stored');
    expect(await bucketPlace(server, 'calls/').files()).toEqual([...short].sort());
    const name = 'ü'.repeat(600);
    expect(await thrownBy(one.put(await local.upload({ name })))).toMatchObject({
      code: 'name-refused',
      retry: false,
    });
    await one.close();
  });
});

// Ceph's gateway on its database: it ignores conditions and keeps no metadata, so that only looking helps.
test('a service that is poor gets nothing overwritten either, and recordings are known again', async () => {
  const net = await takeNet();
  const server = await S3Server.start({ net: net.prefix, kind: 'radosgw' });
  const target = new S3Target('archiv', settingsFor(server));
  const { read, write } = bucketPlace(server, 'calls/');
  for (const upload of [await local.upload({}), await local.upload({ content: patterned(20_000_000) })]) {
    expect(await target.put(upload)).toMatchObject({ how: 'stored' });
    expect(await target.put(upload)).toEqual({ how: 'already-there', confirmedBy: 'sha256' });
    expect((await read(upload.name)).length).toBe(upload.bytes);
  }
  const upload = await local.upload({ content: patterned(1000, 1) });
  await write(upload.name, patterned(1000));
  expect(await thrownBy(target.put(upload))).toMatchObject({ code: 'name-taken' });
  expect(await read(upload.name)).toEqual(patterned(1000));
  await target.check(new AbortController().signal);
  const missing = new S3Target('archiv', { ...settingsFor(server), bucket: 'nothing-here' });
  expect(await thrownBy(missing.put(await local.upload({})))).toMatchObject({ code: 'bucket-missing' });
  await target.close();
  await missing.close();
  await server.stop();
  await net.release();
});
