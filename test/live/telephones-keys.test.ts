// The key that declines, however a telephone sends it, and parties who hang up instead; on both versions of Asterisk.
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';

import type { CallResult } from './call.ts';
import { eventually } from './eventually.ts';
import { all, recordsAll, slackMs, talkMs } from './rows.ts';
import { endpointsWith } from './sipp.ts';
import { heard, voices } from './station.ts';
import { announcementMs, keyTimeoutMs } from './station-config.ts';
import type { KeysBy, Telephone } from './telephone.ts';
import { everyRoute, TelephoneRows } from './telephone-rows.ts';
import { totalMs } from './tone.ts';

/** What an endpoint may be set to, and the telephone that suits it. */
const modes: readonly (readonly [dtmfMode: string, keysBy: KeysBy])[] = [
  ['rfc4733', 'rfc4733'],
  ['info', 'info'],
  ['inband', 'inband'],
  ['auto', 'rfc4733'],
  ['auto', 'inband'],
  ['auto_info', 'info'],
];
const firstHost = 20;

const endpoints = endpointsWith(
  modes
    .map(([dtmfMode], index) => {
      const name = `trunk-${index}`;
      const endpoint = `[${name}](party)\ncontext = from-trunk\ndtmf_mode = ${dtmfMode}\ntrust_id_inbound = yes`;
      const identify = `[${name}]\ntype = identify\nendpoint = ${name}\nmatch = 127.0.0.${firstHost + index}/32`;
      return `${endpoint}\n${identify}\n`;
    })
    .join(''),
);

const announced = {
  ...recordsAll,
  announcement: {
    incoming: { mode: 'opt-out', timeout: `${keyTimeoutMs}ms` },
    outgoing: { mode: 'opt-out', timeout: `${keyTimeoutMs}ms` },
    internal: { mode: 'notice' },
  },
};
const groups = [{ name: 'Verkauf', members: ['200', '201'], ...announced }];
const trunks = ['PJSIP/trunk', ...modes.map((_, index) => `PJSIP/trunk-${index}`)];
const declined = { outcome: 'declined', rule: 'party-declined' };
/** In the middle of the prompt. */
const duringMs = 200;
/** Longer than a key is held. */
const keyGapMs = 250;

/** The prompt was heard once, or a part of it. */
function expectOnce({ heard: sound }: CallResult): void {
  const { announcement } = heard(sound);
  const [first, last] = [announcement.at(0)?.fromMs ?? 0, announcement.at(-1)?.toMs ?? Infinity];
  expect(last - first, JSON.stringify(announcement)).toBeLessThan(announcementMs + slackMs);
}

