import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { beforeAll, expect, test } from 'vitest';

import { clientOf, signedIn, useConsole, type Client } from './console.ts';
import { formatWav } from '../live/wav.ts';
import { tone } from '../live/tone.ts';

const running = useConsole();
let admin: Client;
beforeAll(async () => {
  admin = await signedIn(running().url, 'admin');
});

const path = '/announcements/de/ansage';
const facts = async () => {
  const answer = (await (await admin.ask('GET', '/announcements')).json()) as {
    announcements: {
      name: string;
      language: string;
      ok: boolean;
      origin: string | null;
      has_built_in: boolean;
    }[];
  };
  return answer.announcements.find(({ name, language }) => name === 'ansage' && language === 'de');
};

test('an announcement of one’s own is played instead of that of the package, which comes back', async () => {
  expect(await facts()).toMatchObject({ origin: 'built-in', has_built_in: true });

  const body = formatWav({ sampleRate: 16_000, channels: [tone(440, 1_000, { sampleRate: 16_000 })] });
  const put = await fetch(`${running().url}/api/v1${path}`, {
    method: 'PUT',
    headers: { cookie: admin.cookie, 'content-type': 'audio/wav' },
    body: new Uint8Array(body),
  });
  expect(put.status).toBe(200);
  expect(await facts()).toMatchObject({ origin: 'own', has_built_in: true, wideband: true });

  expect((await admin.ask('DELETE', path)).status).toBe(200);
  expect(await facts()).toMatchObject({ origin: 'built-in' });
});

test('one’s own that is gone is told, and that of the package is played when somebody says so', async () => {
  const played = join(running().folder, 'spool/prompts/own.json');
  await mkdir(dirname(played), { recursive: true });
  await writeFile(played, JSON.stringify({ 'de/ansage': { folder: '/former/prompts', sha256: 'ab' } }));
  expect(await facts()).toMatchObject({ ok: false, origin: null, has_built_in: true });
  expect((await admin.ask('GET', `${path}/audio`)).status).toBe(404);
  expect((await admin.ask('DELETE', path)).status).toBe(200);
  expect(await facts()).toMatchObject({ ok: true, origin: 'built-in' });
});

test('the announcements of the package are never removed', async () => {
  const refused = await admin.ask('DELETE', path);
  expect(refused.status).toBe(422);
  expect(await refused.json()).toMatchObject({ error: { code: 'not-done' } });
  expect((await clientOf(running().url).ask('DELETE', path)).status).toBe(401);
});

test('forms learn what a text is: a duration, a size, a percentage, a schedule', async () => {
  const schema = (await (await admin.ask('GET', '/configuration/schema')).json()) as {
    properties: Record<string, { properties: Record<string, Record<string, unknown>> }>;
  };
  const kindOf = (section: string, key: string) => schema.properties[section]?.properties[key]?.['x-kind'];
  expect(kindOf('cleanup', 'max_duration')).toBe('duration');
  expect(kindOf('cleanup', 'schedule')).toBe('cron');
  expect(kindOf('storage', 'warn')).toBe('percentage');
  expect(kindOf('upload', 'bandwidth')).toBe('rate');
});
