// The account of the PBX is read page by page: so that no call waits for a long one.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { SqliteCatalogue } from '../../src/catalogue/sqlite.ts';
import { START } from './sample.ts';

test('an account longer than a page is given whole, in the order of its calls, with turns of the event loop', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mitschnitt-account-'));
  const catalogue = new SqliteCatalogue({ path: join(folder, 'catalogue.db') });
  await catalogue.open();
  onTestFinished(async () => {
    await catalogue.close();
    await rm(folder, { recursive: true, force: true });
  });
  const calls = Array.from({ length: 1_050 }, (_, n) => ({
    id: `call-${String(n).padStart(4, '0')}`,
    group: 'Verkauf',
    detail: {
      ...{ channel: `${n}`, linkedId: `${n}`, callerName: 'a', calledName: 'b', from: '1', to: '2' },
      // Many end at the same second, as the PBX cuts off the rest.
      ...{ startedAt: START + (n % 7) * 1_000, answeredAt: START, endedAt: START + 10_000 + (n % 3) * 1_000 },
    },
  }));
  const progress = {
    ...{
      since: START,
      place: undefined,
      readAt: undefined,
      unreadable: 0,
      unreadableAt: undefined,
      statedTo: START,
    },
  };
  await catalogue.saveAccount(progress, calls);
  let turns = 0;
  const counting = setInterval(() => (turns += 1), 0);
  const given = await catalogue.accounted({ from: START, to: START + 60_000 });
  clearInterval(counting);
  const order = [...calls].sort((a, b) => a.detail.startedAt - b.detail.startedAt || (a.id < b.id ? -1 : 1));
  expect(given.map(({ id }) => id)).toEqual(order.map(({ id }) => id));
  expect(turns).toBeGreaterThan(0);
});
