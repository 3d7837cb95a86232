import { describe, expect, test } from 'vitest';

import { noticeJson, noticeText, type NoticeForm } from '../../src/alarms/notice-message.ts';
import { noticeWords } from '../../src/alarms/notice-words.ts';
import { nasty } from '../nasty.ts';
import type { AlarmNotice } from '../../src/catalogue/catalogue.ts';
import type { NoticeItem, NoticeState } from '../../src/alarms/notices.ts';

const at = Date.UTC(2026, 10, 25, 21, 0, 0);
const notice: AlarmNotice = {
  ...{ kind: 'target-unreachable', subject: 'archiv', fault: 'destination' },
  ...{ problem: 'Target archiv: nothing answers at nas:21', hint: 'Check that the service is running.' },
  ...{ since: at, begunAt: at, endedAt: undefined, times: 1, toldAt: undefined, reminders: 0 },
};
const german: NoticeForm = { language: 'de', timeZone: 'Europe/Zurich', host: 'pbx1' };
const english: NoticeForm = { ...german, language: 'en' };
const item = (state: NoticeState, changes: Partial<AlarmNotice> = {}): NoticeItem => ({
  state,
  notice: { ...notice, ...changes },
});
const textOf = (items: readonly NoticeItem[], form: NoticeForm) =>
  noticeText({ id: 'x', sentAt: at, items }, form);

describe('a notice', () => {
  test('says in German what happened, since when, what it means and what to do', () => {
    expect(textOf([item('raised')], german)).toEqual({
      subject: '[Mitschnitt pbx1] Alarm: Das Ziel archiv ist nicht erreichbar',
      text: `Alarm: Das Ziel archiv ist nicht erreichbar
Seit: 2026-11-25 22:00:00 (Europe/Zurich)
Was das heißt: Anrufe werden weiter aufgezeichnet. Die Aufnahmen bleiben auf diesem Rechner und werden übertragen, sobald das Ziel wieder antwortet; es geht nichts verloren, solange dort Platz ist.
Was zu tun ist: Prüfen, ob der Server läuft und ob Netz und Firewall dorthin in Ordnung sind.
Meldung: Target archiv: nothing answers at nas:21
Hinweis: Check that the service is running.

-- 
Mitschnitt, pbx1
`,
    });
  });

  test('gives the hint of an error in German as well', () => {
    const items = [item('raised', { code: 'connection-refused' })];
    const hint = 'Prüfen, ob der Dienst auf dem Server läuft';
    expect(textOf(items, german).text).toContain(`Hinweis: ${hint}`);
    expect(textOf(items, english).text).toContain(`Hint: ${notice.hint}`);
    expect(noticeJson({ id: 'x', sentAt: at, items }, german)).toMatchObject({
      alarms: [{ code: 'connection-refused', hint: expect.stringContaining(hint) as string }],
    });
  });

  test('says in English that it is over, and how long it was', () => {
    const { subject, text } = textOf([item('over', { endedAt: at + 3_600_000, times: 4 })], english);
    expect(subject).toBe('[Mitschnitt pbx1] Over: The target archiv cannot be reached');
    expect(text).toContain('Since: 2026-11-25 22:00:00 (Europe/Zurich)\nUntil: 2026-11-25 23:00:00');
    expect(text).toContain('4 times meanwhile');
    expect(text).not.toContain('What to do');
  });

  test('of several alarms names all of them, in a subject that is not too long', () => {
    const items = Array.from({ length: 30 }, (_, n) => item('raised', { subject: `ziel-${n}` }));
    const { subject, text } = textOf(items, german);
    expect(subject).toMatch(/^\[Mitschnitt pbx1\] 30 Meldungen: Alarm: Das Ziel ziel-0/);
    expect(subject.length).toBeLessThanOrEqual(150);
    for (let n = 0; n < 30; n += 1) expect(text).toContain(`Das Ziel ziel-${n} ist`);
  });

  test.each(nasty)('has as many lines as ever, whatever is in a name or an error: %j', (text) => {
    const changes = { subject: text, problem: text, hint: 'Hint.' };
    const lines = textOf([item('raised', changes)], german).text.split('\n');
    expect(lines).toHaveLength(textOf([item('raised')], german).text.split('\n').length);
  });

  test.each(['de', 'en'] as const)('has words for every kind in the language %s', (language) => {
    const { kinds } = noticeWords[language];
    for (const words of Object.values(kinds)) {
      expect(words.title('XYZ')).toContain('XYZ');
      expect(words.meaning).toMatch(/^[A-ZÄÖÜ].*\.$/);
      expect(words.remedy).toMatch(/^[A-ZÄÖÜ].*\.$/);
    }
  });

  test('of a kind that this version does not know is told all the same', () => {
    const { subject } = textOf([item('over', { kind: 'disk-on-fire', endedAt: at })], german);
    expect(subject).toBe('[Mitschnitt pbx1] Behoben: disk-on-fire: archiv');
  });

  test('has all of that as JSON', () => {
    const json = noticeJson({ id: 'x', sentAt: at + 1_000, items: [item('raised')] }, english);
    expect(JSON.parse(JSON.stringify(json))).toEqual({
      type: 'mitschnitt.alarms',
      id: 'x',
      host: 'pbx1',
      sent: '2026-11-25T21:00:01.000Z',
      alarms: [
        {
          state: 'raised',
          kind: 'target-unreachable',
          subject: 'archiv',
          title: 'The target archiv cannot be reached',
          since: '2026-11-25T21:00:00.000Z',
          until: null,
          times: 1,
          fault: 'destination',
          problem: 'Target archiv: nothing answers at nas:21',
          code: null,
          hint: 'Check that the service is running.',
          meaning: noticeWords.en.kinds['target-unreachable'].meaning,
          remedy: noticeWords.en.kinds['target-unreachable'].remedy,
        },
      ],
    });
  });
});
