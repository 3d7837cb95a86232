import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { localTime } from '../../src/recording/local-time.ts';
import {
  defaultNameTemplate,
  deliveredFolder,
  deliveredName,
  isUnknownNumber,
  placeholders,
  templateProblems,
  withSuffix,
} from '../../src/recording/naming.ts';
import { nasty } from '../nasty.ts';
import type { NamedRecording, Naming } from '../../src/recording/naming.ts';

const recording: NamedRecording = {
  id: '7f0c0a4e-4a4d-4a55-9d5b-0d6d0f6a3c11',
  callId: '1617795266.7',
  group: 'Verkauf',
  direction: 'incoming',
  from: '+41791234567',
  to: '200',
  startedAt: Date.UTC(2021, 3, 7, 11, 34, 26),
};
const naming: Naming = {
  name: defaultNameTemplate,
  folder: '{yyyy}/{MM}/{group}',
  timeZone: 'Europe/Zurich',
};

const nameOf = (change: Partial<NamedRecording>, name = naming.name) =>
  deliveredName({ ...recording, ...change }, { ...naming, name });

/** Any UTF-16, halves of characters included. */
const anyText = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0, max: 0x7f })), { maxLength: 300 })
  .map((units) => String.fromCharCode(...units));
const hostileText = fc.oneof(anyText, fc.constantFrom(...nasty));

/** What holds for a name that every target stores as it is. */
function expectSafe(name: string): void {
  expect(name).toBe(name.toWellFormed().normalize('NFC'));
  expect(name).toMatch(/^[\p{L}\p{M}\p{N}+\-._(), ]+$/u);
  expect(name).not.toMatch(/[\p{Cf}\p{Default_Ignorable_Code_Point}]/u);
  expect(name).not.toMatch(/^[-. ]|[. ]$|\.\.|[-. ]\.wav$/);
  expect(name).not.toMatch(/^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]) *(\.|$)/i);
  expect(Buffer.byteLength(name)).toBeLessThanOrEqual(201);
}

