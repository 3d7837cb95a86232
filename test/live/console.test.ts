// The console in a browser beside a real Asterisk: what happens on the telephone is on the page at once.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';

import type { Visit } from '../browser/browser.ts';
import { useVisits } from '../browser/visits.ts';
import { password } from '../web/started-console.ts';
import { eventually } from './eventually.ts';
import { Station } from './station.ts';

let station: Station;
let url = '';
const visit = useVisits(() => url);
/** Between a change and what is seen of it, on a machine that does much else: usually it takes a tenth of that. */
const soonMs = 2_000;

beforeAll(async () => {
  const web = { listen: '127.0.0.1:0' };
  station = await Station.start({ version: 22, configure: (config) => ({ ...config, web }) });
  const link = await eventually(
    () => /http:\/\/[^\s"]+\/#\/welcome\/[\w-]+/.exec(station.mitschnitt.log)?.[0] ?? undefined,
  );
  url = new URL(link).origin;
  await becomeAdministrator(link);
}, 90_000);
beforeEach(() => station.clear());
afterAll(() => station.stop());

/** By the one-time link of the log, as after an installation. */
async function becomeAdministrator(link: string): Promise<void> {
  const { page } = await visit(undefined);
  await page.goto(link);
  await page.getByLabel('Name').fill('admin');
  await page.getByLabel(/^Password/).fill(password);
  await page.getByRole('button', { name: 'Become administrator' }).click();
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
}

async function overview(): Promise<Visit> {
  const look = await visit('admin');
  await look.open('/');
  await look.page.getByText('Nobody is on the telephone.').waitFor();
  return look;
}

function rowOf({ page }: Visit, number: string) {
  return page.locator('tr', { has: page.locator('td'), hasText: number });
}

/** Waits until the live call is shown in a state, and tells when that was. */
async function shown(look: Visit, number: string, state: string): Promise<number> {
  await rowOf(look, number).getByText(state, { exact: true }).waitFor();
  return Date.now();
}

test('a call is followed from the announcement to the recording, which is heard', async () => {
  const number = '+41793330001';
  const look = await overview();
  const { page } = look;
  const member = await station.parties.party('200').answers({ afterMs: 1_200 });
  const placed = Date.now();
  const caller = await station.parties.party('trunk').calls('200', { from: number });
  const gateAt = await shown(look, number, 'announcement');
  expect(gateAt - placed).toBeLessThan(soonMs + 500);
  const ringingAt = await shown(look, number, 'ringing');
  expect(ringingAt - (await eventually(() => member.ringingAt))).toBeLessThan(soonMs);
  const recordingAt = await shown(look, number, 'recording');
  expect(recordingAt - (await eventually(() => member.answeredAt))).toBeLessThan(soonMs);
  await new Promise((resolve) => setTimeout(resolve, soonMs));
  caller.hangUp();
  const { endedAt } = await caller.done;
  await rowOf(look, number).waitFor({ state: 'detached' });
  expect(Date.now() - endedAt).toBeLessThan(soonMs);
  await page.locator('.legend li', { hasText: 'recorded' }).waitFor();
  await station.listed(number);
  await page.getByRole('link', { name: 'Recordings' }).click();
  await rowOf(look, number).getByText('delivered').waitFor();
  await rowOf(look, number).getByRole('link').click();
  await page.getByRole('button', { name: 'Play' }).click();
  await page
    .getByTestId('player-time')
    .filter({ hasText: /^0:0[1-9]/ })
    .waitFor();
});

test('a call that is declined by key is said to be, while they talk and afterwards', async () => {
  const number = '+41793330002';
  const look = await overview();
  const { page } = look;
  const member = await station.parties.party('200').answers();
  const keys = [{ key: '1', afterMs: 300 }];
  const caller = await station.parties.party('trunk').calls('200', { from: number, keys });
  const shownAt = await shown(look, number, 'not recorded');
  expect(shownAt - (await eventually(() => member.answeredAt))).toBeLessThan(soonMs);
  await rowOf(look, number).getByText('The other party declined by key.').waitFor();
  caller.hangUp();
  await Promise.all([caller.done, member.done]);
  await page.locator('.legend li', { hasText: 'declined' }).waitFor();
  await page.getByRole('link', { name: 'Calls not recorded' }).click();
  await rowOf(look, number).getByText('declined', { exact: true }).waitFor();
});

test('a recording is paused from the page, whatever the caller is called, and goes on', async () => {
  const number = '"><img src=x onerror="window.harmed=1">';
  const look = await overview();
  const { page } = look;
  const member = await station.parties.party('200').answers();
  const caller = await station.parties.party('trunk').calls('200', { from: number });
  await shown(look, number, 'recording');
  await rowOf(look, number).getByRole('button', { name: 'Pause' }).click();
  await shown(look, number, 'paused');
  expect(await station.talks()).toMatchObject([{ state: 'paused' }]);
  await rowOf(look, number).getByRole('button', { name: 'Resume' }).click();
  await shown(look, number, 'recording');
  expect(await page.evaluate("'harmed' in window")).toBe(false);
  expect(await look.overflow()).toBeLessThanOrEqual(0);
  caller.hangUp();
  await Promise.all([caller.done, member.done]);
  await rowOf(look, number).waitFor({ state: 'detached' });
});
