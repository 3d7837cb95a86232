// Mitschnitt, or the line to it, is there and says nothing: no call waits for it, and nothing is there twice when it is
// back.
import { readdir } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';

import type { Cable } from './cable.ts';
import { eventually } from './eventually.ts';
import { gateIsOpen, longCall, talking, wired, type Lines } from './lines.ts';
import { heard, Station, voices } from './station.ts';
import { announcementMs, confirmationMs, keyTimeoutMs } from './station-config.ts';
import { keyHeldMs, leadOnMarginMs } from '../../src/call/gate.ts';
import { totalMs } from './tone.ts';

/** A call waits no longer for a recorder that does not answer; with some room for a busy machine. */
const goesOnWithinMs = 500 + 150;
/** Longer than it takes to notice that Mitschnitt, or a line, stood still. */
const standMs = 1_000;
const slackMs = 250;
const talkMs = 1_200;

let station: Station;
let lines: Lines | undefined;
afterEach(async () => {
  station.mitschnitt.thaw();
  await Promise.all([lines?.ami.remove(), lines?.ari.remove()]);
  lines = undefined;
  await station.stop();
});

/** How long the set-up of a call took that nobody announced. */
async function unattended(number: string): Promise<number> {
  const { caller, callee } = await station.incoming(number, { talkMs: 700 });
  expect(voices(heard(caller.heard))).toEqual(['200']);
  return callee.startedAt - caller.startedAt;
}

async function isServedAgain(number: string): Promise<void> {
  await station.incoming(number, { talkMs });
  expect(await station.listedCall(number)).toMatchObject({ outcome: 'recorded', rule: 'announced' });
}

describe.each([22, 16] as const)('on Asterisk %i', (version) => {
  test('frozen: calls wait 500 ms at most, and end where the administrator wants that', async () => {
    station = await Station.start({ version });
    await gateIsOpen(station);
    station.mitschnitt.freeze();
    expect(await unattended('+41790030001')).toBeLessThan(goesOnWithinMs);
    const { caller, callee } = await station.outgoing('790030003', { talkMs: 700 });
    expect((caller.answeredAt ?? 0) - (callee.answeredAt ?? 0)).toBeLessThan(goesOnWithinMs);
    await station.asterisk.cli('dialplan set global MITSCHNITT_IF_DOWN hangup');
    const placed = await station.parties.party('trunk').calls('200', { from: '+41790030004' });
    expect((await placed.done).status).toBeGreaterThanOrEqual(400);

    station.mitschnitt.thaw();
    await pause(standMs);
    await isServedAgain('+41790030005');
    expect(await station.listedCall('+41790030001')).toMatchObject({ outcome: 'not-announced', file: null });
  });

  test('frozen while a call stands in the gate: it goes on afterwards, and what it heard counts', async () => {
    station = await Station.start({ version });
    const call = await longCall(station, '+41790030010');
    await station.mitschnitt.prints(/type=play /);
    station.mitschnitt.freeze();
    await pause(announcementMs + keyTimeoutMs + slackMs);
    expect(call.answered.answeredAt).toBeUndefined();
    const thawedAt = Date.now();
    station.mitschnitt.thaw();
    await talking(station, call);
    expect((call.answered.answeredAt ?? 0) - thawedAt).toBeLessThan(keyTimeoutMs + goesOnWithinMs + slackMs);
    await pause(talkMs);
    call.placed.hangUp();
    await call.answered.done;
    expect(await station.listedCall('+41790030010')).toMatchObject({ outcome: 'recorded' });
    expect(await readdir(station.archive)).toHaveLength(1);
  });

  test('frozen for good while calls stand in the gate: they go on by themselves, both ways', async () => {
    station = await Station.start({ version });
    const call = await longCall(station, '+41790030011');
    const called = await station.parties.party('trunk').answers();
    const placed = await station.parties.party('201').calls('0790030012');
    await eventually(() => (station.mitschnitt.log.match(/type=set-gate-timeout/g) ?? []).length === 2);
    station.mitschnitt.freeze();
    const frozenAt = Date.now();
    await eventually(() => call.answered.answeredAt && placed.answeredAt, { within: 15_000 });
    const heldMs = announcementMs + keyTimeoutMs + keyHeldMs + leadOnMarginMs + confirmationMs;
    expect((call.answered.answeredAt ?? 0) - frozenAt).toBeLessThan(heldMs + slackMs);
    expect((placed.answeredAt ?? 0) - frozenAt).toBeLessThan(heldMs + slackMs);
    await pause(talkMs / 2);
    station.mitschnitt.thaw();
    call.placed.hangUp();
    placed.hangUp();
    await Promise.all([call.answered.done, called.done]);
    for (const number of ['+41790030011', '790030012']) {
      expect(await station.listedCall(number)).toMatchObject({ outcome: 'announcement-failed', file: null });
    }
  });

  test('frozen while recording: one file, nothing missing, nothing twice', async () => {
    station = await Station.start({ version });
    const call = await longCall(station, '+41790030020');
    await talking(station, call);
    station.mitschnitt.freeze();
    await pause(talkMs);
    station.mitschnitt.thaw();
    await pause(talkMs / 2);
    station.mitschnitt.freeze();
    call.placed.hangUp();
    const callee = await call.answered.done;
    await pause(talkMs);
    station.mitschnitt.thaw();
    const listed = await station.listedCall('+41790030020');
    expect(listed).toMatchObject({ outcome: 'recorded' });
    expect(Math.abs(listed.talk_ms - callee.talkMs)).toBeLessThan(slackMs);
    expect(totalMs(station.heardIn(listed).trunk)).toBeGreaterThan(callee.talkMs - slackMs);
    expect(await readdir(station.archive)).toHaveLength(1);
    expect(await station.reported('+41790030020')).toHaveLength(1);
  });
});

