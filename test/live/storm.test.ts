// Calls go on while Mitschnitt is killed again and again: nothing is lost, nothing is there twice.
import { readdir } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';

import { eventually } from './eventually.ts';
import { isWaiting, Station } from './station.ts';
import { totalMs } from './tone.ts';

const stormMs = 25_000;
/** Longest time between a restart and the next kill. */
const calmMs = 4_000;
const talkMs = 1_500;
/** In the time in which no process is alive a recording cannot start: what is left of a talk may be short. */
const leastVoiceMs = 400;

let station: Station;
beforeAll(async () => {
  station = await Station.start({ version: 22 });
}, 60_000);
beforeEach(() => station.clear());
afterAll(() => station.stop());

async function killAgainAndAgain(until: number): Promise<number> {
  let kills = 0;
  while (Date.now() < until) {
    await pause(Math.random() * calmMs);
    await station.mitschnitt.kill();
    kills += 1;
    await station.mitschnitt.run(null);
  }
  await station.mitschnitt.prints(/ready/);
  return kills;
}

/** Calls one member again and again; the numbers of the calls that were connected. */
async function keepCalling(member: '200' | '201', until: number): Promise<string[]> {
  const connected: string[] = [];
  for (let call = 1; Date.now() < until; call += 1) {
    const number = `+4179${member}${String(call).padStart(4, '0')}`;
    const { callee } = await station.incoming(number, { to: member, talkMs });
    expect(callee.talkMs, `${number} was connected`).toBeGreaterThan(talkMs / 2);
    connected.push(number);
  }
  return connected;
}

test('every call is connected, every recording is there once, none is lost', async () => {
  const until = Date.now() + stormMs;
  const [kills, ...calls] = await Promise.all([
    killAgainAndAgain(until),
    keepCalling('200', until),
    keepCalling('201', until),
  ]);
  const connected = calls.flat();
  const listed = await eventually(
    async () => {
      const lines = await station.recordings();
      return lines.some(isWaiting) || (await station.spooled()).length > 0 ? undefined : lines;
    },
    { within: 20_000, every: 500 },
  );

  const perNumber = connected.map((number) => listed.filter(({ from }) => from === number));
  expect(perNumber.filter((lines) => lines.length > 1)).toEqual([]);
  const gaps = listed.filter(({ outcome }) => ['lost', 'start-failed'].includes(outcome));
  expect(gaps).toEqual([]);
  const recorded = listed.filter(({ outcome }) => outcome === 'recorded');
  expect((await readdir(station.archive)).sort()).toEqual(recorded.map(({ file }) => file).sort());
  for (const line of recorded) {
    expect(totalMs(station.heardIn(line).trunk), line.file ?? '').toBeGreaterThan(leastVoiceMs);
  }
  const reported = await station.reported('+', listed.length);
  expect(reported).toHaveLength(listed.length);
  console.log(
    `${kills} kills, ${connected.length} calls connected, ${listed.length} listed, ${recorded.length} recorded`,
  );
}, 90_000);