describe.each([22, 16] as const)('on Asterisk %i', (version) => {
  const rows = new TelephoneRows({
    version,
    files: { 'extensions.conf': everyRoute, 'pjsip.conf': endpoints },
    modules: ['res_pjsip_refer'],
    configure: (config) => ({ ...config, groups, pbx: { trunks, timezone: 'Europe/Zurich' } }),
  });

  test.each(modes.map((mode, index) => [...mode, index] as const))(
    'dtmf_mode %s, key sent by %s: declines',
    async (_mode, keysBy, index) => {
      const number = rows.newNumber();
      const telephone: Telephone = await rows.station.parties.telephone('trunk', {
        host: firstHost + index,
        keysBy,
      });
      const member = await rows.answers('200', { talkMs });
      const keys = [
        { key: '5', afterMs: duringMs },
        { key: '1', afterMs: duringMs + 2 * keyGapMs },
      ];
      const caller = await telephone.calls('200', { from: number, keys });
      await member.done;
      const result = await caller.done;
      expect(voices(heard(result.heard))).toEqual(['200', 'announcement', 'confirmation']);
      const [line] = await rows.leaves({ talk: `incoming ${number}>200`, ...declined });
      expect(line?.consent).toMatchObject({ decision: 'declined', key: '1' });
    },
  );

  test('keys during the confirmation change nothing, and do not cut it short', async () => {
    const number = rows.newNumber();
    const member = await rows.answers('200', { talkMs });
    const keys = ['1', '1', '2'].map((key, index) => ({ key, afterMs: duringMs + index * keyGapMs }));
    const caller = await rows.calls('trunk', '200', { from: number, keys });
    await member.done;
    const { confirmation } = heard((await caller.done).heard);
    expect(confirmation.length).toBe(1);
    expect(totalMs(confirmation)).toBeGreaterThan(keyGapMs);
    const [line] = await rows.leaves({ talk: `incoming ${number}>200`, ...declined });
    expect(line?.consent).toMatchObject({ decision: 'declined', key: '1' });
  });

  test('a caller who hangs up during the confirmation has declined', async () => {
    const number = rows.newNumber();
    const caller = await rows.calls('trunk', '200', {
      from: number,
      keys: [{ key: '1', afterMs: duringMs }],
      talkMs: duringMs + keyGapMs,
    });
    await caller.done;
    const [line] = await rows.leaves({
      talk: `incoming ${number}>200`,
      outcome: 'not-answered',
      rule: 'no-talk',
    });
    expect(line?.consent).toMatchObject({ decision: 'declined', key: '1' });
  });

  test.each(['caller', 'called party'] as const)(
    'the %s of an outgoing call hangs up during the prompt: not answered',
    async (who) => {
      const outside = await rows.answers('trunk');
      // The caller hears ringing meanwhile.
      const member = await rows.calls('200', '0790050001');
      await eventually(() => outside.answeredAt);
      await pause(announcementMs / 3);
      if (who === 'caller') member.hangUp();
      else outside.hangUp();
      await Promise.all([outside.done, member.done]);
      const [line] = await rows.leaves({
        talk: 'outgoing 200>790050001',
        outcome: 'not-answered',
        rule: 'no-talk',
      });
      expect(line?.consent).toMatchObject({ complete: false, decision: 'none' });
    },
  );

  test('the called party of an outgoing call declines by key: told so, connected, and not recorded', async () => {
    const outside = await rows.answers('trunk');
    const member = await rows.calls('200', '0790050002');
    await eventually(() => outside.answeredAt);
    await pause(announcementMs / 3);
    outside.press('1');
    await rows.talking(member);
    await rows.hangUp(member);
    const { heard: sound } = await outside.done;
    expect(voices(heard(sound))).toEqual(['200', 'announcement', 'confirmation']);
    const [line] = await rows.leaves({
      talk: 'outgoing 200>790050002',
      outcome: 'declined',
      rule: 'party-declined',
    });
    expect(line?.consent).toMatchObject({ decision: 'declined', key: '1' });
  });

  test.each([
    ['no key: recorded with both members', [], { rule: 'announced' }],
    ['the key: recorded with neither', [{ key: '1', afterMs: duringMs }], declined],
  ] as const)(
    'announced once and transferred by REFER, the caller pressed %s',
    async (_what, keys, verdict) => {
      const number = rows.newNumber();
      const { caller, member, met } = await rows.incoming(number, { keys });
      const target = await rows.answers('201');
      const referred = Date.now();
      await member.transfers('201');
      const moved = await rows.talking(target);
      const parted = await rows.hangUp(caller);
      expectOnce(await caller.done);
      const isRecorded = keys.length === 0;
      await rows.leaves(
        {
          talk: `incoming ${number}>200`,
          ...verdict,
          ...(isRecorded && { heard: all([met, referred], 'trunk', '200') }),
        },
        {
          talk: `incoming ${number}>201`,
          ...verdict,
          ...(isRecorded && { heard: all([moved, parted], 'trunk', '201') }),
        },
      );
    },
  );

  test('forwarded by the telephone (302) to another member: announced once', async () => {
    const number = rows.newNumber();
    await rows.answers('200', { status: 302, forwardTo: '201' });
    const target = await rows.answers('201');
    const caller = await rows.calls('trunk', '200', { from: number });
    const met = await rows.talking(target);
    const parted = await rows.hangUp(caller);
    expectOnce(await caller.done);
    await rows.leaves({
      talk: `incoming ${number}>201`,
      rule: 'announced',
      heard: all([met, parted], 'trunk', '201'),
    });
  });
});
