import { beforeEach, describe, expect, test } from 'vitest';

import { ToldAccount, type ToldKind } from '../../src/asterisk/told-account.ts';

let told: (string | undefined)[];
let expected: number;
beforeEach(() => {
  [told, expected] = [[], 0];
});

function account(kind: ToldKind): (fields: Readonly<Record<string, string>>) => void {
  const made = new ToldAccount(
    { kind, timeZone: 'UTC' },
    {
      begin: () => undefined,
      told: (detail) => told.push(detail?.callerName),
      expect: () => (expected += 1),
      heard: () => (expected = 0),
    },
  );
  made.begin(0);
  return (fields) => made.take(new Map(Object.entries(fields).map(([name, value]) => [name, [value]])), 0);
}

const party = (number: number) => ({ Channel: `PJSIP/20${number}-0`, Uniqueid: `1795707456.${number}` });
const enter = (number: number) => ({ Event: 'BridgeEnter', ...party(number) });
const hangUp = (number: number) => ({ Event: 'Hangup', ...party(number) });
const exit = (number: number, peers: readonly number[]) => ({
  ...{ Event: 'CEL', EventName: 'BRIDGE_EXIT', EventTime: '1795707460.5', Extra: '{"bridge_id":"b"}' },
  ...{ Channel: party(number).Channel, UniqueID: party(number).Uniqueid },
  Peer: peers.map((peer) => party(peer).Channel).join(','),
});
const record = (number: number) => ({
  ...{ Event: 'Cdr', Channel: party(number).Channel, UniqueID: party(number).Uniqueid, Source: '200' },
  ...{ StartTime: '2026-11-26 15:37:36', EndTime: '2026-11-26 15:37:46', Disposition: 'ANSWERED' },
});

describe('what Asterisk owes', () => {
  test.each(['cdr', 'cel'] as const)('is %s of each party of a talk that hangs up', (kind) => {
    const take = account(kind);
    for (const event of [enter(0), enter(1), hangUp(0), hangUp(1), hangUp(2)]) take(event);
    expect(expected).toBe(2);
  });

  test('is nothing more when it told before they hung up: a conference ends for all at once', () => {
    const take = account('cel');
    const parties = [0, 1, 2, 3, 4];
    for (const each of parties) take(enter(each));
    for (const each of parties) take(exit(each, parties.slice(each + 1)));
    for (const each of parties) take(hangUp(each));
    expect(expected).toBe(0);
    expect(told).toHaveLength(10);
  });

  test('is nothing more once it told of any', () => {
    const take = account('cdr');
    for (const event of [enter(0), enter(1), hangUp(0), hangUp(1), record(0)]) take(event);
    expect(expected).toBe(0);
    expect(told).toEqual(['PJSIP/200-0']);
  });
});

test('telephones of the self-test are nobody', () => {
  const take = account('cdr');
  take({
    ...record(0),
    Channel: 'Local/8@mitschnitt-selftest-0000001f;1',
    UniqueID: 'mitschnitt-selftest-4be1',
  });
  expect(told).toEqual([]);
});
