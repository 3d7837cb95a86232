import { expect, test } from 'vitest';

import { watchGroups } from '../../src/alarms/group-watch.ts';
import type { Alarm, AlarmKind, AlarmRaised } from '../../src/alarms/alarms.ts';

function standing() {
  const known = new Map<AlarmKind, Alarm>();
  return {
    raise: (alarm: AlarmRaised) => void known.set(alarm.kind, { ...alarm, since: 0 }),
    clear: (kind: AlarmKind) => void known.delete(kind),
    get standing() {
      return [...known.values()];
    },
  };
}
const linesUpTo = (seq: number) => ({ lastSeq: () => Promise.resolve(seq) });

test('a first start without groups, to set them up in the console, is no alarm', async () => {
  const alarms = standing();
  await watchGroups({ groups: 0, hadGroups: false, alarms, lines: linesUpTo(0) });
  expect(alarms.standing).toEqual([]);
});

test('groups that are gone are an alarm, whether the process saw them go or calls were listed before', async () => {
  for (const [hadGroups, seq] of [
    [true, 0],
    [false, 7],
  ] as const) {
    const alarms = standing();
    await watchGroups({ groups: 0, hadGroups, alarms, lines: linesUpTo(seq) });
    expect(alarms.standing).toMatchObject([{ kind: 'no-groups', fault: 'configuration' }]);
  }
});

test('the alarm stands over a restart, and is over as soon as there is a group', async () => {
  const alarms = standing();
  await watchGroups({ groups: 0, hadGroups: true, alarms, lines: linesUpTo(0) });
  await watchGroups({ groups: 0, hadGroups: false, alarms, lines: linesUpTo(0) });
  expect(alarms.standing).toHaveLength(1);
  await watchGroups({ groups: 1, hadGroups: false, alarms, lines: linesUpTo(0) });
  expect(alarms.standing).toEqual([]);
});
