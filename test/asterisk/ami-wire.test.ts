import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { field, formatAction, parseMessages, type AmiMessage } from '../../src/asterisk/ami-wire.ts';
import { nasty } from '../nasty.ts';

const unwritable = /[\r\n\0]/;
const isKey = (text: string) => !unwritable.test(text) && !text.includes(':');
/** Asterisk puts one blank between key and value, and no value of its own begins with another. */
const isValue = (text: string) => !unwritable.test(text) && text === text.trimStart();

const anyText = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...nasty));
const anyFields = fc.dictionary(anyText.filter(isKey), anyText.filter(isValue), { minKeys: 1 });

const asObjects = (messages: readonly AmiMessage[]) => messages.map((message) => Object.fromEntries(message));

describe('what arrives', () => {
  const event = 'Event: Hangup\r\nUniqueid: 1617795266.7\r\nCallerIDName: Zoë 北京\r\n\r\n';
  const response = 'Response: Success\r\nActionID: 7\r\n\r\n';
  const both = [
    { Event: ['Hangup'], Uniqueid: ['1617795266.7'], CallerIDName: ['Zoë 北京'] },
    { Response: ['Success'], ActionID: ['7'] },
  ];

  test('is read as messages, several at once', () => {
    const { messages, rest } = parseMessages(event + response);
    expect(asObjects(messages)).toEqual(both);
    expect(rest).toBe('');
  });

  test('is read the same wherever it was cut', () => {
    const text = event + response;
    for (let cut = 0; cut <= text.length; cut += 1) {
      const first = parseMessages(text.slice(0, cut));
      const second = parseMessages(first.rest + text.slice(cut));
      expect(asObjects([...first.messages, ...second.messages]), `cut at ${cut}`).toEqual(both);
      expect(second.rest).toBe('');
    }
  });

  test('is read the same in pieces of one character', () => {
    let rest = '';
    const all: AmiMessage[] = [];
    for (const character of event + response) {
      const read = parseMessages(rest + character);
      all.push(...read.messages);
      rest = read.rest;
    }
    expect(asObjects(all)).toEqual(both);
  });

  test.each(['', 'Ev', 'Event: Hangup', 'Event: Hangup\r\n', 'Event: Hangup\r\n\r'])(
    'is kept for later as long as the message has no end: %j',
    (unfinished) => {
      const { messages, rest } = parseMessages(response + unfinished);
      expect(asObjects(messages)).toEqual([{ Response: ['Success'], ActionID: ['7'] }]);
      expect(rest).toBe(unfinished);
    },
  );

  test('keeps all values of a repeated key, in their order', () => {
    const { messages } = parseMessages('Event: X\r\nVariable: a=1\r\nVariable: b=2\r\nVariable: a=1\r\n\r\n');
    expect(messages[0]?.get('Variable')).toEqual(['a=1', 'b=2', 'a=1']);
  });

  test('keeps the colons of a value', () => {
    const [message] = parseMessages('DialString: trunk/sip:123@192.0.2.1:5060\r\nEmpty:\r\n\r\n').messages;
    expect(message?.get('DialString')).toEqual(['trunk/sip:123@192.0.2.1:5060']);
    expect(message?.get('Empty')).toEqual(['']);
  });

  test('loses no message to a line that is none', () => {
    const { messages } = parseMessages('Event: X\r\nno header\r\nUniqueid: 1\r\n\r\n');
    expect(asObjects(messages)).toEqual([{ Event: ['X'], Uniqueid: ['1'] }]);
  });

  test('never throws, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const { rest } = parseMessages(text);
        expect(text.endsWith(rest)).toBe(true);
        expect(rest).not.toContain('\r\n\r\n');
      }),
    );
  });
});

describe('a field', () => {
  const [message = new Map<string, string[]>()] = parseMessages(
    'CallerIDNum: <unknown>\r\nCallerIDName: <unknown> caller\r\nVariable: a\r\nVariable: b\r\n\r\n',
  ).messages;

  test('is empty where Asterisk knows nothing, and only there', () => {
    expect(field(message, 'CallerIDNum')).toBe('');
    expect(field(message, 'CallerIDName')).toBe('<unknown> caller');
  });

  test('is the first value, empty without one', () => {
    expect(field(message, 'Variable')).toBe('a');
    expect(field(message, 'Absent')).toBe('');
    expect(field(message, '__proto__')).toBe('');
  });
});

describe('an action', () => {
  test('arrives as it was written', () => {
    fc.assert(
      fc.property(fc.array(anyFields, { maxLength: 4 }), (actions) => {
        const { messages, rest } = parseMessages(actions.map((fields) => formatAction(fields)).join(''));
        expect(rest).toBe('');
        expect(messages.map((message) => [...message])).toEqual(
          actions.map((fields) => Object.entries(fields).map(([key, value]) => [key, [value]])),
        );
      }),
    );
  });

  test.each(nasty)('takes %j as a value whole or not at all', (text) => {
    const write = () => formatAction({ Action: 'Setvar', Value: text, ActionID: '1' });
    if (unwritable.test(text)) {
      expect(write).toThrow(RangeError);
    } else {
      const { messages, rest } = parseMessages(write());
      expect(messages.map((message) => [...message.keys()])).toEqual([['Action', 'Value', 'ActionID']]);
      expect(messages[0]?.get('Value')).toEqual([text.trimStart()]);
      expect(rest).toBe('');
    }
  });

  test.each(nasty)('takes %j as a key whole or not at all', (text) => {
    const write = () => formatAction({ [text]: 'x' });
    if (isKey(text)) expect(asObjects(parseMessages(write()).messages)).toEqual([{ [text]: ['x'] }]);
    else expect(write).toThrow(RangeError);
  });

  test.each(['\r', '\n', '\0', '\r\n\r\n'])('refuses %j wherever it stands', (character) => {
    for (const text of [character, `${character}x`, `x${character}`, `x${character}y`]) {
      expect(() => formatAction({ Action: text })).toThrow(RangeError);
      expect(() => formatAction({ [text]: 'Ping' })).toThrow(RangeError);
    }
  });

  test('refuses a colon in a key, not in a value', () => {
    expect(() => formatAction({ 'Action: Originate': 'x' })).toThrow(RangeError);
    expect(formatAction({ Action: 'a:b' })).toBe('Action: a:b\r\n\r\n');
  });

  test('does not repeat in its error what a caller sent', () => {
    expect(() => formatAction({ Value: 'secret\r\n' })).toThrow(/^(?!.*secret)/s);
  });
});
