import { describe, expect, test } from 'vitest';

import { UploadAlarms, type FailingAfter } from '../../src/alarms/upload-alarms.ts';
import { MitschnittError } from '../../src/errors.ts';
import { sampleRecording } from '../catalogue/sample.ts';
import type { Delivery } from '../../src/catalogue/catalogue.ts';
import type { UploadEvent } from '../../src/delivery/upload-events.ts';

function failure(
  type: 'postponed' | 'set-aside',
  code: string,
  recording = 'r',
  attempts = 1,
  target = 'archiv',
): UploadEvent {
  const facts = { code, fault: 'destination', retry: type === 'postponed', hint: `Mend ${code}.` } as const;
  const error = new MitschnittError(`Target ${target}: ${code}`, facts);
  return {
    type,
    recording: sampleRecording(recording),
    delivery: delivery(recording, attempts, target),
    error,
  };
}

function delivery(recording: string, attempts: number, target: string): Delivery {
  return {
    ...{ recording, target, attempts, state: 'pending', dueAt: 0, name: 'x.wav' },
    ...{ deliveredAt: undefined, confirmedBy: undefined, problem: undefined },
  };
}

function success(recording = 'r', target = 'archiv'): UploadEvent {
  const recorded = sampleRecording(recording);
  return { type: 'delivered', recording: recorded, delivery: delivery(recording, 1, target), ms: 1 };
}

/** The alarms that stand after some events, a minute apart, as `kind subject`. */
function standingAfter(events: readonly UploadEvent[], after: FailingAfter = { attempts: 3 }): string[] {
  const alarms = new UploadAlarms(after);
  const standing = new Set<string>();
  events.forEach((event, minute) => {
    for (const change of alarms.take(event, minute * 60_000)) {
      if ('raise' in change) standing.add(`${change.raise.kind} ${change.raise.subject}`);
      else standing.delete(`${change.clear.kind} ${change.clear.subject}`);
    }
  });
  return [...standing];
}

const down = (count: number) =>
  Array.from({ length: count }, (_, n) => failure('postponed', 'connection-refused', `r${n}`));
const full = (count: number, recording = 'r') =>
  Array.from({ length: count }, (_, n) => failure('postponed', 'no-space', recording, n + 1));

describe('deliveries', () => {
  test.each<[string, readonly UploadEvent[], string[]]>([
    ['that fail twice are no alarm yet', down(2), []],
    ['that nobody answers are one, about the target', down(3), ['target-unreachable archiv']],
    ['by the thousand are one', down(1_000), ['target-unreachable archiv']],
    ['are none any more with the first that gets there', [...down(9), success('other')], []],
    ['that are refused are one, about the deliveries', full(3), ['delivery-failing archiv']],
    [
      'that fail between successes are counted for each recording',
      [
        ...full(1),
        success('b'),
        failure('postponed', 'no-space', 'r', 2),
        success('c'),
        failure('postponed', 'no-space', 'r', 3),
        success('d'),
      ],
      ['delivery-failing archiv'],
    ],
    ['are none any more when that recording gets there', [...full(3), success('b'), success('r')], []],
    [
      'that fail again and again, each of them once, are one',
      [1, 2, 3].map((n) => failure('postponed', 'no-space', `r${n}`)),
      ['delivery-failing archiv'],
    ],
    [
      'of a target that answers again, but refuses, change their alarm',
      [...down(3), ...full(1)],
      ['delivery-failing archiv'],
    ],
    [
      'that no retry can mend are one at once',
      [failure('set-aside', 'message-too-big')],
      ['delivery-set-aside archiv'],
    ],
    [
      'that no retry can mend say nothing of a target that is down',
      [...down(3), failure('set-aside', 'too-large-for-email')],
      ['target-unreachable archiv', 'delivery-set-aside archiv'],
    ],
    [
      'that no retry can mend leave the others alone',
      [...full(2), failure('set-aside', 'name-refused'), success('b')],
      ['delivery-set-aside archiv'],
    ],
    [
      'to another target count for themselves',
      [...down(2), failure('postponed', 'connection-refused', 'r', 1, 'nas')],
      [],
    ],
  ])('%s', (_, events, standing) => {
    expect(standingAfter(events)).toEqual(standing);
  });

  test('that fail for ten minutes are an alarm where minutes count', () => {
    expect(standingAfter(down(10), { ms: 600_000 })).toEqual([]);
    expect(standingAfter(down(11), { ms: 600_000 })).toEqual(['target-unreachable archiv']);
    expect(standingAfter([...down(6), success('b'), ...down(6)], { ms: 600_000 })).toEqual([]);
  });

  test('give the alarm the words and the remedy of the last error', () => {
    const alarms = new UploadAlarms({ attempts: 1 });
    expect(alarms.take(failure('postponed', 'no-answer'), 0)).toEqual([
      {
        raise: {
          kind: 'target-unreachable',
          subject: 'archiv',
          problem: 'Target archiv: no-answer',
          fault: 'destination',
          hint: 'Mend no-answer.',
          code: 'no-answer',
        },
      },
    ]);
  });
});

