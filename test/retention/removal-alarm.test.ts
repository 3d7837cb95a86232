import { afterEach, beforeEach, expect, test } from 'vitest';

import { day, Estate } from './estate.ts';

let estate: Estate;

beforeEach(async () => {
  estate = await Estate.create();
});
afterEach(() => estate.remove());

test('what waits for an hour is an alarm though what was ordered just now is tried first', async () => {
  // The configuration has it no more.
  estate.targets.delete('archiv');
  estate.periods = { Verkauf: { local: 0, remote: 30 * day, catalogue: undefined } };
  for (const id of ['a', 'b']) {
    await estate.add(id);
    await estate.clock.pass(31 * day);
    await estate.retention.run();
  }
  expect(estate.alarms.standing).toEqual(['removal-failing archiv']);
});
