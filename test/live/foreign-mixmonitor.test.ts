// Somebody else's MixMonitor on a member's channel, and somebody who stops ours; on both versions.
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { eventually } from './eventually.ts';
import { heard, Station, type Listed } from './station.ts';
import { readWav } from './tone.ts';
import type { Call } from './call.ts';

const groups = [
  {
    name: 'Verkauf',
    members: ['200', '201'],
    record: { incoming: true },
    announcement: { incoming: { mode: 'none' }, outgoing: { mode: 'none' } },
    deliver_to: ['archive'],
  },
];

/** Long enough to be heard in a file, before and after what happens. */
const partMs = 1_200;
/** It rings for so long: time to begin a MixMonitor before ours. */
const ringsMs = 700;
/** What is lost between two files, and what the detection of a tone blurs. */
const slackMs = 400;

describe.each([22, 16] as const)('on Asterisk %i', (version) => {
  let station: Station;
  let calls = 0;
  beforeAll(async () => {
    station = await Station.start({ version, configure: (config) => ({ ...config, groups }) });
  }, 60_000);
  beforeEach(() => station.clear());
  afterAll(() => station.stop());

  const newNumber = (): string => `+417944${String(++calls).padStart(4, '0')}`;

  /** The name of the member's channel. */
  async function channel(): Promise<string> {
    return eventually(async () => {
      const lines = await station.asterisk.cli('core show channels concise');
      return /^PJSIP\/200-[\da-f]+/m.exec(lines)?.[0];
    });
  }

  async function talking(from: string, whileItRings?: () => Promise<unknown>) {
    const member = await station.parties.party('200').answers({ afterMs: ringsMs });
    const caller = await station.parties.party('trunk').calls('200', { from });
    await whileItRings?.();
    await eventually(() => member.answeredAt, { within: 10_000 });
    await pause(partMs);
    return { caller, member };
  }

  async function hangUp({ caller, member }: { caller: Call; member: Call }): Promise<void> {
    caller.hangUp();
    await Promise.all([caller.done, member.done]);
  }

  /** The id of the recording that runs. */
  async function recordingNow(): Promise<string> {
    return eventually(async () => {
      const talks = await station.talks();
      return talks.find(({ state }) => state === 'recording')?.id;
    });
  }

  /** For how long the caller is heard in a file, in ms. */
  const heardMs = (sound: Parameters<typeof heard>[0]): number =>
    heard(sound).trunk.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
  const heardIn = ({ file }: Listed): number => heardMs(readWav(join(station.archive, file ?? '')));

  test('a pause touches no MixMonitor of the dialplan, or is refused', async () => {
    const number = newNumber();
    const own = join(station.spool, `own-${version}.wav`);
    const talk = await talking(number, async () =>
      station.asterisk.cli(`mixmonitor start ${await channel()} ${own}`),
    );
    const id = await recordingNow();
    const answer = await station.control({ id, control: 'pause', actor: 'test' });
    await pause(partMs);
    if (version === 22) {
      expect(answer).toMatchObject({ talk: { state: 'paused' } });
      expect(await station.control({ id, control: 'resume', actor: 'test' })).toMatchObject({
        talk: { state: 'recording' },
      });
    } else {
      expect(answer).toMatchObject({
        talk: { state: 'recording' },
        problem: expect.stringContaining('another MixMonitor') as string,
      });
    }
    await pause(partMs);
    await hangUp(talk);
    const line = await station.listedCall(number);
    const silentMs = version === 22 ? partMs : 0;
    expect(heardIn(line)).toBeGreaterThan(3 * partMs - silentMs - slackMs);
    expect(heardIn(line)).toBeLessThan(3 * partMs - silentMs + 2 * slackMs);
    expect(heardMs(readWav(own))).toBeGreaterThan(3 * partMs - slackMs);
  });

  test('a StopMixMonitor of somebody else in mid-call: the talk is recorded on, and it is told', async () => {
    const number = newNumber();
    const talk = await talking(number);
    await station.asterisk.manage({ Action: 'StopMixMonitor', Channel: await channel() });
    await pause(partMs);
    await hangUp(talk);
    const lines = await station.listed(number, 2);
    expect(lines).toMatchObject([{ outcome: 'recorded' }, { outcome: 'recorded' }]);
    const controls = lines[0]?.segments.map((segment) => segment.controls.map(({ actor }) => actor));
    expect(controls).toEqual([['asterisk'], ['mitschnitt']]);
    const sum = lines.reduce((ms, line) => ms + heardIn(line), 0);
    expect(sum).toBeGreaterThan(2 * partMs - slackMs);
  });

  // What is done about it is the same on both.
  if (version === 22)
    test('a StopMixMonitor while nobody listens is found out, and a pause holds in the next file', async () => {
      const number = newNumber();
      const talk = await talking(number);
      const id = await recordingNow();
      await station.control({ id, control: 'pause', actor: 'test' });
      await station.mitschnitt.kill();
      await station.asterisk.manage({ Action: 'StopMixMonitor', Channel: await channel() });
      await station.mitschnitt.run();
      await eventually(
        async () => (await station.talks()).find((each) => each.id !== id)?.state === 'paused',
      );
      await pause(partMs);
      await hangUp(talk);
      const lines = await station.listed(number, 2);
      const sum = lines.reduce((ms, line) => ms + heardIn(line), 0);
      expect(sum).toBeLessThan(partMs + 2 * slackMs);
    });
});
