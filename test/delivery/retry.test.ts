import { expect, test } from 'vitest';

import { retryDelay, retryDelays } from '../../src/delivery/retry.ts';

test.each([
  [1, 5_000],
  [2, 10_000],
  [3, 20_000],
  [8, 640_000],
  [9, 900_000],
  [10_000, 900_000],
])('after %i failures the delay is %i ms', (failures, ms) => {
  expect(retryDelay(failures, 0.5, retryDelays)).toBe(ms);
});

test('delays are spread by a fifth to both sides', () => {
  expect(retryDelay(1, 0, retryDelays)).toBe(4_000);
  expect(retryDelay(1, 1, retryDelays)).toBe(6_000);
  expect(retryDelay(99, 1, retryDelays)).toBe(1_080_000);
});
