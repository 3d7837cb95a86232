// How a call is taken: not at all, elsewhere, with audio before the answer, at one of two telephones, in another codec;
// on both versions of Asterisk.
import { describe, expect, test } from 'vitest';

import type { CallPlan, PartyName } from './sipp.ts';
import { endpointsWith } from './sipp.ts';
import { all, recordsAll } from './rows.ts';
import { heard, voices } from './station.ts';
import type { Telephone, TelephoneAnswer } from './telephone.ts';
import { TelephoneRows } from './telephone-rows.ts';
import { partyTones } from './tone.ts';

const dialplan = `
[globals]

#include "mitschnitt.conf"

[from-trunk]
exten => _XXX,1,Gosub(mitschnitt,s,1)
 same => n,Dial(PJSIP/\${EXTEN},30)
exten => _9XXX,1,Gosub(mitschnitt,s,1(\${EXTEN:1}))
 same => n,Dial(PJSIP/\${EXTEN:1},1)
exten => both,1,Gosub(mitschnitt,s,1(200))
 same => n,Dial(\${PJSIP_DIAL_CONTACTS(200)},30)

[internal]
exten => _XXX,1,Gosub(mitschnitt,s,1)
 same => n,Dial(PJSIP/\${EXTEN},30)
exten => _9XXX,1,Gosub(mitschnitt,s,1(\${EXTEN:1}))
 same => n,Dial(PJSIP/\${EXTEN:1},1)
exten => _0X.,1,Dial(PJSIP/\${EXTEN:1}@trunk,30,U(mitschnitt-called))
exten => _90X.,1,Dial(PJSIP/\${EXTEN:2}@trunk,1,U(mitschnitt-called))
`;

const secondHost = 13;
const endpoints = endpointsWith(`
[200](+type=aor)
max_contacts = 1
[200-second]
type = identify
endpoint = 200
match = 127.0.0.${secondHost}

[200](+type=endpoint)
identify_by = ip,username
allow = g722
[201](+type=endpoint)
allow = g722
`);

const groups = [{ name: 'Verkauf', members: ['200', '201'], ...recordsAll }];
const unanswered = { outcome: 'not-answered', rule: 'no-talk' };
/** Longer than anybody waits. */
const neverMs = 6_000;
const ringMs = 600;

