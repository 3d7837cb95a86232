// Which group decides, and calls of more than two parties or of another kind; on both versions of Asterisk.
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';

import { eventually } from './eventually.ts';
import { heard } from './station.ts';
import { announcementMs } from './station-config.ts';
import { all, recordsAll, Rows, talkMs } from './rows.ts';

const dialplan = `
[globals]

#include "mitschnitt.conf"

[from-trunk]
exten => _XXX,1,Gosub(mitschnitt,s,1)
 same => n,Dial(PJSIP/\${EXTEN},30)
exten => iax,1,Gosub(mitschnitt,s,1(202))
 same => n,Dial(IAX2/202/answer,30)
exten => conference,1,ConfBridge(room)

[internal]
exten => _XXX,1,Gosub(mitschnitt,s,1)
 same => n,Dial(PJSIP/\${EXTEN},30)
exten => _0X.,1,Dial(PJSIP/\${EXTEN:1}@trunk,30,U(mitschnitt-called))
exten => conference,1,ConfBridge(room)

[inside]
exten => _XXX,1,Dial(PJSIP/\${EXTEN},30)

; Asterisk itself is the telephone at the far end of its IAX2 channel, and hums with the voice of 201.
[telephone]
exten => answer,1,Answer()
 same => n,Playtones(1860)
 same => n,Wait(30)
`;

const files = {
  'extensions.conf': dialplan,
  'iax.conf': `[general]
bindaddr = 127.0.0.1
bindaddr = 127.0.0.6
disallow = all
allow = alaw
calltokenoptional = 0.0.0.0/0.0.0.0
[202]
type = peer
host = 127.0.0.6
username = loop
[loop]
type = user
context = telephone
requirecalltoken = no
`,
  'confbridge.conf': '[general]\n[default_user]\ntype = user\nquiet = yes\n[default_bridge]\ntype = bridge\n',
  'musiconhold.conf': '[general]\n',
};

const { announcement } = recordsAll;
const groups = [
  {
    ...recordsAll,
    name: 'Leitung',
    members: ['PJSIP/200'],
    record: { incoming: true, outgoing: false, internal: false },
  },
  { ...recordsAll, name: 'Verkauf', members: ['200-202'] },
  {
    ...recordsAll,
    name: 'Versand',
    members: ['300-309'],
    announcement: { ...announcement, outgoing: { mode: 'notice' } },
  },
];

describe.each([22, 16] as const)('on Asterisk %i', (version) => {
  const rows = new Rows({
    version,
    files,
    modules: ['res_musiconhold', 'app_confbridge', 'app_playtones', 'chan_iax2', 'res_clioriginate'],
    configure: (config) => ({ ...config, groups }),
  });

  test.each([
    ['the first group of two that a member is in decides', '200', 'Leitung'],
    ['a member of the second group only', '201', 'Verkauf'],
    ['a member by a range of extensions', '300', 'Versand'],
  ] as const)('%s', async (_what, party, group) => {
    const number = rows.newNumber();
    const { caller, met } = await rows.connected(number, party, party);
    const parted = await rows.hangUp(caller);
    const [line] = await rows.leaves({
      talk: `incoming ${number}>${party}`,
      heard: all([met, parted], 'trunk', party),
    });
    expect(line?.group).toBe(group);
  });

  test('the first group does not record this direction, although the second would', async () => {
    const outside = await rows.answers('trunk');
    const member = await rows.calls('200', '0790020001');
    await rows.talking(outside);
    await rows.hangUp(member);
    await rows.leaves({
      talk: 'outgoing 200>790020001',
      outcome: 'direction-off',
      rule: 'direction-is-off',
    });
  });

  test('between members of two groups the first group decides', async () => {
    const called = await rows.answers('200');
    const caller = await rows.calls('300', '200');
    await rows.talking(called);
    await rows.hangUp(caller);
    const [line] = await rows.leaves({
      talk: 'internal 300>200',
      outcome: 'direction-off',
      rule: 'direction-is-off',
    });
    expect(line?.group).toBe('Leitung');
  });

  test('an extension on another channel technology', async () => {
    const number = rows.newNumber();
    const caller = await rows.calls('trunk', 'iax', { from: number });
    const met = await rows.talking(caller);
    const parted = await rows.hangUp(caller);
    await rows.leaves({ talk: `incoming ${number}>202`, heard: all([met, parted], 'trunk', '201') });
  });

  test('conference with a member', async () => {
    const number = rows.newNumber();
    const caller = await rows.calls('trunk', 'conference', { from: number });
    await eventually(() => caller.answeredAt);
    const member = await rows.calls('201', 'conference');
    const met = await rows.talking(member);
    const parted = await rows.hangUp(member);
    await rows.hangUp(caller);
    await rows.leaves({ talk: `incoming ${number}>201`, heard: all([met, parted], 'trunk', '201') });
  });

  test('conference of two members and the outside: a recording of each member', async () => {
    const number = rows.newNumber();
    const caller = await rows.calls('trunk', 'conference', { from: number });
    await eventually(() => caller.answeredAt);
    const first = await rows.calls('201', 'conference');
    const met = await rows.talking(first);
    const second = await rows.calls('300', 'conference');
    const joined = await rows.talking(second);
    const left = await rows.hangUp(first);
    await pause(talkMs);
    const parted = await rows.hangUp(caller);
    await rows.hangUp(second);
    await rows.leaves(
      {
        talk: `incoming ${number}>201`,
        heard: { trunk: [met, left], '201': [met, left], '300': [joined, left] },
      },
      {
        talk: `incoming ${number}>300`,
        heard: { trunk: [joined, parted], '300': [joined, parted], '201': [joined, left] },
      },
    );
  });

  test.each([
    ['its channel', 'PJSIP/300'],
    ['a Local channel', 'Local/300@inside'],
    ['a Local channel that stays', 'Local/300@inside/n'],
  ])('click to call: the member is called first, by %s', async (_how, channel) => {
    const outside = await rows.answers('trunk');
    const member = await rows.answers('300');
    await rows.station.asterisk.cli(`channel originate ${channel} extension 0790020002@internal`);
    await rows.talking(outside);
    await pause(announcementMs);
    const parted = await rows.hangUp(member);
    const ended = await outside.done;
    // The outside is led to the member as soon as the gate lets it go, and hears it from then on.
    const met = ended.startedAt + (heard(ended.heard)['300'][0]?.fromMs ?? 0);
    await rows.leaves({
      talk: 'outgoing 300>790020002',
      rule: 'announced',
      heard: all([met, parted], 'trunk', '300'),
    });
  });
});
