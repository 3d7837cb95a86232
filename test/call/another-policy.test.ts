// What becomes of a talk when the configuration changes in the middle of it.
import { expect, test } from 'vitest';

import { step } from '../../src/call/lifecycle.ts';
import type { Group } from '../../src/call/call.ts';
import { announcement, connected, group, groupAnnouncing, policy, recording, tell } from './story.ts';

/** From now on these are the groups. */
function afterwards(groups: readonly Group[]) {
  const { call } = tell([...connected, recording]);
  const event = { type: 'policy-changed', channel: '2', at: 60_000 } as const;
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

test('somebody becomes a member in the middle of a talk: it is recorded from then on', () => {
  const none = policy({ groups: [] });
  const { call: before } = tell(connected, none);
  expect(before.segments).toEqual([]);
  const event = { type: 'policy-changed', channel: '1', at: 60_000 } as const;
  const recorded = groupAnnouncing('incoming', announcement('none'));
  const [call, commands] = step(before, event, { policy: recorded, newId: () => 'S1' });
  expect(call.segments).toMatchObject([{ startedAt: 60_000, recording: { state: 'starting' } }]);
  expect(commands.map(({ type }) => type)).toEqual(['start-recording']);
});
