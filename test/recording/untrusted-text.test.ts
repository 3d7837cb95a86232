import { describe, expect, test } from 'vitest';

import { escapedJson, printable, visible, visibleLine } from '../../src/recording/untrusted-text.ts';
import { nasty } from '../nasty.ts';

const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;

describe('text that a caller sent', () => {
  test.each(nasty)('moves no cursor and turns no direction of writing: %j', (text) => {
    expect(printable(text)).not.toMatch(unprintable);
    expect(escapedJson(JSON.stringify([text]))).not.toMatch(unprintable);
    expect(visibleLine(text)).not.toMatch(unprintable);
  });

  test.each(nasty)('comes whole out of JSON: %j', (text) => {
    expect(JSON.parse(escapedJson(JSON.stringify([text], undefined, 2)))).toEqual([text]);
  });

  test('shows where something unprintable was', () => {
    expect(printable('a\u202eb\r\nc\u{E0001}')).toBe('a\u{FFFD}b\u{FFFD}\u{FFFD}c\u{FFFD}');
  });

  test('is escaped in JSON by its UTF-16 units, its line ends kept', () => {
    expect(escapedJson('{\n"a": "\u{E0001}\u009b"\n}')).toBe('{\n"a": "\\udb40\\udc01\\u009b"\n}');
  });

  test('loses what nobody sees in it, and no letter', () => {
    expect(visible('+41\u200b79\u202e Zu\u0308rich')).toBe('+4179 Zu\u0308rich');
    expect(visibleLine('a\r\n\u2028b')).toBe('a b');
  });
});
