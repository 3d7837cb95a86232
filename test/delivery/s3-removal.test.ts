import { expect, test } from 'vitest';

import { s3Limits, S3Target, type S3Settings } from '../../src/delivery/s3.ts';
import { expectToHelp, thrownBy } from './local.ts';
import { startRudeHttp } from './rude-http.ts';

const secret = 'Tr0ub4dor&3';
const file = { folder: '', name: 'a.wav' };

function targetAt(endpoint: string): S3Target {
  const where = { type: 's3', endpoint, region: 'us-east-1', bucket: 'mitschnitt', path: '' } as const;
  const login = { access_key: 'AKIA', secret_key: { reveal: () => secret } };
  const settings: S3Settings = { ...where, ...login, path_style: true };
  return new S3Target('archiv', settings, { ...s3Limits, answerMs: 1_000, discardMs: 500 });
}

/** A bucket that keeps versions, of which the last comes first. */
function versioned(versions: string[], headers: Readonly<Record<string, string>> = {}) {
  return startRudeHttp(({ method, url = '' }, response) => {
    const [last] = versions;
    const asked = new URL(url, 'http://s3').searchParams.get('versionId');
    if (method === 'HEAD' && last === undefined) response.writeHead(404).end();
    else if (method === 'HEAD')
      response.writeHead(200, { etag: 'e', 'content-length': 9, 'x-amz-version-id': last, ...headers }).end();
    else if (Object.keys(headers).length > 0)
      response.writeHead(403).end('<Error><Code>AccessDenied</Code><Message>No</Message></Error>');
    else if (asked !== null && asked === last) response.writeHead(204).end(versions.shift() && '');
    else response.writeHead(204).end();
  });
}

test('an object is removed in all its versions, not only hidden', async () => {
  const versions = ['2', '1'];
  const server = await versioned(versions);
  const target = targetAt(server.url);
  expect(await target.remove(file, new AbortController().signal)).toBe('removed');
  expect(versions).toEqual([]);
  expect(await target.remove(file, new AbortController().signal)).toBe('absent');
  await target.close();
  await server.stop();
});

test.each<[string, Record<string, string>, string, RegExp]>([
  [
    'that has a lock',
    { 'x-amz-object-lock-retain-until-date': '2099-01-01T00:00:00Z' },
    'object-locked',
    /2099/,
  ],
  ['under a legal hold', { 'x-amz-object-lock-legal-hold': 'ON' }, 'object-locked', /legal hold/],
  [
    'whose lock is over',
    { 'x-amz-object-lock-retain-until-date': '2001-01-01T00:00:00Z' },
    'remove-refused',
    /may not/,
  ],
  ['that is closed to the key', { 'x-amz-meta-a': 'b' }, 'remove-refused', /may not/],
])('an object %s and cannot be removed is told', async (_, headers, code, what) => {
  const server = await versioned(['1'], headers);
  const target = targetAt(server.url);
  const thrown = await thrownBy(target.remove(file, new AbortController().signal));
  expectToHelp(thrown, 'archiv', [secret]);
  expect(thrown).toMatchObject({ code, retry: true });
  expect((thrown as Error).message).toMatch(what);
  await target.close();
  await server.stop();
});
