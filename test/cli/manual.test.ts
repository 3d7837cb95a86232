import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { mitschnitt } from './command.ts';

const file = join(import.meta.dirname, '../../man/mitschnitt.1');

describe('man/mitschnitt.1', () => {
  test('is what the command line says now (vitest run test/cli/manual.test.ts -u brings it up to date)', async () => {
    const { code, stdout } = await mitschnitt(['manual']);
    expect(code).toBe(0);
    for (const verb of ['run', 'play', 'status', 'config schema'])
      expect(stdout).toContain(`.SS "mitschnitt ${verb} `);
    await expect(stdout).toMatchFileSnapshot(file);
  });

  test('has nothing in it that roff would take for its own', async () => {
    const { stdout } = await mitschnitt(['manual']);
    for (const line of stdout.split('\n')) {
      expect(line).toMatch(/^(\.(TH|SH|SS|TP|B|I)\b|[^.'])|^$/);
      expect(line.replaceAll(/\\[-e&]|\\\(dq/g, '')).not.toContain('\\');
    }
  });

  test.runIf(hasGroff())('is clean for groff', async () => {
    const { stdout: input } = await mitschnitt(['manual']);
    const told = execFileSync('sh', ['-c', 'groff -man -Tutf8 -ww 2>&1 >/dev/null'], { input });
    expect(told.toString()).toBe('');
  });
});

function hasGroff(): boolean {
  try {
    execFileSync('groff', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
