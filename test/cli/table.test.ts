import { describe, expect, test } from 'vitest';

import { toJson } from '../../src/cli/output.ts';
import { table } from '../../src/cli/table.ts';
import { printable } from '../../src/recording/untrusted-text.ts';
import { allOf } from '../catalogue/sample.ts';
import { nasty } from '../nasty.ts';

const shown = async (rows: string[][], terminal: boolean) =>
  (await allOf(table(['name', 'number'], rows, terminal))).join('');

describe('a table', () => {
  test('is aligned on a terminal', async () => {
    expect(
      await shown(
        [
          ['Ü', '1'],
          ['long name', '22'],
        ],
        true,
      ),
    ).toBe('name       number\nÜ          1\nlong name  22\n');
  });

  test('cuts what is too long for a terminal', async () => {
    const [, row = ''] = (await shown([['x'.repeat(500), '1']], true)).split('\n');
    expect(row).toBe(`${'x'.repeat(59)}…  1`);
  });

  test('is separated by tabs in a pipe, and nothing is cut', async () => {
    expect(await shown([['x'.repeat(500), '1']], false)).toBe(`name\tnumber\n${'x'.repeat(500)}\t1\n`);
  });

  test('shows headings where there are no rows', async () => {
    expect(await shown([], true)).toBe('name  number\n');
    expect(await shown([], false)).toBe('name\tnumber\n');
  });

  test('shows every row of a long listing, in order', async () => {
    const rows = Array.from({ length: 1_000 }, (_, at) => [`n${String(at)}`, 'x'.repeat(at % 50)]);
    const lines = (await shown(rows, true)).split('\n').slice(1, -1);
    expect(lines.map((line) => line.split(' ')[0])).toEqual(rows.map(([name]) => name));
  });
});

describe('output', () => {
  test.each(nasty)('of %j moves no cursor and turns no direction', (text) => {
    expect(printable(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
    expect(toJson([text])).not.toMatch(/[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}]/u);
    expect(JSON.parse(toJson([text]))).toEqual([text]);
  });
});
