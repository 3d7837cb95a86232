// What a person does to a recording while it runs: by the command line and by the keys of a telephone.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { eventually } from './eventually.ts';
import { tonesOver } from './tone.ts';
import { Station, voices, type Listed } from './station.ts';
import type { Call } from './call.ts';
import type { Control } from '../../src/call/call.ts';
import type { ControlAnswer } from '../../src/controls.ts';

const features = resolve(import.meta.dirname, '../../dialplan/mitschnitt-features.conf');

const dialplan = `
[globals]
DYNAMIC_FEATURES = mitschnitt-pause#mitschnitt-stop#mitschnitt-start

#include "mitschnitt.conf"

[from-trunk]
exten => _XXX,1,Gosub(mitschnitt,s,1)
 same => n,Dial(PJSIP/\${EXTEN},30)

[internal]
exten => _XXX,1,Gosub(mitschnitt,s,1)
 same => n,Dial(PJSIP/\${EXTEN},30)
`;

const modules = [
  'app_playback',
  'app_chanspy',
  'func_cut',
  'func_groupcount',
  'func_uri',
  'func_periodic_hook',
  'codec_gsm',
  'format_gsm',
];

const unannounced = { incoming: { mode: 'none' }, outgoing: { mode: 'none' }, internal: { mode: 'none' } };
const group = {
  record: { incoming: true, internal: 'on-demand' },
  announcement: unannounced,
  deliver_to: ['archive'],
};
const groups = [
  { ...group, name: 'Verkauf', members: ['200'], pause_limit: '4s' },
  { ...group, name: 'Einkauf', members: ['201'], beep: { every: '1s' } },
];

/** Long enough to be heard in a file, before and after what happens. */
const partMs = 1_200;
/** Between two keys, so that each is heard. */
const keyGapMs = 300;
/** Asterisk's own `beep`, and how loud it is of 32767. */
const beepHz = 700;
const beepPeak = 2_000;
/** Enough for three beeps, one each second, on a busy machine, too. */
const beepsMs = 5_000;
/** What a control may take, and what the detection of a tone blurs. */
const slackMs = 400;
/** A packet that came late on a busy machine is no pause. */
const hiccupMs = 100;

function withNext(
  heard: (readonly [number, number])[],
  next: readonly [number, number],
): (readonly [number, number])[] {
  const last = heard.at(-1);
  if (!last || next[0] - last[1] > hiccupMs) return [...heard, next];
  return [...heard.slice(0, -1), [last[0], next[1]]];
}

interface Answer {
  readonly done: boolean;
  readonly problem: string | null;
  readonly talk: { readonly id: string; readonly state: string; readonly from: string } | null;
}

