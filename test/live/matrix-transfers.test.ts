// What a member's transfers with the feature codes of Asterisk make of a call, on both versions.
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';

import type { Call } from './call.ts';
import { eventually } from './eventually.ts';
import { all, recordsAll, Rows, talkMs, type Expected, type Voices } from './rows.ts';
import { partyTones } from './tone.ts';

const dialplan = `
[globals]

#include "mitschnitt.conf"

[from-trunk]
exten => _XXX,1,Gosub(mitschnitt,s,1)
 same => n,Dial(PJSIP/\${EXTEN},30,t)

[internal]
exten => _XXX,1,Gosub(mitschnitt,s,1)
 same => n,Dial(PJSIP/\${EXTEN},30,tT)
exten => _0X.,1,Dial(PJSIP/\${EXTEN:1}@trunk,30,U(mitschnitt-called)tT)
`;

const files = {
  'extensions.conf': dialplan,
  'features.conf': `[general]
featuredigittimeout = 1000
transferdigittimeout = 1
atxferabort = *0
atxferswap = *8
[featuremap]
blindxfer = *1
atxfer = *2
`,
  'musiconhold.conf': '[general]\n',
};

/** On one version the caller is told before: what it heard holds over every transfer. */
const rules = { 22: 'no-announcement-required', 16: 'announced' } as const;
const groupsOn = (version: 22 | 16) => {
  const incoming = { mode: version === 16 ? 'notice' : 'none' };
  const announcement = { ...recordsAll.announcement, incoming };
  return [{ name: 'Verkauf', members: ['200', '201'], ...recordsAll, announcement }];
};

/** Asterisk says 'transfer' then, and takes the digits from there on. */
const transferPromptMs = 400;
/** Asterisk 22 may miss the first 1.7 s of a party who answers within a few ms of being called through a Local channel. */
const ringMs = 500;
/** So long the parties of a completed transfer do not hear each other: Asterisk takes the Local channels away. */
const optimisingMs = 450;
/** A code is known when its last key is released. */
const keyMs = 180;
/** So long after that the other party is taken off hold. */
const resumingMs = 320;
/** After a feature code the other party of a transfer is on hold: it is heard until its last key. */
const code = 2;

const resumed = (at: number, parted: number): Voices => ({
  '200': [at, parted],
  trunk: [at + resumingMs, parted],
});

