// What the pages say, and how they decide what to say: without a browser.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test, vi } from 'vitest';

import { noRoom, talkRules } from '../../src/call/rules.ts';
import { Soon } from '../../src/web/console/connection/soon.ts';
import { dayFrom } from '../../src/web/console/language/days.ts';
import { de } from '../../src/web/console/language/de.ts';
import { en } from '../../src/web/console/language/en.ts';
import { failureWords, problemWords } from '../../src/web/console/language/failure-words.ts';
import { asteriskLines, dialplanLines } from '../../src/web/console/pages/overview/dialplan-lines.ts';
import { actorIn } from '../../src/web/console/pages/recordings/actor.ts';
import { mayBeListed, reasonSpanOf } from '../../src/web/console/pages/recordings/filters.ts';

const source = join(import.meta.dirname, '../../src');

describe('A failure', () => {
  const told = { message: 'it went wrong', hint: 'Do this.' };

  test('has German words for each code and reason that the server gives', async () => {
    const files = (await readdir(source, { recursive: true })).filter((name) =>
      /^(web\/[\w-]+|assemble-web\/[\w-]+)\.ts$/.test(name),
    );
    const texts = await Promise.all(files.map((name) => readFile(join(source, name), 'utf8')));
    const given = texts.flatMap((text) => [
      ...text.matchAll(/new ApiFailure\(\s*\d+,\s*'([a-z-]+)'/g),
      ...text.matchAll(/(?:conflict|notDone)\([^;]*?,\s*'([a-z]+(?:-[a-z]+)+)',?\s*\);/g),
      ...text.matchAll(/reason: '([a-z-]+)'/g),
    ]);
    const codes = new Set(given.map(([, code = '']) => code));
    expect(codes.size).toBeGreaterThan(15);
    // These are told beside the form, fault by fault, or are none that the pages can cause.
    for (const code of ['configuration-invalid', 'wrong-content-type']) codes.delete(code);
    for (const code of codes) {
      expect(Object.keys(de.failures), code).toContain(code);
      expect(Object.keys(en.failures), code).toContain(code);
    }
    expect(Object.keys(de.failures).sort()).toEqual(Object.keys(en.failures).sort());
  });

  test('is told in German, what the server said beside it', () => {
    const words = failureWords(de, { ...told, code: 'conflict', reason: 'live-calls-changed' });
    expect(words.title).toBe('Inzwischen haben Gespräche begonnen oder geendet.');
    expect(words).toMatchObject({ what: '', detail: 'it went wrong. Do this.' });
    expect(words.remedy).not.toContain('Do this');
  });

  test('of a target has the remedy that its error has everywhere', () => {
    const words = failureWords(de, { ...told, code: 'login-refused' });
    expect(words).toMatchObject({ title: de.otherFailure.what, remedy: /Benutzer und Passwort/ });
    expect(problemWords(de, { ...told, code: 'login-refused' }).what).toMatch(/Benutzer und Passwort/);
    expect(problemWords(de, { ...told, code: 'never heard of' })).toEqual({
      ...{ what: de.otherFailure.why, detail: 'it went wrong. Do this.' },
    });
  });

  test.each(['constructor', 'toString', '__proto__'])('called %s is one without words of its own', (code) => {
    for (const dictionary of [de, en]) {
      const words = failureWords(dictionary, { ...told, code, reason: code });
      expect(words.title).toBe(dictionary.otherFailure.what);
    }
    expect(problemWords(de, { ...told, code }).what).toBe(de.otherFailure.why);
  });

  test('is told in English as the server has it', () => {
    expect(failureWords(en, { ...told, code: 'conflict' })).toMatchObject({
      ...{ what: 'it went wrong', remedy: 'Do this.', detail: '' },
    });
    expect(problemWords(en, { ...told, code: 'x' }).what).toBe('it went wrong. Do this.');
  });
});

test('every rule that decides a call has words', async () => {
  const talk = await readFile(join(source, 'call/talk.ts'), 'utf8');
  const [, room = ''] = /roomRule = '([a-z-]+)'/.exec(talk) ?? [];
  for (const rule of [...talkRules.map(({ rule }) => rule), noRoom.rule, room]) {
    expect(Object.keys(en.rules), rule).toContain(rule);
    expect(Object.keys(de.rules), rule).toContain(rule);
  }
});

test('the lines for the dialplan are those that the dialplan file explains', async () => {
  const explained = await readFile(join(source, '../dialplan/mitschnitt.conf'), 'utf8');
  const comments = explained
    .split('\n')
    .flatMap((line) => (line.startsWith(';') ? [line.slice(1).trim()] : []));
  for (const line of dialplanLines.split('\n').filter((each) => each.trim() !== ''))
    expect(comments).toContain(line.trim());
});

test('the lines for Asterisk are those of the README', async () => {
  const readme = await readFile(join(source, '../README.md'), 'utf8');
  const told = readme.split('\n').map((line) => line.trim().replace(/\s+;.*/, ''));
  const own = asteriskLines.split('\n').filter((line) => line !== '');
  const begin = told.indexOf('; http.conf');
  expect(told.slice(begin, begin + own.length + 2).filter((line) => line !== '')).toEqual(own);
});

test('what many events ask for is done while they go on, and not once for each', () => {
  vi.useFakeTimers();
  let done = 0;
  const soon = new Soon(1_000, () => (done += 1));
  for (let at = 0; at < 10_000; at += 100) {
    soon.ask();
    vi.advanceTimersByTime(100);
  }
  expect(done).toBe(10);
  soon.ask();
  soon.stop();
  vi.advanceTimersByTime(5_000);
  expect(done).toBe(10);
  vi.useRealTimers();
});

describe('The days of which reasons are counted', () => {
  const zone = 'Europe/Zurich';

  test('are the last thirty, or those that were asked for', () => {
    expect(reasonSpanOf({ to: '2026-11-30' }, zone)).toEqual({
      ...{ from: '2026-11-01', to: '2026-11-30', isCut: false },
    });
    expect(reasonSpanOf({ from: '2026-11-05', to: '2026-11-06' }, zone)).toEqual({
      ...{ from: '2026-11-05', to: '2026-11-06', isCut: false },
    });
  });

  test('are never more than the server counts, and the page says so', () => {
    const { from, to, isCut } = reasonSpanOf({ from: '2020-01-01', to: '2026-11-30' }, zone);
    expect((Date.parse(to) - Date.parse(from)) / 86_400_000).toBeLessThan(62);
    expect({ to, isCut }).toEqual({ to: '2026-11-30', isCut: true });
  });

  test('are never from a later one to an earlier one', () => {
    expect(reasonSpanOf({ from: '2030-01-01', to: '2026-11-30' }, zone)).toMatchObject({
      ...{ from: '2026-11-30', to: '2026-11-30' },
    });
  });
});

test('a call that cannot be in the list is not offered', () => {
  const record = {
    id: 'a',
    call_id: 'b',
    group: 'Verkauf',
    outcome: 'declined',
    start: '2026-11-27T10:00:00+01:00',
  };
  const listed = (query: Parameters<typeof mayBeListed>[1]) =>
    mayBeListed(record as Parameters<typeof mayBeListed>[0], query);
  expect(listed({})).toBe(true);
  expect(listed({ recorded: 'true' })).toBe(false);
  expect(listed({ recorded: 'false', group: 'Verkauf' })).toBe(true);
  expect(listed({ group: 'Support' })).toBe(false);
  expect(listed({ outcome: 'lost' })).toBe(false);
  expect(listed({ to: '2026-11-27T00:00:00+01:00' })).toBe(false);
  expect(listed({ from: '2026-11-27T00:00:00+01:00' })).toBe(true);
});

test('a day is read as people write it', () => {
  expect(dayFrom('27.11.2026')).toBe('2026-11-27');
  expect(dayFrom(' 1/2/2026 ')).toBe('2026-02-01');
  expect(dayFrom('2026-11-27')).toBe('2026-11-27');
  expect(['31.02.2026', '11-27-2026', 'yesterday', ''].map(dayFrom)).toEqual(Array(4).fill(undefined));
});

test('who controlled a recording is told in words', () => {
  const { actors } = de.segments;
  expect(actorIn(actors, 'web:anna')).toBe('anna (Konsole)');
  expect(actorIn(actors, 'telephone:PJSIP/200')).toBe('PJSIP/200 (Telefon)');
  expect(actorIn(actors, 'pause-limit')).toBe('von selbst, nach der längsten Pause');
  expect(actorIn(actors, 'somebody')).toBe('somebody');
});