describe.each([22, 16] as const)('on Asterisk %i', (version) => {
  const rows = new TelephoneRows({
    version,
    files: { 'extensions.conf': dialplan, 'pjsip.conf': endpoints },
    modules: ['codec_g722'],
    configure: (config) => ({ ...config, groups }),
  });

  async function inVain(
    from: PartyName,
    to: string,
    party: PartyName,
    { taken, placed }: { taken: TelephoneAnswer; placed: CallPlan },
  ): Promise<void> {
    const called = await rows.answers(party, taken);
    const caller = await rows.calls(from, to, placed);
    expect((await caller.done).answeredAt).toBeUndefined();
    await called.done;
  }

  test.each([
    ['who is busy', '', { status: 486 }, {}],
    ['for whom the caller does not wait', '', { afterMs: neverMs }, { hangUpAfterMs: ringMs }],
    ['whom Dial() gives up', '9', { afterMs: neverMs }, {}],
  ] as const)('a party %s: not answered, no file', async (_who, prefix, taken, plan) => {
    const number = rows.newNumber();
    await inVain('trunk', `${prefix}200`, '200', { taken, placed: { ...plan, from: number } });
    await inVain('200', `${prefix}0790040001`, 'trunk', { taken, placed: plan });
    await inVain('200', `${prefix}201`, '201', { taken, placed: plan });
    await rows.leaves(
      { talk: `incoming ${number}>200`, ...unanswered },
      { talk: 'outgoing 200>790040001', ...unanswered },
      { talk: 'internal 200>201', ...unanswered },
    );
  });

  test('forwarded by the telephone (302) to another member', async () => {
    const number = rows.newNumber();
    const forwarding = await rows.answers('200', { status: 302, forwardTo: '201' });
    const target = await rows.answers('201');
    const caller = await rows.calls('trunk', '200', { from: number });
    const met = await rows.talking(target);
    const parted = await rows.hangUp(caller);
    expect((await forwarding.done).status).toBe(302);
    await rows.leaves({ talk: `incoming ${number}>201`, heard: all([met, parted], 'trunk', '201') });
  });

  test('forwarded by the telephone (302) to the outside: no member talks', async () => {
    const number = rows.newNumber();
    await rows.answers('200', { status: 302, forwardTo: '0790040002' });
    const target = await rows.answers('trunk');
    const caller = await rows.calls('trunk', '200', { from: number });
    await rows.talking(target);
    await rows.hangUp(caller);
    await rows.leaves({ talk: `incoming ${number}>200`, ...unanswered });
  });

  test('a member forwarded by a telephone (302) to the outside', async () => {
    await rows.answers('300', { status: 302, forwardTo: '0790040003' });
    const target = await rows.answers('trunk');
    const caller = await rows.calls('200', '300');
    await rows.talking(target);
    const parted = await rows.hangUp(caller);
    const met = (await caller.done).answeredAt ?? 0;
    await rows.leaves({ talk: 'outgoing 200>790040003', heard: all([met, parted], 'trunk', '200') });
  });

  test('audio before the answer of the party outside (183) is not in the file', async () => {
    const outside = await rows.answers('trunk', { early: partyTones['300'], afterMs: ringMs });
    const member = await rows.calls('200', '0790040004');
    await rows.talking(outside);
    const parted = await rows.hangUp(member);
    const result = await member.done;
    expect(voices(heard(result.heard))).toEqual(['300', 'trunk']);
    await rows.leaves({
      talk: 'outgoing 200>790040004',
      heard: all([result.answeredAt ?? 0, parted], 'trunk', '200'),
    });
  });

  test('audio before the answer of the member (183) is not in the file', async () => {
    const number = rows.newNumber();
    const member = await rows.answers('200', { early: partyTones['300'], afterMs: ringMs });
    const caller = await rows.calls('trunk', '200', { from: number });
    const met = await rows.talking(member);
    const parted = await rows.hangUp(caller);
    expect(voices(heard((await caller.done).heard))).toEqual(['200', '300']);
    await rows.leaves({ talk: `incoming ${number}>200`, heard: all([met, parted], 'trunk', '200') });
  });

  test('a wideband telephone (G.722) and a narrow one: both are heard', async () => {
    const number = rows.newNumber();
    const member = await rows.answers('200', { codec: 'g722' });
    const caller = await rows.calls('trunk', '200', { from: number });
    const met = await rows.talking(member);
    const parted = await rows.hangUp(caller);
    expect(voices(heard((await member.done).heard))).toEqual(['trunk']);
    expect(voices(heard((await caller.done).heard))).toEqual(['200']);
    await rows.leaves({ talk: `incoming ${number}>200`, heard: all([met, parted], 'trunk', '200') });
  });

  test('two wideband telephones (G.722): both are heard', async () => {
    const called = await rows.answers('201', { codec: 'g722' });
    const caller = await rows.calls('200', '201', { codec: 'g722' });
    const met = await rows.talking(called);
    const parted = await rows.hangUp(caller);
    await rows.leaves({ talk: 'internal 200>201', heard: all([met, parted], '200', '201') });
  });

  // The last rows: from now on a call to the member may ring at the second telephone only.
  let second: Telephone | undefined;

  test.each(['first', 'second'])('two telephones of one member, the %s answers: one file', async (which) => {
    if (!second) {
      second = await rows.station.parties.telephone('200', { host: secondHost });
      await second.registers('200');
    }
    const number = rows.newNumber();
    const late = { afterMs: neverMs };
    const one = await rows.answers('200', which === 'first' ? {} : late);
    const other = await second.answers(which === 'second' ? { tone: partyTones['300'] } : late);
    const caller = await rows.calls('trunk', 'both', { from: number });
    const [taking, voice] = which === 'first' ? ([one, '200'] as const) : ([other, '300'] as const);
    const met = await rows.talking(taking);
    const parted = await rows.hangUp(caller);
    await Promise.all([one.done, other.done]);
    await rows.leaves({ talk: `incoming ${number}>200`, heard: all([met, parted], 'trunk', voice) });
  });
});
