// The recorder between a scripted PBX and a real catalogue and spool: what no live test can time.
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import type { Pbx } from '../src/asterisk/pbx.ts';

import { SqliteCatalogue } from '../src/catalogue/sqlite.ts';
import { Recorder } from '../src/recorder.ts';
import { Spool } from '../src/spool/spool.ts';
import {
  announced,
  announcement,
  bridged,
  finished,
  gate,
  groupAnnouncing,
  hungUp,
  left,
  policy,
  seen,
  trunkCalls,
  type Told,
} from './call/story.ts';
import { eventually } from './live/eventually.ts';

let folder: string;
let catalogue: SqliteCatalogue;
let recorder: Recorder;
let commands: string[];
let log: string[];
/** Whether Asterisk takes what is asked of it in the gate. */
let isTaken: boolean;
/** How long the process has stood still, in ms. */
let stoodStillMs: number;

function scripted(): Pbx {
  const note = (name: string, what: readonly unknown[]) => commands.push([name, ...what].join(' '));
  const take =
    (name: string) =>
    (...what: readonly unknown[]): Promise<void> => {
      note(name, what);
      return Promise.resolve();
    };
  const tryTo =
    (name: string) =>
    (...what: readonly unknown[]): Promise<boolean> => {
      note(name, what);
      return Promise.resolve(isTaken);
    };
  return {
    start: () => undefined,
    stop: take('stop'),
    answer: take('answer'),
    play: tryTo('play'),
    whisper: take('whisper'),
    endWhisper: take('endWhisper'),
    stopPlayback: take('stopPlayback'),
    keepConsent: take('keepConsent'),
    continue: tryTo('continue'),
    startRecording: take('startRecording'),
    muteRecording: take('muteRecording'),
    stopRecording: take('stopRecording'),
    caughtUp: tryTo('caughtUp'),
    channelsOf: () => Promise.resolve(new Map()),
  };
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mitschnitt-recorder-'));
  [commands, log, isTaken, stoodStillMs] = [[], [], true, 0];
  catalogue = new SqliteCatalogue({ path: join(folder, 'catalogue.db') });
  await catalogue.open();
  const spool = new Spool(join(folder, 'spool'));
  await spool.prepare();
  const write = (message: string, fields?: unknown): number =>
    log.push(`${message} ${JSON.stringify(fields)}`);
  recorder = new Recorder(policy(), {
    pbx: scripted(),
    catalogue,
    files: spool,
    log: { debug: write, info: write, warn: write, error: write },
    now: Date.now,
    steady: () => performance.now() + stoodStillMs,
    newId: randomUUID,
    nameOf: ({ id }) => ({ folder: '', name: `${id}.wav` }),
    recipientsOf: () => ({ targets: [], astray: false }),
    recorded: () => undefined,
    closed: () => undefined,
    followed: () => undefined,
    tested: () => undefined,
    alarms: { raise: ({ kind }) => log.push(kind), clear: () => undefined },
  });
  await recorder.start();
  recorder.connections({ ari: true, ami: true });
});

afterEach(async () => {
  await recorder.stop();
  await catalogue.close();
  await rm(folder, { recursive: true, force: true });
});

/** Tells a story with times that are now, or as far apart as it says. */
function tell(...story: readonly Told[]): void {
  const from = Date.now();
  for (const told of story) recorder.event({ ...told, at: from + (told.at ?? 0) });
}

async function listed(): Promise<string[]> {
  const lines: string[] = [];
  for await (const { from, verdict } of catalogue.records({})) lines.push(`${from} ${verdict.outcome}`);
  return lines;
}

test('a caller counts as served at the gate by what Asterisk took, not by what was asked of it', async () => {
  const isAsked = (text: string) => eventually(() => commands.some((each) => each.startsWith(text)));
  const served = () => recorder.gateTimes.byHour(Date.now()).reduce((sum, { calls }) => sum + calls, 0);
  isTaken = false;
  tell(trunkCalls(), gate('1', 'caller', '200'));
  await isAsked('play 1');
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(served()).toBe(0);
  isTaken = true;
  tell({ ...finished('1'), problem: 'refused' } as Told);
  await isAsked('continue 1');
  await eventually(() => served() === 1);
});

