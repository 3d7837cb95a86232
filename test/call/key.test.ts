// The keys of the gate: declined, agreed, or nothing.
import { describe, expect, test } from 'vitest';

import {
  announced,
  announcement,
  bridged,
  gate,
  groupAnnouncing,
  left,
  ordersOfLast,
  pressed,
  seen,
  started,
  tell,
  trunkCalls,
  type Told,
} from './story.ts';

describe('the key', () => {
  const optIn = groupAnnouncing('incoming', announcement('opt-in'));
  const announcing = [trunkCalls(), gate('1', 'caller', '200'), started('1')];

  test('declines during the prompt: it stops, the party is told, the call goes on', () => {
    expect(ordersOfLast([...announcing, pressed('1', '1')])).toEqual([
      'stop-playback',
      'play',
      'set-gate-timeout',
    ]);
  });

  test('declines after the prompt', () => {
    expect(ordersOfLast([...announced, pressed('1', '1')])).toEqual(['play', 'set-gate-timeout']);
  });

  test('does nothing when it is another one', () => {
    expect(ordersOfLast([...announcing, pressed('1', '2')])).toEqual([]);
    expect(tell([...announcing, pressed('1', '2'), pressed('1', '1')]).call.consents[0]?.decision).toBe(
      'declined',
    );
  });

  test('does nothing when another party presses it', () => {
    expect(ordersOfLast([...announcing, seen('2', 'PJSIP/200'), pressed('2', '1')])).toEqual([]);
  });

  test('does nothing in mode notice', () => {
    const notice = groupAnnouncing('incoming', announcement('notice'));
    expect(ordersOfLast([...announcing, pressed('1', '1')], notice)).toEqual([]);
  });

  test('agrees where agreement is asked for', () => {
    const { call, commands } = tell([...announcing, pressed('1', '1')], optIn);
    expect(call.consents[0]?.decision).toBe('agreed');
    expect(commands.slice(-2).map(({ type }) => type)).toEqual(['stop-playback', 'continue']);
  });

  test('counts in the last moment, when the party is on its way already: no confirmation holds it up', () => {
    const last: Told[] = [{ type: 'gate-timeout', channel: '1', phase: 'listening' }, pressed('1', '1')];
    expect(ordersOfLast([...announced, ...last])).toEqual([]);
    const { call } = tell([...announced, ...last, left('1'), seen('2', 'PJSIP/200'), ...bridged('2', '1')]);
    expect(call.segments).toMatchObject([{ verdict: { outcome: 'declined' }, recording: undefined }]);
  });

  test('that was pressed in time may be released a little later', () => {
    const listening = tell(announced).commands.at(-1);
    expect(listening).toMatchObject({ type: 'set-gate-timeout', phase: 'listening', ms: 3_300 });
  });

  test('comes too late when the party has left the gate', () => {
    const late: readonly Told[] = [
      ...announced,
      { type: 'gate-timeout', channel: '1', phase: 'listening' },
      left('1'),
      pressed('1', '1'),
    ];
    expect(tell(late).call.consents[0]?.decision).toBe('none');
  });
});
