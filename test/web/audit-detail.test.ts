// What the audit log keeps beside an action, in the words of its reader.
import { expect, test } from 'vitest';

import { de } from '../../src/web/console/language/de.ts';
import { en } from '../../src/web/console/language/en.ts';
import { detailIn, subjectIn } from '../../src/web/console/pages/people/audit-detail.ts';
import { auditedAs } from '../../src/web/audit-trail.ts';

test.each([
  ['sign-in', 'new password by one-time link', 'neues Passwort über Einmal-Link'],
  ['control', 'pause', 'Anhalten'],
  ['user', 'supervisor of Verkauf, Support', 'Supervisor · Verkauf, Support'],
  ['user', 'administrator, new password, enabled', 'Administrator, neues Passwort, aktiviert'],
  ['user', 'new password, disabled', 'neues Passwort, deaktiviert'],
  ['user', 'disabled', 'deaktiviert'],
  ['token', 'auditor', 'Prüfer'],
  ['token-delete', 'made by anna', 'erstellt von anna, nicht mehr Administrator'],
  ['user-link-void', 'made by anna', 'erstellt von anna, nicht mehr Administrator'],
  [
    'test',
    'with changes that are not saved: targets.nas.host, smtp',
    'mit nicht gespeicherten Änderungen: targets.nas.host, smtp',
  ],
  ['verify', 'spool intact, archiv unreachable', 'spool: unversehrt, archiv: nicht erreichbar'],
])('%s: %s', (action, detail, german) => {
  expect(detailIn(de, action, detail)).toBe(german);
  expect(detailIn(en, action, detail)).not.toBe('');
});

test('what is no word of ours stays as it is', () => {
  for (const action of ['user', 'control', 'verify', 'test', 'configuration', 'constructor'])
    expect(detailIn(de, action, 'smtp.host, <b>x</b>')).toBe('smtp.host, <b>x</b>');
  expect(subjectIn(de, 'clean-up', 'constructor')).toBe('constructor');
});

test('what a clean-up was about has words, and what is called the same elsewhere keeps its name', () => {
  expect(subjectIn(de, 'clean-up', 'all')).toBe('alle Aufnahmen');
  expect(subjectIn(de, 'test', 'all')).toBe('all');
});

test('every action that is kept has a name in both languages', () => {
  for (const action of [...Object.values(auditedAs), 'playback', 'download', 'user-link-void'])
    for (const { audit } of [de, en]) expect(audit.actions[action], action).toBeDefined();
});
