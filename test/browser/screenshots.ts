// `npm run screenshots`: every page in both languages, light and dark, on a desk and on a telephone, with live calls.
import { execFile } from 'node:child_process';
import { copyFile, mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';

import { eventually } from '../live/eventually.ts';
import { SmbServer } from '../live/smb.ts';
import { Station } from '../live/station.ts';
import { oidcSection } from '../web/oidc-section.ts';
import { startBrowser, Visit } from './browser.ts';
import { furnish } from './estate.ts';
import { pages, type PageOf } from './pages.ts';

const folder = resolve(import.meta.dirname, '../../docs/screenshots');
/** All of them, to look at; only those below are kept in the repository. */
const all = join(folder, 'all');
const kept = [
  // Each page on a German and on a dark English desk, and on a telephone.
  ...['sign-in', 'group', ...pages.map(({ name }) => name)].flatMap((name) =>
    ['de-light-1440', 'en-dark-1440', 'de-light-390'].map((look) => `${name}-${look}`),
  ),
  // Those of the README.
  ...['overview-en-light-1440', 'recording-en-light-1440', 'not-recorded-en-light-1440'],
  ...['audit-en-light-1440', 'users-en-light-1440'],
];
/** `npm run screenshots -- --kept`: only these. */
const isBrief = process.argv.includes('--kept');
const languages = ['de', 'en'] as const;
const schemes = ['light', 'dark'] as const;
const sizes = [
  { width: 1_440, height: 900 },
  { width: 390, height: 844 },
] as const;
/** What a page asks for after it is there: charts, waveforms. */
const settledMs = 400;
/** So long a caller stands in the gate: time to be pictured. */
const inGate = '60s';

/** In the afternoon, whatever the clock here says: a day without calls is no picture. */
function timeZoneOfAfternoon(): string {
  const zones = [
    'Europe/Zurich',
    'America/New_York',
    'America/Los_Angeles',
    'Pacific/Auckland',
    'Asia/Tokyo',
  ];
  const hourIn = (timeZone: string): number =>
    Number(new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', hourCycle: 'h23' }).format());
  const wanted = 16;
  return zones.reduce((best, zone) =>
    Math.abs(hourIn(zone) - wanted) < Math.abs(hourIn(best) - wanted) ? zone : best,
  );
}

let session: Awaited<ReturnType<Visit['context']['cookies']>> | undefined;
const timeZone = timeZoneOfAfternoon();
const announced = { incoming: { mode: 'opt-out' }, outgoing: { mode: 'notice' } };
const dawdling = { ...announced, incoming: { mode: 'opt-out', timeout: inGate } };
const unannounced = { incoming: { mode: 'none' }, outgoing: { mode: 'none' } };
const group = { record: { incoming: true, outgoing: true }, language: 'de', deliver_to: ['archiv'] };

const station = await Station.start({
  version: 22,
  run: false,
  configure: (config) => ({
    ...config,
    prompts: {},
    pbx: { trunks: ['PJSIP/trunk'], timezone: timeZone },
    groups: [
      { ...group, name: 'Verkauf', members: ['200-209'], announcement: unannounced },
      { ...group, name: 'Support', members: ['300-309', 'queue:support'], announcement: dawdling },
      { ...group, name: 'Buchhaltung', members: ['210-219'], announcement: announced },
    ],
    // Where it is is known only when it runs.
    targets: { archiv: { type: 'smb', host: 'nas.example', share: 'mitschnitte' } },
  }),
});
const samba = await SmbServer.start({ net: station.asterisk.net, root: station.archive });
const { host, share, username, password } = samba;
/** As it is on a machine of one's own. */
const usualNames: readonly (readonly [here: string, usual: string])[] = [
  [station.spool, '/var/spool/asterisk/mitschnitt'],
  [host, 'nas.example'],
  [station.asterisk.host, '127.0.0.1'],
];
await station.mitschnitt.configure({
  ...station.config,
  targets: { archiv: { type: 'smb', host, share, username, password } },
  web: { listen: '127.0.0.1:0', oidc: parse(oidcSection('https://login.example')) as unknown },
});
const browser = await startBrowser();
try {
  const heard = await furnish({ folder: station.folder, archive: station.archive, timeZone });
  // Those of the package are heard, not the tones of the tests.
  await rm(join(station.folder, 'prompts'), { recursive: true });
  await station.mitschnitt.run();
  const url = await eventually(
    () => /the console listens.*?(http:\/\/[\d.:]+)/.exec(station.mitschnitt.log)?.[1] ?? undefined,
  );
  await placeCalls();
  await rm(all, { recursive: true, force: true });
  await mkdir(all, { recursive: true });
  const looks = languages.flatMap((language) =>
    schemes.flatMap((scheme) => sizes.map((size) => ({ language, scheme, ...size }))),
  );
  // While the calls go on.
  for (const look of looks) {
    await standInGate();
    await take(url, look, pages.slice(0, 1));
  }
  for (const look of looks) {
    await takeDoor(url, look);
    await take(url, look, pages.slice(1), heard);
    console.log(`  ${look.language} ${look.scheme} ${look.width}`);
  }
  for (const name of kept) await copyFile(join(all, `${name}.png`), join(folder, `${name}.png`));
} finally {
  await browser.close();
  await Promise.all([station.stop(), samba.stop()]);
}

/** One that is recorded, one that is paused, and one in which the caller hears the announcement. */
async function placeCalls(): Promise<void> {
  const trunk = station.parties.party('trunk');
  for (const [to, from] of [
    ['200', '+41791234567'],
    ['201', '+41446681800'],
  ] as const) {
    await station.parties.party(to).answers();
    await trunk.calls(to, { from, name: 'Muster AG' });
  }
  const paused = await eventually(
    async () => (await station.talks()).find(({ to, state }) => to === '201' && state === 'recording'),
    { within: 10_000 },
  );
  await station.control({ id: paused.id ?? '', control: 'pause', actor: 'web:anna' });
}

/** A caller of the group that waits long for a key, if none does. */
async function standInGate(): Promise<void> {
  const waits = async () => (await station.talks()).some(({ state }) => state === 'gate');
  if (await waits()) return;
  await station.parties.party('trunk').calls('300', { from: '+41612614400' });
  await eventually(waits, { within: 10_000 });
}

type Look = { readonly language: 'de' | 'en'; readonly scheme: 'light' | 'dark' } & (typeof sizes)[number];

function nameOf(page: string, { language, scheme, width }: Look): string {
  return `${page}-${language}-${scheme}-${width}`;
}

function isWanted(page: string, look: Look): boolean {
  return !isBrief || kept.includes(nameOf(page, look));
}

/** Once: else the audit log would have little but that. */
async function enter(visit: Visit): Promise<void> {
  if (session) await visit.context.addCookies(session);
  else {
    await visit.signIn('admin');
    session = await visit.context.cookies();
  }
}

async function takeDoor(url: string, look: Look): Promise<void> {
  if (!isWanted('sign-in', look)) return;
  const nobody = await Visit.begin(browser, url, look);
  await nobody.open('/');
  await shoot(nobody, nameOf('sign-in', look));
  await nobody.end();
}

async function take(url: string, look: Look, offered: readonly PageOf[], heard = ''): Promise<void> {
  const shown = offered.filter(({ name }) => isWanted(name, look));
  if (shown.length === 0) return;
  const visit = await Visit.begin(browser, url, look);
  await enter(visit);
  for (const { path, name } of shown) {
    await visit.open(path.replace('sale-1', heard));
    await visit.page.waitForTimeout(settledMs);
    await shoot(visit, nameOf(name, look));
    if (name === 'groups' && isWanted('group', look)) await takeGroup(visit, look);
    const over = await visit.overflow();
    if (over > 0) console.error(`${nameOf(name, look)} is ${over} pixels too wide`);
  }
  for (const fault of visit.faults) console.error(`${look.language}: ${fault}`);
  await visit.end();
}

/** One of them opened, with all that is set of it. */
async function takeGroup(visit: Visit, look: Look): Promise<void> {
  await visit.page.getByRole('button', { name: 'Buchhaltung', exact: true }).click();
  await shoot(visit, nameOf('group', look));
}

/** With 256 colours a picture has a third of the bytes, and looks the same. */
async function shoot({ page }: Visit, name: string): Promise<void> {
  const raw = join(all, `${name}.raw.png`);
  const usual = page.viewportSize();
  const wanted = await page.evaluate<number>('document.documentElement.scrollHeight');
  // A window as high as the page: nothing is cut off, and the menu beside it goes down to its end.
  if (usual) await page.setViewportSize({ ...usual, height: Math.max(usual.height, wanted) });
  for (const [here, usual] of usualNames)
    await page.evaluate(
      `for (const field of document.querySelectorAll('input'))
        field.value = field.value.replace(${JSON.stringify(here)}, ${JSON.stringify(usual)});`,
    );
  await page.screenshot({ path: raw });
  if (usual) await page.setViewportSize(usual);
  const filter = 'split[a][b];[a]palettegen=max_colors=256[p];[b][p]paletteuse=dither=none';
  await promisify(execFile)('ffmpeg', [
    '-v',
    'error',
    '-y',
    '-i',
    raw,
    '-vf',
    filter,
    join(all, `${name}.png`),
  ]);
  await rm(raw);
}
