// A party that heard the announcement goes out of the gate by itself if nobody leads it on, and hears that it is not
// recorded. Whoever may have heard that, or has declined, is not recorded, whichever connection tells it first.
import { describe, expect, test } from 'vitest';

import {
  announced,
  announcement,
  asked,
  bridged,
  closed,
  confirmed,
  connected,
  finished,
  gate,
  groupAnnouncing,
  hungUp,
  left,
  ordersOfLast,
  pressed,
  recording,
  seen,
  started,
  tell,
  trunkCalls,
  wentByItself,
  type Told,
} from './story.ts';

const due: Told = { type: 'gate-timeout', channel: '1', phase: 'listening' };
const late = (lateMs: number): Told => ({ ...due, lateMs });
const leaving = [...announced, due];
const talk = [left('1'), seen('2', 'PJSIP/200'), ...bridged('2', '1')];
const incomplete = { outcome: 'announcement-failed', rule: 'announcement-incomplete' };
const declined = { outcome: 'declined', rule: 'party-declined' };
const notice = groupAnnouncing('incoming', announcement('notice'));
const lost: Told = { type: 'gate-left', channel: '1', problem: 'restarted' };

const verdictsOf = (story: readonly Told[], rules?: Parameters<typeof tell>[1]) =>
  tell(story, rules).call.segments.map(({ verdict }) => verdict);

describe('whoever may have heard that it is not recorded is not', () => {
  test.each<[string, readonly Told[]]>([
    ['the confirmation began while the key still counted', [...announced, confirmed('1'), due]],
    ['the confirmation began while it was led on', [...leaving, confirmed('1')]],
    ['it was not led on in time', [...leaving, wentByItself('1')]],
    ['it was led on much too late', [...announced, late(4_500)]],
    ['nobody knows whether it was led on in time', [...leaving, lost]],
  ])('%s', (_what, story) => {
    expect(tell(story).call.consents[0]).toMatchObject({ complete: false, decision: 'none' });
    expect(tell(story).call.consents[0]?.problem).toBeTruthy();
    expect(verdictsOf([...story, ...talk])).toEqual([incomplete]);
  });

  test.each<[string, Told]>([
    ['still listened for the key', due],
    ['still played the announcement', finished('1')],
  ])('its talk began when the gate %s', (_what, next) => {
    const story = next === due ? announced : announced.slice(0, -1);
    const begun = [...story, seen('2', 'PJSIP/200'), ...bridged('2', '1')];
    expect(verdictsOf([...begun, next])).toEqual([incomplete]);
  });
});

describe('whoever was led on is recorded', () => {
  test.each<[string, readonly Told[]]>([
    ['in time', leaving],
    ['a little late', [...announced, late(3_000)]],
    ['and had left before anybody asked', [...leaving, left('1'), lost]],
  ])('%s', (_what, story) => {
    expect(verdictsOf([...story, ...talk])).toEqual([{ outcome: 'recorded', rule: 'announced' }]);
  });

  test.each<[string, Told]>([
    ['by itself', wentByItself('1')],
    ['when nobody watched', lost],
  ])('where it is only told, also %s', (_what, end) => {
    const story = [trunkCalls(), gate('1', 'caller', '200'), started('1'), { ...finished('1'), at: 5_000 }];
    expect(verdictsOf([...story, end, ...talk], notice)).toMatchObject([{ outcome: 'recorded' }]);
  });

  test('and its former talk stays recorded when it comes to the gate again, and passes', () => {
    const again = [...connected, recording, ...hungUp('2'), gate('1', 'caller', '200'), wentByItself('1')];
    expect(tell(again).call.consents).toMatchObject([{ complete: true }]);
  });
});

test('whoever declined hears the confirmation, and declined', () => {
  const confirming = [...announced, pressed('1', '1'), confirmed('1'), wentByItself('1')];
  expect(tell(confirming).call.consents).toMatchObject([{ complete: true, decision: 'declined' }]);
});

test('whoever hung up went nowhere', () => {
  const gone = [...leaving, { type: 'hang-up-requested', channel: '1' } as const];
  expect(tell([...gone, wentByItself('1')])).toEqual(tell(gone));
});

describe('a recording that began meanwhile', () => {
  // The gate is told of late: by then the talk is.
  const before = [...leaving, seen('2', 'PJSIP/200'), ...bridged('2', '1')];

  test.each<[string, Told, object]>([
    ['the party went by itself', wentByItself('1'), incomplete],
    ['the party hears that it is not recorded', confirmed('1'), incomplete],
    ['the party declined', pressed('1', '1'), declined],
    ['nobody knows how the party left', lost, incomplete],
  ])('ends when it is told that %s, and nothing of it is kept', (_what, end, verdict) => {
    const ended = [...before, recording, end];
    expect(ordersOfLast(ended)).toEqual(['stop-recording', 'collect-recording']);
    expect(ordersOfLast([...ended, closed])).toEqual(['discard-recording']);
    const { call } = tell([...ended, closed]);
    expect(call.segments).toMatchObject([{ verdict, recording: undefined, endedAt: undefined }]);
    expect(tell([...ended, closed, ...hungUp('2', '1')]).call.verdict).toEqual(verdict);
    // In the other order, too.
    expect(tell([...ended, ...hungUp('2', '1'), closed]).call.verdict).toEqual(verdict);
  });

  test('ends as soon as Asterisk has started it', () => {
    expect(ordersOfLast([...before, pressed('1', '1')])).toEqual([]);
    const ended = [...before, pressed('1', '1'), recording];
    expect(ordersOfLast(ended)).toEqual(['stop-recording', 'collect-recording']);
    expect(ordersOfLast([...ended, closed])).toEqual(['discard-recording']);
  });

  test.each<[string, Told]>([
    ['was refused', { type: 'recording-refused', recording: 'S1', problem: 'no' }],
    ['has no file', { type: 'recording-missing', recording: 'S1', state: 'failed', problem: 'no file' }],
  ])('is no failure when it %s', (_what, end) => {
    const { call } = tell([...before, pressed('1', '1'), end, ...hungUp('2', '1')]);
    expect(call.verdict).toEqual(declined);
  });

  test('is not kept either when somebody had stopped it', () => {
    const stopped = [...before, recording, asked('stop'), pressed('1', '1')];
    expect(ordersOfLast([...stopped, closed])).toEqual(['discard-recording']);
  });

  test('is not begun again on request', () => {
    const again = [...before, recording, pressed('1', '1'), closed, asked('start')];
    expect(ordersOfLast(again)).toEqual([]);
  });

  test('goes on where the other party may be recorded whatever it hears', () => {
    const none = groupAnnouncing('incoming', announcement('none'));
    const story = [...leaving, seen('2', 'PJSIP/200'), ...bridged('2', '1'), recording, wentByItself('1')];
    expect(tell(story, none).call.segments).toMatchObject([{ recording: { state: 'running' } }]);
  });
});
