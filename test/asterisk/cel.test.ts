import { describe, expect, test } from 'vitest';

import { CelTalks } from '../../src/asterisk/cel.ts';
import { nasty } from '../nasty.ts';

const connectedAt = 1_795_707_000_000;
const [trunk, member] = ['PJSIP/trunk-00000000', 'PJSIP/200-00000001'];

/** As Asterisk 22.10 sends it, without what nobody looks at. */
function event(kind: string, who: string, seconds: number, more: Readonly<Record<string, string>> = {}) {
  const channel = who === 'trunk' ? 0 : 1;
  const number = { trunk: '+41790030001', 200: '200' }[who] ?? '';
  const told = {
    ...{ Event: 'CEL', EventName: kind, CallerIDnum: number, Channel: `PJSIP/${who}-0000000${channel}` },
    ...{ Application: 'Dial', AppData: 'PJSIP/200,30', EventTime: `${1_795_707_456 + seconds}.250000` },
    ...{ UniqueID: `1795707456.${channel}`, LinkedID: '1795707456.0', Peer: '' },
    Extra: '{"bridge_id":"b1","bridge_technology":"simple_bridge"}',
    ...more,
  };
  return new Map(Object.entries(told).map(([name, value]) => [name, [value]]));
}

const at = (seconds: number) => (1_795_707_456 + seconds) * 1_000 + 250;

describe('two channels in one bridge', () => {
  test('are a talk from the entry of the later to the exit of the earlier', () => {
    const talks = new CelTalks(connectedAt);
    expect(talks.take(event('BRIDGE_ENTER', '200', 3), 0)).toEqual([]);
    expect(talks.take(event('BRIDGE_ENTER', 'trunk', 4), 0)).toEqual([]);
    expect(talks.take(event('BRIDGE_EXIT', '200', 9, { Peer: trunk }), 0)).toEqual([
      {
        ...{ channel: '1795707456.0', linkedId: '1795707456.0' },
        ...{ callerName: 'PJSIP/trunk-00000000', calledName: 'PJSIP/200-00000001' },
        ...{ from: '+41790030001', to: '200', startedAt: at(4), answeredAt: at(4), endedAt: at(9) },
      },
    ]);
    expect(talks.take(event('BRIDGE_EXIT', 'trunk', 9), 0)).toEqual([]);
  });

  test('that were in it before anybody listened are one since then', () => {
    const talks = new CelTalks(at(-60));
    const left = talks.take(event('BRIDGE_EXIT', '200', 9, { Peer: trunk }), 0);
    expect(left).toMatchObject([
      { channel: '1795707456.1', callerName: 'PJSIP/200-00000001', calledName: 'PJSIP/trunk-00000000' },
    ]);
    expect(left).toMatchObject([{ linkedId: '1795707456.0', answeredAt: at(-60), endedAt: at(9) }]);
  });

  test('that are parked are none', () => {
    const talks = new CelTalks(connectedAt);
    const parked = { Extra: '{"bridge_id":"b2","bridge_technology":"holding_bridge"}' };
    talks.take(event('BRIDGE_ENTER', '200', 3, parked), 0);
    talks.take(event('BRIDGE_ENTER', 'trunk', 3, parked), 0);
    expect(talks.take(event('BRIDGE_EXIT', '200', 9, { ...parked, Peer: trunk }), 0)).toEqual([]);
  });

  test('have the number that was dialled to the outside', () => {
    const talks = new CelTalks(connectedAt);
    const caller = { UniqueID: '1795707456.0', AppData: 'PJSIP/790030002@trunk,30,U(mitschnitt-called)' };
    const called = { UniqueID: '1795707456.1', Application: 'AppDial', AppData: '(Outgoing Line)' };
    talks.take(event('BRIDGE_ENTER', '200', 3, caller), 0);
    talks.take(event('BRIDGE_ENTER', 'trunk', 3, called), 0);
    expect(talks.take(event('BRIDGE_EXIT', 'trunk', 9, { ...called, Peer: member }), 0)).toMatchObject([
      { channel: '1795707456.0', from: '200', to: '790030002' },
    ]);
  });
});

test('a third party talks with each of the others', () => {
  const talks = new CelTalks(connectedAt);
  const third = { Channel: 'PJSIP/201-00000002', UniqueID: '1795707460.2' };
  talks.take(event('BRIDGE_ENTER', '200', 3), 0);
  talks.take(event('BRIDGE_ENTER', 'trunk', 3), 0);
  talks.take(event('BRIDGE_ENTER', '201', 6, third), 0);
  const left = event('BRIDGE_EXIT', 'trunk', 9, { Peer: `${member},${third.Channel}` });
  const ended = talks.take(left, 0) ?? [];
  expect(ended.map(({ calledName, startedAt }) => [calledName, startedAt])).toEqual([
    ['PJSIP/200-00000001', at(3)],
    ['PJSIP/201-00000002', at(6)],
  ]);
});

test('a time in a form of its own counts as when it came', () => {
  const talks = new CelTalks(connectedAt);
  talks.take(event('BRIDGE_ENTER', '200', 3, { EventTime: '26.11.2026 15:37' }), at(3));
  talks.take(event('BRIDGE_ENTER', 'trunk', 4, { EventTime: '26.11.2026 15:37' }), at(4));
  expect(talks.take(event('BRIDGE_EXIT', 'trunk', 9, { Peer: member }), 0)).toMatchObject([
    { startedAt: at(4), endedAt: at(9) },
  ]);
});

test.each(['', 'null', '[]', '{"bridge_id"', '{}'])('an event with %j beside it cannot be read', (extra) => {
  expect(
    new CelTalks(connectedAt).take(event('BRIDGE_ENTER', '200', 3, { Extra: extra }), 0),
  ).toBeUndefined();
});

test('what else CEL tells is nothing', () => {
  expect(new CelTalks(connectedAt).take(event('CHAN_START', '200', 3, { Extra: '' }), 0)).toEqual([]);
});

// What Asterisk sends for nothing.
test.each(nasty.filter((text) => text !== '<unknown>'))('%j is given as the caller sent it', (text) => {
  const talks = new CelTalks(connectedAt);
  talks.take(event('BRIDGE_ENTER', '200', 3), 0);
  talks.take(event('BRIDGE_ENTER', 'trunk', 3, { CallerIDnum: text }), 0);
  expect(talks.take(event('BRIDGE_EXIT', 'trunk', 9, { CallerIDnum: text, Peer: member }), 0)).toMatchObject([
    { from: text },
  ]);
});
