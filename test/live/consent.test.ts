// What must be heard and pressed before a call is recorded.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { heard, Station, voices } from './station.ts';

const everyDirection = { incoming: true, outgoing: true, internal: true };

/** Groups that differ in what they demand of the same caller. */
const groups = [
  {
    name: 'Zustimmung',
    members: ['200'],
    record: everyDirection,
    announcement: {
      incoming: { mode: 'opt-in', timeout: '500ms' },
      outgoing: { mode: 'none' },
      internal: { mode: 'notice' },
    },
    deliver_to: ['archive'],
  },
  {
    name: 'Alle',
    members: ['200-201'],
    record: everyDirection,
    announcement: {
      incoming: { mode: 'none' },
      outgoing: { mode: 'notice', prompt: 'fehlt' },
      internal: { mode: 'none' },
    },
    deliver_to: ['archive'],
  },
];

describe.each([22, 16] as const)('on Asterisk %i', (version) => {
  let station: Station;

  beforeAll(async () => {
    station = await Station.start({ version, configure: (config) => ({ ...config, groups }) });
  }, 60_000);
  beforeEach(() => station.clear());
  afterAll(() => station.stop());

  test('opt-in: recorded only if the key was pressed', async () => {
    await station.incoming('+41790010001', { keys: [{ key: '1', afterMs: 300 }] });
    await station.incoming('+41790010002');
    const agreed = await station.listedCall('+41790010001');
    expect(agreed).toMatchObject({ group: 'Zustimmung', outcome: 'recorded', rule: 'party-agreed' });
    expect(voices(station.heardIn(agreed))).toEqual(['200', 'trunk']);
    expect(await station.listedCall('+41790010002')).toMatchObject({
      outcome: 'not-agreed',
      rule: 'party-did-not-agree',
      file: null,
    });
  });

  test('none: recorded without announcement, and connected without delay', async () => {
    const { caller, callee } = await station.incoming('+41790010003', { to: '201' });
    const listed = await station.listedCall('+41790010003');
    expect(listed).toMatchObject({
      group: 'Alle',
      outcome: 'recorded',
      rule: 'no-announcement-required',
      consent: null,
    });
    expect(voices(heard(caller.heard))).toEqual(['201']);
    expect(callee.startedAt - caller.startedAt).toBeLessThan(500);
  });

  test('a call between members of two groups is recorded once, by the rules of the first', async () => {
    const answered = await station.parties.party('200').answers({ talkMs: 1_000 });
    const placed = await station.parties.party('201').calls('200');
    const [caller] = await Promise.all([placed.done, answered.done]);
    expect(voices(heard(caller.heard))).toEqual(['200', 'announcement']);
    const listed = await station.listedCall('201');
    expect(listed).toMatchObject({ group: 'Zustimmung', from: '201', to: '200', outcome: 'recorded' });
    expect(listed.direction).toBe('internal');
    expect(voices(station.heardIn(listed))).toEqual(['200', '201']);
  });

  test('a prompt that does not exist: connected, not recorded', async () => {
    await station.outgoing('790010004', { from: '201' });
    const listed = await station.listedCall('790010004');
    expect(listed).toMatchObject({ outcome: 'announcement-failed', file: null });
    expect(listed.consent?.problem).toContain('fehlt.wav');
  });

  test('a prompt that vanished while Mitschnitt runs: connected, not recorded', async () => {
    await rm(join(station.spool, 'prompts'), { recursive: true });
    const { callee } = await station.incoming('+41790010005');
    expect(callee.talkMs).toBeGreaterThan(1_000);
    const listed = await station.listedCall('+41790010005');
    expect(listed).toMatchObject({ outcome: 'announcement-failed', file: null });
    expect(listed.consent).toMatchObject({ complete: false });
  });
});