describe('after a restart', () => {
  const facts = { problem: 'p', fault: 'destination', hint: 'h', since: 5, subject: 'archiv' } as const;

  test.each(['target-unreachable', 'delivery-failing'] as const)(
    'the alarm %s stands as long as what failed waits',
    (kind) => {
      const alarms = new UploadAlarms({ attempts: 3 });
      const changes = alarms.takeOver([{ kind, ...facts }], new Map([['archiv', ['r']]]), 1_000);
      expect(changes).toMatchObject([{ raise: { kind, subject: 'archiv', problem: 'p' } }]);
      expect(alarms.take(success('r'), 2_000)).toContainEqual({ clear: { kind, subject: 'archiv' } });
    },
  );

  test('an alarm is left to end when nothing waits any more, and others are not touched', () => {
    const alarms = new UploadAlarms({ attempts: 3 });
    const other = { kind: 'asterisk-disconnected', ...facts } as const;
    expect(alarms.takeOver([{ kind: 'delivery-failing', ...facts }], new Map(), 1_000)).toEqual([]);
    expect(alarms.takeOver([other], new Map([['archiv', ['r']]]), 1_000)).toEqual([]);
  });
});

describe('connection checks', () => {
  const checked = (code?: string) => ({
    ...{ target: 'archiv', at: 0, ms: 5 },
    problem:
      code === undefined ? undefined : { code, message: code, fault: 'destination' as const, hint: 'Mend.' },
  });
  /** What stands after some checks, a minute apart; undefined: nothing was in the way. */
  function standing(
    codes: readonly (string | undefined)[],
    alarms = new UploadAlarms({ attempts: 3 }),
  ): string[] {
    const kinds = new Set<string>();
    codes.forEach((code, minute) => {
      for (const change of alarms.checked(checked(code), minute * 60_000)) {
        if ('raise' in change) kinds.add(change.raise.kind);
        else kinds.delete(change.clear.kind);
      }
    });
    return [...kinds];
  }

  test.each<[string, readonly (string | undefined)[], string[]]>([
    ['that fail twice are no alarm yet', ['connection-refused', 'connection-refused'], []],
    ['that nobody answers are one', Array(3).fill('connection-refused'), ['target-unreachable']],
    ['that are refused are another', Array(3).fill('login-refused'), ['target-check-failed']],
    [
      'change what is told',
      [...Array<string>(3).fill('no-answer'), 'login-refused'],
      ['target-check-failed'],
    ],
    ['that succeed again end it', [...Array<string>(9).fill('login-refused'), undefined], []],
    ['count from the last success', ['no-answer', 'no-answer', undefined, 'no-answer'], []],
  ])('%s', (_what, codes, kinds) => {
    expect(standing(codes)).toEqual(kinds);
  });

  test('go on after a restart: the first that fails leaves the alarm as it is, the first that does not ends it', () => {
    const alarms = new UploadAlarms({ attempts: 3 });
    const facts = { subject: 'archiv', since: 1, problem: 'p', fault: 'destination', hint: 'h' } as const;
    const [again] = alarms.takeOver([{ kind: 'target-check-failed', ...facts }], new Map(), 1_000);
    expect(again).toMatchObject({ raise: { kind: 'target-check-failed' } });
    expect(alarms.checked(checked('login-refused'), 2_000)).toContainEqual(
      expect.objectContaining({ raise: expect.objectContaining({ kind: 'target-check-failed' }) as unknown }),
    );
    expect(alarms.checked(checked(), 3_000)).toContainEqual({
      clear: { kind: 'target-check-failed', subject: 'archiv' },
    });
  });
});
