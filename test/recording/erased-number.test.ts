import { describe, expect, test } from 'vitest';

import { numberToErase } from '../../src/recording/erased-number.ts';

describe('a number to erase', () => {
  test.each([
    ['+41791234567', '0041 79 123 45 67', true],
    ['0041791234567', '+41791234567', true],
    ['+41791234567', '+417912345678', false],
    ['+41791234567', '41791234567', false],
    ['200', '200', true],
    ['200', '2001', false],
  ])('%s written as %s: %s', (asked, written, isIt) => {
    expect(numberToErase(asked).is(written)).toBe(isIt);
  });

  test.each([
    [
      '+41791234567',
      'Aufnahme_2021-04-07_13-34-26_+41791234567_200.wav',
      'Aufnahme_2021-04-07_13-34-26_erased_200.wav',
    ],
    ['+41791234567', 'Local/0041791234567@gate-0001;1', 'Local/erased@gate-0001;1'],
    ['+41791234567', '+417912345678', '+417912345678'],
    // A short one is part of too much.
    ['200', 'PJSIP/200-0000001f', 'PJSIP/200-0000001f'],
    ['200', '200', 'erased'],
    ['20210407', '2021-04-07', 'erased'],
    ['20210407', 'Aufnahme_2021-04-07.wav', 'Aufnahme_2021-04-07.wav'],
  ])('%s is taken out of %s', (asked, text, scrubbed) => {
    expect(numberToErase(asked).scrubbed(text)).toBe(scrubbed);
  });

  test('may be in a text however it is separated, and is not found in others', () => {
    const number = numberToErase('+41791234567');
    expect(number.mayBeIn('{"from":"0041 (0)79 123-45-67"}')).toBe(true);
    expect(number.mayBeIn('{"from":"+41791234568"}')).toBe(false);
  });
});
