import { describe, expect, test } from 'vitest';

import { MixMonitor } from '../../src/asterisk/mixmonitor.ts';
import { parseMessages } from '../../src/asterisk/ami-wire.ts';
import type { CallEvent } from '../../src/call/event.ts';
import type { RecordingForm } from '../../src/asterisk/pbx.ts';

const id = '7f0c0a4e-4a4d';
const mixed = ['/spool/x.wav'] as const;
const sides = ['/spool/x.member.wav', '/spool/x.other.wav'] as const;
const asterisk22 = 'Asterisk Call Manager/11.0.0';
const asterisk16 = 'Asterisk Call Manager/5.0.4';

type Fields = Readonly<Record<string, string>>;

test.each([
  ['runs already: it is not begun a second time, which would spoil the file', '0xM', ['Getvar']],
  ['never began', '', ['Getvar', 'MixMonitor']],
])('a recording that is ordered again %s', async (_what, running, orders) => {
  const actions: Fields[] = [];
  const events: CallEvent[] = [];
  const mixMonitor = new MixMonitor(
    (fields) => {
      actions.push(fields);
      const [answer] = parseMessages(
        `Response: Success\r\nMixMonitorID: 0xM\r\nValue: ${running}\r\n\r\n`,
      ).messages;
      return Promise.resolve(answer ?? new Map<string, string[]>());
    },
    (event) => events.push(event),
    () => asterisk22,
  );
  const form = { files: mixed, keepsWideband: false, beepEverySeconds: undefined, again: true };
  await mixMonitor.start(id, 'PJSIP/200-00000001', form);
  expect(actions.map(({ Action }) => Action)).toEqual(orders);
  expect(events).toMatchObject([{ type: 'recording-started', recording: id, mixMonitor: '0xM' }]);
});

/** What Asterisk is told to do, when the member's telephone speaks these formats. */
async function told(
  form: Partial<RecordingForm>,
  { formats = '(alaw)', greeting = asterisk22 } = {},
): Promise<Fields[]> {
  const actions: Fields[] = [];
  const mixMonitor = new MixMonitor(
    (fields) => {
      actions.push(fields);
      const [answer] = parseMessages(`Response: Success\r\nValue: ${formats}\r\n\r\n`).messages;
      return Promise.resolve(answer ?? new Map<string, string[]>());
    },
    () => undefined,
    () => greeting,
  );
  const usual = { files: mixed, keepsWideband: false, beepEverySeconds: undefined, again: false };
  await mixMonitor.start(id, 'PJSIP/200-00000001', { ...usual, ...form });
  return actions;
}

describe('MixMonitor is told', () => {
  test.each<[string, Partial<RecordingForm>, string, string]>([
    ['one file', {}, '/spool/x.wav', 'bi(MITSCHNITT_7f0c0a4e_4a4d)'],
    ['one file and a beep', { beepEverySeconds: 15 }, '/spool/x.wav', 'bB(15)i(MITSCHNITT_7f0c0a4e_4a4d)'],
    [
      'what is received from the member and what is sent to it, and no third file',
      { files: sides },
      '',
      'br(/spool/x.member.wav)t(/spool/x.other.wav)i(MITSCHNITT_7f0c0a4e_4a4d)',
    ],
  ])('of %s', async (_what, form, file, options) => {
    expect(await told(form)).toEqual([
      { Action: 'MixMonitor', Channel: 'PJSIP/200-00000001', File: file, Options: options },
    ]);
  });

  test.each([
    [asterisk16, 'S'],
    ['Asterisk Call Manager/6.0.0', 'S'],
    ['Asterisk Call Manager/7.0.0', ''],
    [asterisk22, ''],
    ['', ''],
  ])('by %j to keep two sides in step by %j', async (greeting, option) => {
    const actions = await told({ files: sides }, { greeting });
    const action = actions.find(({ Action }) => Action === 'MixMonitor');
    expect(action?.Options).toBe(
      `br(/spool/x.member.wav)t(/spool/x.other.wav)${option}i(MITSCHNITT_7f0c0a4e_4a4d)`,
    );
  });

  test.each([
    ['(alaw)', false],
    ['(alaw|g722)', false],
    ['(ulaw)', false],
    ['(gsm)', false],
    ['(slin)', false],
    ['(speex)', false],
    ['(silk8)', false],
    ['', false],
    ['(g722)', true],
    ['(g722|alaw)', true],
    ['(opus|ulaw)', true],
    ['(slin16)', true],
    ['(speex16)', true],
    ['g722', true],
  ])('of a telephone that speaks %s to keep it: %s', async (formats, isWide) => {
    const [asked, action] = await told({ keepsWideband: true }, { formats });
    expect(asked).toMatchObject({ Action: 'Getvar', Variable: 'CHANNEL(audionativeformat)' });
    expect(action?.File).toBe(isWide ? '/spool/x.wav16' : '/spool/x.wav');
  });

  test('of both sides of a telephone that speaks G.722', async () => {
    const [, action] = await told({ files: sides, keepsWideband: true }, { formats: '(g722)' });
    expect(action?.Options).toContain('r(/spool/x.member.wav16)t(/spool/x.other.wav16)');
  });
});

