// The form of the audio: two sides in step, and wideband kept.
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { eventually } from './eventually.ts';
import { endpointsWith } from './sipp.ts';
import { Station, type Listed } from './station.ts';
import type { TelephoneCall } from './telephone-call.ts';
import type { Telephone } from './telephone.ts';
import { readWav, tonesOver, totalMs } from './tone.ts';
import { durationMs, type Sound } from './wav.ts';

const unannounced = { incoming: { mode: 'none' }, outgoing: { mode: 'none' }, internal: { mode: 'none' } };
const groups = [
  {
    name: 'Verkauf',
    members: ['200'],
    announcement: unannounced,
    audio: { channels: 'stereo' },
    deliver_to: ['archive'],
  },
];

/**
 * What the two sides of a file may be apart: telephones send every 20 ms, and Asterisk waits a while for the later one.
 * For the 40 ms of 16 a busy machine may come too late; up to 100 ms it does not bring the sides together again.
 */
const inStepMs = { 22: 60, 16: 120 } as const;
/** What came too late is in the file after the silence that stood for it, and makes it longer. */
const longerMs = 800;
/** How much a talk measured at the telephones may differ from what is in a file, on a busy machine. */
const slackMs = 250;
/** Long enough to be heard between two things that happen. */
const partMs = 900;

/** The voices of the parties, one after the other: both change theirs at the same moments. */
const voices = { member: [1020, 1230, 1410, 1640], other: [560, 1860, 2100, 2500] } as const;

/** From when to when each voice of a party is heard on a channel. */
function spoken(sound: Sound, channel: number, of: readonly number[]) {
  const found = tonesOver(sound, of, { channel, bridgeMs: 60 });
  return of.map((hz) => found.get(hz) ?? []);
}

/** The file is as long as the talk. */
function expectAllOf(talkMs: number, sound: Sound): void {
  const ms = durationMs(sound);
  expect(ms).toBeGreaterThan(talkMs - slackMs);
  expect(ms).toBeLessThan(talkMs + longerMs);
}

/** What Asterisk writes within 4.5 s: 32 kB of each side at once. */
const writtenMs = 3_900;
/** On a busy machine a voice has gaps. */
const heardShare = 0.85;

/** The member is heard left for so long, and the other party right. */
function expectVoices(sound: Sound, ms: number): void {
  for (const [channel, hz] of [voices.member[0], voices.other[0]].entries()) {
    expect(totalMs(tonesOver(sound, [hz], { channel }).get(hz))).toBeGreaterThan(ms);
  }
}

describe.each([22, 16] as const)('stereo on Asterisk %i', (version) => {
  let station: Station;
  let [member, trunk]: Telephone[] = [];

  beforeAll(async () => {
    station = await Station.start({ version, configure: (config) => ({ ...config, groups }) });
    [member, trunk] = [await station.parties.telephone('200'), await station.parties.telephone('trunk')];
  }, 60_000);
  beforeEach(() => station.clear());
  afterAll(() => station.stop());

  async function talk(from: string, plans: { readonly lateMs?: number } = {}) {
    if (!member || !trunk) throw new Error('no telephones');
    const called = await member.answers({ tone: voices.member[0] });
    const late = plans.lateMs === undefined ? {} : { speaksAfterMs: plans.lateMs };
    const calling = await trunk.calls('200', { from, tone: voices.other[0], ...late });
    await eventually(() => called.answeredAt, { within: 10_000 });
    return { called, calling };
  }

  async function hungUp(...calls: readonly TelephoneCall[]): Promise<number> {
    calls[0]?.hangUp();
    const [first] = await Promise.all(calls.map((call) => call.done));
    return first?.talkMs ?? 0;
  }

  const fileOf = (listed: Listed): Sound => readWav(join(station.archive, listed.file ?? ''));

  /** Both change their voice now. */
  function turn({ called, calling }: Awaited<ReturnType<typeof talk>>, to: number): void {
    called.tune(voices.member[to] ?? 0);
    calling.tune(voices.other[to] ?? 0);
  }

  test('the member is left and the other party right, in step over a hold, a silence and a late beginning', async () => {
    const number = '+41791000001';
    const parties = await talk(number, { lateMs: 700 });
    const { called, calling } = parties;
    await pause(700 + partMs);
    turn(parties, 1);
    await pause(partMs);
    await called.hold();
    await pause(partMs);
    await called.resume();
    await pause(partMs);
    turn(parties, 2);
    await pause(partMs);
    calling.fallSilent();
    await pause(partMs);
    calling.speak();
    await pause(partMs);
    turn(parties, 3);
    await pause(partMs);
    const talkMs = await hungUp(called, calling);

    const listed = await station.listedCall(number);
    expect(listed).toMatchObject({
      outcome: 'recorded',
      media: { channels: 2, sample_rate: 8000, silent_sides: [] },
    });
    const sound = fileOf(listed);
    expectAllOf(talkMs, sound);
    const sides = [spoken(sound, 0, voices.member), spoken(sound, 1, voices.other)] as const;
    for (const [channel, strangers] of [voices.other, voices.member].entries()) {
      expect(spoken(sound, channel, strangers).flat()).toEqual([]);
    }
    for (const at of [1, 2, 3]) {
      const [left, right] = sides.map((side) => side[at]?.[0]?.fromMs ?? Number.NaN);
      expect(Math.abs((left ?? 0) - (right ?? 0)), `turn ${at}`).toBeLessThan(inStepMs[version]);
    }
  });

  test('a pause silences both sides, and the time goes on', async () => {
    const number = '+41791000002';
    const { called, calling } = await talk(number);
    await pause(partMs);
    const id = (await station.talks())[0]?.id ?? '';
    expect((await station.control({ id, control: 'pause', actor: 'test' })).problem).toBeUndefined();
    await pause(2 * partMs);
    expect((await station.control({ id, control: 'resume', actor: 'test' })).problem).toBeUndefined();
    await pause(partMs);
    const talkMs = await hungUp(called, calling);
    const listed = await station.listedCall(number);
    expect(listed).toMatchObject({ outcome: 'recorded', media: { channels: 2, findings: [] } });
    const sound = fileOf(listed);
    expectAllOf(talkMs, sound);
    for (const [channel, hz] of [voices.member[0], voices.other[0]].entries()) {
      const heardMs = totalMs(tonesOver(sound, [hz], { channel }).get(hz));
      expect(talkMs - heardMs).toBeGreaterThan(2 * partMs - slackMs);
    }
  });

  test('Mitschnitt is killed during the call: found again, and joined', async () => {
    const number = '+41791000003';
    const { called, calling } = await talk(number);
    await pause(partMs);
    await station.mitschnitt.kill();
    await pause(partMs);
    await station.mitschnitt.run();
    await pause(partMs);
    const talkMs = await hungUp(called, calling);
    const listed = await station.listedCall(number);
    expect(listed).toMatchObject({ outcome: 'recorded', media: { channels: 2, findings: [] } });
    const sound = fileOf(listed);
    expectAllOf(talkMs, sound);
    expectVoices(sound, heardShare * talkMs);
    await eventually(async () => (await station.spooled()).length === 0);
  });

  test('Asterisk is killed during the call: what it wrote of both sides is repaired and joined', async () => {
    const number = '+41791000004';
    await talk(number);
    await pause(5 * partMs);
    await station.asterisk.kill();
    await station.asterisk.restart();
    await station.mitschnitt.prints(/connected to Asterisk: ready/);
    const listed = await station.listedCall(number);
    expect(listed).toMatchObject({ outcome: 'recorded', media: { channels: 2, repaired: true } });
    expect(durationMs(fileOf(listed))).toBeGreaterThan(writtenMs);
    expectVoices(fileOf(listed), heardShare * writtenMs);
  });
});

