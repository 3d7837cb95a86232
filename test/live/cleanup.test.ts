// Recordings that really stick: each of the ways in which that happens, and a call beside them that is left alone.
import { readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { eventually } from './eventually.ts';
import { Station, voices, type Listed } from './station.ts';
import { partyTones, toneFile } from './tone.ts';
import type { Call } from './call.ts';
import type { Call as KnownCall } from '../../src/call/call.ts';

const dialplan = `
[globals]

#include "mitschnitt.conf"

[from-trunk]
exten => _XXX,1,Gosub(mitschnitt,s,1)
 same => n,Dial(PJSIP/\${EXTEN},30)

[internal]
exten => _0X.,1,Dial(PJSIP/\${EXTEN:1}@trunk,30)

[left]
exten => parked,1,Park()
exten => alone,1,Wait(120)
`;

const files = {
  'extensions.conf': dialplan,
  'res_parking.conf':
    '[general]\n[default]\nparkext => 700\nparkpos => 701-720\ncontext => parkedcalls\nparkingtime => 120\n',
  'musiconhold.conf': '[general]\n',
};
const modules = ['res_clioriginate', 'res_musiconhold', 'bridge_holding', 'res_parking'];

const unannounced = { incoming: { mode: 'none' }, outgoing: { mode: 'none' } };
const groups = [
  {
    name: 'Verkauf',
    members: ['200', '201', '300'],
    record: { incoming: true, outgoing: true },
    announcement: unannounced,
    deliver_to: ['archive'],
  },
];

/** Of calls that go on to the end, that never hang up, whose member is parked, and whose member is left alone. */
const numbers = {
  live: '+41793000001',
  endless: '+41793000002',
  parked: '+41793000003',
  alone: '793000004',
};
type Name = keyof typeof numbers;
const crashed = 'c4a54ed0-0000-4000-8000-000000000001';
const hourMs = 3_600_000;
const apartMs = 10_000;
const talkMs = 1_500;

let station: Station;
const talks = new Map<Name, readonly [Call, Call]>();
const calledOf = { live: '200', endless: '201', parked: '300', alone: 'trunk' } as const;

beforeAll(async () => {
  const configure = (config: Record<string, unknown>) => ({ ...config, groups });
  station = await Station.start({ version: 22, files, modules, configure });
  for (const name of Object.keys(numbers) as Name[]) await begin(name);
  await eventually(async () => (await stateOf('alone')) === 'recording', { within: 10_000 });
  // Each file is to have something in it.
  await pause(talkMs);
  await station.mitschnitt.kill();
  await leaveBehind();
  await station.mitschnitt.run();
}, 60_000);

afterAll(async () => {
  const calls = [...talks.values()].flat();
  for (const call of calls) call.hangUp();
  await Promise.allSettled(calls.map(({ done }) => done));
  await station.stop();
});

async function begin(name: Name): Promise<void> {
  const called = await station.parties.party(calledOf[name]).answers();
  const { caller, to } =
    name === 'alone'
      ? ({ caller: '200', to: `0${numbers.alone}` } as const)
      : ({ caller: 'trunk', to: calledOf[name] } as const);
  const placed = await station.parties.party(caller).calls(to, { from: numbers[name] });
  await eventually(() => called.answeredAt);
  talks.set(name, [placed, called]);
}

/** What a process finds that was away: a call that began long ago, two that its catalogue does not know, and a file. */
async function leaveBehind(): Promise<void> {
  const catalogue = new Database(join(station.folder, 'catalogue.db'));
  const rows = catalogue.prepare('select id, state from calls').all() as { id: string; state: string }[];
  const calls = rows.map(({ state }) => JSON.parse(state) as KnownCall);
  const of = (name: Name): KnownCall => {
    const call = calls.find(({ segments }) =>
      segments.some(({ from, to }) => [from, to].includes(numbers[name])),
    );
    if (!call) throw new Error(`no call of ${name}`);
    return call;
  };
  const earlier = (at: number): number => at - 9 * hourMs;
  const endless = of('endless');
  const long = {
    ...endless,
    startedAt: earlier(endless.startedAt),
    segments: endless.segments.map((each) => ({ ...each, startedAt: earlier(each.startedAt) })),
  };
  catalogue.prepare('update calls set state = ? where id = ?').run(JSON.stringify(long), endless.id);
  for (const name of ['parked', 'alone'] as const) {
    const call = of(name);
    catalogue.prepare('delete from calls where id = ?').run(call.id);
    const member = call.segments[0]?.memberName ?? '';
    const answer = await station.asterisk.cli(`channel redirect ${member} left,${name},1`);
    expect(answer).toContain('successfully redirected');
  }
  catalogue.close();
  const file = join(station.spool, 'active', `${crashed}.wav`);
  const bytes = toneFile(partyTones['201'], 2_000);
  for (const offset of [4, 40]) bytes.writeUInt32LE(0, offset);
  await writeFile(file, bytes);
  await makeOld(file);
}

/** What was written to lately may still be on its way. */
async function makeOld(file: string): Promise<void> {
  const then = new Date(Date.now() - hourMs);
  await utimes(file, then, then);
}

async function stateOf(name: Name): Promise<string | undefined> {
  const talks = await station.talks();
  return talks.find(({ from, to }) => [from, to].includes(numbers[name]))?.state;
}

async function isAlarmed(): Promise<boolean> {
  const { alarms = [] } = await station.status();
  return alarms.some(({ kind }) => kind === 'recording-stuck');
}

/** The calls of the members: what Asterisk says of their channels. */
async function memberChannels(): Promise<number> {
  const text = await station.asterisk.cli('core show channels concise');
  return text.split('\n').filter((line) => /^PJSIP\/[23]0[01]-/.test(line)).length;
}

async function orphans(): Promise<readonly Listed[]> {
  return (await station.recordings()).filter(({ rule }) => rule === 'orphan');
}

const delivered = (): Promise<string[]> => readdir(station.archive);

test('what is stuck is an alarm, taken over by name, and every call goes on', async () => {
  await eventually(isAlarmed, { within: 15_000 });
  // Only then is a channel without another party taken to stay without.
  await pause(apartMs);
  const answer = await station.mitschnitt.cli('cleanup', '--stuck', '--json');
  expect({ code: answer.code, ...(answer.json() as object) }).toMatchObject({
    code: 0,
    mode: 'stuck',
    live_calls: 4,
    ended: 3,
    moved: 1,
    orphans: 3,
    discarded: 0,
    left: [],
  });
  expect(await isAlarmed()).toBe(false);
  expect([await stateOf('live'), await stateOf('endless')]).toEqual(['recording', 'stopped']);
  expect(await memberChannels()).toBe(4);
  expect(await readdir(join(station.spool, 'active'))).toHaveLength(1);
  await eventually(async () => (await delivered()).length === 4, { within: 10_000 });
  const found = await orphans();
  expect(found.map(({ from, to, group, outcome }) => `${from} ${to} ${group} ${outcome}`).sort()).toEqual([
    '  Verkauf recorded',
    `${numbers.parked} 300 Verkauf recorded`,
    `200 0${numbers.alone} Verkauf recorded`,
  ]);
  const old = found.find(({ from }) => from === '');
  expect(old).toMatchObject({ id: crashed, media: { repaired: true, duration_ms: 2_000 } });
  expect(Date.now() - Date.parse(old?.start ?? '')).toBeGreaterThan(hourMs);
  expect(old?.file).toMatch(/_anonym_anonym\.wav$/);
  for (const line of found) expect(voices(station.heardIn(line))).toContain(line === old ? '201' : 'trunk');
});

test('all asks first, ends what runs, and the calls go on', async () => {
  const refused = await station.mitschnitt.cli('cleanup', '--all');
  expect({ code: refused.code, stderr: refused.stderr }).toEqual({
    code: 2,
    stderr: expect.stringMatching(/Live calls: 4, running recordings: 1\..*--yes/) as string,
  });
  expect(await stateOf('live')).toBe('recording');
  const answer = await station.mitschnitt.cli('cleanup', '--all', '--yes', '--json');
  expect(answer.json()).toMatchObject({ ended: 1, moved: 1, orphans: 0, left: [] });
  expect(await stateOf('live')).toBe('stopped');
  expect(await memberChannels()).toBe(4);
  await eventually(async () => (await delivered()).length === 5, { within: 10_000 });
  const [caller, member] = talks.get('live') ?? [];
  caller?.hangUp();
  await Promise.all([caller?.done, member?.done]);
  const line = await station.listedCall(numbers.live);
  expect(voices(station.heardIn(line))).toEqual(['200', 'trunk']);
  expect(line.segments[0]?.controls).toMatchObject([{ control: 'stop', problem: null }]);
  expect(line.segments[0]?.controls[0]?.actor).toMatch(/^cleanup:all:cli:/);
});

test('what is no recording is left, named, and tells of itself with 1', async () => {
  const notes = join(station.spool, 'active', 'notes.txt');
  await writeFile(notes, 'not a sound');
  await makeOld(notes);
  const answer = await station.mitschnitt.cli('cleanup', '--stuck', '--json');
  expect({ code: answer.code, ...(answer.json() as object) }).toMatchObject({
    code: 1,
    orphans: 0,
    left: [{ file: 'notes.txt', reason: expect.stringContaining('no WAV') as string }],
  });
});