describe('beside a MixMonitor of the dialplan', () => {
  const own = '/spool/active/7f0c0a4e-4a4d-4a4d-8a4d-7f0c0a4e4a4d.wav';
  const theirs = '/var/spool/asterisk/monitor/7.wav';

  /** An Asterisk of this version, on whose channel a MixMonitor into this file was started last. */
  function on(greeting: string, version: string, file: string) {
    const actions: Fields[] = [];
    const events: string[] = [];
    const values: Fields = { MIXMONITOR_FILENAME: file, MITSCHNITT_7f0c0a4e_4a4d: '0x1' };
    const mixMonitor = new MixMonitor(
      (fields) => {
        actions.push(fields);
        const value = values[fields.Variable ?? ''] ?? '';
        const text = `Response: Success\r\nAsteriskVersion: ${version}\r\nValue: ${value}\r\n\r\n`;
        return Promise.resolve(parseMessages(text).messages[0] ?? new Map<string, string[]>());
      },
      ({ type }) => events.push(type),
      () => greeting,
    );
    return { actions, events, mixMonitor };
  }

  test.each([
    ['surely heeds an id', asterisk22, '22.10.1', theirs, '0x1'],
    ['heeds one since', 'Asterisk Call Manager/9.0.0', 'certified/20.7-cert3', theirs, '0x1'],
    ['heeds one since, too', 'Asterisk Call Manager/7.0.3', '18.17.0', theirs, '0x1'],
    ['heeds none, and ours is the only one', asterisk16, '16.28.0', own, undefined],
    ['heeds none, and it is not told which files there are', asterisk16, '16.28.0', '', undefined],
  ])('a pause, where Asterisk %s', async (_which, greeting, version, file, mixMonitorId) => {
    const { actions, events, mixMonitor } = on(greeting, version, file);
    await mixMonitor.mute(id, 'PJSIP/200-00000001', true);
    expect(events).toEqual(['recording-muted']);
    expect(actions.at(-1)?.MixMonitorID).toBe(mixMonitorId);
  });

  test.each([
    [asterisk16, '16.28.0'],
    ['Asterisk Call Manager/7.0.3', '18.16.0'],
    ['Asterisk Call Manager/9.0.0', '20.1.1'],
    ['Asterisk Call Manager/9.0.0', 'GIT-20-abcdef'],
  ])('is refused, where Asterisk (%s, %s) cannot tell them apart', async (greeting, version) => {
    const { actions, events, mixMonitor } = on(greeting, version, theirs);
    await mixMonitor.mute(id, 'PJSIP/200-00000001', true);
    expect(events).toEqual(['recording-mute-refused']);
    expect(actions.some(({ Action }) => Action === 'MixMonitorMute')).toBe(false);
  });

  test.each([
    ['theirs stays named', theirs, 1],
    ['ours of another talk need not', own, 0],
  ])('a recording begins: %s', async (_what, file, restored) => {
    const { actions, mixMonitor } = on(asterisk16, '16.28.0', file);
    const form = { files: mixed, keepsWideband: false, beepEverySeconds: undefined, again: false };
    await mixMonitor.start(id, 'PJSIP/200-00000001', form);
    const named = actions.filter(({ Action }) => Action === 'Setvar');
    expect(named).toHaveLength(restored);
    for (const { Variable, Value } of named) expect([Variable, Value]).toEqual(['MIXMONITOR_FILENAME', file]);
  });
});
