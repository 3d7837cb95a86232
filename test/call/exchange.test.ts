import { describe, expect, test } from 'vitest';

import { concernsMember, headlineOf } from '../../src/call/classification.ts';
import { Exchange } from '../../src/call/exchange.ts';
import type { Call } from '../../src/call/call.ts';
import {
  announced,
  bridged,
  handedOver,
  hungUp,
  inside,
  left,
  policy,
  seen,
  unbridged,
  type Told,
} from './story.ts';

/** Tells one story to several calls. */
function tellAll(story: readonly Told[]): readonly Call[] {
  const exchange = new Exchange();
  let [at, ids] = [0, 0];
  for (const told of story) {
    at = told.at ?? at + 1_000;
    exchange.take({ ...told, at }, { policy: policy(), newId: () => `id-${++ids}` }, true);
  }
  return exchange.calls;
}

/** Who talked to whom, in which call: `from>to`. */
const talks = (calls: readonly Call[]): string[] =>
  calls.map((call) => `C${call.linkedId}: ${call.segments.map(({ from, to }) => `${from}>${to}`).join(' ')}`);

/** An outside caller talks to 200, who then calls 201 or 300 to ask. */
const consulting = (colleague: string): readonly Told[] => [
  ...announced,
  { type: 'gate-timeout', channel: '1', phase: 'listening' },
  left('1'),
  seen('2', 'PJSIP/200'),
  ...bridged('2', '1'),
  seen('3', 'PJSIP/200', { linkedId: '3', dialled: colleague }),
  seen('4', `PJSIP/${colleague}`, { linkedId: '3' }),
  ...inside('C', '4', '3'),
];

/** The outside caller takes the place of 200 in the bridge of the consultation. */
const completed: readonly Told[] = [
  unbridged('3', 'C', true),
  { type: 'bridge-entered', channel: '1', bridge: 'C' },
  ...hungUp('3', '2'),
];

describe('an attended transfer', () => {
  test('to a member goes on under the id of the first call; the consultation is a call of its own', () => {
    const calls = tellAll([...consulting('201'), ...completed]);
    expect(talks(calls)).toEqual(['C1: +41791234567>200 +41791234567>201', 'C3: 200>201']);
    expect(calls[0]?.segments[1]).toMatchObject({ direction: 'incoming', verdict: { outcome: 'recorded' } });
    expect(calls[1]?.endedAt).toBeDefined();
  });

  test('to a stranger ends the recording', () => {
    const calls = tellAll([...consulting('300'), ...completed]);
    expect(talks(calls)).toEqual(['C1: +41791234567>200', 'C3: 200>300']);
    expect(calls[0]?.segments[0]?.endedAt).toBeDefined();
  });

  test('that is given up goes on as before', () => {
    const calls = tellAll([...consulting('201'), unbridged('3', 'C'), ...hungUp('3', '4')]);
    expect(talks(calls)).toEqual(['C1: +41791234567>200', 'C3: 200>201']);
    expect(calls[0]?.segments[0]?.endedAt).toBeUndefined();
  });

  test('takes the consent of a party along that comes from the younger call', () => {
    const calls = tellAll(handedOver);
    expect(talks(calls)).toEqual(['C1: 201>200 201>123', 'C3: 200>123']);
    expect(calls[0]?.segments[1]?.verdict).toEqual({ outcome: 'recorded', rule: 'announced' });
  });
});

test('parties of three calls that meet at once go on as one', () => {
  const calls = tellAll([
    seen('1', 'PJSIP/trunk'),
    seen('2', 'PJSIP/200', { linkedId: '2' }),
    seen('3', 'PJSIP/201', { linkedId: '3' }),
    ...inside('B', '1', '2', '3'),
  ]);
  const present = ({ legs }: Call) => legs.filter(({ takenAt }) => takenAt === undefined);
  expect(calls.map((call) => present(call).map(({ channel }) => channel))).toEqual([['1', '2', '3'], [], []]);
});

test('an event of a channel that nobody told of concerns no call, and begins none without AMI', () => {
  const exchange = new Exchange();
  const context = { policy: policy(), newId: () => 'id' };
  expect(exchange.take({ at: 0, type: 'digit', channel: '1', digit: '1' }, context, true)).toBeUndefined();
  expect(exchange.take({ at: 0, ...seen('1', 'PJSIP/trunk') }, context, false)).toBeUndefined();
});

/** An outside caller talks to 200, who calls 201 or 300 by feature code: one channel, and a Local pair to lead on. */
const consultingByCode = (colleague: string): readonly Told[] => {
  const { before, enters, dials } = consultation(colleague);
  return [...before, ...enters, ...dials];
};
const consultation = (
  colleague: string,
): Readonly<Record<'before' | 'enters' | 'dials', readonly Told[]>> => ({
  before: [
    ...announced,
    { type: 'gate-timeout', channel: '1', phase: 'listening' },
    left('1'),
    seen('2', 'PJSIP/200'),
    ...bridged('2', '1'),
    seen('3', '', { name: `Local/${colleague}@internal-00000000;1` }),
    seen('4', '', { name: `Local/${colleague}@internal-00000000;2` }),
    ...inside('C', '3'),
    unbridged('2'),
  ],
  enters: inside('C', '2'),
  dials: [seen('5', `PJSIP/${colleague}`), { type: 'dialled', channel: '5', by: '4' }],
});
const answered = inside('D', '5', '4');

/** 200 hung up: the Local pair leads the outside caller to the colleague, until Asterisk takes it out of the way. */
const completedByCode: readonly Told[] = [
  unbridged('3', 'C'),
  ...inside('B', '3'),
  unbridged('2', 'C'),
  ...hungUp('2'),
  unbridged('5', 'D'),
  unbridged('3'),
  ...inside('B', '5'),
  ...hungUp('3', '4'),
];

