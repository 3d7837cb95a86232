import { describe, expect, test } from 'vitest';

import { Exchange } from '../src/call/exchange.ts';
import { verdictOfSegment } from '../src/call/rules.ts';
import { recordsOf } from '../src/call/records.ts';
import { ClockSteps } from '../src/clock-steps.ts';
import type { Call } from '../src/call/call.ts';
import {
  asked,
  closed,
  connected,
  handedOver,
  hungUp,
  muted,
  parted,
  policy,
  recording,
  seen,
  type Told,
} from './call/story.ts';

const hourMs = 3_600_000;
const bornAt = 1_000 * hourMs;

/** A machine whose clock somebody can set. */
class Machine {
  steadyMs = 0;
  setMs = 0;
  readonly steps = new ClockSteps(
    () => bornAt + this.steadyMs + this.setMs,
    () => this.steadyMs,
  );
}

/** Tells a story whose clock is set by so much before the event at the index. Ids as in `tell`. */
function told(story: readonly Told[], index: number, setMs: number): readonly Call[] {
  const [machine, exchange] = [new Machine(), new Exchange()];
  let segments = 0;
  let calls = 0;
  const newId = (): string =>
    exchange.calls.length > calls ? ((calls += 1), `C${calls}`) : `S${++segments}`;
  exchange.add({ ...emptyCall, startedAt: bornAt });
  calls = 1;
  for (const [at, event] of story.entries()) {
    machine.steadyMs = event.at ?? machine.steadyMs + 1_000;
    if (at === index) machine.setMs += setMs;
    const now = bornAt + machine.steadyMs + machine.setMs;
    exchange.take(machine.steps.stamped({ ...event, at: now }), { policy: policy(), newId }, true);
  }
  return exchange.calls;
}

const emptyCall: Call = {
  ...{ id: 'C', linkedId: '1', endedAt: undefined, legs: [], gate: undefined, consents: [] },
  ...{ startedAt: bornAt, segments: [], verdict: undefined },
};

const whole: readonly Told[] = [
  ...connected,
  recording,
  asked('pause'),
  muted(true),
  asked('resume'),
  muted(false),
  ...parted('2', 30_000),
  ...hungUp('1', '2'),
  closed,
];

/** What of a call must not depend on what somebody makes of the clock. */
const factsOf = ({ startedAt, endedAt = startedAt, verdict, consents, segments }: Call) => ({
  verdict,
  lastedMs: endedAt - startedAt,
  consents: consents.map(({ complete, problem, playedFrom = 0, playedTo = 0 }) => ({
    ...{ complete, problem, playedMs: playedTo - playedFrom },
  })),
  segments: segments.map((segment) => ({
    verdict: verdictOfSegment(segment),
    talkMs: (segment.endedAt ?? Number.NaN) - segment.startedAt,
    controls: segment.controls?.map(({ control, at, problem }) => ({
      ...{ control, problem, afterMs: at - segment.startedAt },
    })),
  })),
});

describe.each([
  ['an hour back', -hourMs],
  ['nine hours ahead', 9 * hourMs],
  ['half a second back', -500],
])('a clock that is set by %s', (_how, setMs) => {
  test('at any moment of a call changes nothing of it', () => {
    const [plain] = told(whole, -1, 0);
    expect(plain && factsOf(plain)).toMatchObject({
      verdict: { outcome: 'recorded', rule: 'announced' },
      segments: [{ talkMs: expect.any(Number) as number }],
    });
    for (const index of whole.keys()) {
      const [call] = told(whole, index, setMs);
      expect(call && factsOf(call), `before event ${index}`).toEqual(plain && factsOf(plain));
      const [record] = call ? recordsOf(call, policy(), new Map()) : [];
      expect(record?.talkMs).toBe(plain?.segments[0] && factsOf(plain).segments[0]?.talkMs);
    }
  });
});

test('calls that begin after the clock was set have the new time', () => {
  const calls = told([...whole, seen('7', 'PJSIP/trunk', { linkedId: '7', dialled: '200' })], 3, -hourMs);
  expect(calls.at(-1)?.startedAt).toBeLessThan(bornAt);
});

test('a party that goes over to a call from before the clock was set takes what it heard along', () => {
  // While 201 and 200 begin to talk.
  const calls = told(handedOver, 3, -hourMs);
  const talk = calls[0]?.segments.at(-1);
  expect(talk).toMatchObject({ otherChannel: '4', verdict: { outcome: 'recorded', rule: 'announced' } });
});

test('a call that a former process left behind goes on after its latest time, whatever the clock says', () => {
  const [call] = told(connected, -1, 0);
  if (!call) throw new Error('no call');
  const exchange = new Exchange();
  exchange.add(call, bornAt - hourMs);
  const context = { policy: policy(), newId: () => 'S9' };
  exchange.take(
    { type: 'hung-up', channel: '1', observed: true, at: bornAt - hourMs + 5_000 },
    context,
    true,
  );
  const [segment] = exchange.calls[0]?.segments ?? [];
  expect((segment?.endedAt ?? 0) - (segment?.startedAt ?? 0)).toBe(5_000);
});

describe('a step of the clock', () => {
  test('is seen, and what drifts is none', () => {
    const machine = new Machine();
    expect(machine.steps.setMs).toBe(0);
    machine.setMs = 150;
    expect(machine.steps.setMs).toBe(0);
    machine.setMs = -hourMs;
    expect(machine.steps.setMs).toBe(-hourMs);
  });

  test('makes events that were on their way tell the new time, for a moment', () => {
    const machine = new Machine();
    const event = { type: 'hung-up', channel: '1', observed: true, at: bornAt } as const;
    expect(machine.steps.stamped(event)).toBe(event);
    machine.setMs = -hourMs;
    expect(machine.steps.stamped(event)).toEqual({ ...event, at: bornAt - hourMs, clockSetMs: -hourMs });
    machine.steadyMs = 10_000;
    expect(machine.steps.stamped(event)).toEqual({ ...event, clockSetMs: -hourMs });
  });
});
