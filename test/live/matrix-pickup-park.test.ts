// Calls that somebody takes from where they ring or are parked, on both versions of Asterisk.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, test } from 'vitest';

import { eventually } from './eventually.ts';
import { all, recordsAll, Rows, talkMs, type Expected } from './rows.ts';

const dialplan = `
[globals]

#include "mitschnitt.conf"

[from-trunk]
exten => wait,1,BridgeWait()
exten => _XXX,1,Gosub(mitschnitt,s,1)
 same => n,Dial(PJSIP/\${EXTEN},30,k)

[internal]
exten => _XXX,1,Gosub(mitschnitt,s,1)
 same => n,Dial(PJSIP/\${EXTEN},30,kK)
exten => pick,1,Pickup(200)
exten => pick-in-context,1,Pickup(200@internal)
exten => pick-channel,1,PickupChan(PJSIP/200)
exten => pick-by-name,1,PickupChan(PJSIP/200,p)
exten => _70X,1,ParkedCall(default,\${EXTEN})
exten => wait,1,BridgeWait()
`;

const pjsip = await readFile(resolve(import.meta.dirname, '../../docker/asterisk/etc/pjsip.conf'), 'utf8');

const files = {
  'extensions.conf': dialplan,
  'pjsip.conf': pjsip.replace('[party](!)', '[party](!)\ncall_group = 1\npickup_group = 1'),
  'features.conf': '[general]\npickupexten = *8\nfeaturedigittimeout = 1000\n[featuremap]\nparkcall = *3\n',
  'res_parking.conf': `[general]
[default]
parkext => 700
parkpos => 701-720
context => parkedcalls
parkingtime => 6
`,
  'musiconhold.conf': '[general]\n',
};

// Whoever takes the call, the caller was told before it rang.
const announcement = { ...recordsAll.announcement, incoming: { mode: 'notice' } };
const groups = [{ name: 'Verkauf', members: ['200', '201'], ...recordsAll, announcement }];
const rule = 'announced';

describe.each([22, 16] as const)('on Asterisk %i', (version) => {
  const rows = new Rows({
    version,
    files,
    modules: [
      'res_musiconhold',
      'bridge_holding',
      'res_parking',
      'app_directed_pickup',
      'app_bridgewait',
      'codec_gsm',
      'format_gsm',
    ],
    configure: (config) => ({ ...config, groups }),
  });

  /** A call rings at 200, and somebody else takes it. */
  async function picked(how: string, who: '201' | '300') {
    const number = rows.newNumber();
    const ringing = await rows.answers('200', { afterMs: 10_000 });
    const caller = await rows.calls('trunk', '200', { from: number });
    await eventually(() => ringing.ringingAt);
    const picker = await rows.calls(who, how);
    const met = await rows.talking(picker);
    const parted = await rows.hangUp(caller);
    await Promise.all([ringing.done, picker.done]);
    return { number, met, parted };
  }

  test.each([
    ['by its extension', 'pick'],
    ['by its extension and context', 'pick-in-context'],
    ['by its channel', 'pick-channel'],
    ['by the name of its channel', 'pick-by-name'],
    ['by group', '*8'],
  ])('picked up by a member: %s', async (_how, code) => {
    const { number, met, parted } = await picked(code, '201');
    await rows.leaves({ talk: `incoming ${number}>201`, rule, heard: all([met, parted], 'trunk', '201') });
  });

  test.each([
    ['by its extension', 'pick'],
    ['by group', '*8'],
  ])('picked up by somebody else: %s', async (_how, code) => {
    const { number } = await picked(code, '300');
    await rows.leaves({ talk: `incoming ${number}>200`, outcome: 'not-answered', rule: 'no-talk' });
  });

  /** 200 parks its caller. */
  async function parked() {
    const number = rows.newNumber();
    const { caller, member, met } = await rows.connected(number, '200', '200');
    const held = await rows.dial(member, '*3');
    const { endedAt } = await member.done;
    const first: Expected = {
      talk: `incoming ${number}>200`,
      rule,
      heard: { trunk: [met, held], '200': [met, held, 2] },
    };
    return { number, caller, first, endedAt };
  }

  test('parked, and taken by another member', async () => {
    const { number, caller, first } = await parked();
    const taker = await rows.calls('201', '701');
    const met = await rows.talking(taker);
    const parted = await rows.hangUp(caller);
    await taker.done;
    await rows.leaves(first, {
      talk: `incoming ${number}>201`,
      rule,
      heard: all([met, parted], 'trunk', '201'),
    });
  });

  test('parked, and taken by somebody else', async () => {
    const { caller, first } = await parked();
    const taker = await rows.calls('300', '701');
    await rows.talking(taker);
    await rows.hangUp(caller);
    await taker.done;
    await rows.leaves(first);
  });

  test('parked, and back to whom parked it', async () => {
    const { number, caller, first } = await parked();
    const again = await rows.answers('200');
    const met = await rows.talking(again);
    const parted = await rows.hangUp(caller);
    await again.done;
    await rows.leaves(first, {
      talk: `incoming ${number}>200`,
      rule,
      heard: all([met, parted], 'trunk', '200'),
    });
  });

  test('those who wait in one place do not hear each other: nothing', async () => {
    const caller = await rows.calls('trunk', 'wait', { from: rows.newNumber() });
    const member = await rows.calls('200', 'wait');
    await pause(talkMs);
    await rows.hangUp(caller, member);
    await rows.leaves({ talk: 'internal 200>wait', outcome: 'not-answered', rule: 'no-talk' });
  });
});