describe.each([22, 16] as const)('on Asterisk %i', (version) => {
  const rows = new Rows({
    version,
    files,
    modules: ['res_musiconhold', 'codec_gsm', 'format_gsm'],
    configure: (config) => ({ ...config, groups: groupsOn(version) }),
  });
  const rule = rules[version];

  /** A caller talks to 200, who transfers; `from` is when the other party was put on hold, and `to` when 200 is done. */
  async function transfer(feature: string, target: string) {
    const number = rows.newNumber();
    const { caller, member, met } = await rows.connected(number, '200', '200');
    const held = await rows.dial(member, feature);
    await pause(transferPromptMs);
    const dialled = await rows.dial(member, target);
    /** The first talk: the member hears prompts while it dials. */
    const first = (parted = dialled): Expected => ({
      talk: `incoming ${number}>200`,
      rule,
      heard: { trunk: [met, held], '200': [met, parted, code + target.length] },
    });
    return { number, caller, member, first };
  }

  const consults = async (target: Call): Promise<number> => {
    const consulted = await eventually(() => target.answeredAt, { within: 10_000 });
    await pause(talkMs);
    return consulted;
  };

  test.each([
    ['a member', '201'],
    ['somebody else', '300'],
  ] as const)('blind transfer to %s', async (_whom, colleague) => {
    const target = await rows.answers(colleague);
    const { number, caller, member, first } = await transfer('*1', colleague);
    const met = await rows.talking(target);
    const parted = await rows.hangUp(caller);
    await Promise.all([member.done, target.done]);
    const second: Expected = {
      talk: `incoming ${number}>201`,
      rule,
      heard: all([met, parted], 'trunk', '201'),
    };
    const lines = await rows.leaves(first(), ...(colleague === '201' ? [second] : []));
    expect(new Set(lines.map(({ call_id }) => call_id)).size).toBe(1);
  });

  test('blind transfer to the outside', async () => {
    const target = await rows.answers('trunk');
    const { caller, member, first } = await transfer('*1', '0790030002');
    await rows.talking(target);
    await rows.hangUp(caller);
    await Promise.all([member.done, target.done]);
    await rows.leaves(first());
  });

  test.each([
    ['a member', '201'],
    ['somebody else', '300'],
  ] as const)('attended transfer to %s: the consultation is a call of its own', async (_whom, colleague) => {
    const target = await rows.answers(colleague, { afterMs: ringMs });
    const { number, caller, member, first } = await transfer('*2', colleague);
    const consulted = await consults(target);
    const handed = await rows.hangUp(member);
    await pause(talkMs);
    const parted = await rows.hangUp(caller);
    await target.done;
    const second: Expected = {
      talk: `incoming ${number}>201`,
      rule,
      heard: { '201': [handed, parted], trunk: [handed + optimisingMs, parted] },
    };
    const lines = await rows.leaves(
      first(),
      { talk: `internal 200>${colleague}`, heard: all([consulted, handed], '200', colleague) },
      ...(colleague === '201' ? [second] : []),
    );
    const [call, consultation, goesOn] = lines.map(({ call_id }) => call_id);
    expect(consultation).not.toBe(call);
    if (colleague === '201') expect(goesOn).toBe(call);
  });

  test('attended transfer to the outside: announced to it before the consultation', async () => {
    const target = await rows.answers('trunk', { afterMs: ringMs });
    const { caller, member, first } = await transfer('*2', '0790030001');
    const consulted = await consults(target);
    const handed = await rows.hangUp(member);
    await pause(talkMs);
    await rows.hangUp(caller);
    await target.done;
    await rows.leaves(first(), {
      talk: 'outgoing 200>790030001',
      heard: all([consulted, handed], '200', 'trunk'),
    });
  });

  /** Whom a member consults: the party, what is dialled, and the talk with it. */
  const targets = [
    ['a member', '201', '201', 'internal 200>201'],
    ['the outside', 'trunk', '0790030003', 'outgoing 200>790030003'],
  ] as const;

  test.each(targets)(
    'attended transfer to %s who is busy: the talk goes on',
    async (_who, party, to, talk) => {
      const target = await rows.answers(party, { status: 486 });
      const { number, caller, member, first } = await transfer('*2', to);
      await target.done;
      // Asterisk plays the busy tone until the member returns.
      const returned = (await rows.dial(member, '*0')) + keyMs;
      await pause(talkMs);
      const parted = await rows.hangUp(caller);
      await rows.leaves(
        first(),
        { talk, outcome: 'not-answered', rule: 'no-talk' },
        { talk: `incoming ${number}>200`, rule, heard: resumed(returned, parted) },
      );
    },
  );

  test.each(targets)(
    'attended transfer to %s that the member breaks off: the talk goes on',
    async (_who, party, to, talk) => {
      // Who is consulted outside must not sound like the one who called.
      const target = await rows.answers(party, {
        afterMs: ringMs,
        ...(party === 'trunk' ? { tone: partyTones['300'] } : {}),
      });
      const { number, caller, member, first } = await transfer('*2', to);
      const sounds = party === 'trunk' ? '300' : party;
      const consulted = await consults(target);
      const returned = (await rows.dial(member, '*0')) + keyMs;
      await pause(talkMs);
      const parted = await rows.hangUp(caller);
      await target.done;
      await rows.leaves(
        first(),
        { talk, heard: { [sounds]: [consulted, returned], '200': [consulted, returned, code] } },
        { talk: `incoming ${number}>200`, rule, heard: resumed(returned, parted) },
      );
    },
  );

  test('attended transfer that the colleague breaks off: the talk goes on', async () => {
    const target = await rows.answers('201', { afterMs: ringMs });
    const { number, caller, first } = await transfer('*2', '201');
    const consulted = await consults(target);
    const returned = await rows.hangUp(target);
    await pause(talkMs);
    const parted = await rows.hangUp(caller);
    await rows.leaves(
      first(),
      { talk: 'internal 200>201', heard: all([consulted, returned], '200', '201') },
      { talk: `incoming ${number}>200`, rule, heard: all([returned, parted], 'trunk', '200') },
    );
  });

  test('attended transfer that the member hands on before the colleague answers', async () => {
    const target = await rows.answers('201', { afterMs: ringMs });
    const { number, caller, member, first } = await transfer('*2', '201');
    await rows.hangUp(member);
    const met = await rows.talking(target);
    const parted = await rows.hangUp(caller);
    await target.done;
    await rows.leaves(
      first(),
      { talk: 'internal 200>201', outcome: 'not-answered', rule: 'no-talk' },
      {
        talk: `incoming ${number}>201`,
        rule,
        heard: all([met, parted], 'trunk', '201'),
      },
    );
  });
});
