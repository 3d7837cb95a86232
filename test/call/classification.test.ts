import { describe, expect, test } from 'vitest';

import {
  concernsMember,
  endpointOf,
  groupOfDestination,
  headlineOf,
  isExternal,
  isKnownParty,
} from '../../src/call/classification.ts';
import { recordsOf } from '../../src/call/records.ts';
import { bridged, gate, group, hungUp, memberCalls, policy, seen, tell, trunkCalls } from './story.ts';

test.each([
  ['PJSIP/200-0000001f', 'PJSIP/200'],
  ['PJSIP/my-trunk-0000001f', 'PJSIP/my-trunk'],
  ['SIP/alice-00000001', 'SIP/alice'],
  ['IAX2/office-17', 'IAX2/office'],
])('the endpoint of channel %s is %s', (channel, endpoint) => {
  expect(endpointOf(channel)).toBe(endpoint);
});

describe('trunks', () => {
  const rules = policy({ trunks: new Set(['PJSIP/trunk', 'DAHDI/i1', 'SIP/office']) });

  test.each([
    ['PJSIP/trunk-00000001', true],
    ['DAHDI/i1/0301234567-7', true],
    ['DAHDI/i1/+49301234567-1a', true],
    ['DAHDI/i1-7', true],
    ['DAHDI/i10/0301234567-7', false],
    ['DAHDI/i2/0301234567-7', false],
    ['DAHDI/5-1', false],
    ['PJSIP/trunk2-00000001', false],
    ['SIP/office-00000001', true],
    ['PJSIP/200-00000001', false],
  ])('%s is behind one: %s', (name, is) => {
    const { call } = tell([seen('1', 'PJSIP/200', { name })]);
    expect(call.legs.map((leg) => isExternal(leg, rules))).toEqual([is]);
  });
});

describe('members', () => {
  const rules = policy({
    groups: [
      group({
        members: [
          { kind: 'extension', first: '210', last: '219' },
          { kind: 'endpoint', endpoint: 'PJSIP/alice' },
        ],
      }),
    ],
  });

  test.each([
    ['210', true],
    ['219', true],
    ['220', false],
    ['21', false],
    ['2100', false],
    ['PJSIP/215', true],
    ['alice', true],
    ['PJSIP/alice', true],
    ['SIP/alice', false],
    ['', false],
  ])('%s is one: %s', (destination, is) => {
    expect(groupOfDestination(destination, rules) !== undefined).toBe(is);
  });

  test.each([
    ['300', true],
    ['trunk', false],
    ['support', false],
  ])('%s is one party of this PBX: %s', (destination, is) => {
    expect(isKnownParty(destination, policy())).toBe(is);
  });
});

describe('what a call is listed under when nobody talked', () => {
  test('a caller who gave up in the gate', () => {
    const { call } = tell([trunkCalls(), gate('1', 'caller', '200'), ...hungUp('1')]);
    const headline = { group: 'Verkauf', direction: 'incoming', from: '+41791234567', to: '200' };
    expect(headlineOf(call, policy())).toEqual(headline);
    expect(concernsMember(call, policy())).toBe(true);
  });

  test('a member whom the outside did not answer: under the number that an answered call has', () => {
    const { call } = tell([
      memberCalls('0123'),
      seen('2', 'PJSIP/trunk', { number: '123' }),
      ...hungUp('2', '1'),
    ]);
    const headline = { group: 'Verkauf', direction: 'outgoing', from: '200', to: '123' };
    expect(headlineOf(call, policy())).toEqual(headline);
  });

  test('with the name of who called, as in a talk', () => {
    const named = seen('1', 'PJSIP/trunk', {
      number: '+41791234567',
      callerName: 'Muster AG',
      dialled: '200',
    });
    const gaveUp = tell([named, gate('1', 'caller', '200'), ...hungUp('1')]).call;
    expect(headlineOf(gaveUp, policy())).toMatchObject({ fromName: 'Muster AG' });
    const talked = tell([named, seen('2', 'PJSIP/200', { callerName: 'Anna' }), ...bridged('1', '2')]).call;
    expect(recordsOf(talked, policy(), new Map())).toMatchObject([{ to: '200', fromName: 'Muster AG' }]);
  });

  test('without the name of who was called first, and calls in a talk after that', () => {
    const { call } = tell([
      trunkCalls(),
      seen('2', 'PJSIP/200', { callerName: 'Anna' }),
      seen('3', 'PJSIP/trunk', { number: '123', callerName: 'Muster AG' }),
      ...bridged('2', '3'),
    ]);
    const [segment] = call.segments;
    expect(segment).toMatchObject({ direction: 'outgoing', from: '200', to: '123' });
    expect(segment).not.toHaveProperty('fromName');
  });

  test('a call between others is none of ours', () => {
    const { call } = tell([
      trunkCalls('300'),
      gate('1', 'caller', '300'),
      seen('2', 'PJSIP/300'),
      ...bridged('1', '2'),
    ]);
    expect(concernsMember(call, policy())).toBe(false);
  });
});

test('an extension is known by its endpoint, whatever it sends as caller id', () => {
  const { call } = tell([
    seen('1', 'PJSIP/200', { number: '0800-boss', dialled: '300' }),
    seen('2', 'PJSIP/300', { number: '"; rm -rf /' }),
    ...bridged('1', '2'),
  ]);
  expect(call.segments[0]).toMatchObject({ from: '200', to: '300' });
});
