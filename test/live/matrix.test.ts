// Every way in which a call comes to a member and leaves them again, on both versions of Asterisk.
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { Call } from './call.ts';
import { eventually } from './eventually.ts';
import { Station, voices, type Listed } from './station.ts';
import type { PartyName } from './sipp.ts';

const dialplan = `
[globals]

#include "mitschnitt.conf"

[from-trunk]
exten => _XXX,1,Gosub(mitschnitt,s,1)
 same => n,Dial(PJSIP/\${EXTEN},30,tT)
exten => ring,1,Gosub(mitschnitt,s,1(200))
 same => n,Dial(PJSIP/200&PJSIP/300,30)
exten => queue,1,Gosub(mitschnitt,s,1(queue:support))
 same => n,Queue(support,,,,20)
exten => local,1,Gosub(mitschnitt,s,1(200))
 same => n,Dial(Local/200@inside,30)
exten => local-stays,1,Gosub(mitschnitt,s,1(200))
 same => n,Dial(Local/200@inside/n,30)
exten => forwarded,1,Gosub(mitschnitt,s,1(300))
 same => n,Dial(PJSIP/0123@trunk,30,U(mitschnitt-called))
exten => conference,1,Gosub(mitschnitt,s,1(200))
 same => n,ConfBridge(room)

[inside]
exten => _XXX,1,Dial(PJSIP/\${EXTEN},30)

[internal]
exten => _XXX,1,Gosub(mitschnitt,s,1)
 same => n,Dial(PJSIP/\${EXTEN},30,tT)
exten => conference,1,ConfBridge(room)
exten => _0X.,1,Dial(PJSIP/\${EXTEN:1}@trunk,30,U(mitschnitt-called)tT)
`;

const files = {
  'extensions.conf': dialplan,
  'features.conf': '[general]\nfeaturedigittimeout = 1000\n[featuremap]\nblindxfer = *1\natxfer = *2\n',
  'queues.conf':
    '[general]\nautofill = yes\n[support]\nstrategy = ringall\ntimeout = 2\nretry = 1\nmember => PJSIP/200\n',
  'confbridge.conf': '[general]\n[default_user]\ntype = user\nquiet = yes\n[default_bridge]\ntype = bridge\n',
  'musiconhold.conf': '[general]\n',
};

const modules = [
  'res_musiconhold',
  'bridge_holding',
  'app_queue',
  'app_confbridge',
  'codec_gsm',
  'format_gsm',
];

const everyDirection = { incoming: true, outgoing: true, internal: true };
const unannounced = { incoming: { mode: 'none' }, outgoing: { mode: 'none' }, internal: { mode: 'none' } };

const groups = [
  {
    name: 'Verkauf',
    members: ['200', '201', 'queue:support'],
    record: everyDirection,
    announcement: unannounced,
    deliver_to: ['archive'],
  },
];

/** Between two keys, so that two equal ones are heard as two. */
const keyGapMs = 400;

/** How long the parties talk before and after something happens to their call. */
const talkMs = 1_200;

