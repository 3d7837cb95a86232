// What works behind the calls, while another configuration is taken over.
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import type { Alarms } from '../src/alarms/alarms.ts';
import { callsOf, type Calls } from '../src/assemble-calls.ts';
import { officeOf, type Office } from '../src/assemble-office.ts';
import { reportingOf } from '../src/assemble-report.ts';
import { loadText } from '../src/config/load.ts';
import type { Config } from '../src/config/schema.ts';
import { newShifts } from '../src/delivery/shifts.ts';
import { sampleIssue } from './catalogue/sample.ts';
import { eventually } from './live/eventually.ts';

let folder: string;
let calls: Calls;
let office: Office;
let config: Config;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mitschnitt-office-'));
  for (const name of ['spool', 'archiv', 'zweit']) await mkdir(join(folder, name));
  const file = join(folder, 'mitschnitt.yaml');
  const text = `
asterisk: { ari: { url: "http://127.0.0.1:1/ari", password: x }, ami: { port: 1, secret: x } }
pbx: { trunks: [PJSIP/trunk], timezone: Europe/Zurich }
spool: { path: ${folder}/spool }
catalogue: { type: sqlite, path: ${folder}/catalogue.db }
groups:
  - { name: Verkauf, members: ["200"], record: { incoming: true, outgoing: false }, announcement: { incoming: { mode: none } }, deliver_to: [archiv, zweit] }
targets: { archiv: { type: folder, path: ${folder}/archiv }, zweit: { type: folder, path: ${folder}/zweit } }
report: { deliver: daily }
log: { level: error }
`;
  await writeFile(file, text, { mode: 0o600 });
  ({ config } = await loadText(text, file));
  const nothing = () => undefined;
  calls = callsOf(config, { recorded: nothing, closed: nothing, tested: nothing, alarm: nothing });
  await calls.open();
  office = officeOf(config, calls, new Date(), newShifts());
});
afterEach(async () => {
  await calls.close();
  await rm(folder, { recursive: true });
});

test('what ends begins nothing any more, and says so; how things are is told', async () => {
  const ended = office.stop();
  const ask = async (asked: string, body?: unknown) => await office.answers[asked]?.(body);
  const begins = Object.keys(office.answers).filter((asked) => asked.startsWith('POST '));
  expect(begins).toContain('POST /erase');
  for (const asked of begins.filter((each) => each !== 'POST /control'))
    await expect(ask(asked, {}), asked).rejects.toMatchObject({ code: 'stopping', retry: true });
  expect(await ask('GET /cleanup')).toMatchObject({ running: 0 });
  await ended;
  const { cleaning } = office.running;
  expect(await cleaning.run({ mode: 'stuck', actor: 'web:admin' })).toHaveProperty('problem');
});

test('reports that stood still for a moment are not delivered again by what ended meanwhile', async () => {
  const { reporting } = office.running;
  if (!reporting) throw new Error('there is a report');
  await reporting.start();
  const { promise: erased, resolve: erase } = Promise.withResolvers<undefined>();
  const { promise: stands, resolve: stand } = Promise.withResolvers<undefined>();
  const between = reporting.between(() => {
    stand(undefined);
    return erased;
  });
  await stands;
  const ended = reporting.stop();
  erase(undefined);
  await between;
  await ended;
  await calls.catalogue.addIssues('archiv', [sampleIssue('a')], { until: 0, seq: 0 });
  reporting.runNow();
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(await calls.catalogue.pendingIssues('archiv')).toMatchObject([{ attempts: 0, problem: undefined }]);
});

/** Reports of which that to `archiv` does not end until `file` is written. */
async function hanging() {
  const silent = () => undefined;
  const log = { debug: silent, info: silent, warn: silent, error: silent };
  const alarms = { raise: silent, clear: silent } as unknown as Alarms;
  const parts = { catalogue: calls.catalogue, log, alarming: { alarms, delivery: silent } };
  const reporting = reportingOf(config, { ...parts, shifts: newShifts().reports }, 300);
  if (!reporting) throw new Error('there is a report');
  const outgoing = join(config.report.path, 'outgoing');
  await mkdir(outgoing, { recursive: true });
  // Nobody writes it: whoever opens it waits.
  const file = join(outgoing, 'a.csv');
  execFileSync('mkfifo', [file]);
  await calls.catalogue.addIssues('archiv', [sampleIssue('a')], { until: 0, seq: 0 });
  await reporting.start();
  await eventually(() => reporting.activity.some(({ file: moving }) => moving !== undefined));
  // It is told before the file is opened.
  await new Promise((resolve) => setTimeout(resolve, 300));
  return { reporting, file };
}

test('a delivery that does not end holds up none to another target', async () => {
  const { reporting, file } = await hanging();
  await expect(reporting.between(() => Promise.resolve())).rejects.toMatchObject({
    code: 'report-under-way',
  });
  await calls.catalogue.addIssues('zweit', [sampleIssue('b', { target: 'zweit' })], { until: 0, seq: 0 });
  reporting.runNow();
  await eventually(async () => {
    const [issue] = await calls.catalogue.pendingIssues('zweit');
    return issue === undefined || issue.attempts > 0;
  });
  expect(await calls.catalogue.pendingIssues('archiv')).toMatchObject([{ attempts: 0 }]);
  const writer = await open(file, 'w');
  await writer.close();
  await reporting.stop();
});

test('what wants reports to stand still does not wait for ever for a delivery that does not end', async () => {
  const { reporting, file } = await hanging();
  const work = () => Promise.resolve('done');
  await expect(reporting.between(work)).rejects.toMatchObject({ code: 'report-under-way' });
  const writer = await open(file, 'w');
  await rm(file);
  await writer.close();
  expect(await eventually(() => reporting.between(work))).toBe('done');
  // It goes on: that the file is gone is noted.
  await eventually(async () => {
    const [issue] = await calls.catalogue.pendingIssues('archiv');
    return issue === undefined || issue.attempts > 0;
  });
  await reporting.stop();
});
