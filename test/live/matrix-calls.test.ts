// Whom a call connects without anything happening to it later, on both versions of Asterisk.
import { setTimeout as pause } from 'node:timers/promises';
import { describe, test } from 'vitest';

import { all, recordsAll, Rows, talkMs } from './rows.ts';

const dialplan = `
[globals]

#include "mitschnitt.conf"

[from-trunk]
exten => _XXX,1,Gosub(mitschnitt,s,1)
 same => n,Dial(PJSIP/\${EXTEN},30)
exten => ring,1,Gosub(mitschnitt,s,1(200))
 same => n,Dial(PJSIP/200&PJSIP/300,30)
exten => local,1,Gosub(mitschnitt,s,1(200))
 same => n,Dial(Local/200@inside,30)
exten => local-stays,1,Gosub(mitschnitt,s,1(200))
 same => n,Dial(Local/200@inside/n,30)
exten => forwarded,1,Gosub(mitschnitt,s,1(300))
 same => n,Dial(PJSIP/0123@trunk,30,U(mitschnitt-called))
exten => forwarded-to-201,1,Gosub(mitschnitt,s,1(200))
 same => n,Dial(Local/201@inside,30)
exten => forwarded-outside,1,Gosub(mitschnitt,s,1(200))
 same => n,Dial(Local/0790010005@inside,30)

[inside]
exten => _XXX,1,Dial(PJSIP/\${EXTEN},30)
exten => _0X.,1,Dial(PJSIP/\${EXTEN:1}@trunk,30,U(mitschnitt-called))

[internal]
exten => _XXX,1,Gosub(mitschnitt,s,1)
 same => n,Dial(PJSIP/\${EXTEN},30)
exten => _0X.,1,Dial(PJSIP/\${EXTEN:1}@trunk,30,U(mitschnitt-called))
exten => forwarded-outside,1,Gosub(mitschnitt,s,1(200))
 same => n,Dial(Local/0790010006@inside,30)
`;

const groups = [{ name: 'Verkauf', members: ['200', '201'], ...recordsAll }];

describe.each([22, 16] as const)('on Asterisk %i', (version) => {
  const rows = new Rows({
    version,
    files: { 'extensions.conf': dialplan },
    configure: (config) => ({ ...config, groups }),
  });

  test('incoming', async () => {
    const number = rows.newNumber();
    const { caller, met } = await rows.connected(number, '200', '200');
    const parted = await rows.hangUp(caller);
    await rows.leaves({ talk: `incoming ${number}>200`, heard: all([met, parted], 'trunk', '200') });
  });

  test('outgoing', async () => {
    const outside = await rows.answers('trunk');
    const member = await rows.calls('200', '0790020001');
    await rows.talking(outside);
    const parted = await rows.hangUp(member);
    // The called party is connected when the gate let it go.
    const met = (await member.done).answeredAt ?? 0;
    await rows.leaves({ talk: 'outgoing 200>790020001', heard: all([met, parted], 'trunk', '200') });
  });

  test('internal, member to member: one file', async () => {
    const called = await rows.answers('201');
    const caller = await rows.calls('200', '201');
    const met = await rows.talking(called);
    const parted = await rows.hangUp(called);
    await caller.done;
    await rows.leaves({ talk: 'internal 200>201', heard: all([met, parted], '200', '201') });
  });

  test('internal, member to somebody else', async () => {
    const called = await rows.answers('300');
    const caller = await rows.calls('200', '300');
    const met = await rows.talking(called);
    const parted = await rows.hangUp(caller);
    await rows.leaves({ talk: 'internal 200>300', heard: all([met, parted], '200', '300') });
  });

  test('internal, somebody else to a member', async () => {
    const called = await rows.answers('200');
    const caller = await rows.calls('300', '200');
    const met = await rows.talking(called);
    const parted = await rows.hangUp(caller);
    await rows.leaves({ talk: 'internal 300>200', heard: all([met, parted], '200', '300') });
  });

  test('ring group, answered by the member', async () => {
    const number = rows.newNumber();
    const stranger = await rows.answers('300', { afterMs: 5_000 });
    const { caller, met } = await rows.connected(number, 'ring', '200');
    const parted = await rows.hangUp(caller);
    await stranger.done;
    await rows.leaves({ talk: `incoming ${number}>200`, heard: all([met, parted], 'trunk', '200') });
  });

  test('ring group, answered by somebody else', async () => {
    const number = rows.newNumber();
    const member = await rows.answers('200', { afterMs: 5_000 });
    const { caller } = await rows.connected(number, 'ring', '300');
    await rows.hangUp(caller);
    await member.done;
    await rows.leaves({ talk: `incoming ${number}>200`, outcome: 'not-answered', rule: 'no-talk' });
  });

  test.each(['local', 'local-stays'])('through a Local channel (%s): one file', async (way) => {
    const number = rows.newNumber();
    const { caller, met } = await rows.connected(number, way, '200');
    const parted = await rows.hangUp(caller);
    await rows.leaves({ talk: `incoming ${number}>200`, heard: all([met, parted], 'trunk', '200') });
  });

  test('a forward from outside to outside: nothing', async () => {
    const { caller } = await rows.connected(rows.newNumber(), 'forwarded', 'trunk');
    await rows.hangUp(caller);
    await pause(talkMs);
    await rows.leaves();
  });

  test('forwarded by the dialplan from a member to another one', async () => {
    const number = rows.newNumber();
    const { caller, met } = await rows.connected(number, 'forwarded-to-201', '201');
    const parted = await rows.hangUp(caller);
    await rows.leaves({ talk: `incoming ${number}>201`, heard: all([met, parted], 'trunk', '201') });
  });

  test('forwarded by the dialplan from a member to the outside: not answered by a member', async () => {
    const number = rows.newNumber();
    const { caller, member: outside } = await rows.connected(number, 'forwarded-outside', 'trunk');
    await rows.hangUp(caller);
    await outside.done;
    await rows.leaves({ talk: `incoming ${number}>200`, outcome: 'not-answered', rule: 'no-talk' });
  });

  test('a member calls another one who is forwarded to the outside', async () => {
    const outside = await rows.answers('trunk');
    const member = await rows.calls('201', 'forwarded-outside');
    const met = await rows.talking(outside);
    const parted = await rows.hangUp(member);
    await outside.done;
    await rows.leaves({ talk: 'outgoing 201>790010006', heard: all([met, parted], 'trunk', '201') });
  });
});
