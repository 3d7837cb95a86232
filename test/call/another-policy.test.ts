// What becomes of a talk when the configuration changes in the middle of it.
import { expect, test } from 'vitest';

import { step } from '../../src/call/lifecycle.ts';
import type { Group } from '../../src/call/call.ts';
import { connected, group, policy, recording, seen, tell } from './story.ts';

/** Something happens in the call, whatever it is, once these are the groups. */
function afterwards(groups: readonly Group[]) {
  const { call } = tell([...connected, recording]);
  const event = { ...seen('2', 'PJSIP/200', { number: '200' }), at: 60_000 };
  return step(call, event, { policy: policy({ groups }), newId: () => 'S2' });
}

test('its group has another name: it goes on undivided, for the targets that the group had', () => {
  const [call, commands] = afterwards([group({ name: 'Vertrieb', deliverTo: ['anderswo'] })]);
  expect(call.segments).toMatchObject([{ id: 'S1', group: 'Verkauf', deliverTo: ['archiv'] }]);
  expect(call.segments[0]?.endedAt).toBeUndefined();
  expect(commands).toEqual([]);
});

test('nobody is a member any more: the recording ends, and nothing of it is lost', () => {
  const [call, commands] = afterwards([]);
  expect(call.segments).toMatchObject([{ id: 'S1', endedAt: 60_000, recording: { state: 'ending' } }]);
  expect(commands.map(({ type }) => type)).toEqual(['stop-recording', 'collect-recording']);
});
