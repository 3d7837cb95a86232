// Every page, in light and dark, for people who do not see it well or not at all.
import { describe, expect, test } from 'vitest';

import { useConsole } from '../web/console.ts';
import { addLine } from './lines.ts';
import { pages } from './pages.ts';
import { useVisits } from './visits.ts';

const console = useConsole('usual');
const visit = useVisits(() => console().url);

describe.each(['light', 'dark'] as const)('In %s', (scheme) => {
  test('axe finds nothing on the page of the door', async () => {
    const nobody = await visit(undefined, { scheme });
    await nobody.open('/');
    expect(await nobody.violations()).toEqual([]);
  });

  test('axe finds nothing on any page', async () => {
    await addLine(console(), `at-${scheme}`, { startedAt: Date.now() });
    const admin = await visit('admin', { scheme, language: scheme === 'light' ? 'de' : 'en' });
    for (const { path } of pages) {
      await admin.open(path);
      expect(await admin.violations(), path).toEqual([]);
    }
  });

  test('axe finds nothing on a telephone, with its menu open', async () => {
    const admin = await visit('admin', { scheme, width: 390 });
    for (const path of ['/', '/recordings', '/recordings/sale-1']) {
      await admin.open(path);
      expect(await admin.violations(), path).toEqual([]);
    }
    await admin.page.getByRole('button', { name: 'Menu' }).click();
    await admin.page.getByRole('navigation').getByText('System').waitFor();
    expect(await admin.violations()).toEqual([]);
  });
});