describe.each([22, 16] as const)('on Asterisk %i', (version) => {
  let station: Station;
  let calls = 0;

  beforeAll(async () => {
    station = await Station.start({
      version,
      files: {
        'extensions.conf': dialplan,
        'features.conf': `[general]\n${await readFile(features, 'utf8')}`,
      },
      modules,
      configure: (config) => ({ ...config, groups }),
    });
  }, 60_000);
  beforeEach(() => station.clear());
  afterAll(() => station.stop());

  const newNumber = (): string => `+417922${String(++calls).padStart(4, '0')}`;

  /** By the command line. */
  async function command(verb: string, id: string): Promise<Answer & { readonly code: number | null }> {
    const { code, stdout } = await station.mitschnitt.cli(verb, id, '--json');
    return { ...(JSON.parse(stdout) as Answer), code };
  }

  /** As the command line does it, without the time that it takes to start. */
  async function ask(control: Control, id: string): Promise<ControlAnswer> {
    return station.control({ id, control, actor: 'test' });
  }

  async function talkOf(number: string, state: string): Promise<string> {
    return eventually(
      async () => {
        const talks = await station.talks();
        return talks.find((talk) => talk.from === number && talk.state === state)?.id;
      },
      { within: 10_000 },
    );
  }

  async function talking(number: string, to: '200' | '201' = '200'): Promise<{ caller: Call; member: Call }> {
    const member = await station.parties.party(to).answers();
    const caller = await station.parties.party('trunk').calls(to, { from: number });
    await eventually(() => member.answeredAt);
    await pause(partMs);
    return { caller, member };
  }

  async function hangUp({ caller, member }: { caller: Call; member: Call }): Promise<void> {
    caller.hangUp();
    await Promise.all([caller.done, member.done]);
  }

  async function dial(call: Call, keys: string): Promise<void> {
    for (const key of keys) {
      call.press(key);
      await pause(keyGapMs);
    }
  }

  /** Stretches in which the caller is heard in the file, in ms. */
  const heardOf = (line: Listed | undefined): readonly (readonly [number, number])[] =>
    station
      .heardIn(line ?? { file: null })
      .trunk.map(({ fromMs, toMs }): readonly [number, number] => [fromMs, toMs])
      .reduce<(readonly [number, number])[]>(withNext, []);

  test('what is said in a pause is not in the file, and its time is', async () => {
    const number = newNumber();
    const talk = await talking(number);
    const id = await talkOf(number, 'recording');
    const before = Date.now();
    expect(await ask('pause', id)).toMatchObject({ talk: { id, state: 'paused' } });
    await pause(partMs);
    expect(await ask('resume', id)).toMatchObject({ talk: { state: 'recording' } });
    const pausedMs = Date.now() - before;
    await pause(partMs);
    await hangUp(talk);
    const [line] = await station.listed(number);
    const [first, second, ...more] = heardOf(line);
    expect(more).toEqual([]);
    const silentMs = (second?.[0] ?? 0) - (first?.[1] ?? 0);
    expect(silentMs).toBeGreaterThan(partMs - slackMs);
    expect(silentMs).toBeLessThan(pausedMs + slackMs);
    expect(line?.segments[0]?.controls).toMatchObject([
      { control: 'pause', problem: null, actor: 'test' },
      { control: 'resume', problem: null, actor: 'test' },
    ]);
  });

  test('a forgotten pause ends by itself', async () => {
    const number = newNumber();
    const talk = await talking(number);
    const id = await talkOf(number, 'recording');
    await ask('pause', id);
    await talkOf(number, 'recording');
    await pause(partMs);
    await hangUp(talk);
    const [line] = await station.listed(number);
    expect(heardOf(line)).toHaveLength(2);
    expect(line?.segments[0]?.controls.map(({ actor }) => actor).at(-1)).toBe('pause-limit');
  });

  test('a paused recording is paused after a crash, too, and its pause ends in time', async () => {
    const number = newNumber();
    const talk = await talking(number);
    await ask('pause', await talkOf(number, 'recording'));
    await station.mitschnitt.kill();
    await station.mitschnitt.run();
    await talkOf(number, 'recording');
    await pause(partMs);
    await hangUp(talk);
    const [line] = await station.listed(number);
    expect(heardOf(line)).toHaveLength(2);
  });

  test('after a stop the call goes on, and a start records the rest in a file of its own', async () => {
    const number = newNumber();
    const talk = await talking(number);
    const id = await talkOf(number, 'recording');
    expect(await command('stop', id)).toMatchObject({ code: 0, done: true, talk: { state: 'stopped' } });
    await pause(partMs);
    const started = await command('start', id);
    expect(started).toMatchObject({ code: 0, talk: { state: 'recording' } });
    expect(started.talk?.id).not.toBe(id);
    await pause(partMs);
    await hangUp(talk);
    const lines = await station.listed(number, 2);
    expect(new Set(lines.map(({ file }) => file)).size).toBe(2);
    expect(lines[0]?.segments[0]?.controls[0]?.actor).toMatch(/^cli:/);
    for (const line of lines) {
      expect(voices(station.heardIn(line))).toEqual(['200', 'trunk']);
      expect(heardOf(line)).toHaveLength(1);
    }
  });

  test('the member pauses and resumes by the key of the telephone, the other party cannot', async () => {
    const number = newNumber();
    const talk = await talking(number);
    await dial(talk.caller, '*71');
    await pause(partMs);
    await talkOf(number, 'recording');
    await dial(talk.member, '*71');
    await talkOf(number, 'paused');
    await pause(partMs);
    await dial(talk.member, '*71');
    await talkOf(number, 'recording');
    await hangUp(talk);
    const [line] = await station.listed(number);
    expect(line?.segments[0]?.controls.map(({ control, actor }) => `${actor} ${control}`)).toEqual([
      'telephone:PJSIP/200 pause',
      'telephone:PJSIP/200 resume',
    ]);
  });

  test('a talk that is recorded on demand is recorded from the moment on in which the member asks', async () => {
    const member = await station.parties.party('300').answers();
    const caller = await station.parties.party('200').calls('300');
    await eventually(() => member.answeredAt);
    await pause(partMs);
    await dial(caller, '*73');
    await talkOf('200', 'recording');
    await pause(partMs);
    await hangUp({ caller, member });
    const lines = await station.listed('300', 2);
    expect(lines.map(({ outcome, rule }) => `${outcome} ${rule}`)).toEqual([
      'direction-off not-asked-for',
      'recorded no-announcement-required',
    ]);
    expect(voices(station.heardIn(lines[1] ?? { file: null }))).toEqual(['200', '300']);
  });

  test('what cannot be done is said, with 1', async () => {
    expect(await command('pause', 'no-such-recording')).toMatchObject({
      code: 1,
      done: false,
      problem: 'no such talk goes on now',
    });
    const number = newNumber();
    const talk = await talking(number);
    expect(await command('resume', await talkOf(number, 'recording'))).toMatchObject({
      code: 1,
      problem: 'the recording is not paused',
    });
    await hangUp(talk);
  });

  test('both parties hear the beep of a group that wants it', async () => {
    const number = newNumber();
    const member = await station.parties.party('201').answers({ tone: null });
    const caller = await station.parties.party('trunk').calls('201', { from: number, tone: null });
    await eventually(() => member.answeredAt);
    const talk = { caller, member };
    await pause(beepsMs);
    await hangUp(talk);
    const [line] = await station.listed(number);
    expect(line?.outcome).toBe('recorded');
    for (const { heard } of [await talk.caller.done, await talk.member.done]) {
      const beeps = tonesOver(heard, [beepHz], { peak: beepPeak }).get(beepHz) ?? [];
      expect(beeps.length).toBeGreaterThanOrEqual(3);
      const [first, second] = beeps.map(({ fromMs }) => fromMs);
      expect(Math.abs((second ?? 0) - (first ?? 0) - 1_000)).toBeLessThan(slackMs);
    }
  });
});
