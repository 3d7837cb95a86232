import { expect, test } from 'vitest';

import { pendingMs, PendingSignIns } from '../../src/web/oidc/pending.ts';

function begun(state: string) {
  return { state, nonce: 'n', verifier: 'v', redirectUri: 'https://console.example/oidc/callback' };
}

test('a sign-in that was begun is finished once, by whoever began it, with the state that was given', () => {
  const pending = new PendingSignIns(() => 0);
  const [first, second] = [pending.add(begun('a')), pending.add(begun('b'))];
  expect(pending.take(first, 'b')).toBeUndefined();
  expect(pending.take(second, 'a')).toBeUndefined();
  expect(pending.take('', '')).toBeUndefined();
  expect(pending.take(first, 'a')).toMatchObject(begun('a'));
  expect(pending.take(first, 'a')).toBeUndefined();
  expect(pending.take(second, 'b')).toMatchObject(begun('b'));
});

test('a sign-in is over after ten minutes, and no number of them fills the memory', () => {
  let now = 0;
  const pending = new PendingSignIns(() => now);
  const [late, inTime] = [pending.add(begun('late')), pending.add(begun('in time'))];
  now = pendingMs - 1;
  expect(pending.take(inTime, 'in time')).toBeDefined();
  now = pendingMs;
  expect(pending.take(late, 'late')).toBeUndefined();
  const oldest = pending.add(begun('oldest'));
  for (let count = 0; count < 10_000; count += 1) pending.add(begun('many'));
  const newest = pending.add(begun('newest'));
  expect(pending.take(oldest, 'oldest')).toBeUndefined();
  expect(pending.take(newest, 'newest')).toBeDefined();
});