async function onBadLines(version: 22 | 16): Promise<Lines> {
  station = await Station.start({ version, run: false });
  lines = await wired(station);
  return lines;
}

test.each([22, 16] as const)(
  'every answer takes 200 ms, Asterisk %i: calls are announced and recorded',
  async (version) => {
    const { ami, ari } = await onBadLines(version);
    for (const line of [ami, ari]) line.suffer({ delayMs: 100 });
    await pause(standMs);
    const { callee } = await station.incoming('+41790030030', { talkMs });
    expect(callee.talkMs).toBeGreaterThan(talkMs - slackMs);
    const listed = await station.listedCall('+41790030030');
    expect(listed).toMatchObject({ outcome: 'recorded', rule: 'announced' });
    expect(totalMs(station.heardIn(listed).trunk)).toBeGreaterThan(callee.talkMs - 2 * slackMs);
  },
);

test.each<[string, 22 | 16, (lines: Lines) => readonly Cable[]]>([
  ['ARI', 22, ({ ari }) => [ari]],
  ['ARI', 16, ({ ari }) => [ari]],
  ['AMI', 22, ({ ami }) => [ami]],
  ['AMI', 16, ({ ami }) => [ami]],
  ['both', 22, ({ ami, ari }) => [ami, ari]],
])(
  '%s is half-open, Asterisk %i: calls wait 500 ms at most, and are recorded when it is back',
  async (_which, version, of) => {
    const { ami, ari } = await onBadLines(version);
    const silenced = of({ ami, ari });
    for (const line of silenced) line.suffer({ silent: true });
    // With AMI dead only, a call is still announced.
    const { caller, callee } = await station.incoming('+41790030040', { talkMs: 700 });
    const gateMs = silenced.includes(ari) ? 0 : announcementMs + keyTimeoutMs;
    expect(callee.startedAt - caller.startedAt).toBeLessThan(gateMs + goesOnWithinMs);
    await pause(standMs);
    const { caller: member, callee: called } = await station.outgoing('790030041', { talkMs: 700 });
    expect((member.answeredAt ?? 0) - (called.answeredAt ?? 0)).toBeLessThan(gateMs + goesOnWithinMs);
    const lostAt = station.mitschnitt.log.length;
    for (const line of silenced) line.suffer({});
    await eventually(() => station.mitschnitt.log.slice(lostAt).includes('ready'), { within: 15_000 });
    await isServedAgain('+41790030042');
  },
);

test('a recording runs on while both lines are dead, and is found again', async () => {
  const { ami, ari } = await onBadLines(22);
  const call = await longCall(station, '+41790030050');
  await talking(station, call);
  for (const line of [ami, ari]) line.suffer({ silent: true });
  await pause(talkMs);
  const lostAt = station.mitschnitt.log.length;
  for (const line of [ami, ari]) line.suffer({});
  await eventually(() => station.mitschnitt.log.slice(lostAt).includes('ready'), { within: 15_000 });
  call.placed.hangUp();
  const callee = await call.answered.done;
  const listed = await station.listedCall('+41790030050');
  expect(totalMs(station.heardIn(listed).trunk)).toBeGreaterThan(callee.talkMs - slackMs);
  expect(await readdir(station.archive)).toHaveLength(1);
});
