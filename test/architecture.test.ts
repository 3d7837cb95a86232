import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

import { describe, expect, test } from 'vitest';

import { breaches, type SourceFile } from './architecture/layers.ts';

const src = join(import.meta.dirname, '..', 'src');

function sourceFiles(): SourceFile[] {
  return readdirSync(src, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => ({ path: relative(src, file).replaceAll(sep, '/'), text: readFileSync(file, 'utf8') }));
}

const planted = (path: string, text: string) => breaches([{ path, text }]);

describe('the architecture', () => {
  test('has sources to judge', () => {
    expect(sourceFiles().length).toBeGreaterThan(0);
  });

  test('is kept by every file of src/', () => {
    expect(breaches(sourceFiles())).toEqual([]);
  });
});

describe('the test of the architecture', () => {
  test('catches the core reading a file', () => {
    expect(
      planted('call/planted.ts', "import { readFileSync } from 'node:fs';\nreadFileSync('/etc/passwd');"),
    ).toEqual(['call/planted.ts:1: core must not import from outside: node:fs']);
  });

  test('catches an adapter that sees its sibling', () => {
    expect(planted('delivery/planted.ts', "\nexport { putFile } from './ftp.ts';")).toEqual([
      'delivery/planted.ts:2: an adapter must not see another: delivery/ftp.ts',
    ]);
  });

  test.each([
    ['const at = Date.now();', 'Date.now'],
    ['const at = new Date();', 'new Date()'],
    ['const id = Math.random();', 'Math.random'],
    ['setTimeout(() => undefined, 1);', 'setTimeout'],
    ['const home = process.env.HOME;', 'process'],
    ['const key = { id: crypto.randomUUID() };', 'crypto'],
  ])('catches the clock, chance and the process in the core: %s', (text, name) => {
    expect(planted('recording/planted.ts', text)).toEqual([
      `recording/planted.ts:1: core must not use ${name}`,
    ]);
  });

  test('lets the core format a time that it was given, and name things like globals', () => {
    const text =
      'export const year = (call: { process: number }) => new Date(call.process).getUTCFullYear();';
    expect(planted('call/planted.ts', text)).toEqual([]);
  });

  test.each([
    ['call/planted.ts', "import { z } from 'zod';", 'core must not import from outside: zod'],
    ['call/planted.ts', "await import('node:fs');", 'core must not import from outside: node:fs'],
    [
      'call/planted.ts',
      "import type { Config } from '../config/schema.ts';",
      'core must not import config: config/schema.ts',
    ],
    ['delivery/target.ts', 'export const limit = 3;', 'a port exports types only, not limit'],
    [
      'recorder.ts',
      "import { Ami } from './asterisk/ami.ts';",
      'application must not import adapter: asterisk/ami.ts',
    ],
    [
      'spool/planted.ts',
      "import { load } from '../config/load.ts';",
      'application must not import config: config/load.ts',
    ],
    ['delivery/ftp.ts', "import '../recorder.ts';", 'adapter must not import application: recorder.ts'],
    [
      'catalogue/sqlite.ts',
      "import type { Target } from '../delivery/target.ts';",
      'an adapter implements one port, not also delivery/target.ts',
    ],
    [
      'delivery/email.ts',
      "import { SmtpMailer } from '../mail/smtp.ts';",
      'an adapter must not see another: mail/smtp.ts',
    ],
    [
      'web/server.ts',
      "import { Recorder } from '../recorder.ts';",
      'web must not import application: recorder.ts',
    ],
    [
      'recorder.ts',
      "import { assemble } from './assemble.ts';",
      'application must not import entry: assemble.ts',
    ],
    ['misc.ts', '', 'belongs to no layer: say in test/architecture/layers.ts what it may import'],
  ])('catches in %s: %s', (path, text, rule) => {
    expect(planted(path, text)).toEqual([`${path}:1: ${rule}`]);
  });

  test.each([
    ['spool/planted.ts', "import type { Config } from '../config/schema.ts';"],
    ['delivery/planted.ts', "import type { Mailer } from '../mail/mail.ts';"],
    ['asterisk/stasis.ts', "import { Ari } from './ari.ts';\nimport type { Pbx } from './pbx.ts';"],
    ['delivery/targets.ts', "import { ftp } from './ftp.ts';"],
    [
      'cli/status.ts',
      "import { assemble } from '../assemble.ts';\nimport { load } from '../config/load.ts';",
    ],
  ])('allows in %s: %s', (path, text) => {
    expect(planted(path, text)).toEqual([]);
  });
});
