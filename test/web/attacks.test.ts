import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { describe, expect, test } from 'vitest';

import { nasty } from '../nasty.ts';
import { closedCallOf, sampleRecord, sampleRecording, START } from '../catalogue/sample.ts';
import { clientOf, password, signedIn, useConsole } from './console.ts';
import { refusedRaw, type Refusal } from './client.ts';
import { wavOf } from './wav.ts';

const console = useConsole();

describe('Another site', () => {
  test.each([
    ['its origin', { origin: 'https://evil.example' }],
    ['no origin of its own', { origin: 'null' }],
    ['another port of this machine', { origin: 'http://127.0.0.1:1' }],
    ['what the browser says of it', { 'sec-fetch-site': 'cross-site' }],
    ['a neighbouring name', { 'sec-fetch-site': 'same-site' }],
  ])('changes nothing with the cookie of somebody who is signed in: %s', async (_what, headers) => {
    const { cookie } = await signedIn(console().url, 'admin');
    const response = await raw('POST', '/records/sale-1/notes', { ...headers, cookie });
    expect(response).toMatchObject({ status: 403, code: 'wrong-origin' });
  });

  test('cannot use what a form can send', async () => {
    const { cookie } = await signedIn(console().url, 'admin');
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])
      expect(await raw('POST', '/records/sale-1/notes', { cookie, 'content-type': type })).toMatchObject({
        ...{ status: 415, code: 'wrong-content-type' },
      });
  });
});

async function raw(method: string, path: string, headers: Record<string, string>): Promise<Refusal> {
  return await refusedRaw(console().url, { method, path, headers, body: { text: 'x' } });
}

describe('A session', () => {
  test('is a cookie that no script sees and no other site sends', async () => {
    const response = await clientOf(console().url).ask('POST', '/session', { name: 'audi', password });
    const cookie = response.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/^mitschnitt=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/);
    const kept = await console().catalogue.users();
    expect(JSON.stringify(kept)).not.toContain(cookie.slice('mitschnitt='.length, 54));
  });

  test('is over after signing out, also for whoever stole the cookie, and so are its events', async () => {
    const client = await signedIn(console().url, 'audi');
    const stolen = clientOf(console().url, client.cookie);
    const events = await stolen.ask('GET', '/events');
    expect(events.headers.get('content-type')).toBe('text/event-stream');
    const told = events.text();
    expect((await client.ask('DELETE', '/session')).status).toBe(200);
    expect((await stolen.ask('GET', '/session')).status).toBe(401);
    expect((await stolen.ask('GET', '/records/sale-1/audio')).status).toBe(401);
    expect(await told).toMatch(/^event: hello\n[^]*event: signed-out\n/);
  });

  test('is over when the user is removed or gets another password', async () => {
    const admin = await signedIn(console().url, 'admin');
    const user = { name: 'carla', role: 'auditor', password };
    expect((await admin.ask('POST', '/users', user)).status).toBe(200);
    const carla = await signedIn(console().url, 'carla');
    await admin.ask('PATCH', '/users/carla', { password: 'etwas ganz anderes' });
    expect((await carla.ask('GET', '/session')).status).toBe(401);
    expect((await admin.ask('DELETE', '/users/carla')).status).toBe(200);
    expect((await admin.ask('DELETE', '/users/admin')).status).toBe(409);
  });
});

describe('Requests that are too large', () => {
  test('are refused', async () => {
    const admin = clientOf(console().url);
    const response = await admin.ask('POST', '/session', { name: 'admin', password: 'x'.repeat(400_000) });
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ error: { code: 'too-large' } });
  });

  test('with the header of an attacker are no trouble', async () => {
    const { port } = new URL(console().url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.write(`GET /api/v1/records HTTP/1.1\r\nhost: x\r\nx: ${'a'.repeat(100_000)}\r\n\r\n`);
    // It is cut off, with or without a word.
    await new Promise((resolve) => socket.resume().on('error', resolve).on('close', resolve));
    expect((await clientOf(console().url).ask('GET', '/greeting')).status).toBe(200);
  });
});

describe('Requests that never end', () => {
  test.each([
    ['in their headers', 'POST /api/v1/session HTTP/1.1\r\nhost: x\r\n'],
    [
      'in their body',
      'POST /api/v1/session HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{',
    ],
  ])('%s are cut off', async (_where, begun) => {
    const socket = connect(Number(new URL(console().url).port), '127.0.0.1');
    socket.write(begun);
    const drip = setInterval(() => socket.write('x'), 100);
    const began = performance.now();
    await new Promise((resolve) => socket.resume().on('error', resolve).on('close', resolve));
    clearInterval(drip);
    expect(performance.now() - began).toBeLessThan(4_000);
  });
});

