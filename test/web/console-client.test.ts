// How the pages ask the server, without a browser.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { ask } from '../../src/web/console/connection/client.ts';

const starting = { error: { code: 'not-ready', message: 'it is starting', hint: '' } };
let answers: (readonly [status: number, body: object])[];
let asked = 0;

beforeEach(() => {
  vi.useFakeTimers();
  asked = 0;
  vi.stubGlobal('fetch', () => {
    asked += 1;
    const [status, body] = answers.shift() ?? [503, starting];
    return Promise.resolve(Response.json(body, { status }));
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('what is asked while another configuration is taken over is asked again, and shown then', async () => {
  answers = [
    [503, starting],
    [503, starting],
    [200, { hours: [] }],
  ];
  const answer = ask('GET /gate', {});
  await vi.runAllTimersAsync();
  expect(await answer).toEqual({ hours: [] });
});

test('it is told in the end, and what changes something is done once at most', async () => {
  answers = [];
  const never = expect(ask('GET /gate', {})).rejects.toMatchObject({ code: 'not-ready' });
  await vi.runAllTimersAsync();
  await never;
  expect(asked).toBeGreaterThan(5);
  asked = 0;
  await expect(ask('POST /upload', {})).rejects.toMatchObject({ code: 'not-ready' });
  expect(asked).toBe(1);
});
