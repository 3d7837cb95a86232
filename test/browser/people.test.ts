// Users and the audit log, in a real browser.
import { expect, test } from 'vitest';

import { password, useConsole } from '../web/console.ts';
import { useVisits } from './visits.ts';

const console = useConsole('usual');
const visit = useVisits(() => console().url);

test('Somebody is added, comes in by the link, once, and is at the door as soon as he is disabled', async () => {
  const admin = await visit('admin');
  const { page } = admin;
  await admin.open('/users');
  await page.getByRole('button', { name: 'Add user' }).click();
  const form = page.getByRole('dialog', { name: 'Add user' });
  await form.getByLabel('Name').fill('carla');
  await form.getByLabel('Verkauf').check();
  await form.getByRole('button', { name: 'Add user' }).click();
  const note = page.getByRole('dialog', { name: 'One-time link for carla' });
  const link = await note.getByLabel('One-time link').inputValue();
  expect(await admin.violations()).toEqual([]);
  await note.getByRole('button', { name: 'Done' }).click();
  const row = page.locator('tr', { hasText: 'carla' });
  await row.getByText('no password yet').waitFor();
  expect(await page.content()).not.toContain(new URL(link).hash.split('/').at(-1));

  const carla = await visit(undefined, { width: 390 });
  await carla.page.goto(link);
  await carla.page.getByText('For carla.').waitFor();
  await carla.page.getByLabel(/^Password/).fill(password);
  await carla.page.getByRole('button', { name: 'Save and sign in' }).click();
  await carla.page.getByRole('heading', { name: 'Overview' }).waitFor();
  expect(carla.page.url()).toBe(`${console().url}/`);
  const late = await visit(undefined);
  await late.page.goto(link);
  await late.page.getByLabel(/^Password/).fill('another password');
  await late.page.getByRole('button', { name: 'Save and sign in' }).click();
  await late.page.getByRole('alert').filter({ hasText: 'not good any more' }).waitFor();
  await late.page.getByRole('heading', { name: 'Sign in' }).waitFor();
  expect(late.page.url(), 'and the way in is the usual one').toBe(`${console().url}/`);
  await late.page.getByLabel('Name').fill('carla');
  // In a tab where the console is open, only the fragment changes.
  await carla.page.goto(link);
  await carla.page.getByText('For carla.').waitFor();
  await carla.page.getByLabel(/^Password/).fill('another password');
  await carla.page.getByRole('button', { name: 'Save and sign in' }).click();
  await carla.page.getByRole('button', { name: 'To the console' }).click();
  await carla.page.getByRole('heading', { name: 'Overview' }).waitFor();

  await admin.open('/users');
  await row.getByText('signed in', { exact: true }).waitFor();
  await row.getByRole('button', { name: 'Actions for carla' }).click();
  await page.getByRole('menuitem', { name: 'Disable' }).click();
  const question = page.getByRole('dialog', { name: 'Disable carla?' });
  await question.getByRole('button', { name: 'Disable' }).click();
  await row.getByText('disabled').waitFor();
  await carla.page.getByRole('heading', { name: 'Sign in' }).waitFor();
}, 120_000);

test('What somebody did is told in the language of the reader, and found by the beginning of the name', async () => {
  const anna = await visit('anna', { language: 'de' });
  await anna.open('/recordings/sale-1');
  await anna.page.getByRole('button', { name: 'Abspielen' }).click();
  const admin = await visit('admin', { language: 'de' });
  const { page } = admin;
  await console().catalogue.addAudit({
    ...{ at: Date.now(), actor: 'web:admin', action: 'user', subject: 'dora', group: undefined },
    ...{ detail: 'supervisor of Verkauf, new password', address: 'local', ok: true },
  });
  await admin.open('/audit');
  await page.getByText('Supervisor · Verkauf, neues Passwort').waitFor();
  await page.getByLabel('Person').fill('ann');
  const rows = page.locator('tbody tr');
  await rows.filter({ hasText: 'abgespielt' }).first().waitFor();
  const byAdmin = rows.filter({ has: page.locator('td:nth-child(2)', { hasText: 'admin' }) });
  await byAdmin.first().waitFor({ state: 'detached' });
  await rows.filter({ hasText: 'abgespielt' }).getByRole('link').click();
  await page.getByRole('button', { name: 'Abspielen' }).waitFor();
});
