import { describe, expect, test } from 'vitest';

import { EventClock } from '../../src/asterisk/event-clock.ts';
import { parseMessages } from '../../src/asterisk/ami-wire.ts';

function event(timestamp?: string) {
  const text = `Event: Hangup\r\n${timestamp === undefined ? '' : `Timestamp: ${timestamp}\r\n`}\r\n`;
  const [message] = parseMessages(text).messages;
  if (!message) throw new Error('no message');
  return message;
}

describe('the time of an event', () => {
  test('is when Asterisk says that it happened, however late it is read', () => {
    const clock = new EventClock();
    expect(clock.at(event('1000.250000'), 1_000_251)).toBe(1_000_250);
    expect(clock.at(event('1001.000000'), 1_001_700)).toBe(1_001_000);
  });

  test('is when it is read where Asterisk says nothing, or nonsense', () => {
    const clock = new EventClock();
    for (const told of [undefined, '', 'soon', '-5', '0'])
      expect(clock.at(event(told), 1_000_251)).toBe(1_000_251);
  });

  test.each([3_600_000, -3_600_000])("is in our time if Asterisk's clock is %i ms off", (offMs) => {
    const clock = new EventClock();
    const told = (ms: number) => event(String((ms + offMs) / 1_000));
    expect(clock.at(told(1_000_000_000), 1_000_000_002)).toBe(1_000_000_002);
    expect(clock.at(told(1_000_005_000), 1_000_005_300)).toBe(1_000_005_002);
  });

  test('is not told where Asterisk says nothing', () => {
    expect(new EventClock().told(event(), 1_000_251)).toBeUndefined();
  });

  test('follows a clock that is set, and is never later than now', () => {
    const clock = new EventClock();
    clock.at(event('1000000'), 1_000_000_000);
    expect(clock.at(event('1000001'), 1_000_061_000)).toBe(1_000_061_000);
    expect(clock.at(event('1000002'), 1_000_001_900)).toBe(1_000_001_900);
  });

  test.each([
    ['ours and that of Asterisk are set back, with an event on its way', 1_003_000, 1_000_000],
    ['that of Asterisk is set back', 997_000, 1_000_000],
  ])('is right again within two minutes where, by a few seconds, %s', (_what, toldMs, nowMs) => {
    const clock = new EventClock();
    const told = (ms: number) => event(String(ms / 1_000));
    clock.at(told(999_000), 999_002);
    clock.at(told(toldMs), nowMs);
    const backMs = Math.min(0, toldMs - nowMs);
    for (let ms = 1_000_000; ms < 1_125_000; ms += 5_000) clock.at(told(ms + backMs), ms + 2);
    // However late it is read.
    expect(clock.at(told(1_125_000 + backMs), 1_125_900)).toBe(1_125_000 + (backMs === 0 ? 0 : 2));
  });

  test('is not forgotten while the machine is busy for some seconds', () => {
    const clock = new EventClock();
    const told = (ms: number) => event(String(ms / 1_000));
    clock.at(told(1_000_000), 1_000_002);
    for (let ms = 1_001_000; ms < 1_040_000; ms += 1_000) clock.at(told(ms), ms + 3_000);
    expect(clock.at(told(1_040_000), 1_043_000)).toBe(1_040_000);
  });

  test('is exact for what is read after a standstill, which says nothing of the clocks', () => {
    const clock = new EventClock();
    const told = (ms: number) => event(String(ms / 1_000));
    clock.at(told(1_000_000), 1_000_000);
    const now = 1_009_000;
    for (const agoMs of [8_000, 6_000, 1_000]) expect(clock.read(told(now - agoMs), now)).toBe(now - agoMs);
    expect(clock.at(told(1_009_500), 1_009_700)).toBe(1_009_500);
  });

  test('is by what is seen now after a long pause, whatever was seen before it', () => {
    const clock = new EventClock();
    const told = (ms: number) => event(String(ms / 1_000));
    clock.at(told(1_000_000), 1_000_000);
    // Meanwhile the clock of Asterisk was set back by three seconds.
    clock.at(told(1_597_000), 1_600_000);
    expect(clock.at(told(1_598_000), 1_601_000)).toBe(1_601_000);
  });
});