/** Above what 8,000 samples a second can carry. */
const highHz = 5_200;
const lowHz = 1_020;

const endpoints = endpointsWith(`
[200](+type=endpoint)
allow = !all,g722,alaw
[trunk](+type=endpoint)
allow = !all,alaw,g722
`);

describe.each([22, 16] as const)('sample_rate auto on Asterisk %i', (version) => {
  let station: Station;
  let [member, trunk]: Telephone[] = [];

  const audio = { sample_rate: 'auto' };
  const wideband = [
    { ...groups[0], audio },
    { ...groups[0], name: 'Stereo', members: ['201'], audio: { ...audio, channels: 'stereo' } },
  ];

  beforeAll(async () => {
    station = await Station.start({
      version,
      configure: (config) => ({ ...config, groups: wideband }),
      files: { 'pjsip.conf': endpoints.replaceAll('[201](party)', '[201](party)\nallow = !all,g722') },
      modules: ['codec_g722'],
    });
    [member, trunk] = [await station.parties.telephone('200'), await station.parties.telephone('trunk')];
  }, 60_000);
  beforeEach(() => station.clear());
  afterAll(() => station.stop());

  async function recorded(
    from: string,
    to: Telephone,
    codec: 'alaw' | 'g722',
    tone: number,
  ): Promise<Listed> {
    if (!trunk) throw new Error('no telephone');
    const called = await to.answers({ codec, tone });
    const calling = await trunk.calls(to.name, { from });
    await eventually(() => called.answeredAt, { within: 10_000 });
    await pause(2 * partMs);
    called.hangUp();
    await Promise.all([called.done, calling.done]);
    return station.listedCall(from);
  }

  const heardMs = (listed: Listed, hz: number, channel = 0): number =>
    totalMs(tonesOver(readWav(join(station.archive, listed.file ?? '')), [hz], { channel }).get(hz));

  test("a member's telephone that speaks G.722 is recorded with all that it can carry", async () => {
    if (!member) throw new Error('no telephone');
    const listed = await recorded('+41791000011', member, 'g722', highHz);
    expect(listed).toMatchObject({
      outcome: 'recorded',
      media: { sample_rate: 16_000, channels: 1, findings: [] },
    });
    expect(listed.file).toMatch(/\.wav$/);
    expect(heardMs(listed, highHz)).toBeGreaterThan(2 * partMs - slackMs);
    expect(heardMs(listed, 560)).toBeGreaterThan(2 * partMs - slackMs);
  });

  test('one that speaks A-law is recorded as ever', async () => {
    if (!member) throw new Error('no telephone');
    const listed = await recorded('+41791000012', member, 'alaw', lowHz);
    expect(listed).toMatchObject({ outcome: 'recorded', media: { sample_rate: 8_000, channels: 1 } });
    expect(heardMs(listed, lowHz)).toBeGreaterThan(2 * partMs - slackMs);
  });

  test('both in stereo', async () => {
    const other = await station.parties.telephone('201');
    const listed = await recorded('+41791000013', other, 'g722', highHz);
    expect(listed).toMatchObject({
      outcome: 'recorded',
      media: { sample_rate: 16_000, channels: 2, findings: [] },
    });
    expect(heardMs(listed, highHz, 0)).toBeGreaterThan(2 * partMs - slackMs);
    expect(heardMs(listed, highHz, 1)).toBe(0);
    expect(heardMs(listed, 560, 1)).toBeGreaterThan(2 * partMs - slackMs);
  });
});
