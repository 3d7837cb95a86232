// Whatever a caller, or somebody at the door, sends as a name or number is text on every page, and breaks none.
import { beforeAll, expect, test } from 'vitest';

import { useConsole } from '../web/console.ts';
import { addLine } from './lines.ts';
import { pages } from './pages.ts';
import { useVisits } from './visits.ts';

const console = useConsole('usual');
const visit = useVisits(() => console().url);

/** What is executed of these leaves `harmed` behind. */
const hostile = [
  '<script>window.harmed=1</script>',
  '"><img src=x onerror="window.harmed=1">',
  "'-window.harmed=1-'",
  'javascript:window.harmed=1',
  'abc\u202egpj.exe\u202e',
  'x'.repeat(4_000),
  '\u0007\u001b[2J\r\n\u0085\u2028',
];

/** A name that is not the number: only so it is seen which of them a page shows. */
const named = (text: string): string => `Name ${text}`;

beforeAll(async () => {
  const { catalogue } = console();
  for (const [index, text] of hostile.entries()) {
    const at = Date.now() - index * 1_000;
    const parties = { from: text, to: text, fromName: named(text), startedAt: at };
    await addLine(console(), `heard-${index}`, parties);
    await addLine(console(), `unheard-${index}`, {
      ...parties,
      ...{ file: undefined, talkMs: 0, verdict: { outcome: 'declined', rule: 'party-declined' } },
    });
    await catalogue.addNote({ record: 'heard-0', at, actor: `web:${text}`, text });
    await catalogue.addAudit({
      ...{ at, actor: `web:${text}`, action: 'sign-in-refused', subject: text, detail: text },
      ...{ group: text, address: '192.0.2.1', ok: false },
    });
  }
});

const shown = pages.filter(({ name }) => name !== 'recording').map(({ path }) => path);

test.each([
  { width: 1_280, kind: 'heard' },
  { width: 390, kind: 'unheard' },
])(
  'at $width pixels nothing of it is executed, hides anything or widens a page',
  async ({ width, kind }) => {
    const admin = await visit('admin', { width });
    await admin.open('/');
    for (const path of [...shown, ...hostile.map((_, index) => `/recordings/${kind}-${index}`)]) {
      await admin.go(path);
      expect(await admin.overflow(), path).toBeLessThanOrEqual(0);
      expect(await admin.page.evaluate("'harmed' in window"), path).toBe(false);
      expect(await admin.page.locator('img[src="x"], main script, h1 script').count(), path).toBe(0);
    }
  },
  120_000,
);

test('it is shown as it is, each in its own direction', async () => {
  const admin = await visit('admin');
  await admin.open('/recordings');
  const parties = await admin.page.locator('bdi.party').allTextContents();
  for (const text of hostile.slice(0, 5)) expect(parties).toContain(text);
});

test('a caller’s name is shown with the number, searched, and as it is', async () => {
  const admin = await visit('admin');
  const name = named(hostile[1] ?? '');
  await admin.open(`/recordings?text=${encodeURIComponent('onerror harmed')}`);
  const shownName = admin.page.locator('bdi', { hasText: name });
  const row = admin.page.locator('tr.goes').filter({ has: shownName });
  await row.waitFor();
  await row.getByRole('link').click();
  await admin.page.getByText('Name of the caller').waitFor();
  await shownName.waitFor();
  expect(await admin.page.evaluate("'harmed' in window")).toBe(false);
});

test('a search for it is one for text', async () => {
  const admin = await visit('admin');
  const { page } = admin;
  const query = encodeURIComponent('"><img src=x onerror="window.harmed=1">');
  await admin.open(`/recordings?text=${query}&number=${query}&group=${query}&from=${query}`);
  await page
    .getByText(/Nothing was found|is not accepted/)
    .first()
    .waitFor();
  expect(await page.evaluate("'harmed' in window")).toBe(false);
  await admin.open(`/recordings/${query}`);
  await page.getByRole('alert').waitFor();
  expect(await page.evaluate("'harmed' in window")).toBe(false);
});