describe.each([22, 16] as const)('on Asterisk %i', (version) => {
  let station: Station;
  let calls = 0;

  beforeAll(async () => {
    station = await Station.start({
      version,
      files,
      modules,
      configure: (config) => ({ ...config, groups }),
    });
  }, 60_000);
  afterAll(() => station.stop());

  /** A number that no other call of these tests has. */
  const newNumber = (): string => `+417911${String(++calls).padStart(4, '0')}`;

  async function connected(
    from: string,
    to: string,
    member: PartyName,
  ): Promise<{ caller: Call; member: Call }> {
    const answering = await station.parties.party(member).answers();
    const caller = await station.parties.party('trunk').calls(to, { from });
    await eventually(() => answering.answeredAt, { within: 10_000 });
    await pause(talkMs);
    return { caller, member: answering };
  }

  async function dial(call: Call, keys: string): Promise<void> {
    for (const key of keys) {
      call.press(key);
      await pause(keyGapMs);
    }
  }

  async function hangUp(...ending: Call[]): Promise<void> {
    for (const call of ending) call.hangUp();
    await Promise.all(ending.map(({ done }) => done));
  }

  /** The lines of a call in the order of their talks. */
  async function linesOf(number: string, count: number): Promise<readonly Listed[]> {
    return station.listed(number, count);
  }

  const talk = ({ direction, from, to, outcome }: Listed): string => `${direction} ${from}>${to} ${outcome}`;
  const heardIn = (line: Listed | undefined): string[] =>
    line?.file == null ? [] : voices(station.heardIn(line));

  test('ring group, answered by the member', async () => {
    const number = newNumber();
    const stranger = await station.parties.party('300').answers({ afterMs: 5_000 });
    const { caller, member } = await connected(number, 'ring', '200');
    await hangUp(caller);
    await Promise.all([member.done, stranger.done]);
    const lines = await linesOf(number, 1);
    expect(lines.map(talk)).toEqual([`incoming ${number}>200 recorded`]);
    expect(heardIn(lines[0])).toEqual(['200', 'trunk']);
  });

  test('ring group, answered by somebody else', async () => {
    const number = newNumber();
    const member = await station.parties.party('200').answers({ afterMs: 5_000 });
    const { caller, member: stranger } = await connected(number, 'ring', '300');
    await hangUp(caller);
    await Promise.all([member.done, stranger.done]);
    expect((await linesOf(number, 1)).map(({ outcome }) => outcome)).toEqual(['not-answered']);
  });

  test.each(['local', 'local-stays'])('through a Local channel (%s): one file', async (way) => {
    const number = newNumber();
    const { caller, member } = await connected(number, way, '200');
    await hangUp(caller);
    await member.done;
    const lines = await linesOf(number, 1);
    expect(lines.map(talk)).toEqual([`incoming ${number}>200 recorded`]);
    expect(heardIn(lines[0])).toEqual(['200', 'trunk']);
  });

  test('a forward from outside to outside is of no concern', async () => {
    const number = newNumber();
    const { caller, member: called } = await connected(number, 'forwarded', 'trunk');
    await hangUp(caller);
    await called.done;
    expect(await linesOf(number, 0)).toEqual([]);
  });

  test.each([
    ['a member', '201', ['201', 'trunk']],
    ['somebody else', '300', undefined],
  ] as const)('blind transfer to %s', async (_whom, target, heard) => {
    const number = newNumber();
    const { caller, member } = await connected(number, '200', '200');
    const answering = await station.parties.party(target).answers();
    await dial(member, '*1');
    await pause(1_500);
    await dial(member, target);
    await eventually(() => answering.answeredAt, { within: 10_000 });
    await pause(talkMs);
    await hangUp(caller);
    await Promise.all([member.done, answering.done]);
    const lines = await linesOf(number, heard ? 2 : 1);
    expect(lines[0]).toMatchObject({ from: number, to: '200', outcome: 'recorded' });
    expect(heardIn(lines[0])).toEqual(['200', 'trunk']);
    if (!heard) return;
    expect(lines[1]).toMatchObject({
      from: number,
      to: target,
      outcome: 'recorded',
      call_id: lines[0]?.call_id,
    });
    expect(heardIn(lines[1])).toEqual(heard);
  });

  test('attended transfer to a member, with the consultation listed as internal', async () => {
    const number = newNumber();
    const { caller, member } = await connected(number, '200', '200');
    const answering = await station.parties.party('201').answers();
    await dial(member, '*2');
    await pause(1_500);
    await dial(member, '201');
    await eventually(() => answering.answeredAt, { within: 10_000 });
    await pause(talkMs);
    await hangUp(member);
    await pause(talkMs);
    await hangUp(caller);
    await answering.done;
    const lines = await linesOf(number, 2);
    expect(lines.map(talk)).toEqual([`incoming ${number}>200 recorded`, `incoming ${number}>201 recorded`]);
    expect(new Set(lines.map(({ call_id }) => call_id)).size).toBe(1);
    expect(lines.map(heardIn)).toEqual([
      ['200', 'trunk'],
      ['201', 'trunk'],
    ]);
    const consultation = (await allInternal()).at(-1);
    expect(consultation).toMatchObject({ from: '200', to: '201', outcome: 'recorded' });
  });

  test('conference with a member', async () => {
    const number = newNumber();
    const caller = await station.parties.party('trunk').calls('conference', { from: number });
    await eventually(() => caller.answeredAt);
    const member = await station.parties.party('200').calls('conference');
    await eventually(() => member.answeredAt);
    await pause(talkMs);
    await hangUp(member);
    await hangUp(caller);
    const lines = await linesOf(number, 1);
    expect(lines[0]).toMatchObject({ outcome: 'recorded' });
    expect(heardIn(lines[0])).toEqual(['200', 'trunk']);
  });

  test('queue, answered by its member', async () => {
    const number = newNumber();
    const { caller, member } = await connected(number, 'queue', '200');
    await hangUp(caller);
    await member.done;
    const lines = await linesOf(number, 1);
    expect(lines.map(talk)).toEqual([`incoming ${number}>200 recorded`]);
    expect(heardIn(lines[0])).toEqual(['200', 'trunk']);
  });

  test('queue, answered by an agent who logged in, and not recorded any more when the agent logged out', async () => {
    await station.asterisk.cli('queue remove member PJSIP/200 from support');
    await station.asterisk.cli('queue add member PJSIP/300 to support');
    const number = newNumber();
    const first = await connected(number, 'queue', '300');
    await hangUp(first.caller);
    await first.member.done;
    const lines = await linesOf(number, 1);
    expect(lines.map(talk)).toEqual([`incoming ${number}>300 recorded`]);
    await station.asterisk.cli('queue remove member PJSIP/300 from support');
    const later = newNumber();
    const second = await connected(later, '300', '300');
    await hangUp(second.caller);
    await second.member.done;
    expect(await linesOf(later, 0)).toEqual([]);
    await station.asterisk.cli('queue add member PJSIP/200 to support');
  });

  async function allInternal(): Promise<readonly Listed[]> {
    const { stdout } = await station.mitschnitt.cli('recordings', '--json');
    return (JSON.parse(stdout) as readonly Listed[]).filter(({ direction }) => direction === 'internal');
  }
});
