import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { hintIn, isWorded } from '../src/error-words.ts';

const source = join(import.meta.dirname, '../src');

/** Codes of errors in the files of some folders, as they stand there. */
async function codesIn(...folders: readonly string[]): Promise<string[]> {
  const codes: string[] = [];
  for (const folder of folders)
    for (const file of await readdir(join(source, folder))) {
      if (!file.endsWith('.ts')) continue;
      const text = await readFile(join(source, folder, file), 'utf8');
      for (const [, code = ''] of text.matchAll(/(?:code: |account\(\s*)'([a-z-]+)'/g)) codes.push(code);
    }
  return [...new Set(codes)].sort();
}

test('every error of a target, of a mail server and of Asterisk has a hint in German', async () => {
  const codes = await codesIn('delivery', 'mail', 'asterisk');
  expect(codes.length).toBeGreaterThan(70);
  expect(codes.filter((code) => !isWorded(code))).toEqual([]);
});

test('what has no words of its own keeps the hint of the error', () => {
  const hint = 'Check username and password in targets.archiv.';
  expect(hintIn('en', { code: 'login-refused', hint })).toBe(hint);
  expect(hintIn('de', { code: 'login-refused', hint })).toMatch(/^Benutzer und Passwort/);
  expect(hintIn('de', { code: 'constructor', hint })).toBe(hint);
  expect(hintIn('de', { code: undefined, hint })).toBe(hint);
});