describe('an attended transfer by feature code', () => {
  test('to a member goes on under the id of the first call; the consultation is a call of its own', () => {
    const calls = tellAll([...consultingByCode('201'), ...answered, ...completedByCode]);
    expect(talks(calls)).toEqual(['C1: +41791234567>200 +41791234567>201', 'C1: 200>201']);
    expect(calls[1]?.segments[0]).toMatchObject({ direction: 'internal', memberChannel: '2' });
    expect(calls[1]?.endedAt).toBeDefined();
    expect(calls[0]?.segments[1]?.endedAt).toBeUndefined();
  });

  test('to a stranger ends the recording', () => {
    const calls = tellAll([...consultingByCode('300'), ...answered, ...completedByCode]);
    expect(talks(calls)).toEqual(['C1: +41791234567>200', 'C1: 200>300']);
  });

  test('that rings at the colleague before it is told where 200 is has the colleague, too', () => {
    const { before, enters, dials } = consultation('201');
    const calls = tellAll([...before, ...dials, ...enters]);
    expect(headlineOf(calls[1] as Call, policy())).toMatchObject({ from: '200', to: '201' });
    const later = tellAll([...before, ...dials, ...enters, ...answered, ...completedByCode]);
    expect(talks(later)).toEqual(['C1: +41791234567>200 +41791234567>201', 'C1: 200>201']);
  });

  test('is offered to the outside before the answer: the member who asks is the caller', () => {
    const story = consultingByCode('trunk');
    const calls = tellAll([
      ...story,
      { type: 'gate-entered', channel: '5', side: 'called', destination: '' },
    ]);
    expect(calls[1]?.gate).toMatchObject({ channel: '5', phase: 'announcing' });
  });

  test.each([
    ['not answered', [], 'C1: '],
    ['given up', answered, 'C1: 200>201'],
  ])('that is %s goes on as before', (_how, story, consultation) => {
    const calls = tellAll([
      ...consultingByCode('201'),
      ...story,
      unbridged('2', 'C'),
      ...inside('B', '2'),
      ...hungUp('3', '4', '5'),
    ]);
    expect(talks(calls)).toEqual(['C1: +41791234567>200 +41791234567>200', consultation]);
    expect(calls[1]?.endedAt).toBeDefined();
    expect(headlineOf(calls[1] as Call, policy())).toMatchObject({
      from: '200',
      to: '201',
      direction: 'internal',
    });
  });

  test('whose asker hangs up before the answer connects the two in the first call', () => {
    const calls = tellAll([
      ...consultingByCode('201'),
      unbridged('3', 'C'),
      ...inside('B', '3'),
      ...hungUp('2'),
      ...answered,
    ]);
    expect(talks(calls)).toEqual(['C1: +41791234567>200 +41791234567>201', 'C1: ']);
  });

  test('that rings when its asker hangs up is listed under the colleague', () => {
    const calls = tellAll([
      ...consultingByCode('201'),
      unbridged('2', 'C'),
      unbridged('3', 'C'),
      ...inside('B', '3'),
      ...hungUp('2', '1', '3', '4', '5'),
    ]);
    expect(headlineOf(calls[1] as Call, policy())).toMatchObject({ from: '200', to: '201' });
  });

  test('of strangers is no matter of the first call, whatever the gate is told before', () => {
    // 300 talks to the outside and consults 200: the two connections of Asterisk keep no common order.
    const calls = tellAll([
      seen('1', 'PJSIP/300', { dialled: '0123' }),
      seen('2', 'PJSIP/trunk', { number: '123' }),
      ...bridged('2', '1'),
      seen('3', '', { name: 'Local/200@internal-00000000;1' }),
      seen('4', '', { name: 'Local/200@internal-00000000;2' }),
      { type: 'gate-entered', channel: '4', side: 'caller', destination: '200' },
      ...inside('C', '3'),
      unbridged('1'),
      ...inside('C', '1'),
      ...hungUp('1', '2', '3', '4'),
    ]);
    expect(calls.map((call) => concernsMember(call, policy()))).toEqual([false, true]);
    expect(headlineOf(calls[1] as Call, policy())).toMatchObject({ from: '300', to: '200' });
  });

  test('never has the number that the asker dialled in the first call', () => {
    const calls = tellAll([
      seen('1', 'PJSIP/200', { dialled: '300' }),
      seen('2', 'PJSIP/300'),
      ...bridged('2', '1'),
      seen('3', '', { name: 'Local/201@internal-00000000;1' }),
      seen('4', '', { name: 'Local/201@internal-00000000;2' }),
      ...inside('C', '3'),
      unbridged('1'),
      ...inside('C', '1'),
      ...hungUp('1', '2', '3', '4'),
    ]);
    expect(headlineOf(calls[1] as Call, policy())).toMatchObject({ from: '200', to: '' });
  });
});

test('a call that only led its party into another one is of no concern', () => {
  // 201 dials the place where the call of 200 is parked.
  const calls = tellAll([
    ...announced,
    { type: 'gate-timeout', channel: '1', phase: 'listening' },
    left('1'),
    ...inside('P', '1'),
    unbridged('1', 'P'),
    seen('3', 'PJSIP/201', { linkedId: '3', dialled: '701' }),
    ...inside('B', '1', '3'),
  ]);
  expect(talks(calls)).toEqual(['C1: +41791234567>201', 'C3: ']);
  expect(calls.map((call) => concernsMember(call, policy()))).toEqual([true, false]);
});
