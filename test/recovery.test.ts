import { expect, test } from 'vitest';

import { missedEvents, repairsOf, type Repair } from '../src/recovery.ts';
import { asked, connected, hungUp, muted, recording, seen, tell, type Told } from './call/story.ts';

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
  ['was ordered, and Asterisk never heard of it', connected, false, ['recording-unheard']],
  ['runs', [...connected, recording], true, []],
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

test.each<[string, { createdAt?: number; bridgeMadeAt?: number }, number]>([
  ['somebody watched last', { createdAt: 10_000, bridgeMadeAt: 10_000 }, 90_000],
  ['the younger of the two was there', { createdAt: 95_000 }, 95_000],
  ['their bridge was made', { createdAt: 95_000, bridgeMadeAt: 97_000 }, 97_000],
  ['nothing: it began just now, by a clock that is ahead', { bridgeMadeAt: 120_000 }, 99_000],
])('a talk that is found may have gone on since %s', (_what, known, expected) => {
  const [first, second] = ['1', '2'].map((channel) => seen(channel, `PJSIP/${channel}00`, { bridge: 'B' }));
  if (first?.type !== 'channel-seen' || second?.type !== 'channel-seen') throw new Error('no channels');
  const live = [
    { ...first.facts, createdAt: 5_000 },
    { ...second.facts, ...known },
  ];
  const found = missedEvents([], live, 99_000, 90_000).filter(({ unseenSince }) => unseenSince !== undefined);
  expect(found.map(({ unseenSince }) => unseenSince)).toEqual([expected, expected]);
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
