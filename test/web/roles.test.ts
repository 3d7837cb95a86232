import { beforeAll, describe, expect, test } from 'vitest';

import { routes, type RouteName } from '../../src/web/api/routes.ts';
import { clientOf, signedIn, useConsole, type Client } from './console.ts';

const console = useConsole();
let clients: Readonly<Record<string, Client>> = {};

beforeAll(async () => {
  const { url } = console();
  clients = {
    admin: await signedIn(url, 'admin'),
    anna: await signedIn(url, 'anna'),
    bert: await signedIn(url, 'bert'),
    audi: await signedIn(url, 'audi'),
    nobody: clientOf(url),
  };
});

interface Expected {
  readonly path?: string;
  readonly body?: unknown;
  /** Supervisor of the group that it is of, of another one, auditor, nobody; 0: not asked. */
  readonly own: number;
  readonly other: number;
  readonly auditor: number;
  readonly nobody: number;
}

const anyone = { own: 200, other: 200, auditor: 200, nobody: 200 };
const everybody = { ...anyone, nobody: 401 };
const ofGroup = { ...everybody, other: 404 };
const overseers = { own: 403, other: 403, auditor: 200, nobody: 401 };
const administrators = { own: 403, other: 403, auditor: 403, nobody: 401 };
/** Let through, and then refused for what was asked: it is not there. */
const operatorsOfNothing = { own: 404, other: 404, auditor: 403, nobody: 401 };

const expected: Readonly<Record<RouteName, Expected>> = {
  'GET /greeting': anyone,
  'POST /session': {
    ...anyone,
    own: 401,
    other: 401,
    auditor: 401,
    nobody: 401,
    body: { name: 'x', password: 'y' },
  },
  // None is configured here: see oidc.test.ts.
  'POST /oidc': { own: 404, other: 404, auditor: 404, nobody: 404, body: {} },
  'POST /welcome': { own: 400, other: 400, auditor: 400, nobody: 400, body: {} },
  'POST /link': { own: 400, other: 400, auditor: 400, nobody: 400, body: {} },
  'GET /session': everybody,
  // Asked in a test of its own: it ends the session.
  'DELETE /session': { own: 0, other: 0, auditor: 0, nobody: 401 },
  'PUT /password': { own: 400, other: 400, auditor: 400, nobody: 401, body: {} },
  'GET /events': { own: 0, other: 0, auditor: 0, nobody: 401 },
  'GET /overview': everybody,
  'GET /calls': everybody,
  'POST /calls/:id/control': { ...operatorsOfNothing, body: { control: 'stop' } },
  'GET /outcomes': everybody,
  'GET /completeness': everybody,
  'GET /storage': overseers,
  'GET /gate': overseers,
  'GET /targets': overseers,
  'GET /targets/:name/history': { ...overseers, path: '/targets/archiv/history' },
  'GET /records': everybody,
  'GET /reasons': everybody,
  'GET /records/:id': ofGroup,
  'GET /records/:id/audio': ofGroup,
  'GET /records/:id/peaks': ofGroup,
  'POST /records/:id/notes': { ...ofGroup, auditor: 403, body: { text: 'noted' } },
  'DELETE /records/:id/notes/:note': { ...operatorsOfNothing, path: '/records/sale-1/notes/999' },
  'PUT /records/:id/hold': { ...ofGroup, body: { reason: 'test' } },
  'DELETE /records/:id/hold': administrators,
  'POST /records/:id/retry': { ...administrators, body: {} },
  'POST /records/:id/verify': { ...overseers, body: {} },
  'GET /configuration/schema': overseers,
  'GET /configuration': overseers,
  'POST /configuration/check': { ...administrators, body: {} },
  'PUT /configuration': { ...administrators, body: {} },
  'GET /configuration/export': administrators,
  'GET /announcements': overseers,
  'GET /announcements/:language/:name/audio': {
    ...{ own: 403, other: 403, auditor: 404, nobody: 401 },
    path: '/announcements/de/none/audio',
  },
  'PUT /announcements/:language/:name': { ...administrators, path: '/announcements/de/none', body: {} },
  'DELETE /announcements/:language/:name': { ...administrators, path: '/announcements/de/none' },
  'POST /targets/:name/check': { ...administrators, path: '/targets/archiv/check', body: {} },
  'POST /upload': { ...administrators, body: {} },
  'POST /retry': { ...administrators, body: {} },
  'POST /alarms/test': { ...administrators, body: {} },
  'GET /selftest': overseers,
  'POST /selftest': { ...administrators, body: {} },
  'GET /cleanup': administrators,
  'POST /cleanup': { ...administrators, body: {} },
  'GET /audit': overseers,
  'GET /users': administrators,
  'POST /users': { ...administrators, body: {} },
  'PATCH /users/:name': { ...administrators, path: '/users/admin', body: {} },
  'DELETE /users/:name': { ...administrators, path: '/users/admin' },
  'POST /users/:name/link': { ...administrators, path: '/users/admin/link', body: {} },
  'GET /tokens': administrators,
  'POST /tokens': { ...administrators, body: {} },
  'DELETE /tokens/:id': { ...administrators, path: '/tokens/5f0c2a55-1b6f-4e53-8a3c-0c0d0e0f0a0b' },
};

