// Transfers that a member's telephone asks for by SIP REFER, on both versions of Asterisk.
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';

import { all, recordsAll, talkMs } from './rows.ts';
import { everyRoute, TelephoneRows } from './telephone-rows.ts';
import { partyTones } from './tone.ts';

const groups = [{ name: 'Verkauf', members: ['200', '201'], ...recordsAll }];
const accepted = 200;
// The party outside to whom a call is transferred must not sound like the one who called.
const outside = { tone: partyTones['300'] };

describe.each([22, 16] as const)('on Asterisk %i', (version) => {
  const rows = new TelephoneRows({
    version,
    files: { 'extensions.conf': everyRoute },
    modules: ['res_pjsip_refer'],
    configure: (config) => ({ ...config, groups }),
  });

  test('blind transfer by REFER to another member', async () => {
    const number = rows.newNumber();
    const { caller, member, met } = await rows.incoming(number);
    const target = await rows.answers('201');
    const referred = Date.now();
    expect(await member.transfers('201')).toBe(accepted);
    const moved = await rows.talking(target);
    const parted = await rows.hangUp(caller);
    const lines = await rows.leaves(
      { talk: `incoming ${number}>200`, heard: all([met, referred], 'trunk', '200') },
      { talk: `incoming ${number}>201`, heard: all([moved, parted], 'trunk', '201') },
    );
    expect(lines[1]?.call_id).toBe(lines[0]?.call_id);
  });

  test.each([
    ['to a non-member', '300', '300', {}],
    ['outside', 'trunk', '0790030001', outside],
  ] as const)('blind transfer by REFER %s ends the recording', async (_whom, party, extension, plan) => {
    const number = rows.newNumber();
    const { caller, member, met } = await rows.incoming(number);
    const target = await rows.answers(party, plan);
    const referred = Date.now();
    expect(await member.transfers(extension)).toBe(accepted);
    await rows.talking(target);
    await rows.hangUp(caller);
    await rows.leaves({ talk: `incoming ${number}>200`, heard: all([met, referred], 'trunk', '200') });
  });

  test('attended transfer by REFER with Replaces to another member', async () => {
    const number = rows.newNumber();
    const { caller, member, met } = await rows.incoming(number);
    const held = Date.now();
    await member.hold();
    const target = await rows.answers('201');
    const consultation = await rows.calls('200', '201');
    const consulted = await rows.talking(target);
    const referred = Date.now();
    expect(await member.transfers(consultation)).toBe(accepted);
    await pause(talkMs);
    const parted = await rows.hangUp(caller);
    const lines = await rows.leaves(
      { talk: `incoming ${number}>200`, heard: { trunk: [met, referred, 1], '200': [met, held] } },
      { talk: 'internal 200>201', heard: all([consulted, referred], '200', '201') },
      { talk: `incoming ${number}>201`, heard: all([referred, parted], 'trunk', '201') },
    );
    expect(lines[2]?.call_id).toBe(lines[0]?.call_id);
    expect(lines[1]?.call_id).not.toBe(lines[0]?.call_id);
  });

  test.each([
    ['to a non-member', '300', '300', {}, 'internal 200>300'],
    ['outside', 'trunk', '0790030002', outside, 'outgoing 200>790030002'],
  ] as const)(
    'attended transfer by REFER with Replaces %s ends the recording',
    async (_whom, party, extension, plan, talk) => {
      const number = rows.newNumber();
      const { caller, member, met } = await rows.incoming(number);
      const held = Date.now();
      await member.hold();
      const target = await rows.answers(party, plan);
      const consultation = await rows.calls('200', extension);
      const consulted = await rows.talking(target);
      const referred = Date.now();
      expect(await member.transfers(consultation)).toBe(accepted);
      await pause(talkMs);
      await rows.hangUp(caller);
      await rows.leaves(
        { talk: `incoming ${number}>200`, heard: { trunk: [met, referred, 1], '200': [met, held] } },
        { talk, heard: all([consulted, referred], '200', '300') },
      );
    },
  );

  test.each([
    ['outside who is busy', 'trunk', { status: 486 }, 'outgoing 200>790030004'],
    ['who answers and is left', '201', {}, 'internal 200>201'],
    ['outside who answers and is left', 'trunk', outside, 'outgoing 200>790030004'],
  ] as const)(
    'a member consults somebody %s, and returns to the caller',
    async (_whom, party, plan, talk) => {
      const number = rows.newNumber();
      const { caller, member, met } = await rows.incoming(number);
      const held = Date.now();
      await member.hold();
      const target = await rows.answers(party, plan);
      const consultation = await rows.calls('200', party === 'trunk' ? '0790030004' : party);
      const isBusy = 'status' in plan;
      const consulted = isBusy ? undefined : await rows.talking(target);
      // Not so soon that nobody hears the caller wait.
      if (isBusy) await Promise.all([target.done, consultation.done, pause(talkMs)]);
      const left = await rows.hangUp(...(isBusy ? [] : [consultation, target]));
      await member.resume();
      const back = Date.now();
      await pause(talkMs);
      const parted = await rows.hangUp(caller);
      const sounds = party === 'trunk' ? '300' : party;
      await rows.leaves(
        {
          talk: `incoming ${number}>200`,
          heard: {
            trunk: [met, parted, 1],
            '200': [
              [met, held],
              [back, parted, 1],
            ],
          },
        },
        consulted === undefined
          ? { talk, outcome: 'not-answered', rule: 'no-talk' }
          : { talk, heard: all([consulted, left], '200', sounds) },
      );
    },
  );
});
