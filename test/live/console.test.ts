// The console in a browser beside a real Asterisk: what happens on the telephone is on the page at once.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';

import type { Visit } from '../browser/browser.ts';
import { useVisits } from '../browser/visits.ts';
import { password } from '../web/started-console.ts';
import { eventually } from './eventually.ts';
import { gateIsOpen } from './lines.ts';
import { SmbServer } from './smb.ts';
import { Station } from './station.ts';
import { toneFile, tonesOver, totalMs } from './tone.ts';

let station: Station;
let samba: SmbServer;
let url = '';
const visit = useVisits(() => url);
/** Between a change and what is seen of it, on a machine that does much else: usually it takes a tenth of that. */
const soonMs = 2_000;
/** All that is done between an empty configuration and the first recording. */
const firstUseMs = 120_000;
/** Of the announcement that is uploaded: no party and no other announcement has it. */
const uploadedTone = 1_400;
const uploadedMs = 800;
const numberOfFirstUse = '+41793330000';

beforeAll(async () => {
  station = await Station.start({ version: 22, run: false });
  samba = await SmbServer.start({ net: station.asterisk.net });
}, 90_000);
beforeEach(() => station.clear());
afterAll(() => Promise.all([station.stop(), samba.stop()]));

/** As after an installation; returns the one-time link of the log. */
async function install(): Promise<string> {
  const { mitschnitt, folder, config } = station;
  if (mitschnitt.pid !== undefined) await mitschnitt.kill();
  const former = ['', '-wal', '-shm'].map((end) => join(folder, `catalogue.db${end}`));
  await Promise.all(former.map((file) => rm(file, { force: true })));
  // Where things are kept on this machine; on one of its own nothing of it has to be said.
  const { spool, catalogue } = config;
  await mitschnitt.configure({ spool, catalogue, web: { listen: '127.0.0.1:0' } });
  await mitschnitt.run(null);
  return (await mitschnitt.prints(/http:\/\/[^\s"]+\/#\/welcome\/[\w-]+/))[0];
}

/** Saves what was typed, after a look at what changes. */
async function save({ page }: Visit): Promise<void> {
  await page.getByText('alles richtig').waitFor();
  await page.getByRole('button', { name: 'Ansehen und speichern' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Speichern' }).click();
  await page.getByText('Gespeichert', { exact: true }).waitFor();
}

async function connectAsterisk(admin: Visit): Promise<void> {
  const { page } = admin;
  const { ami, ari } = station.asterisk.settings;
  const connection = (name: string) => page.getByRole('group', { name: `Verbindung für ${name}` });
  const calls = connection('Anrufe');
  await calls.getByLabel('Server').fill(ami.host);
  await calls.getByLabel('Benutzer').fill(ami.username);
  await calls.getByLabel('Passwort').fill(ami.secret);
  const announcements = connection('Ansagen');
  await announcements.getByLabel('Adresse').fill(ari.url);
  await announcements.getByLabel('Benutzer').fill(ari.username);
  await announcements.getByLabel('Passwort').fill(ari.password);
  await page.getByLabel('Hinzufügen zu: Leitungen nach aussen').fill('PJSIP/trunk');
  await page.keyboard.press('Enter');
  await save(admin);
  await page.getByText('verbunden', { exact: true }).nth(1).waitFor();
}

async function addTarget(admin: Visit): Promise<void> {
  const { page } = admin;
  await page.getByRole('button', { name: 'Ziel hinzufügen' }).click();
  await page.getByRole('dialog').getByLabel('Name').fill('nas');
  await page.getByRole('button', { name: 'Hinzufügen', exact: true }).last().click();
  const card = page.locator('.entry-card', { hasText: 'nas' });
  await card.getByLabel('Server').fill(samba.host);
  await card.getByLabel('Freigabe', { exact: false }).first().fill(samba.share);
  await card.getByLabel('Benutzer').fill(samba.username);
  await card.getByLabel('Passwort').fill('not the one');
  await card.getByRole('button', { name: 'Verbindung prüfen' }).click();
  await card
    .getByText(/Benutzer und Passwort/)
    .first()
    .waitFor();
  await card.getByLabel('Passwort').fill(samba.password);
  await page.getByLabel('Wann übertragen').selectOption('immediately');
  await save(admin);
  await card.locator('.tag-good', { hasText: 'in Ordnung' }).waitFor();
}

async function uploadAnnouncement({ page }: Visit): Promise<void> {
  const chosen = page.waitForEvent('filechooser');
  const german = page.locator('section', { has: page.getByRole('heading', { name: 'Deutsch' }) });
  await german.getByRole('button', { name: 'Hochladen: ansage-opt-out' }).click();
  const file = { name: 'tone.wav', mimeType: 'audio/wav', buffer: toneFile(uploadedTone, uploadedMs) };
  await (await chosen).setFiles(file);
  await german.getByText('ansage-opt-out · 0.8 s').waitFor();
}

async function addGroup(admin: Visit): Promise<void> {
  const { page } = admin;
  await page.getByRole('button', { name: 'Gruppe hinzufügen' }).click();
  await page.getByLabel(/^Name/).fill('Verkauf');
  await page.getByLabel('Hinzufügen zu: Mitglieder').fill('200-201');
  await page.keyboard.press('Enter');
  await page.getByLabel('Ansage bei eingehenden Anrufen').selectOption('opt-out');
  await page.getByLabel('Bedenkzeit').fill('1');
  await save(admin);
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

test(
  'from an empty configuration to the first recording that is delivered, with the console alone',
  async () => {
    const link = await install();
    url = new URL(link).origin;
    const admin = await visit(undefined, { language: 'de' });
    const { page } = admin;
    await page.goto(link);
    await page.getByLabel('Name').fill('admin');
    await page.getByLabel(/^Passwort/).fill(password);
    await page.getByRole('button', { name: 'Administrator werden' }).click();
    await page.getByRole('link', { name: 'Asterisk verbinden' }).click();
    await connectAsterisk(admin);
    await page.getByRole('link', { name: 'Upload' }).click();
    await addTarget(admin);
    await page.getByRole('link', { name: 'Ansagen' }).click();
    await uploadAnnouncement(admin);
    await page.getByRole('link', { name: 'Gruppe' }).click();
    await addGroup(admin);
    await page.getByRole('link', { name: 'Übersicht' }).click();
    await admin.settled();
    await gateIsOpen(station);
    const { caller } = await station.incoming(numberOfFirstUse);
    const [announcement] = tonesOver(caller.heard, [uploadedTone]).values();
    expect(totalMs(announcement)).toBeGreaterThan(uploadedMs / 2);
    await page.getByText('Einrichten: was noch fehlt').waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'Aufnahmen' }).click();
    await rowOf(admin, numberOfFirstUse).getByText('übertragen').waitFor();
    expect(await samba.run('ls', '/share')).toContain(numberOfFirstUse);
  },
  firstUseMs,
);

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

test('a recording is paused from the page, whatever the caller is called, goes on, and is ended by a clean-up', async () => {
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
  await page.getByRole('link', { name: 'Clean-up' }).click();
  await page.getByText('1 call goes on, 1 recording runs.').waitFor();
  await page.getByRole('button', { name: 'Clean up all …' }).click();
  await page.getByRole('button', { name: 'End 1 recording' }).click();
  const done = page.getByRole('status').filter({ hasText: 'Cleaned up' });
  await done.getByText('Ready for delivery').locator('xpath=..').getByText('1').waitFor();
  await page.getByRole('link', { name: 'Overview' }).click();
  await rowOf(look, number).waitFor();
  caller.hangUp();
  await Promise.all([caller.done, member.done]);
  await rowOf(look, number).waitFor({ state: 'detached' });
});
