import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { webDavLimits, WebDavTarget } from '../../src/delivery/webdav.ts';
import { Local, patterned, thrownBy } from './contract.ts';
import { startRudeHttp, type RudeHttp } from './rude-http.ts';

const folder =
  '<?xml version="1.0"?><D:multistatus xmlns:D="DAV:"><D:response><D:href>/</D:href><D:propstat><D:prop><D:resourcetype><D:collection/></D:resourcetype></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response></D:multistatus>';
const file = (bytes: number) =>
  folder.replace(
    '<D:resourcetype><D:collection/></D:resourcetype>',
    `<D:getcontentlength>${String(bytes)}</D:getcontentlength>`,
  );

interface Manners {
  /** Whether it refuses a name that is taken. */
  readonly guards: boolean;
  /** Whether it tells sizes to HEAD. */
  readonly glances?: boolean;
  /** Takes a nonce for so many requests. */
  readonly patience?: number;
}

/** A WebDAV server that keeps files in memory. */
function startServer(
  files: Map<string, Buffer>,
  { guards, glances = true, patience }: Manners,
): Promise<RudeHttp> {
  let asked = 0;
  return startRudeHttp((request, response) => {
    void buffer(request).then((body) => {
      const { method, url = '', headers } = request;
      const answer = (status: number, content?: string | Buffer) => response.writeHead(status).end(content);
      if (patience !== undefined) {
        const nonce = String(Math.floor((asked += 1) / patience));
        const wanted = `Digest realm="x", nonce="${nonce}", qop="auth", stale=true`;
        if (headers.authorization?.includes(`nonce="${nonce}"`) !== true)
          return response.writeHead(401, { 'www-authenticate': wanted }).end();
      }
      const found = files.get(url);
      if (method === 'PUT') return answer(201, void files.set(url, body));
      if (method === 'PROPFIND' && url.endsWith('/')) return answer(207, folder);
      if (!found) return answer(404);
      if (method === 'PROPFIND') return answer(207, file(found.length));
      if (method === 'HEAD')
        return response.writeHead(200, glances ? { 'content-length': found.length } : {}).end();
      if (method === 'GET') return answer(200, found);
      if (method === 'MOVE') {
        const to = new URL(String(headers['destination'])).pathname;
        if (guards && files.has(to)) return answer(412);
        files.set(to, found);
      }
      files.delete(url);
      return answer(204);
    });
  });
}

let local: Local;
beforeAll(async () => {
  local = await Local.create();
});
afterAll(() => local.remove());

const targetAt = ({ url }: RudeHttp) =>
  new WebDavTarget(
    'archiv',
    { type: 'webdav', url, username: 'pbx', path: '', password: { reveal: () => 'Tr0ub4dor&3' } },
    webDavLimits,
  );

test.each<[string, Manners]>([
  ['refuses names that are taken', { guards: true }],
  ['replaces what has a name', { guards: false }],
  ['tells no sizes to HEAD', { guards: true, glances: false }],
  ['wants to be asked anew for a nonce', { guards: true, patience: 3 }],
])('nothing is ever replaced, and the same is recognised, at a server that %s', async (_, manners) => {
  const other = Buffer.from('of somebody else');
  for (const bytes of [0, 1, 50_000, 600_000]) {
    const files = new Map([['/taken.wav', other]]);
    const server = await startServer(files, manners);
    const target = targetAt(server);
    const content = patterned(bytes);
    const taken = await local.upload({ name: 'taken.wav', content });
    for (let twice = 0; twice < 2; twice += 1)
      expect(await thrownBy(target.put(taken))).toMatchObject({ code: 'name-taken' });
    const free = await local.upload({ name: 'free.wav', content });
    expect(await target.put(free)).toMatchObject({ how: 'stored' });
    expect(await target.put(free)).toMatchObject({ how: 'already-there' });
    expect(Object.fromEntries(files)).toEqual({ '/taken.wav': other, '/free.wav': content });
    await target.close();
    await server.stop();
  }
});

test('a small file takes three requests once its server is known', async () => {
  const server = await startServer(new Map(), { guards: true });
  const target = targetAt(server);
  await target.put(await local.upload({ name: 'first.wav' }));
  const before = server.requests.length;
  await target.put(await local.upload({ name: 'second.wav' }));
  expect(server.requests.slice(before).map(({ method }) => method)).toEqual(['PUT', 'HEAD', 'MOVE']);
  await target.close();
  await server.stop();
});

test.each([
  [503, 'server-busy'],
  [302, 'not-understood'],
])('a server that answers with %d before it asked for it is shown no password', async (status, code) => {
  const shown: unknown[] = [];
  const server = await startRudeHttp(({ headers }, response) => {
    shown.push(headers.authorization);
    response.writeHead(status).end();
  });
  const target = targetAt(server);
  expect(await thrownBy(target.put(await local.upload({ name: 'a.wav' })))).toMatchObject({ code });
  expect(shown).toEqual([undefined]);
  await target.close();
  await server.stop();
});
