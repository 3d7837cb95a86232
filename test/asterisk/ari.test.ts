import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { afterAll, describe, expect, test } from 'vitest';

import { AriClient, AriRefusal, type AriEvent } from '../../src/asterisk/ari.ts';
import { eventually } from '../live/eventually.ts';
import { StasisServer } from './stasis-server.ts';

/** The limits of the client are 5 s; this is them and what a busy machine adds. */
const limitMs = 6_500;
const password = 'ari-secret';

const ends: (() => unknown)[] = [];
// Not after each: some of the tests go on at the same time.
afterAll(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function server(...parameters: Parameters<typeof StasisServer.start>): Promise<StasisServer> {
  const started = await StasisServer.start(...parameters);
  ends.push(() => started.stop());
  return started;
}

const clientOf = (url: string) => new AriClient({ url, username: 'mitschnitt', password, app: 'mitschnitt' });
const authorization = `Basic ${Buffer.from(`mitschnitt:${password}`).toString('base64')}`;

/** A server that answers all with this. */
const answering = (status: number, body = '') =>
  server((_request, response) => response.writeHead(status).end(body));

/** The address of a server that is gone. */
async function nowhere(): Promise<string> {
  const gone = createServer().listen(0, '127.0.0.1');
  await once(gone, 'listening');
  const { port } = gone.address() as AddressInfo;
  gone.close();
  return `http://127.0.0.1:${port}/ari`;
}

/** An Asterisk whose events are listened to. */
async function listening() {
  const asterisk = await server(() => undefined);
  const events: AriEvent[] = [];
  const connection = await clientOf(asterisk.url).events((event) => events.push(event));
  ends.push(() => connection.close());
  await eventually(() => asterisk.streams.length === 1);
  return { asterisk, events, connection };
}

const refusedLogin = {
  code: 'ari-login-refused',
  fault: 'configuration',
  message: expect.not.stringContaining(password) as string,
};
const unreachable = { code: 'ari-unreachable', fault: 'asterisk', retry: true };

describe('a request', () => {
  test('is sent with its login and query, and answered with what the body says', async () => {
    const asterisk = await answering(200, '[{"technology":"PJSIP"}]');
    const client = clientOf(asterisk.url);
    const query = { media: 'sound:/a b&c=d', lang: 'de' };
    expect(await client.request('POST', 'channels/1.1/play/x', query)).toEqual([{ technology: 'PJSIP' }]);
    const [request] = asterisk.requests;
    expect(request?.method).toBe('POST');
    expect(request?.headers.authorization).toBe(authorization);
    const url = new URL(request?.url ?? '', asterisk.url);
    expect(url.pathname).toBe('/ari/channels/1.1/play/x');
    expect(Object.fromEntries(url.searchParams)).toEqual(query);
  });

  test('is answered with nothing where there is no body', async () => {
    const asterisk = await answering(204);
    expect(await clientOf(asterisk.url).request('POST', 'channels/1.1/answer')).toBeUndefined();
  });

  test('fails with 401 for whoever has the wrong password', async () => {
    const asterisk = await answering(401, '{"error":"Unauthorized"}');
    await expect(clientOf(asterisk.url).request('GET', 'endpoints')).rejects.toMatchObject(refusedLogin);
  });

  test.each([404, 409, 500, 503])('that Asterisk refuses with %i fails with it', async (status) => {
    const asterisk = await answering(status, '{"message":"Channel not found"}');
    const request = clientOf(asterisk.url).request('DELETE', 'playbacks/x');
    await expect(request).rejects.toBeInstanceOf(AriRefusal);
    await expect(request).rejects.toMatchObject({
      status,
      message: `DELETE playbacks/x: ${status} {"message":"Channel not found"}`,
    });
  });

  test('fails where nobody listens', async () => {
    await expect(clientOf(await nowhere()).request('GET', 'endpoints')).rejects.toMatchObject({
      ...unreachable,
      message: expect.stringContaining('ECONNREFUSED') as string,
    });
  });

  test('fails when the connection ends instead of an answer', async () => {
    const asterisk = await server((request) => request.socket.destroy());
    await expect(clientOf(asterisk.url).request('GET', 'endpoints')).rejects.toMatchObject(unreachable);
  });

  test('fails as unreachable when the connection ends in the middle of an answer', async () => {
    const asterisk = await server((request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('[{"technology":', () => request.socket.destroy());
    });
    await expect(clientOf(asterisk.url).request('GET', 'endpoints')).rejects.toMatchObject(unreachable);
  });

  test('uses the connection of the one before it', async () => {
    const asterisk = await answering(204);
    const client = clientOf(asterisk.url);
    for (const channel of ['1.1', '1.2', '1.3']) await client.request('POST', `channels/${channel}/answer`);
    expect(new Set(asterisk.requests.map(({ socket }) => socket.remotePort)).size).toBe(1);
  });
});

describe('the stream of events', () => {
  test('is asked for with login and application, and for no more than that', async () => {
    const { asterisk } = await listening();
    const [request] = asterisk.requests;
    expect(request?.url).toBe('/ari/events?app=mitschnitt');
    expect(request?.headers.authorization).toBe(authorization);
  });

  test('hands on the events in their order', async () => {
    const { asterisk, events } = await listening();
    const sent = ['Zoë 北京', 'b', 'c'].map((name) => ({
      type: 'StasisStart',
      args: ['caller', '1.1'],
      channel: { id: '1.1', name, caller: { number: '\u0000' } },
    }));
    for (const event of sent) asterisk.stream.send(JSON.stringify(event));
    await eventually(() => events.length === sent.length);
    expect(events).toEqual(sent);
  });

  test('fails with 401 for whoever has the wrong password', async () => {
    const asterisk = await server(() => undefined, 401);
    await expect(clientOf(asterisk.url).events(() => undefined)).rejects.toMatchObject(refusedLogin);
  });

  test.each([404, 500, 503])('that Asterisk refuses with %i fails', async (status) => {
    const asterisk = await server(() => undefined, status);
    await expect(clientOf(asterisk.url).events(() => undefined)).rejects.toMatchObject({
      ...unreachable,
      message: expect.stringContaining(`HTTP ${status}`) as string,
    });
  });

  test('fails where nobody listens', async () => {
    await expect(clientOf(await nowhere()).events(() => undefined)).rejects.toMatchObject({
      ...unreachable,
      message: expect.stringContaining('ECONNREFUSED') as string,
    });
  });

  test.each(['close', 'terminate'] as const)('says so when Asterisk ends it (%s)', async (end) => {
    const { asterisk, connection } = await listening();
    asterisk.stream[end]();
    await expect(connection.closed).resolves.toMatchObject(unreachable);
  });

  test('ends when it is closed', async () => {
    const { asterisk, connection } = await listening();
    connection.close();
    await connection.closed;
    await eventually(() => asterisk.stream.readyState === asterisk.stream.CLOSED);
  });

  test('ends soon when it is closed although Asterisk does not answer the farewell', async () => {
    const { asterisk, connection } = await listening();
    asterisk.stream.pause();
    const before = performance.now();
    connection.close();
    await connection.closed;
    expect(performance.now() - before).toBeLessThan(1_000);
  });
});

// At the same time: all that they do is wait.
describe.concurrent('an Asterisk that falls silent', () => {
  test('fails a request in time', async () => {
    const asterisk = await server(() => undefined);
    const before = performance.now();
    await expect(clientOf(asterisk.url).request('GET', 'endpoints')).rejects.toMatchObject(unreachable);
    expect(performance.now() - before).toBeLessThan(limitMs);
  });

  test('fails a request in time in the middle of its answer', async () => {
    const asterisk = await server((_request, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('[{"technology":');
    });
    const before = performance.now();
    await expect(clientOf(asterisk.url).request('GET', 'endpoints')).rejects.toMatchObject(unreachable);
    expect(performance.now() - before).toBeLessThan(limitMs);
  });

  test('fails in time whoever asks for the events', async () => {
    const asterisk = await server(() => undefined, 'never');
    const before = performance.now();
    await expect(clientOf(asterisk.url).events(() => undefined)).rejects.toMatchObject(unreachable);
    expect(performance.now() - before).toBeLessThan(limitMs);
  });

  test('is noticed by whoever listens to the events', async () => {
    const { asterisk, connection } = await listening();
    asterisk.stream.pause(); // no pong any more
    const before = performance.now();
    await expect(connection.closed).resolves.toMatchObject(unreachable);
    // Two rounds of 5 s.
    expect(performance.now() - before).toBeLessThan(2 * limitMs);
  });
});
