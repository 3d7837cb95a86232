import { expect, test } from 'vitest';

import { missedEvents, repairsOf, type Repair } from '../src/recovery.ts';
import {
  asked,
  connected,
  hungUp,
  muted,
  parted,
  recording,
  seen,
  tell,
  wentByItself,
  type Told,
} from './call/story.ts';

function repairs(story: readonly Told[], exists: boolean): readonly string[] {
  const { call } = tell(story);
  const [segment] = call.segments;
  if (!segment) throw new Error('no segment');
  return repairsOf(call, segment, exists, 99_000).map(({ event, command }: Repair) =>
    event ? event.type : command.type,
  );
}

test.each<[string, readonly Told[], boolean, readonly string[]]>([
  ['was ordered, and Asterisk began it', connected, true, ['recording-started']],
  ['was ordered, and Asterisk never heard of it', connected, false, ['start-recording']],
  [
    'was ordered, never begun, and the talk is over',
    [...connected, ...parted('1')],
    false,
    ['recording-refused'],
  ],
  ['runs', [...connected, recording], true, []],
  [
    'was ordered, never begun, and may not be any more',
    [...connected, wentByItself('1')],
    false,
    ['recording-refused'],
  ],
  [
    'is ending while the member lives on',
    [...connected, recording, ...hungUp('1')],
    true,
    ['stop-recording', 'collect-recording'],
  ],
  [
    'is ending after the member hung up',
    [...connected, recording, ...hungUp('2')],
    true,
    ['collect-recording'],
  ],
])('a recording that %s', (_what, story, exists, expected) => {
  expect(repairs(story, exists)).toEqual(expected);
});

test('what was missed: channels that are gone hung up at a time that nobody saw, the others are as they are', () => {
  const { call } = tell(connected);
  const live = seen('2', 'PJSIP/200', { bridge: 'B' });
  if (live.type !== 'channel-seen') throw new Error('no channel');
  expect(missedEvents([call], [live.facts], 99_000)).toEqual([
    { at: 99_000, type: 'hung-up', channel: '1', observed: false },
    { at: 99_000, type: 'channel-seen', facts: live.facts },
  ]);
});

test('a pause lasts as long as it was to, by the time that its call keeps', () => {
  const { call } = tell([...connected, recording, { ...asked('pause'), at: 20_000 }, muted(true)]);
  const [segment] = call.segments;
  const limits = (own: number) =>
    segment &&
    repairsOf(call, segment, true, 9_999_000, own).flatMap(({ command }) =>
      command?.type === 'set-pause-timeout' ? [command.ms] : [],
    );
  expect(limits(30_000)).toEqual([50_000]);
});
