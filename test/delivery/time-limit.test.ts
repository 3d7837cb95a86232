import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';

import { Aborted, NoAnswer, within } from '../../src/delivery/time-limit.ts';

const { signal } = new AbortController();
const never = () => new Promise<never>(() => undefined);

test('what is in time comes back as it is', async () => {
  await expect(within({ ms: 1000, signal }, () => Promise.resolve(7))).resolves.toBe(7);
  await expect(within({ ms: 1000, signal }, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
});

test('what takes longer is given up, and what it then says no longer matters', async () => {
  const late = async () => {
    await pause(60);
    throw new Error('too late');
  };
  await expect(within({ ms: 20, signal }, late)).rejects.toBeInstanceOf(NoAnswer);
  await pause(80);
});

test('the limit counts from the last progress', async () => {
  const slow = async (progress: () => void) => {
    for (let step = 0; step < 5; step += 1) {
      await pause(100);
      progress();
    }
    return 'done';
  };
  await expect(within({ ms: 400, signal }, slow)).resolves.toBe('done');
});

test('nothing is waited for any more once it is aborted', async () => {
  const abort = new AbortController();
  const waiting = within({ ms: 60_000, signal: abort.signal }, never);
  abort.abort();
  await expect(waiting).rejects.toBeInstanceOf(Aborted);
  await expect(within({ ms: 60_000, signal: abort.signal }, never)).rejects.toBeInstanceOf(Aborted);
});
