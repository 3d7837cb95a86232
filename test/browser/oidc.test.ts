// Sign-in by OpenID Connect in a real browser: cookies over the way to another site and back, and what is read there.
import { afterAll, beforeAll, expect, test } from 'vitest';

import { startProvider, type IdentityProvider } from '../web/identity-provider.ts';
import { oidcSection } from '../web/oidc-section.ts';
import { password, startConsole, type StartedConsole } from '../web/started-console.ts';
import { useVisits } from './visits.ts';
import type { Visit } from './browser.ts';

let provider: IdentityProvider;
let running: StartedConsole;
/** Of a machine that does a lot else. */
const patienceMs = 20_000;

const visit = useVisits(() => running.url);

beforeAll(async () => {
  // Another name of this machine: another site.
  provider = await startProvider(
    {
      chef: { preferred_username: 'chef', groups: ['mit-admins'] },
      niemand: { preferred_username: 'niemand', groups: [] },
    },
    'localhost',
  );
  running = await startConsole(undefined, oidcSection(provider.issuer));
  provider.register(`${running.url}/oidc/callback`);
});
afterAll(async () => {
  await running.stop();
  await provider.stop();
});

async function logIn({ page }: Visit, button: string, account: string): Promise<void> {
  await page.getByRole('button', { name: button }).click();
  await page.getByPlaceholder('Enter any login').fill(account);
  await page.getByPlaceholder('and password').fill('any');
  await page.getByRole('button', { name: 'Sign-in' }).click();
  await page.getByRole('button', { name: 'Continue' }).click();
}

test('Whoever has an account there comes back to the page that was open, sees who may what, and leaves', async () => {
  const chef = await visit(undefined);
  const { page } = chef;
  await chef.open('/users');
  await logIn(chef, 'Sign in with Firmenkonto', 'chef');
  await page.getByRole('heading', { name: 'Users' }).waitFor();
  expect(page.url()).toBe(`${running.url}/users`);
  const row = page.locator('tr', { hasText: 'chef' });
  await row.getByText('OpenID Connect').waitFor();
  await row.getByRole('button', { name: 'Actions for oidc:chef' }).click();
  await page.getByText('Role and groups are those of the last sign-in').waitFor();
  expect(await page.getByRole('menuitem', { name: 'New password' }).count()).toBe(0);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'chef', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).waitFor();
  expect(await page.getByRole('menuitem', { name: 'Change password' }).count()).toBe(0);
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.getByText('You may still be signed in at Firmenkonto.').waitFor();
  await page.getByRole('link', { name: 'Sign out there as well' }).click();
  await page.getByText('Do you want to sign-out').waitFor();
});

test('Whoever has no role there is told so in his language, and signs in here by password all the same', async () => {
  const stranger = await visit(undefined, { language: 'de', width: 390 });
  const { page } = stranger;
  await stranger.open('/');
  await logIn(stranger, 'Mit Firmenkonto anmelden', 'niemand');
  await page.getByText('Ihr Konto hat in Mitschnitt keine Rolle.').waitFor();
  expect(await stranger.overflow()).toBeLessThanOrEqual(0);
  expect(await stranger.violations()).toEqual([]);
  await page.getByLabel('Name').fill('admin');
  await page.getByLabel(/^Passwort/).fill(password);
  await page.getByRole('button', { name: 'Anmelden', exact: true }).click();
  await page.getByRole('heading', { name: 'Übersicht' }).waitFor();
  expect(page.url()).toBe(`${running.url}/`);
});

test('Which groups have which role is set in a form, by the names of the groups', async () => {
  const admin = await visit('admin');
  const { page } = admin;
  await admin.open('/system');
  await page.getByText('Sign-in by OpenID Connect').first().click();
  const supervisors = page.locator('[data-key="web.oidc.roles.supervisor"]');
  await supervisors.getByLabel('Verkauf').first().waitFor();
  expect(await admin.violations()).toEqual([]);
  await supervisors
    .getByRole('textbox', { name: /Support/ })
    .last()
    .fill('agents');
  await page.keyboard.press('Enter');
  const entries = supervisors.getByRole('textbox');
  await expect
    .poll(() => entries.evaluateAll((all) => all.map((each) => (each as { value?: string }).value)), {
      timeout: patienceMs,
    })
    .toContain('agents');
});
