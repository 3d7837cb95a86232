// Numbers, languages and times of announcements that are not the usual ones.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { heard, Station, voices } from './station.ts';
import { announcementMs, keyTimeoutMs, promptTones } from './station-config.ts';
import { toneFile } from './tone.ts';

const optOut = { mode: 'opt-out', timeout: `${keyTimeoutMs}ms` };
const common = {
  announcement: { incoming: optOut, outgoing: { mode: 'notice' } },
  language_by_prefix: { '+33': 'fr' },
  never_record: ['0041 79 1*'],
  always_record: ['+41792*'],
  skip_announcement: ['+41793*'],
  deliver_to: ['archive'],
};

const groups = [
  { ...common, name: 'Ausnahmen', members: ['200'] },
  { ...common, name: 'Aus', members: ['201'], record: { incoming: false } },
  { ...common, name: 'Früh', members: ['300'], announcement: { ...common.announcement, early_media: true } },
];

describe.each([22, 16] as const)('on Asterisk %i', (version) => {
  let station: Station;

  beforeAll(async () => {
    station = await Station.start({
      version,
      run: false,
      configure: (config) => ({ ...config, groups }),
    });
    // In French the two tones have changed places, so that it can be heard which language was played.
    const french = join(station.folder, 'prompts', 'fr');
    await mkdir(french);
    await writeFile(join(french, 'ansage.wav'), toneFile(promptTones.confirmation, announcementMs));
    await writeFile(join(french, 'ansage-opt-out.wav'), toneFile(promptTones.confirmation, announcementMs));
    await writeFile(join(french, 'abgelehnt.wav'), toneFile(promptTones.announcement, announcementMs));
    await station.mitschnitt.run();
  }, 60_000);
  beforeEach(() => station.clear());
  afterAll(() => station.stop());

  test('never_record: nothing is announced or recorded, whoever called', async () => {
    const { caller } = await station.incoming('+41791000001');
    expect(voices(heard(caller.heard))).toEqual(['200']);
    const { callee } = await station.outgoing('0041791000002');
    expect(voices(heard(callee.heard))).toEqual(['200']);
    for (const number of ['+41791000001', '0041791000002']) {
      const listed = await station.listedCall(number);
      expect(listed).toMatchObject({
        outcome: 'excepted',
        rule: 'number-never-recorded',
        file: null,
        consent: null,
      });
      expect(listed.segments[0]?.number_patterns.never_record).toBe('+41791*');
    }
  });

  test('always_record: announced and recorded where the direction is off, unless it was declined', async () => {
    const { caller } = await station.incoming('+41792000001', { to: '201' });
    expect(voices(heard(caller.heard))).toEqual(['201', 'announcement']);
    const listed = await station.listedCall('+41792000001');
    expect(listed).toMatchObject({ outcome: 'recorded', rule: 'number-always-recorded' });
    expect(voices(station.heardIn(listed))).toEqual(['201', 'trunk']);

    await station.incoming('+41792000002', { to: '201', keys: [{ key: '1', afterMs: 300 }] });
    expect(await station.listedCall('+41792000002')).toMatchObject({ outcome: 'declined', file: null });
    await station.incoming('+41794000001', { to: '201' });
    expect(await station.listedCall('+41794000001')).toMatchObject({ outcome: 'direction-off' });
  });

  test('skip_announcement: recorded without a word, and the evidence names the entry', async () => {
    const { caller } = await station.incoming('+41793000001');
    expect(voices(heard(caller.heard))).toEqual(['200']);
    const listed = await station.listedCall('+41793000001');
    expect(listed).toMatchObject({ outcome: 'recorded', rule: 'standing-consent', consent: null });
    expect(listed.segments[0]?.number_patterns.skip_announcement).toBe('+41793*');
    expect(voices(station.heardIn(listed))).toEqual(['200', 'trunk']);
  });

  test('language_by_prefix: announcement and confirmation are in the language of the number', async () => {
    const { caller } = await station.incoming('0033123456789', { keys: [{ key: '1', afterMs: 300 }] });
    const { announcement, confirmation } = heard(caller.heard);
    expect(confirmation[0]?.fromMs).toBeLessThan(announcement[0]?.fromMs ?? 0);
    const listed = await station.listedCall('0033123456789');
    expect(listed).toMatchObject({ outcome: 'declined', consent: { language: 'fr', key: '1' } });
  });

  test('early_media: the caller hears it before the call is answered', async () => {
    const { caller, callee } = await station.incoming('+41794000002', { to: '300' });
    expect(caller.answeredAt).toBeGreaterThanOrEqual((callee.answeredAt ?? Infinity) - 100);
    const [announcement] = heard(caller.heard).announcement;
    expect(announcement?.toMs).toBeLessThan((caller.answeredAt ?? 0) - caller.startedAt);
    const listed = await station.listedCall('+41794000002');
    expect(listed).toMatchObject({
      outcome: 'recorded',
      rule: 'announced',
      consent: { place: 'early-media', complete: true },
    });
    expect(voices(station.heardIn(listed))).toEqual(['300', 'trunk']);
  });

  test('early_media: a key declines before the call is answered', async () => {
    const { caller } = await station.incoming('+41794000003', {
      to: '300',
      keys: [{ key: '1', afterMs: 300 }],
    });
    const [confirmation] = heard(caller.heard).confirmation;
    expect(confirmation?.fromMs).toBeLessThan((caller.answeredAt ?? 0) - caller.startedAt - 100);
    const listed = await station.listedCall('+41794000003');
    expect(listed).toMatchObject({ outcome: 'declined', consent: { place: 'early-media', key: '1' } });
  });
});