describe('the delivered name', () => {
  test('has start in local time, caller and called', () => {
    expect(nameOf({})).toBe('Aufnahme_2021-04-07_13-34-26_+41791234567_200.wav');
  });

  test('is the same whether the template ends in .wav or not', () => {
    expect(nameOf({}, `${defaultNameTemplate}.wav`)).toBe(nameOf({}));
  });

  test('fills every placeholder', () => {
    const template = placeholders.map((name) => `${name}={${name}}`).join(',');
    expect(nameOf({}, template.replaceAll('=', '-'))).toBe(
      'date-2021-04-07,time-13-34-26,from-+41791234567,to-200,group-Verkauf,direction-incoming,' +
        'yyyy-2021,MM-04,dd-07,HH-13,mm-34,ss-26,call_id-1617795266.7,id-7f0c0a4e-4a4d-4a55-9d5b-0d6d0f6a3c11.wav',
    );
  });

  test.each([
    ['', 'anonym'],
    ['anonymous', 'anonym'],
    ['Anonymous', 'anonym'],
    ['<unknown>', 'anonym'],
    ['..', 'anonym'],
    ['📞📞', 'anonym'],
    ['../../x', 'x'],
    ['"; rm -rf /', 'rm -rf'],
    ["=cmd|' /C calc'!A0", 'cmd_ _C calc_A0'],
    ['+49 30 123', '+49 30 123'],
    ['*21#', '21'],
    ['%0d%0a', '0d_0a'],
    ['a\r\nb', 'a_b'],
    ['a\u0000b', 'a_b'],
    ['abc\u202egpj', 'abcgpj'],
    ['Zu\u0308rich', 'Zürich'],
    ['a\udc00b', 'a_b'],
    ['Local/x@y', 'Local_x_y'],
    ['a..b', 'a.b'],
    ['9'.repeat(200), '9'.repeat(64)],
    ['ü'.repeat(500), 'ü'.repeat(64)],
  ])('writes the caller %j as %j', (from, part) => {
    expect(nameOf({ from })).toBe(`Aufnahme_2021-04-07_13-34-26_${part}_200.wav`);
  });

  test.each(['CON', 'nul', 'COM1', 'lpt¹', 'con.txt', 'Aux .x'])('is no DOS device: %s', (from) => {
    expect(nameOf({ from }, '{from}')).toBe(`_${from}.wav`);
  });

  test('ends after 200 bytes at a whole character', () => {
    const name = nameOf({ from: '𠀀'.repeat(64), to: 'ä'.repeat(64) }, '{from}{to}');
    expect(name).toBe(`${'𠀀'.repeat(49)}.wav`);
  });

  test('is safe whoever calls', () => {
    for (const text of nasty) {
      expectSafe(nameOf({ from: text, to: text, group: text, callId: text }));
      expectSafe(nameOf({ from: text, to: text }, '{from}{to}'));
    }
  });

  test('is safe for any text, and stays as it is when made safe again', () => {
    fc.assert(
      fc.property(hostileText, hostileText, (from, to) => {
        const name = nameOf({ from, to }, '{from}{to}');
        expectSafe(name);
        expect(nameOf({}, name)).toBe(name);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the folder', () => {
  test('has the parts of its template', () => {
    expect(deliveredFolder(recording, naming)).toBe('2021/04/Verkauf');
    expect(deliveredFolder(recording, { ...naming, folder: '' })).toBe('');
  });

  test('cannot be left by a name of a group, nor by any other text', () => {
    fc.assert(
      fc.property(hostileText, (group) => {
        const segments = deliveredFolder({ ...recording, group }, naming).split('/');
        expect(segments).toHaveLength(3);
        for (const segment of segments) expectSafe(segment);
      }),
    );
  });
});

describe('a template', () => {
  test.each([naming.name, 'Aufnahme_{date}.wav', '{id}', 'Gespräch {from} ({to})'])(
    'is fine: %s',
    (template) => {
      expect(templateProblems(template, 'name')).toEqual([]);
    },
  );

  test.each(['', '{yyyy}/{MM}/{group}', 'Mitschnitte/{group}'])('is fine for a folder: %j', (template) => {
    expect(templateProblems(template, 'folder')).toEqual([]);
  });

  test.each([
    ['{datum}', 'name', 'unknown placeholder {datum}; known: {date} {time} {from}'],
    ['{}', 'name', 'unknown placeholder {}'],
    ['{toString}', 'name', 'unknown placeholder {toString}'],
    ['{date', 'name', 'a brace without its counterpart'],
    ['{date}}', 'name', 'a brace without its counterpart'],
    ['a:b?{date}', 'name', 'not allowed in a name: ":" "?"'],
    ['{yyyy}/{date}', 'name', 'not allowed in a name: "/"'],
    ['', 'name', 'empty'],
    ['.wav', 'name', 'empty'],
    ['/{yyyy}', 'folder', 'a folder without a name'],
    ['{yyyy}//{MM}', 'folder', 'a folder without a name'],
    ['../{yyyy}', 'folder', 'no name for a folder on every system: ".."'],
    ['a\\b', 'folder', 'not allowed in a folder: "\\\\"'],
    ['CON/{yyyy}', 'folder', 'no name for a folder on every system: "CON"'],
  ] as const)('is refused: %s as %s', (template, kind, problem) => {
    expect(templateProblems(template, kind).join('\n')).toContain(problem);
  });
});

describe('a name that is taken', () => {
  test.each([
    ['x.wav', 2, 'x-2.wav'],
    ['x.y.wav', 13, 'x.y-13.wav'],
    ['x', 2, 'x-2'],
    ['.x', 2, '.x-2'],
  ])('%s becomes, the %ith time, %s', (name, n, expected) => {
    expect(withSuffix(name, n)).toBe(expected);
  });
});

describe('local time', () => {
  test.each([
    ['2021-03-28T00:59:59Z', 'Europe/Zurich', '2021-03-28 01:59:59'],
    ['2021-03-28T01:00:00Z', 'Europe/Zurich', '2021-03-28 03:00:00'],
    ['2021-10-31T00:30:00Z', 'Europe/Zurich', '2021-10-31 02:30:00'],
    ['2021-10-31T01:30:00Z', 'Europe/Zurich', '2021-10-31 02:30:00'],
    ['2021-12-31T23:00:00Z', 'Europe/Zurich', '2022-01-01 00:00:00'],
    ['2021-06-30T18:15:00Z', 'Asia/Kathmandu', '2021-07-01 00:00:00'],
    ['2021-06-30T18:15:00Z', 'UTC', '2021-06-30 18:15:00'],
  ])('of %s in %s is %s', (instant, timeZone, expected) => {
    const { yyyy, MM, dd, HH, mm, ss } = localTime(Date.parse(instant), timeZone);
    expect(`${yyyy}-${MM}-${dd} ${HH}:${mm}:${ss}`).toBe(expected);
  });
});

test('takes only what says nothing for an unknown number', () => {
  expect(['', ' ', 'Anonymous', '<unknown>', 'Unavailable'].every(isUnknownNumber)).toBe(true);
  expect(['0', '200', '+49301234', 'anonymous2'].some(isUnknownNumber)).toBe(false);
});
