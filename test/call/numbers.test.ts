import { describe, expect, test } from 'vitest';

import { announcementFor, comparable, patternsOf } from '../../src/call/numbers.ts';
import { nasty } from '../nasty.ts';
import { announcement, group, policy, prompt } from './story.ts';
import type { Leg } from '../../src/call/call.ts';

const party = (number: string, endpoint = 'PJSIP/trunk'): Leg => ({
  channel: '1',
  name: `${endpoint}-00000001`,
  role: 'caller',
  number,
  dialled: '',
  bridge: undefined,
  leftAt: undefined,
  hungUpAt: undefined,
});

test.each([
  ['+41791234567', '+41791234567'],
  ['0041791234567', '+41791234567'],
  ['0041 (0)79 123-45.67', '+41791234567'],
  ['079/1234567', '0791234567'],
  ['41791234567', '41791234567'],
  ['', ''],
  ['00', '+'],
])('%j is compared as %j', (number, compared) => {
  expect(comparable(number)).toBe(compared);
});

describe('a list of numbers', () => {
  const matches = (pattern: string, leg: Leg): boolean => {
    const numbers = { neverRecord: [comparable(pattern)], alwaysRecord: [], skipAnnouncement: [] };
    return patternsOf(group({ numbers }), leg, policy()).neverRecord !== undefined;
  };

  test.each<[string, string, boolean]>([
    ['+41791234567', '+41791234567', true],
    ['+41791234567', '0041 79 123 45 67', true],
    ['0041 79*', '+41791234567', true],
    ['+41791234567', '+417912345678', false],
    ['+4179*', '+4178', false],
    ['079*', '0791234567', true],
    ['079*', '+41791234567', false],
    ['+4179*', '0791234567', false],
    ['4179*', '41791234567', true],
    ['4179*', '+41791234567', false],
    ['4*', '', false],
    ['4*', 'anonymous', false],
  ])('with %s has %s: %s', (pattern, number, has) => {
    expect(matches(pattern, party(number))).toBe(has);
  });

  test('has no party of this PBX, whatever number it sends', () => {
    expect(matches('200', party('200', 'PJSIP/200'))).toBe(false);
    expect(matches('200', party('200', 'PJSIP/300'))).toBe(false);
  });

  test('has nothing that a caller can send to be on it without its digits', () => {
    for (const number of nasty) expect(matches('+41*', party(number))).toBe(number.startsWith('+41'));
  });

  test('says which entry it is, of each list', () => {
    const numbers = { neverRecord: ['+4178*', '+4179*'], alwaysRecord: ['+4179*'], skipAnnouncement: [] };
    expect(patternsOf(group({ numbers }), party('+41791234567'), policy())).toEqual({
      neverRecord: '+4179*',
      alwaysRecord: '+4179*',
      skipAnnouncement: undefined,
    });
  });
});

describe('the language', () => {
  const speaking = (language: string) => {
    const spoken = announcement('notice', { prompt: { ...prompt('ansage'), language } });
    return { incoming: spoken, outgoing: spoken, internal: spoken };
  };
  const french = group({
    announcement: speaking('de'),
    byPrefix: ['+33', '+1', '+1418', '0'].map((prefix) => ({
      prefix,
      announcement: speaking(`of ${prefix}`),
    })),
  });
  const languageFor = (leg: Leg) => announcementFor(french, 'incoming', leg, policy()).prompt?.language;

  test.each([
    ['+33123456789', 'of +33'],
    ['0033123456789', 'of +33'],
    ['+15551234567', 'of +1'],
    ['+14181234567', 'of +1418'],
    ['0791234567', 'of 0'],
    ['+41791234567', 'de'],
    ['', 'de'],
  ])('of %s is %s', (number, language) => {
    expect(languageFor(party(number))).toBe(language);
  });

  test('of a colleague is that of the group', () => {
    expect(languageFor(party('0', 'PJSIP/300'))).toBe('de');
  });
});
