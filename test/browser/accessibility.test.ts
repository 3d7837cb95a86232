// Every page, in light and dark, for people who do not see it well or not at all.
import { describe, expect, test } from 'vitest';

import { useConsole } from '../web/console.ts';
import { addLine } from './lines.ts';
import { pages } from './pages.ts';
import { useVisits } from './visits.ts';

const console = useConsole('usual');
const visit = useVisits(() => console().url);
/** To look at all of them, on a machine that has other work. */
const allPagesMs = 120_000;

describe.each(['light', 'dark'] as const)('In %s', (scheme) => {
  const language = scheme === 'light' ? 'de' : 'en';

  test('axe finds nothing on the page of the door', async () => {
    const nobody = await visit(undefined, { scheme, language });
    await nobody.open('/');
    expect(await nobody.violations()).toEqual([]);
  });

  test(
    'axe finds nothing on any page',
    async () => {
      await addLine(console(), `at-${scheme}`, { startedAt: Date.now() });
      const admin = await visit('admin', { scheme, language });
      await admin.open('/');
      const found: string[] = [];
      for (const { path } of pages) {
        await admin.go(path);
        found.push(...(await admin.violations()).map((each) => `${path}: ${each}`));
      }
      expect(found).toEqual([]);
    },
    allPagesMs,
  );
});

test('axe finds nothing on a telephone, with its menu open', async () => {
  const admin = await visit('admin', { width: 390 });
  await admin.open('/');
  for (const path of ['/', '/recordings', '/recordings/sale-1', '/audit']) {
    await admin.go(path);
    expect(await admin.violations(), path).toEqual([]);
  }
  await admin.page.getByRole('button', { name: 'Menu' }).click();
  await admin.page.getByRole('navigation').getByText('System').waitFor();
  expect(await admin.violations()).toEqual([]);
});