describe('Whoever asks for audio and takes none of it', () => {
  test('loses his place to others, and whoever is slow does not', async () => {
    const { folder, catalogue, url } = console();
    // More than the two ends of a connection hold.
    const { content, sha256 } = wavOf(1_200_000);
    await writeFile(join(folder, 'spool/transfer/long.wav'), content);
    const facts = { group: 'Verkauf', callId: 'call-long', bytes: content.length, sha256, name: 'long.wav' };
    await catalogue.addRecording(sampleRecording('long', facts), ['archiv']);
    const record = sampleRecord('long', { group: 'Verkauf', callId: 'call-long', file: 'long.wav' });
    await catalogue.closeCall(closedCallOf(record), [record]);
    const { cookie } = await signedIn(url, 'anna');
    /** How much of it arrives, read in pieces with a pause before each. */
    const bytesOf = async (pauseMs: number, mostPauses: number): Promise<number> => {
      const socket = connect(Number(new URL(url).port), '127.0.0.1');
      socket.on('error', () => undefined);
      const ask = `GET /api/v1/records/long/audio HTTP/1.1\r\nhost: x\r\nconnection: close\r\n`;
      socket.pause().write(`${ask}cookie: ${cookie}\r\n\r\n`);
      let [bytes, pauses] = [0, 0];
      socket.on('data', (piece) => {
        bytes += piece.length;
        if (pauses >= mostPauses) return;
        pauses += 1;
        socket.pause();
        setTimeout(() => socket.resume(), pauseMs);
      });
      const closed = new Promise((resolve) => socket.on('close', resolve));
      await sleep(pauseMs);
      socket.resume();
      await closed;
      return bytes;
    };
    const [still, slow] = await Promise.all([bytesOf(5_000, 0), bytesOf(20, 100)]);
    expect(still).toBeLessThan(content.length);
    expect(slow).toBeGreaterThan(content.length);
  });
});

describe('Paths that lead elsewhere', () => {
  test.each([
    '/api/v1/records/..%2f..%2f..%2fetc%2fpasswd/audio',
    '/api/v1/records/%00/audio',
    '/api/v1/announcements/..%2f../passwd/audio',
    '/api/v1/announcements/de/..%2f..%2fmitschnitt.yaml/audio',
    '/..%2f..%2fetc/passwd',
    '/%2e%2e/%2e%2e/mitschnitt.yaml',
    '/assets/..%5c..%5cmitschnitt.yaml',
  ])('%s gives nothing away', async (path) => {
    const { cookie } = await signedIn(console().url, 'bert');
    const response = await fetch(`${console().url}${path}`, { headers: { cookie } });
    expect([400, 403, 404]).toContain(response.status);
    expect(await response.text()).not.toMatch(/root:|geheim/);
  });
});

describe('What callers send', () => {
  test('comes as they sent it, as JSON that no browser takes for a page', async () => {
    const { catalogue, url } = console();
    for (const [index, from] of nasty.entries()) {
      const record = sampleRecord(`nasty-${index}`, {
        from,
        to: '1',
        group: 'Nasty',
        startedAt: START + index,
      });
      await catalogue.closeCall(closedCallOf(record), [record]);
    }
    const token = await (await signedIn(url, 'admin')).ask('GET', '/records?group=Nasty&limit=200');
    expect(token.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(token.headers.get('x-content-type-options')).toBe('nosniff');
    expect(token.headers.get('content-security-policy')).not.toMatch(/script-src[^;]*unsafe/);
    const { records } = (await token.json()) as { records: { from: string }[] };
    // SQLite keeps UTF-8: half of a pair is not in it.
    const kept = nasty.map((from) => from.toWellFormed());
    expect(records.map(({ from }) => from).toReversed()).toEqual(kept);
  });

  test.each(nasty.filter((text) => text.length >= 2 && text.length <= 40))(
    'is only text in a search: %j',
    async (text) => {
      const { catalogue } = console();
      const { lines } = await catalogue.search({ number: text, limit: 200 });
      expect(lines.every(({ from, to }) => from !== '' || to !== '')).toBe(true);
      await catalogue.search({ text, limit: 10 });
    },
  );
});

// The last: nobody signs in from this address for a while afterwards.
describe('Wrong passwords', () => {
  test('are stopped before they cost anything, and say nothing of who there is', async () => {
    const stranger = clientOf(console().url);
    const began = process.cpuUsage();
    const statuses = new Map<number, number>();
    for (let round = 0; round < 25; round += 1) {
      const tries = Array.from({ length: 20 }, (_, index) =>
        stranger.ask('POST', '/session', {
          name: index % 2 === 0 ? 'admin' : 'nobody-of-that-name',
          password: `wrong-${round}-${index}`,
        }),
      );
      for (const response of await Promise.all(tries)) {
        statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
        const { error } = (await response.json()) as { error: { code: string } };
        expect(['sign-in-refused', 'too-many-attempts']).toContain(error.code);
      }
    }
    const { user, system } = process.cpuUsage(began);
    expect(statuses.get(429)).toBeGreaterThan(485);
    expect(statuses.get(401)).toBeLessThan(15);
    // 500 hashes would take more than a minute.
    expect((user + system) / 1e6).toBeLessThan(15);
  });
});
