// An external party that is connected with somebody else is told again that it is recorded.
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import type { Call } from './call.ts';
import { eventually } from './eventually.ts';
import { heard, Station, voices } from './station.ts';
import { announcementMs, keyTimeoutMs } from './station-config.ts';
import { totalMs } from './tone.ts';
import type { PartyName } from './sipp.ts';

const dialplan = `
[globals]

#include "mitschnitt.conf"

[from-trunk]
exten => _XXX,1,Gosub(mitschnitt,s,1)
 same => n,Dial(PJSIP/\${EXTEN},30,tT)

[internal]
exten => _XXX,1,Gosub(mitschnitt,s,1)
 same => n,Dial(PJSIP/\${EXTEN},30,tT)
`;

const files = {
  'extensions.conf': dialplan,
  'features.conf': '[general]\nfeaturedigittimeout = 1000\n[featuremap]\nblindxfer = *1\natxfer = *2\n',
  'musiconhold.conf': '[general]\n',
};
const modules = ['res_musiconhold', 'bridge_holding', 'codec_gsm', 'format_gsm'];

const groups = [
  {
    name: 'Verkauf',
    members: ['200', '201'],
    announcement: {
      incoming: { mode: 'opt-out', timeout: `${keyTimeoutMs}ms` },
      outgoing: { mode: 'notice' },
      reannounce: true,
    },
    deliver_to: ['archive'],
  },
];

/** Between two keys, so that two equal ones are heard as two. */
const keyGapMs = 400;
/** The feature asks for the number with a prompt of its own. */
const askedMs = 1_500;
const talkMs = 1_500;
const slackMs = 500;

describe.each([22, 16] as const)('on Asterisk %i', (version) => {
  let station: Station;

  beforeAll(async () => {
    station = await Station.start({
      version,
      files,
      modules,
      configure: (config) => ({ ...config, groups }),
    });
  }, 60_000);
  beforeEach(() => station.clear());
  afterAll(() => station.stop());

  async function dial(call: Call, keys: string): Promise<void> {
    for (const key of keys) {
      call.press(key);
      await pause(keyGapMs);
    }
  }

  /** A call from outside to `to`, who hands it to 201 by the feature code. */
  async function transferred(from: string, to: PartyName, feature: '*1' | '*2') {
    const first = await station.parties.party(to).answers();
    const caller = await station.parties.party('trunk').calls(to, { from });
    await eventually(() => first.answeredAt, { within: 10_000 });
    await pause(talkMs);
    const second = await station.parties.party('201').answers();
    await dial(first, feature);
    await pause(askedMs);
    await dial(first, '201');
    await eventually(() => second.answeredAt, { within: 10_000 });
    if (feature === '*2') {
      await pause(talkMs);
      first.hangUp();
    }
    return { caller, first, second };
  }

  async function hangUp(caller: Call, ...others: readonly Call[]) {
    caller.hangUp();
    const [result] = await Promise.all([caller.done, ...others.map(({ done }) => done)]);
    return result;
  }

  test('blind transfer: the caller hears it again in the gate, both talks are recorded', async () => {
    const number = '+41795000001';
    const { caller, first, second } = await transferred(number, '200', '*1');
    await pause(talkMs);
    const result = await hangUp(caller, first, second);
    expect(heard(result.heard).announcement).toHaveLength(2);
    const lines = await station.listed(number, 2);
    expect(lines.map(({ outcome, rule }) => [outcome, rule])).toEqual([
      ['recorded', 'announced'],
      ['recorded', 'announced'],
    ]);
    expect(lines[0]?.consent?.played_to).not.toBe(lines[1]?.consent?.played_to);
    expect(lines.map((line) => voices(station.heardIn(line)))).toEqual([
      ['200', 'trunk'],
      ['201', 'trunk'],
    ]);
  });

  test('attended transfer by somebody who is no member: told in the talk, recorded from then on', async () => {
    const number = '+41795000002';
    const { caller, first, second } = await transferred(number, '300', '*2');
    await pause(announcementMs + keyTimeoutMs + talkMs + slackMs);
    const result = await hangUp(caller, first, second);
    expect(heard(result.heard).announcement).toHaveLength(1);
    expect(voices(heard((await second.done).heard))).toEqual(['300', 'trunk']);
    const lines = await station.listed(number, 2);
    expect(lines.map(({ outcome, rule }) => [outcome, rule])).toEqual([
      ['not-announced', 'before-the-announcement'],
      ['recorded', 'announced'],
    ]);
    expect(lines[1]?.consent).toMatchObject({ place: 'talk', complete: true });
    const file = station.heardIn(lines[1] ?? { file: null });
    expect(voices(file)).toEqual(['201', 'trunk']);
    expect(totalMs(file.trunk)).toBeGreaterThan(talkMs - slackMs);
  });

  test('a key pressed in the talk declines: the party is told so, and nothing is recorded', async () => {
    const number = '+41795000003';
    const { caller, first, second } = await transferred(number, '300', '*2');
    await pause(announcementMs / 2);
    caller.press('1');
    await pause(talkMs + slackMs);
    const result = await hangUp(caller, first, second);
    expect(voices(heard(result.heard))).toContain('confirmation');
    const line = await station.listedCall(number);
    expect(line).toMatchObject({ outcome: 'declined', rule: 'party-declined', file: null });
    expect(line.consent).toMatchObject({ place: 'talk', key: '1', decision: 'declined' });
  });

  test('leaves no channel of its own behind', async () => {
    expect(await station.asterisk.cli('core show channels concise')).not.toContain('Snoop');
    expect(station.mitschnitt.log).not.toContain('did not accept a command');
  });
});