const columns = { own: 'anna', other: 'bert', auditor: 'audi', nobody: 'nobody' } as const;

describe.each(Object.entries(expected) as [RouteName, Expected][])(
  '%s',
  (name, { path, body, ...statuses }) => {
    const [method = '', pattern = ''] = name.split(' ');
    const asked = path ?? pattern.replace(':id', 'sale-1');

    test.each(Object.entries(columns))('answers %s (%s) as the table of roles says', async (column, who) => {
      const status = statuses[column as keyof typeof columns];
      if (status === 0) return;
      const response = await clients[who]?.ask(method, asked, body);
      expect(response?.status).toBe(status);
      await response?.body?.cancel();
    });
  },
);

describe('An administrator', () => {
  test.each(
    (Object.keys(routes) as RouteName[]).filter((name) => name.startsWith('GET ') && name !== 'GET /events'),
  )('is answered by %s with what its schema says', async (name) => {
    const path = (expected[name].path ?? name.split(' ')[1] ?? '').replace(':id', 'sale-1');
    const response = await clients.admin?.ask('GET', path);
    const { response: schema } = routes[name];
    const isThere = !name.includes('/announcements/');
    expect(response?.status).toBe(isThere ? 200 : 404);
    if (!isThere) return;
    if (typeof schema === 'string') expect(response?.headers.get('content-type')).toContain(schema);
    else expect(schema.safeParse(await response?.json())).toMatchObject({ success: true });
  });
});

describe('A supervisor', () => {
  test('sees the lines, outcomes and reasons of the own group only, whatever is asked for', async () => {
    for (const query of [
      '',
      '?group=Support',
      '?group=Verkauf&group=Support',
      '?number=200',
      '?text=support',
    ]) {
      const text = await (await clients.anna?.ask('GET', `/records${query}`))?.text();
      expect(text).not.toContain('support-1');
      expect(text).not.toContain('"Support"');
    }
    const from = encodeURIComponent('2021-04-07T00:00:00Z');
    const to = encodeURIComponent('2021-04-08T00:00:00Z');
    const own = await (await clients.anna?.ask('GET', `/outcomes?from=${from}&to=${to}`))?.json();
    expect(own).toMatchObject({ totals: { recorded: 1 } });
    const others = await (
      await clients.anna?.ask('GET', `/outcomes?from=${from}&to=${to}&group=Support`)
    )?.json();
    expect(others).toMatchObject({ totals: {}, hours: [] });
    const all = await (await clients.admin?.ask('GET', `/outcomes?from=${from}&to=${to}`))?.json();
    expect(all).toMatchObject({ totals: { recorded: 2 } });
  });

  test('is told nothing of the machine, nor of other groups', async () => {
    const overview = await (await clients.anna?.ask('GET', '/overview'))?.json();
    expect(overview).toMatchObject({ storage: null, targets: null, selftest: null });
    expect(await (await clients.anna?.ask('GET', '/session'))?.json()).toMatchObject({
      ...{ groups: ['Verkauf'], known_groups: ['Verkauf'], known_targets: [] },
    });
  });

  test('has no other rights by a token than by name', async () => {
    const made = await clients.admin?.ask('POST', '/tokens', {
      name: 't',
      role: 'supervisor',
      groups: ['Verkauf'],
    });
    const { secret } = (await made?.json()) as { secret: string };
    const headers = { authorization: `Bearer ${secret}` };
    const byToken = clientOf(console().url);
    expect((await byToken.ask('GET', '/records/sale-1', undefined, headers)).status).toBe(200);
    expect((await byToken.ask('GET', '/records/support-1', undefined, headers)).status).toBe(404);
    expect((await byToken.ask('GET', '/users', undefined, headers)).status).toBe(403);
  });
});
