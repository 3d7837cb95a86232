// A member's telephone with more than one call: hold, consultations that come to nothing, call waiting; on both versions
// of Asterisk.
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';

import { all, recordsAll, slackMs, talkMs } from './rows.ts';
import { everyRoute, TelephoneRows } from './telephone-rows.ts';
import { partyTones, readWav, toneFile, tonesOver, totalMs } from './tone.ts';
import type { Sound } from './wav.ts';

/** Far from the parties' tones and from those of keys. */
const musicHz = 1400;
const musicLengthMs = 10_000;

const files = {
  'extensions.conf': everyRoute,
  'musiconhold.conf': '[general]\n[default]\nmode = files\ndirectory = /etc/asterisk/music\n',
  'music/tone.wav': toneFile(musicHz, musicLengthMs),
};

const groups = [{ name: 'Verkauf', members: ['200', '201'], ...recordsAll }];

/** A busy machine takes its part of the music, but adds none. */
function expectMusic(sound: Sound, heldMs: number): void {
  const musicMs = totalMs(tonesOver(sound, [musicHz]).get(musicHz));
  expect(musicMs).toBeGreaterThan(heldMs / 2);
  expect(musicMs).toBeLessThan(heldMs + slackMs);
}

describe.each([22, 16] as const)('on Asterisk %i', (version) => {
  const rows = new TelephoneRows({
    version,
    files,
    modules: ['res_musiconhold', 'bridge_holding'],
    configure: (config) => ({ ...config, groups }),
  });

  test.each(['sendonly', 'inactive'] as const)(
    'hold with music (%s) and resume: one file that keeps the time',
    async (direction) => {
      const number = rows.newNumber();
      const { caller, member, met } = await rows.incoming(number);
      const held = Date.now();
      await member.hold(direction);
      await pause(talkMs);
      const resumed = Date.now();
      await member.resume();
      await pause(talkMs);
      const parted = await rows.hangUp(caller);
      await rows.leaves({
        talk: `incoming ${number}>200`,
        heard: {
          trunk: [met, parted, 1],
          '200': [
            [met, held],
            [resumed, parted, 1],
          ],
        },
      });
      expectMusic((await caller.done).heard, resumed - held);
    },
  );

  test('held by the party outside: one file, with the music that the member hears', async () => {
    const number = rows.newNumber();
    const { caller, member, met } = await rows.incoming(number);
    const held = Date.now();
    await caller.hold();
    await pause(talkMs);
    const resumed = Date.now();
    await caller.resume();
    await pause(talkMs);
    const parted = await rows.hangUp(member);
    const [line] = await rows.leaves({
      talk: `incoming ${number}>200`,
      heard: {
        '200': [met, parted, 1],
        trunk: [
          [met, held],
          [resumed, parted, 1],
        ],
      },
    });
    const sound = readWav(join(rows.station.archive, line?.file ?? ''));
    expectMusic(sound, resumed - held);
  });

  test('a consultation that is given up, and the first call taken back', async () => {
    const number = rows.newNumber();
    const { caller, member, met } = await rows.incoming(number);
    const held = Date.now();
    await member.hold();
    const target = await rows.answers('201');
    const consultation = await rows.calls('200', '201');
    const consulted = await rows.talking(target);
    const given = await rows.hangUp(consultation);
    const resumed = Date.now();
    await member.resume();
    await pause(talkMs);
    const parted = await rows.hangUp(caller);
    const lines = await rows.leaves(
      {
        talk: `incoming ${number}>200`,
        heard: {
          trunk: [met, parted, 1],
          '200': [
            [met, held],
            [resumed, parted, 1],
          ],
        },
      },
      { talk: 'internal 200>201', heard: all([consulted, given], '200', '201') },
    );
    expect(lines[1]?.call_id).not.toBe(lines[0]?.call_id);
  });

  test('a consultation for which nobody has time, and the first call taken back', async () => {
    const number = rows.newNumber();
    const { member, met } = await rows.incoming(number);
    const held = Date.now();
    await member.hold();
    await rows.answers('201', { status: 486, afterMs: 600 });
    const consultation = await rows.calls('200', '201');
    expect((await consultation.done).status).toBe(486);
    const resumed = Date.now();
    await member.resume();
    await pause(talkMs);
    const parted = await rows.hangUp(member);
    await rows.leaves(
      {
        talk: `incoming ${number}>200`,
        heard: {
          trunk: [met, parted, 1],
          '200': [
            [met, held],
            [resumed, parted, 1],
          ],
        },
      },
      { talk: 'internal 200>201', outcome: 'not-answered', rule: 'no-talk' },
    );
  });

  test('two calls at once of one member: two files, each with its own parties', async () => {
    const [first, second] = [rows.newNumber(), rows.newNumber()];
    const { caller, member, met } = await rows.incoming(first);
    const waiting = await rows.answers('200');
    const held = Date.now();
    await member.hold();
    const other = await rows.calls('trunk', '200', { from: second, tone: partyTones['300'] });
    const answered = await rows.talking(waiting);
    const changed = Date.now();
    await waiting.hold();
    await member.resume();
    await pause(talkMs);
    const firstParted = await rows.hangUp(caller);
    const back = Date.now();
    await waiting.resume();
    await pause(talkMs);
    const secondParted = await rows.hangUp(other);
    await rows.leaves(
      {
        talk: `incoming ${first}>200`,
        heard: {
          trunk: [met, firstParted, 1],
          '200': [
            [met, held],
            [changed, firstParted, 1],
          ],
        },
      },
      {
        talk: `incoming ${second}>200`,
        heard: {
          '300': [answered, secondParted, 1],
          '200': [
            [answered, changed],
            [back, secondParted, 1],
          ],
        },
      },
    );
  });
});
