import { describe, expect, test } from 'vitest';

import {
  ended,
  messageItems,
  nextMessageAt,
  noted,
  reconciled,
  told,
  type NoticePolicy,
} from '../../src/alarms/notices.ts';
import type { Alarm } from '../../src/alarms/alarms.ts';
import type { AlarmNotice } from '../../src/catalogue/catalogue.ts';

const second = 1_000;
const hour = 3_600_000;
const policy: NoticePolicy = { gatherMs: 20 * second, quietMs: 300 * second, remindEveryMs: 24 * hour };

const alarm = (subject: string, since: number): Alarm => ({
  ...{ kind: 'target-unreachable', subject, since },
  ...{ problem: 'no way', fault: 'destination', hint: 'Look.' },
});

/** What happens, at which second: `+a` begins, `-a` ends, `send` sends what there is to tell, `look` sends what is due. */
type Story = readonly (readonly [at: number, what: string])[];

/** Each message, as `second: state subject xtimes, ...`. */
function messagesOf(story: Story): string[] {
  let notices: readonly AlarmNotice[] = [];
  let sentAt: number | undefined;
  const messages: string[] = [];
  for (const [at, what] of story) {
    const now = at * second;
    if (what.startsWith('+')) notices = noted(notices, alarm(what.slice(1), now), now);
    else if (what.startsWith('-')) {
      notices = ended(notices, { kind: 'target-unreachable', subject: what.slice(1) }, now);
    } else {
      const dueAt = nextMessageAt(notices, policy, sentAt);
      if (what === 'look' && (dueAt === undefined || dueAt > now)) continue;
      const items = messageItems(notices, policy, now);
      messages.push(
        `${at}: ${items.map(({ state, notice }) => `${state} ${notice.subject} x${notice.times}`).join(', ')}`,
      );
      notices = told(notices, items, now);
      sentAt = now;
    }
  }
  return messages;
}

describe('of alarms', () => {
  test.each<[string, Story, string[]]>([
    [
      'one message tells that it begins, after some seconds',
      [
        [0, '+a'],
        [19, 'look'],
        [20, 'look'],
        [21, 'look'],
      ],
      ['20: raised a x1'],
    ],
    [
      'one message tells that it is over',
      [
        [0, '+a'],
        [20, 'look'],
        [400, '-a'],
        [419, 'look'],
        [420, 'look'],
      ],
      ['20: raised a x1', '420: over a x1'],
    ],
    [
      'those that begin within a short time are in one message',
      [
        [0, '+a'],
        [5, '+b'],
        [19, '+c'],
        [20, 'look'],
        [40, 'look'],
      ],
      ['20: raised a x1, raised b x1, raised c x1'],
    ],
    [
      '10 minutes of coming and going are few messages',
      [
        [0, '+a'],
        [20, 'look'],
        ...Array.from({ length: 58 }, (_, n) => [30 + n * 10, n % 2 ? '+a' : '-a'] as const),
        [605, 'look'],
      ],
      ['20: raised a x1'],
    ],
    [
      'what came and went before it could be told is told once',
      [
        [0, '+a'],
        [10, '-a'],
        [12, '+a'],
        [15, '-a'],
        [20, 'look'],
        [40, 'look'],
      ],
      ['20: passed a x2'],
    ],
    [
      'what began during the quiet is told at its end',
      [
        [0, '+a'],
        [20, 'look'],
        [30, '+b'],
        [60, 'look'],
        [319, 'look'],
        [320, 'look'],
      ],
      ['20: raised a x1', '320: raised b x1'],
    ],
    [
      'an end and a beginning share a message',
      [
        [0, '+a'],
        [20, 'look'],
        [400, '-a'],
        [405, '+b'],
        [420, 'look'],
      ],
      ['20: raised a x1', '420: over a x1, raised b x1'],
    ],
    [
      'a reminder comes when it is time, and again',
      [
        [0, '+a'],
        [20, 'look'],
        [86_419, 'look'],
        [86_420, 'look'],
        [86_500, 'look'],
        [172_820, 'look'],
      ],
      ['20: raised a x1', '86420: reminder a x1', '172820: reminder a x1'],
    ],
    [
      'a reminder takes no other along that is not due',
      [
        [0, '+a'],
        [20, 'look'],
        [3_600, '+b'],
        [3_620, 'look'],
        [86_420, 'look'],
      ],
      ['20: raised a x1', '3620: raised b x1', '86420: reminder a x1'],
    ],
    [
      'nothing is told of what nobody was told of and is gone from the list',
      [
        [0, '-a'],
        [100, 'look'],
      ],
      [],
    ],
  ])('%s', (_, story, messages) => {
    expect(messagesOf(story)).toEqual(messages);
  });
});

describe('while a message is on its way', () => {
  const begun = noted([], alarm('a', 0), 0);

  test('an alarm that ends is told to be over by the next one', () => {
    const items = messageItems(begun, policy, 20_000);
    const after = told(ended(begun, alarm('a', 0), 21_000), items, 22_000);
    expect(messageItems(after, policy, 60_000)).toMatchObject([{ state: 'over' }]);
  });

  test('one that is told to be over and begins again is a new one', () => {
    const standing = told(begun, messageItems(begun, policy, 20_000), 20_000);
    const over = ended(standing, alarm('a', 0), 50_000);
    const items = messageItems(over, policy, 70_000);
    const after = told(noted(over, alarm('a', 71_000), 71_000), items, 72_000);
    expect(messageItems(after, policy, 100_000)).toMatchObject([
      { state: 'raised', notice: { since: 71_000, times: 1, toldAt: undefined } },
    ]);
  });

  test('one that begins is left for the next one', () => {
    const items = messageItems(begun, policy, 20_000);
    const after = told(noted(begun, alarm('b', 21_000), 21_000), items, 22_000);
    expect(messageItems(after, policy, 60_000)).toMatchObject([
      { state: 'raised', notice: { subject: 'b' } },
    ]);
  });
});

describe('after a restart', () => {
  const kept = told(
    noted([], alarm('a', 0), 0),
    messageItems(noted([], alarm('a', 0), 0), policy, 20_000),
    20_000,
  );

  test('what was told and is gone is told to be over', () => {
    expect(messageItems(reconciled(kept, [], 90_000), policy, 120_000)).toMatchObject([
      { state: 'over', notice: { endedAt: 90_000 } },
    ]);
  });

  test('what was told and still stands is not told again', () => {
    expect(messageItems(reconciled(kept, [alarm('a', 0)], 90_000), policy, 120_000)).toEqual([]);
  });

  test('what stands and nobody was told of is told, since it began', () => {
    const after = reconciled(kept, [alarm('a', 0), alarm('b', 30_000)], 90_000);
    expect(messageItems(after, policy, 90_000)).toMatchObject([
      { state: 'raised', notice: { subject: 'b', since: 30_000 } },
    ]);
    expect(nextMessageAt(after, policy, undefined)).toBe(50_000);
  });
});
