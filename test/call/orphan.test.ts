import { describe, expect, test } from 'vitest';

import { orphanCall, type OrphanFacts, type RecordedChannel } from '../../src/call/orphan.ts';
import { step } from '../../src/call/lifecycle.ts';
import { repairsOf } from '../../src/recovery.ts';
import { nasty } from '../nasty.ts';
import { closed, group, policy, seen } from './story.ts';

const facts: OrphanFacts = {
  callId: 'C',
  recording: 'S1',
  startedAt: 1_000,
  endedAt: 61_000,
  channel: undefined,
  lives: false,
  known: undefined,
};

function channelOf(told: ReturnType<typeof seen>): RecordedChannel['facts'] {
  if (told.type !== 'channel-seen') throw new Error('no channel');
  return told.facts;
}

const member = channelOf(seen('2', 'PJSIP/200'));
const trunk = channelOf(seen('1', 'PJSIP/trunk'));
const alone: RecordedChannel = { facts: member, others: [], connected: '', mixMonitor: '0xM' };

const two = policy({ groups: [group({ name: 'Einkauf', members: [] }), group()] });
const partiesOf = (change: Partial<OrphanFacts>): string | undefined => {
  const [segment] = orphanCall({ ...facts, ...change }, two)?.segments ?? [];
  return segment && `${segment.group} ${segment.direction} ${segment.from}>${segment.to}`;
};

describe('the parties of an orphan', () => {
  test.each<[string, Partial<OrphanFacts>, string]>([
    ['are nobody, in the first group, when nothing is known', {}, 'Einkauf incoming >'],
    [
      'are who is in the bridge',
      { channel: { ...alone, others: [trunk] } },
      'Verkauf incoming +41791234567>200',
    ],
    ['are who was connected last', { channel: { ...alone, connected: '0791' } }, 'Verkauf incoming 0791>200'],
    [
      'are a colleague where the number is one of this PBX',
      { channel: { ...alone, connected: '201' } },
      'Verkauf internal 201>200',
    ],
    [
      'are in the order in which one called the other',
      { channel: { ...alone, facts: { ...member, linkedId: '2' }, connected: '0791' } },
      'Verkauf outgoing 200>0791',
    ],
    [
      'are those of the catalogue where it knows them',
      { channel: alone, known: { group: 'Verkauf', direction: 'outgoing', from: '201', to: '117' } },
      'Verkauf outgoing 201>117',
    ],
    [
      'come into a group that is there',
      { known: { group: 'gone', direction: 'internal', from: '201', to: '200' } },
      'Einkauf internal 201>200',
    ],
  ])('%s', (_what, change, expected) => {
    expect(partiesOf(change)).toBe(expected);
  });

  test.each(nasty)('may have any number: %j', (number) => {
    expect(partiesOf({ channel: { ...alone, connected: number } })).toContain(number);
  });
});

test('an orphan is a call that only waits for its file, and then is recorded', () => {
  const call = orphanCall({ ...facts, channel: alone, lives: true }, two);
  const [segment] = call?.segments ?? [];
  if (!call || !segment) throw new Error('no call');
  const orders = repairsOf(call, segment, true, 99_000).map(({ command }) => command);
  expect(orders).toMatchObject([
    { type: 'stop-recording', channelName: 'PJSIP/200-00000002', mixMonitor: '0xM' },
    { type: 'collect-recording', recording: 'S1' },
  ]);
  const context = { policy: two, newId: () => 'S2' };
  const [settled] = step(call, { ...closed, at: 99_000 }, context);
  expect(settled.verdict).toEqual({ outcome: 'recorded', rule: 'orphan' });
  expect(settled.segments[0]).toMatchObject({ startedAt: 1_000, endedAt: 2_000 });
});

test('of an orphan whose channel is gone nothing is stopped', () => {
  const call = orphanCall({ ...facts, channel: alone, lives: false }, two);
  const [segment] = call?.segments ?? [];
  if (!call || !segment) throw new Error('no call');
  expect(repairsOf(call, segment, true, 99_000).map(({ command }) => command?.type)).toEqual([
    'collect-recording',
  ]);
});
