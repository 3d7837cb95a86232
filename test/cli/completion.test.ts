import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { mitschnitt } from './command.ts';

/** What the help of a verb names, in the column at the left. */
async function helpOf(...verb: readonly string[]): Promise<{ verbs: string[]; options: string[] }> {
  const { stdout } = await mitschnitt([...verb, '--help']);
  const verbs = (stdout.split('Commands:\n')[1] ?? '').matchAll(/^ {2}([a-z]+)/gm);
  const options = stdout.matchAll(/^ {2}(?:-\w, )?--([a-z-]+)/gm);
  return {
    verbs: [...verbs].map(([, name = '']) => name),
    options: [...options].map(([, name = '']) => name),
  };
}

let folder = '';
let script = '';
let helps: readonly { verb: string; help: Awaited<ReturnType<typeof helpOf>> }[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mitschnitt-completion-'));
  script = join(folder, 'mitschnitt.bash');
  await writeFile(script, (await mitschnitt(['completion', 'bash'])).stdout);
  const { verbs } = await helpOf();
  helps = await Promise.all(verbs.map(async (verb) => ({ verb, help: await helpOf(verb) })));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What bash offers for the last of these words. */
function offered(...words: readonly string[]): string[] {
  const completing = `source "$0"; COMP_WORDS=(mitschnitt "$@"); COMP_CWORD=$#; _mitschnitt; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const text = execFileSync('bash', ['--norc', '-c', completing, script, ...words], { encoding: 'utf8' });
  return text.split('\n').filter((word) => word !== '');
}

describe('the completion', () => {
  test('of bash is one that bash can read, and offers every verb with every option', () => {
    execFileSync('bash', ['-n', script]);
    expect(helps.length).toBeGreaterThan(20);
    expect(offered('')).toEqual(expect.arrayContaining(helps.map(({ verb }) => verb)));
    for (const { verb, help } of helps) {
      const wanted = help.options.map((option) => `--${option}`);
      expect(offered(verb, ''), verb).toEqual(expect.arrayContaining([...help.verbs, ...wanted]));
    }
  });

  test('offers what begins so, and the values of an option, and files where it knows none', () => {
    expect(offered('rec')).toEqual(['recordings']);
    expect(offered('config', 'sch')).toEqual(['schema']);
    expect(offered('config', 'schema', '--')).toEqual(['--help']);
    expect(offered('completion', '')).toEqual(expect.arrayContaining(['bash', 'zsh', 'fish']));
    expect(offered('deliveries', '--json', '--state', '')).toEqual(['pending', 'set-aside']);
    expect(offered('play', 'ID', '--save', '')).toEqual([]);
    expect(offered('deliveries', 'a b', '$(false)', '--st')).toEqual(['--state']);
  });

  test.each(['zsh', 'fish'])('of %s has every verb and option', async (shell) => {
    const { stdout, code } = await mitschnitt(['completion', shell]);
    expect(code).toBe(0);
    for (const { verb, help } of helps) {
      const line = shell === 'fish' ? `__mitschnitt_at /${verb}' .*-l ` : `"/${verb} "\\*.* --`;
      for (const option of help.options) expect(stdout).toMatch(new RegExp(`${line}${option}\\b`));
    }
  });

  test('is made for known shells only', async () => {
    expect((await mitschnitt(['completion', 'csh'])).code).toBe(2);
  });
});
