// What people do in the console, in a real browser.
import { describe, expect, test } from 'vitest';

import { eventually } from '../live/eventually.ts';
import { password, useConsole } from '../web/console.ts';
import type { Visit } from './browser.ts';
import { addLine } from './lines.ts';
import { useVisits } from './visits.ts';

const console = useConsole('usual');
const visit = useVisits(() => console().url);

async function enter({ page }: Visit, name: string): Promise<void> {
  await page.getByLabel('Name').fill(name);
  await page.getByLabel(/^Password/).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** Of a player: the second that it has come to. */
async function playedTo({ page }: Visit): Promise<number> {
  const text = (await page.getByTestId('player-time').textContent()) ?? '';
  const [, minutes, seconds] = /^(\d+):(\d\d) \//.exec(text) ?? [];
  return Number(minutes) * 60 + Number(seconds);
}

describe('Signing in', () => {
  test('leads to the overview, signing out back to the door, and then nothing is shown any more', async () => {
    const anna = await visit(undefined);
    const { page } = anna;
    await anna.open('/recordings');
    expect(await page.locator('h1').textContent()).toBe('Sign in');
    await enter(anna, 'anna');
    await page.getByRole('heading', { name: 'Recordings' }).waitFor();
    const cookies = await anna.context.cookies();
    expect(cookies).toMatchObject([{ httpOnly: true, sameSite: 'Strict' }]);
    await page.getByRole('button', { name: 'anna' }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    // A copy of the cookie is worth nothing any more.
    await anna.context.addCookies(cookies);
    await anna.open('/recordings');
    expect(await page.locator('h1').textContent()).toBe('Sign in');
  });

  test('with a wrong password is refused, in words', async () => {
    const nobody = await visit(undefined);
    await nobody.open('/');
    await nobody.page.getByLabel('Name').fill('anna');
    await nobody.page.getByLabel(/^Password/).fill('not the password');
    await nobody.page.keyboard.press('Enter');
    await nobody.page.getByRole('alert').filter({ hasText: 'You could not be signed in.' }).waitFor();
  });

  test('in another language: everything is in it, and stays so', async () => {
    const anna = await visit('anna');
    const { page } = anna;
    await anna.open('/not-recorded');
    await page.getByRole('button', { name: 'anna' }).click();
    await page.getByRole('menuitemradio', { name: 'Deutsch' }).click();
    await page.getByRole('heading', { level: 1, name: 'Nicht aufgezeichnet' }).waitFor();
    await page.reload();
    await anna.settled();
    expect(await page.locator('h1').textContent()).toBe('Nicht aufgezeichnet');
    expect(await page.locator('html').getAttribute('lang')).toBe('de');
  });
});

describe('The overview', () => {
  test('counts a call that ends, and tells that Asterisk is not there, without being asked again', async () => {
    const admin = await visit('admin');
    const { page } = admin;
    await admin.open('/');
    await page.getByText('Live', { exact: true }).waitFor();
    await page.getByText('not connected').first().waitFor();
    await addLine(console(), 'today-1', { startedAt: Date.now() });
    await page.locator('.legend li', { hasText: 'recorded' }).getByText('1', { exact: true }).waitFor();
    await addLine(console(), 'today-2', {
      ...{ startedAt: Date.now(), talkMs: 0, file: undefined },
      verdict: { outcome: 'declined', rule: 'party-declined' },
    });
    await page.locator('.legend li', { hasText: 'declined' }).getByText('1', { exact: true }).waitFor();
  });
});

describe('Recordings', () => {
  test('are found by number, opened, and heard', async () => {
    await addLine(console(), 'searched', { from: '+41446681800', startedAt: Date.now(), talkMs: 4_000 });
    const anna = await visit('anna');
    const { page } = anna;
    await anna.open('/recordings');
    await page.getByLabel('Number').fill('668 18');
    const rows = page.locator('tr.goes');
    await eventually(async () => (await rows.count()) === 1, { within: 5_000 });
    expect(await rows.textContent()).toContain('+41446681800');
    await rows.getByRole('link').click();
    await page.getByRole('button', { name: 'Play' }).click();
    await eventually(async () => (await playedTo(anna)) >= 2, { within: 6_000 });
    await page.getByRole('button', { name: 'Pause', exact: true }).click();
    const entries = await console().catalogue.audit({ actor: 'web:anna', subject: 'searched', limit: 5 });
    expect(entries).toMatchObject([{ action: 'playback', group: 'Verkauf', ok: true }]);
  });

  test('that are found by nothing are said to be none, and why', async () => {
    const anna = await visit('anna');
    await anna.open('/recordings?number=99999999');
    await anna.page.getByText('Nothing was found.').waitFor();
    await anna.page.getByRole('button', { name: 'Clear filters' }).first().click();
    await anna.page.locator('tr.goes').first().waitFor();
  });

  test('of another group cannot be seen by a supervisor, by any address', async () => {
    const bert = await visit('bert');
    const { page } = bert;
    for (const path of ['/', '/recordings', '/recordings?group=Verkauf', '/not-recorded?group=Verkauf']) {
      await bert.open(path);
      expect(await page.locator('body').innerText()).not.toMatch(/Verkauf|sale-1/);
    }
    for (const path of ['/recordings/sale-1', '/recordings/..%2Frecords%2Fsale-1']) {
      await bert.open(path);
      await page.getByText(/It does not exist, or it is not for you|is not accepted/).waitFor();
    }
    for (const path of ['/groups', '/upload', '/storage', '/system', '/audit', '/users']) {
      await bert.open(path);
      expect(await page.locator('h1').textContent()).toBe('Not found');
    }
    for (const path of ['audio', 'peaks', 'audio?download=true']) {
      const status = await page.evaluate(
        async (address) => (await fetch(address)).status,
        `/api/v1/records/sale-1/${path}`,
      );
      expect(status).toBe(404);
    }
  });
});

test('With the keyboard alone somebody signs in, finds a recording and plays it', async () => {
  const anna = await visit(undefined);
  const { page } = anna;
  const focused = async (): Promise<string> =>
    await page.evaluate<string>(
      "document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? ''",
    );
  /** As often as somebody would at most. */
  const tabTo = async (isIt: () => Promise<boolean>): Promise<void> => {
    for (let presses = 0; presses < 40; presses += 1) {
      if (await isIt()) return;
      await page.keyboard.press('Tab');
    }
    throw new Error('cannot be reached by keyboard');
  };
  const isField = (label: string) => async () =>
    (await page.evaluate<string>("document.activeElement?.labels?.[0]?.textContent ?? ''")).startsWith(label);
  await anna.open('/');
  await tabTo(isField('Name'));
  await page.keyboard.type('anna');
  await page.keyboard.press('Tab');
  await page.keyboard.type(password);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  await tabTo(async () => (await focused()) === 'Recordings');
  await page.keyboard.press('Enter');
  await page.locator('tr.goes').first().waitFor();
  await tabTo(isField('Number'));
  await page.keyboard.type('79123');
  // Those that were found before go when the answer is there, and the focus with them.
  await page.locator('tr.goes').filter({ hasNotText: '79123' }).first().waitFor({ state: 'detached' });
  await tabTo(
    async () => await page.evaluate<boolean>("document.activeElement?.classList.contains('row') === true"),
  );
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Play' }).waitFor();
  await tabTo(async () => (await focused()) === 'Play');
  await page.keyboard.press('Space');
  await eventually(async () => (await playedTo(anna)) >= 1, { within: 5_000 });
});
