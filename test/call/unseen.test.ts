// What nobody watched: no process ran, or it stood still.
import { describe, expect, test } from 'vitest';

import { consentText } from '../../src/call/consent-text.ts';
import { verdictOfSegment } from '../../src/call/rules.ts';
import {
  bridged,
  connected,
  hungUp,
  ordersOfLast,
  parted,
  recording,
  seen,
  tell,
  trunkCalls,
  wentByItself,
  type Told,
} from './story.ts';

/** The same events, seen late: they happened some time in the last 3 s. */
function late(...story: readonly Told[]): Told[] {
  return story.map((told) => ({ ...told, at: told.at ?? 20_000, unseenSince: (told.at ?? 20_000) - 3_000 }));
}

const reached = connected.filter(({ type }) => type !== 'bridge-entered');
const started = (at: number): Told => ({ ...recording, at });
const closedWith = (durationMs: number, writtenAt?: number): Told => ({
  type: 'recording-closed',
  recording: 'S1',
  media: { bytes: 44 + durationMs * 16, durationMs, sha256: 'cafe', repaired: false, writtenAt },
});

function onlySegment(story: readonly Told[]) {
  const { call } = tell(story);
  const [segment, ...more] = call.segments;
  if (!segment || more.length > 0) throw new Error('not one segment');
  return segment;
}

test('a talk that was found tells for how long it may have gone on', () => {
  expect(onlySegment([...reached, ...late(...bridged('1', '2'))]).unseenMs).toBe(3_000);
  expect(onlySegment(connected).unseenMs).toBeUndefined();
});

test('a talk that was found begins where its recording does, and what is missing is told', () => {
  const segment = onlySegment([...reached, ...late(...bridged('1', '2')), started(20_400)]);
  expect(segment).toMatchObject({ startedAt: 20_400, unseenMs: 3_400 });
});

test('a recording that was begun by a process that died begins no later', () => {
  const found = { ...started(25_000), mixMonitor: undefined };
  expect(onlySegment([...reached, ...late(...bridged('1', '2')), found]).startedAt).toBe(20_000);
});

test('an end that was seen late is taken from the file', () => {
  const story = [...connected, started(20_000), ...late(...parted('1', 30_000))];
  const { startedAt, endedAt, endObserved } = onlySegment([...story, closedWith(7_000)]);
  expect([(endedAt ?? 0) - startedAt, endObserved]).toEqual([7_000, false]);
});

describe('a talk that was found and whose file is longer than what was seen of it', () => {
  const found = [...reached, ...late(...bridged('1', '2')), started(20_400)];

  test('began when the file did: the answer to the order was read late', () => {
    const segment = onlySegment([...found, ...parted('1', 30_000), closedWith(9_800)]);
    expect(segment).toMatchObject({ startedAt: 20_200, endedAt: 30_000, unseenMs: 3_200 });
  });

  test('began no earlier than answers are late: what is more in the file is of another talk', () => {
    const segment = onlySegment([...found, ...parted('1', 30_000), closedWith(20_000)]);
    expect(segment).toMatchObject({ startedAt: 18_400, unseenMs: 1_400 });
  });

  test('began when the file did, too, if the process died that ordered it', () => {
    const orphaned = [
      ...reached,
      ...late(...bridged('1', '2')),
      { ...started(25_000), mixMonitor: undefined },
    ];
    const segment = onlySegment([...orphaned, ...parted('1', 30_000), closedWith(9_400)]);
    expect(segment).toMatchObject({ startedAt: 20_600, unseenMs: 3_600 });
    const short = onlySegment([...orphaned, ...parted('1', 30_000), closedWith(5_000)]);
    expect(short).toMatchObject({ startedAt: 22_000, unseenMs: 5_000 });
  });

  test('stays where the file is shorter: audio is missing', () => {
    const segment = onlySegment([...found, ...parted('1', 30_000), closedWith(9_000)]);
    expect(segment).toMatchObject({ startedAt: 20_400, unseenMs: 3_400 });
  });

  test('ended when its file was closed, if nobody saw that either', () => {
    const story = [...found, ...late(...parted('1', 31_000)), closedWith(9_800, 30_000)];
    expect(onlySegment(story)).toMatchObject({ startedAt: 20_200, endedAt: 30_000, unseenMs: 3_200 });
  });
});

describe('an end that nobody saw', () => {
  const { startedAt } = onlySegment([...connected, started(20_000)]);
  const lasted = (durationMs: number, writtenAt: number): number => {
    const story = [...connected, started(20_000), ...late(...parted('1', 30_000))];
    return (onlySegment([...story, closedWith(durationMs, startedAt + writtenAt)]).endedAt ?? 0) - startedAt;
  };

  test.each<[string, number, number]>([
    ['is when Asterisk closed the file: it began a little late', 7_300, 7_300],
    ['is when Asterisk closed the file: there is more in it than was said', 6_850, 6_850],
    ['is not then where the file was closed much later', 9_900, 7_000],
    ['is not then where we had it closed', 40_000, 7_000],
    ['is not then by the clock of another machine', -60_000, 7_000],
  ])('%s', (_what, writtenAt, expected) => {
    expect(lasted(7_000, writtenAt)).toBe(expected);
  });
});

