// Whatever a caller sends as number and name, through file names, report, catalogue and command line.
import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';

import { eventually } from './eventually.ts';
import { Station } from './station.ts';

let station: Station;

beforeAll(async () => {
  const configure = (config: Record<string, unknown>): Record<string, unknown> => ({
    ...config,
    groups: [
      {
        name: 'Verkauf',
        members: ['200'],
        announcement: { incoming: { mode: 'none' }, outgoing: { mode: 'none' } },
        deliver_to: ['archive'],
      },
    ],
  });
  station = await Station.start({ version: 22, configure });
}, 60_000);
beforeEach(() => station.clear());
afterAll(() => station.stop());

const callerIds = [
  '../../x',
  '"; rm -rf /',
  "=cmd|' /C calc'!A0",
  '7'.repeat(200),
  'Grüße 北京',
  '',
  'anonymous',
  'a,b\\c[d]$e${f}',
  '<script>alert(1)</script>',
];

/** Bytes of a caller's name that Asterisk keeps. */
const longestName = 79;

test.each(callerIds)('caller id %j is recorded under a harmless name', async (from) => {
  const before = new Set(await readdir(station.archive));
  await station.incoming(from, { name: from, talkMs: 900 });
  const [file = ''] = await eventually(
    async () => {
      const added = (await readdir(station.archive)).filter((name) => !before.has(name));
      return added.length === 1 && added[0]?.endsWith('.wav') ? added : undefined;
    },
    { within: 10_000 },
  );
  const [line] = await eventually(async () => {
    const lines = await station.recordings();
    return lines.length === 1 ? lines : undefined;
  });
  // Quotes and the like have a way of their own to be written; Asterisk keeps no more.
  if (!/["'\\]/.test(from)) expect(line?.from_name ?? '').toBe(from.slice(0, longestName));
  expect(file).toMatch(/^Aufnahme_[-0-9]{10}_[-0-9]{8}_[^\p{Cc}\\/:*?"<>|]{1,80}_200\.wav$/u);
});

test('all of them are in the report, none as a formula, and nothing else was written anywhere', async () => {
  const lines = await eventually(async () => {
    const report = (await station.report()).filter((line) => line !== '');
    return report.length === callerIds.length + 1 ? report : undefined;
  });
  for (const line of lines.slice(1)) expect(line).not.toMatch(/^"?\s*[=@-]/);
  const { code, stdout } = await station.mitschnitt.cli('recordings');
  expect(code).toBe(0);
  // Tabs and line ends are the listing's own.
  expect(stdout.replaceAll(/[\n\t]/g, '')).not.toMatch(/\p{Cc}/u);
  expect((await readdir(station.folder)).sort()).toEqual(
    expect.arrayContaining(['archive', 'prompts', 'spool']),
  );
  await eventually(async () => (await station.spooled()).length === 0);
});