describe('a call goes on', () => {
  test('when the catalogue cannot be written, and is kept when it can', async () => {
    const other = new Database(join(folder, 'catalogue.db'));
    other.exec('begin immediate');
    tell(trunkCalls(), gate('1', 'caller', '200'));
    await eventually(
      () => commands.includes('answer 1') && commands.some((text) => text.startsWith('play 1')),
      {
        within: 10_000,
      },
    );
    other.exec('rollback');
    other.close();
    await eventually(async () => (await catalogue.openCalls()).length === 1);
  });

  test('when it enters the gate and nobody could tell of its end', () => {
    recorder.connections({ ari: true, ami: false });
    tell(trunkCalls(), gate('1', 'caller', '200'));
    expect(commands).toEqual(['continue 1']);
    expect(recorder.liveCalls).toEqual([]);
  });

  test('when it stands in the gate and nobody waits for it', async () => {
    recorder.inGate(['7.7']);
    await eventually(() => commands.includes('continue 7.7'));
    expect(commands).toEqual([
      'stopPlayback 7.7 announcement',
      'stopPlayback 7.7 confirmation',
      'continue 7.7',
    ]);
  });

  test('but is not taken out of the gate while it hears the announcement', async () => {
    tell(trunkCalls(), gate('1', 'caller', '200'));
    await eventually(() => commands.some((text) => text.startsWith('play 1')));
    recorder.inGate(['1']);
    expect(commands).not.toContain('continue 1');
  });
});

describe('a party that may decline, and is sent on', () => {
  const quick = groupAnnouncing('incoming', announcement('opt-out', { timeoutMs: 0 }));
  const isSentOn = () => eventually(() => commands.includes('continue 1'));
  const kept = async () => {
    await recorder.kept();
    const [call] = await catalogue.openCalls();
    return { phase: call?.gate?.phase, complete: call?.consents[0]?.complete };
  };

  test('is known to have left the gate also by the next process, which else would doubt it', async () => {
    recorder.use(quick);
    tell(...announced);
    await isSentOn();
    expect(await kept()).toEqual({ phase: 'leaving', complete: true });
    tell(left('1'));
    expect(await kept()).toEqual({ phase: undefined, complete: true });
  });

  test('may have gone by itself when the process stood still', async () => {
    recorder.use(quick);
    tell(...announced);
    await eventually(() => log.some((each) => each.includes('"phase":"listening"')));
    stoodStillMs = 5_000;
    await isSentOn();
    expect(await kept()).toEqual({ phase: 'leaving', complete: false });
  });
});

test('a key that nobody would have heard is no consent', async () => {
  tell(...announced);
  recorder.connections({ ari: false, ami: true });
  await eventually(async () => {
    const [call] = await catalogue.openCalls();
    return call?.consents[0]?.complete === false && call.gate === undefined;
  });
});

test('a talk that goes on is recorded once another policy says so, whatever happens to it', async () => {
  recorder.use(policy({ groups: [] }));
  tell(trunkCalls(), seen('2', 'PJSIP/200'), ...bridged('2', '1'));
  await recorder.kept();
  expect(commands).toEqual([]);
  recorder.use(groupAnnouncing('incoming', announcement('none')));
  await eventually(() => commands.some((text) => text.startsWith('startRecording')));
});

describe('a call that is over', () => {
  test('does not begin anew by an event of the other connection', async () => {
    tell(trunkCalls(), gate('1', 'caller', '200'), ...hungUp('1'));
    tell(trunkCalls(), gate('1', 'caller', '200'));
    await eventually(() => commands.includes('continue 1'));
    await eventually(async () => (await listed()).length === 1);
    expect(await catalogue.openCalls()).toEqual([]);
  });

  test('does not begin anew by the channel of a party who was just being called', async () => {
    tell(trunkCalls(), gate('1', 'caller', '200'), { type: 'hang-up-requested', channel: '1' });
    tell(seen('2', 'PJSIP/200'), ...hungUp('2', '1'));
    await eventually(async () => (await listed()).length === 1);
    expect(await listed()).toEqual(['+41791234567 not-answered']);
  });
});