describe('a talk of which there is next to no audio', () => {
  const after = (ms: number, observed: boolean, durationMs: number, repaired = false) => {
    const obstacle = durationMs === 0 ? { rule: 'no-audio-written', problem: 'none' } : undefined;
    const ends = observed ? parted('1', 20_000 + ms) : late(...parted('1', 20_000 + ms));
    const media = { bytes: 44, durationMs, sha256: 'cafe', repaired };
    const close: Told = { type: 'recording-closed', recording: 'S1', media, obstacle };
    const story = [
      ...reached,
      ...bridged('1', '2').map((told) => ({ ...told, at: 20_000 })),
      started(20_000),
    ];
    return verdictOfSegment(onlySegment([...story, ...ends, close])).outcome;
  };

  test.each<[string, Parameters<typeof after>, string]>([
    ['was too short if it was over at once', [600, true, 400], 'too-short'],
    ['was too short if Asterisk closed its file, whenever that was seen', [60_000, false, 400], 'too-short'],
    ['was not if Asterisk died with it: what there is is kept', [60_000, false, 400, true], 'recorded'],
    ['is lost if Asterisk died before it wrote any', [60_000, false, 0], 'start-failed'],
    ['is recorded if it was long: most of its audio is missing', [8_000, true, 400], 'recorded'],
  ])('%s', (_what, given, expected) => {
    expect(after(...given)).toBe(expected);
  });
});

describe('a recording of which Asterisk never heard', () => {
  const unheard: Told = { type: 'recording-unheard', recording: 'S1', at: 25_000 };

  test('is ordered again, and what is missing by then is told', () => {
    expect(ordersOfLast([...connected, unheard])).toEqual(['start-recording']);
    const seenAt = onlySegment(connected).startedAt;
    const segment = onlySegment([...connected, unheard, started(25_500)]);
    expect(segment).toMatchObject({ startedAt: 25_500, unseenMs: 25_500 - seenAt });
  });

  test.each<[string, readonly Told[], object | undefined]>([
    ['whose talk is over', parted('1'), { state: 'failed' }],
    ['that may not be any more', [wentByItself('1')], undefined],
  ])('%s is not', (_what, story, expected) => {
    expect(ordersOfLast([...connected, ...story, unheard])).not.toContain('start-recording');
    const { recording: left } = onlySegment([...connected, ...story, unheard]);
    expect(left).toEqual(expected && expect.objectContaining(expected));
  });
});

test('an end that was seen in time stays, whatever the file says', () => {
  const story = [...connected, started(20_000), ...parted('1', 30_000), closedWith(7_000)];
  expect(onlySegment(story)).toMatchObject({ endedAt: 30_000, endObserved: true });
});

test('next to nothing of a talk that nobody watched is a gap, not a short call', () => {
  const refused: Told = {
    type: 'recording-refused',
    recording: 'S1',
    problem: 'No such channel',
    at: 20_001,
  };
  const story = [...reached, ...late(...bridged('1', '2')), ...late(...hungUp('2', '1')), refused];
  const { call } = tell(story);
  expect(call.segments.map(verdictOfSegment)).toEqual([{ outcome: 'start-failed', rule: 'nobody-watched' }]);
  expect(call.verdict).toEqual({ outcome: 'start-failed', rule: 'nobody-watched' });
});

test('whether a call was answered that ended while nobody watched is not known', () => {
  const gone = ['2', '1'].map((channel): Told => ({ type: 'hung-up', channel, observed: false }));
  expect(tell([...reached, ...gone]).call.verdict).toEqual({
    outcome: 'not-answered',
    rule: 'nobody-watched',
  });
  expect(tell([...reached, ...hungUp('2', '1')]).call.verdict?.rule).toBe('no-talk');
});

test('what the party of an unknown call heard is found with its channel, and counts', () => {
  const [consent] = tell(reached).call.consents;
  const text = consent && consentText({ ...consent, sha256: 'a'.repeat(64) });
  const found = trunkCalls();
  if (found.type !== 'channel-seen') throw new Error('no channel');
  const story = [
    { ...found, facts: { ...found.facts, consent: text } },
    seen('2', 'PJSIP/200'),
    ...late(...bridged('1', '2')),
  ];
  expect(onlySegment(story).verdict).toEqual({ outcome: 'recorded', rule: 'announced' });
  const forged = { ...found, facts: { ...found.facts, consent: 'complete=true' } };
  expect(onlySegment([forged, ...story.slice(1)]).verdict.rule).toBe('gate-not-passed');
});
