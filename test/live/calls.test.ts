// Real calls through the whole program, on both versions of Asterisk.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { eventually } from './eventually.ts';
import { heard, Station, voices } from './station.ts';
import { announcementMs, keyTimeoutMs } from './station-config.ts';
import { totalMs, type Interval } from './tone.ts';

/** How much a talk measured at the telephones may differ from what is in a file: their senders stumble under load. */
const slackMs = 250;
/** What may be missing of the beginning. */
const missingAtStartMs = 60;

function firstMs(intervals: readonly Interval[]): number {
  return intervals[0]?.fromMs ?? Number.POSITIVE_INFINITY;
}

describe.each([22, 16] as const)('on Asterisk %i', (version) => {
  let station: Station;

  beforeAll(async () => {
    station = await Station.start({ version });
  }, 60_000);
  beforeEach(() => station.clear());
  afterAll(() => station.stop());

  test('an incoming call is announced to the caller, recorded, delivered and reported', async () => {
    const { caller, callee } = await station.incoming('+41791234567');
    const listed = await station.listedCall('+41791234567');

    expect(listed).toMatchObject({
      group: 'Verkauf',
      direction: 'incoming',
      from: '+41791234567',
      to: '200',
      outcome: 'recorded',
      rule: 'announced',
      consent: { prompt: 'ansage-opt-out', complete: true, decision: 'none' },
    });
    expect(listed.file).toMatch(/^Aufnahme_\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d_\+41791234567_200\.wav$/);
    const inFile = station.heardIn(listed);
    expect(voices(inFile)).toEqual(['200', 'trunk']);
    expect(totalMs(inFile['200'])).toBeGreaterThan(callee.talkMs - slackMs);
    expect(totalMs(inFile.trunk)).toBeGreaterThan(callee.talkMs - slackMs);
    expect(firstMs(inFile.trunk)).toBeLessThan(missingAtStartMs);
    expect(totalMs(heard(caller.heard).announcement)).toBeGreaterThan(announcementMs - slackMs);
    expect(voices(heard(callee.heard))).toEqual(['trunk']);
    // The last one: where the test is tried again, the call before is listed as well.
    const report = (await station.reported('+41791234567')).at(-1);
    expect(report).toMatch(
      new RegExp(`^\\+41791234567;200;[-0-9]{10} [:0-9]{8};00:00:0[12];${listed.file?.replace('+', '\\+')}$`),
    );
    await eventually(async () => (await station.spooled()).length === 0);
  });

  test.each([
    ['during the prompt', 200],
    ['after the prompt', announcementMs + keyTimeoutMs / 2],
  ])(
    'a key %s declines: the caller is told, the call goes on, nothing is recorded',
    async (when, afterMs) => {
      const number = `+4179000${when.length}`;
      const { caller, callee } = await station.incoming(number, { keys: [{ key: '1', afterMs }] });
      const listed = await station.listedCall(number);

      expect(listed).toMatchObject({ outcome: 'declined', rule: 'party-declined', file: null });
      expect(listed.consent).toMatchObject({ decision: 'declined', key: '1' });
      expect(voices(heard(caller.heard))).toEqual(['200', 'announcement', 'confirmation']);
      expect(callee.talkMs).toBeGreaterThan(1_000);
      await eventually(async () => (await station.spooled()).length === 0);
      const [line] = await station.reported(number);
      expect(line).toMatch(/;abgelehnt$/);
    },
  );

  test('wrong keys do not decline', async () => {
    await station.incoming('+41790001111', {
      keys: [
        { key: '2', afterMs: 100 },
        { key: '#', afterMs: 450 },
      ],
    });
    expect(await station.listedCall('+41790001111')).toMatchObject({ outcome: 'recorded' });
  });

  test('an outgoing call is announced to the called party while the member hears nothing of it', async () => {
    const { caller, callee } = await station.outgoing('791112233');
    const listed = await station.listedCall('791112233');

    expect(listed).toMatchObject({
      direction: 'outgoing',
      from: '200',
      to: '791112233',
      outcome: 'recorded',
      consent: { prompt: 'ansage', complete: true },
    });
    expect(voices(station.heardIn(listed))).toEqual(['200', 'trunk']);
    expect(totalMs(heard(callee.heard).announcement)).toBeGreaterThan(announcementMs - slackMs);
    expect(voices(heard(caller.heard))).toEqual(['trunk']);
    expect(caller.ringingAt).toBeDefined();
    expect((caller.answeredAt ?? 0) - (callee.answeredAt ?? 0)).toBeGreaterThan(announcementMs - slackMs);
  });

  test('a call to no member passes without announcement and is not kept', async () => {
    const { caller } = await station.incoming('+41790003000', { to: '300', talkMs: 500 });
    expect(voices(heard(caller.heard))).toEqual(['300']);
    await expect(station.listed('+41790003000', 0)).resolves.toEqual([]);
    await eventually(async () => (await station.spooled()).length === 0);
  });

  test('a call between members is not recorded where internal calls are off', async () => {
    const answered = await station.parties.party('201').answers({ talkMs: 700 });
    const placed = await station.parties.party('200').calls('201');
    const [caller] = await Promise.all([placed.done, answered.done]);
    expect(voices(heard(caller.heard))).toEqual(['201']);
    const listed = await station.listedCall('201');
    expect(listed).toMatchObject({
      direction: 'internal',
      outcome: 'direction-off',
      rule: 'direction-is-off',
    });
  });

  test('a caller who hangs up during the announcement is not answered', async () => {
    const placed = await station.parties.party('trunk').calls('200', { from: '+41790004444', talkMs: 300 });
    await placed.done;
    const listed = await station.listedCall('+41790004444');
    expect(listed).toMatchObject({ outcome: 'not-answered', to: '200', talk_ms: 0 });
    expect(listed.consent).toMatchObject({ complete: false, decision: 'none' });
    expect(listed.consent?.problem).toContain('hung up');
  });

  test('a called party who hangs up during the announcement is not answered', async () => {
    const answered = await station.parties.party('trunk').answers({ talkMs: 300 });
    const placed = await station.parties.party('200').calls('0790005555');
    await Promise.all([placed.done, answered.done]);
    expect(await station.listedCall('790005555')).toMatchObject({
      outcome: 'not-answered',
      direction: 'outgoing',
    });
  });

  test('a member who is busy, or whom the caller does not wait for, is not answered', async () => {
    const busy = await station.parties.party('200').answers({ status: 486 });
    const first = await station.parties.party('trunk').calls('200', { from: '+41790006666' });
    await Promise.all([first.done, busy.done]);
    expect(await station.listedCall('+41790006666')).toMatchObject({ outcome: 'not-answered' });

    const ringing = await station.parties.party('200').answers({ afterMs: 9_000 });
    const second = await station.parties.party('trunk').calls('200', { from: '+41790007777', talkMs: 2_000 });
    await Promise.all([second.done, ringing.done]);
    expect(await station.listedCall('+41790007777')).toMatchObject({ outcome: 'not-answered' });
  });

  test('Asterisk had nothing to complain about', () => {
    const complaints = station.asterisk
      .log()
      .split('\n')
      .filter((line) => /\b(ERROR|WARNING)\b/.test(line));
    // The price of a Stasis application inside Dial's U(), and of a party that hangs up during a prompt.
    const known = /Abnormal 'Gosub\(mitschnitt-called|Playback failed for/;
    expect(complaints.filter((line) => !known.test(line))).toEqual([]);
  });
});
