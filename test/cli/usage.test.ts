import { appendFile, chmod, cp, mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { describe, expect, test } from 'vitest';

import { mitschnitt } from './command.ts';
import { useInstallation } from './installation.ts';

const installation = useInstallation();
const sounds = resolve(import.meta.dirname, '../../sounds');

/** An announcement as a music program may save it: 8-bit stereo of 44.1 kHz. */
async function stereo(): Promise<Buffer> {
  const file = await readFile(join(sounds, 'de/ansage.wav'));
  file.writeUInt16LE(2, 22);
  file.writeUInt32LE(44_100, 24);
  file.writeUInt16LE(8, 34);
  return file;
}

describe('the command line', () => {
  test.each([
    ['without a verb', []],
    ['an unknown verb', ['recrod']],
    ['an unknown option', ['status', '--jsno']],
    ['an option without its value', ['recordings', '--group']],
    ['a value too many', ['run', 'now']],
    ['an outcome that does not exist', ['recordings', '--outcome', 'fine']],
    ['a day that does not exist', ['recordings', '--from', '2026-02-30']],
    ['a report without its period', ['report', '--from', '2026-11-01']],
    ['a delivery in a state that is not listed', ['deliveries', '--state', 'delivered']],
    ['a retry of nothing', ['retry']],
    ['a retry of one and all', ['retry', 'ID', '--all']],
    ['a watch without an interval', ['status', '--watch', '0']],
    ['config without a verb of its own', ['config']],
  ])('ends with 2 for wrong usage: %s', async (_what, args) => {
    const { code, stdout, stderr } = await mitschnitt(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/error:|Usage:/);
  });

  test('helps, and tells its version, with 0', async () => {
    const help = await mitschnitt(['--help']);
    expect(help.code).toBe(0);
    for (const verb of [
      'run',
      'check',
      'status',
      'selftest',
      'recordings',
      'play',
      'report',
      'verify',
      'upload',
      'deliveries',
      'retry',
      'config',
    ]) {
      expect(help.stdout).toMatch(new RegExp(`^  ${verb} `, 'm'));
    }
    expect(await mitschnitt(['--version'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string,
    });
  });

  test.each([
    ['calls'],
    ['pause', 'ID'],
    ['stop', 'ID'],
    ['upload'],
    ['retry', '--all'],
    ['cleanup', '--stuck'],
  ])('says that nothing runs, with 1: %s', async (...verb) => {
    const { config } = installation();
    const { code, stderr } = await mitschnitt([...verb, '--config', config]);
    expect({ code, said: stderr.split('\n')[0] }).toEqual({ code: 1, said: 'Mitschnitt is not running.' });
  });

  test.each([
    ['run'],
    ['check'],
    ['status'],
    ['recordings'],
    ['calls'],
    ['pause', 'ID'],
    ['report', '--from', '2026-11-01', '--to', '2026-11-30'],
  ])('ends with 2 for a configuration that does not exist: %s', async (...verb) => {
    const { code, stdout, stderr } = await mitschnitt([...verb, '--config', '/no/such/file.yaml']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('/no/such/file.yaml: the file does not exist');
  });

  test('takes the configuration from the environment, unless it is told another', async () => {
    const env = { MITSCHNITT_CONFIG: '/no/such/environment.yaml' };
    expect((await mitschnitt(['status'], { env })).stderr).toContain('/no/such/environment.yaml');
    expect((await mitschnitt(['status', '-c', '/no/such/option.yaml'], { env })).stderr).toContain(
      '/no/such/option.yaml',
    );
  });

  test('tells all faults of a configuration at once', async () => {
    const { config } = installation();
    await writeFile(config, 'log: { level: loud }\nspool: { path: x }\n');
    const { code, stderr } = await mitschnitt(['run', '-c', config]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^6 faults in the configuration /);
    expect(stderr).toContain(
      `${config}:1:15 log.level: is not valid: "loud" -> error, warn, info or debug\n`,
    );
  });
});

describe('config schema', () => {
  test('prints the JSON Schema', async () => {
    const { code, stdout } = await mitschnitt(['config', 'schema']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      properties: { groups: { type: 'array' } },
    });
  });
});

describe('check', () => {
  test('tells of each thing whether it is right, and ends with 3 when Asterisk cannot be reached', async () => {
    const { code, stdout } = await mitschnitt(['check', '-c', installation().config]);
    expect(code).toBe(3);
    expect(stdout).toMatch(/^ok {5}configuration \/.*mitschnitt\.yaml$/m);
    expect(stdout).toMatch(/^ok {5}target archiv$/m);
    expect(stdout).toMatch(/^ok {5}prompt de\/ansage-opt-out$/m);
    expect(stdout).toMatch(/^wrong {2}asterisk ARI: .+\n {7}\S.+$/m);
    expect(stdout).toMatch(/^wrong {2}asterisk AMI: .+\n {7}\S.+$/m);
  });

  test('tells the same as JSON', async () => {
    const { code, stdout } = await mitschnitt(['check', '--json', '-c', installation().config]);
    expect(code).toBe(3);
    const results = JSON.parse(stdout) as {
      name: string;
      ok: boolean;
      problem?: { code: string; hint: string };
    }[];
    expect(results.find(({ name }) => name === 'archiv')).toMatchObject({ kind: 'target', ok: true });
    expect(results.filter(({ ok }) => !ok).map(({ name }) => name)).toEqual(['ARI', 'AMI']);
  });

  test('tells that the spool is missing, with the command that makes it, and makes nothing itself', async () => {
    const { folder, config } = installation();
    await rmdir(join(folder, 'spool'));
    const { stdout } = await mitschnitt(['check', '-c', config]);
    expect(stdout).toMatch(
      /^wrong {2}spool .+\n {7}.*install -d -o asterisk -g asterisk -m 2775 \/.+\/spool$/m,
    );
    expect(await readdir(folder)).not.toContain('spool');
  });

  test('tells that Asterisk may not write where recordings begin', async () => {
    const { folder, config } = installation();
    await chmod(join(folder, 'spool'), 0o777);
    await mkdir(join(folder, 'spool/active'), { mode: 0o755 });
    const { stdout } = await mitschnitt(['check', '-c', config]);
    expect(stdout).toMatch(/^wrong {2}spool .*active$/m);
  });

  test.each([
    ['ansage.wav', 'has 2 channels instead of 1, has 8 bits instead of 16, has 44100 Hz instead of 8000'],
    ['ansage.wav16', 'has 2 channels instead of 1, has 8 bits instead of 16, has 44100 Hz instead of 16000'],
  ])('tells that Asterisk would play noise: %s', async (name, problem) => {
    const { folder, config } = installation();
    await cp(sounds, join(folder, 'sounds'), { recursive: true });
    await writeFile(join(folder, 'sounds/de', name), await stereo());
    await appendFile(config, `prompts: { path: ${folder}/sounds }\n`);
    const { stdout } = await mitschnitt(['check', '-c', config]);
    expect(stdout).toContain(`wrong  prompt de/ansage: `);
    expect(stdout).toContain(`${name} ${problem}\n`);
    expect(stdout).toContain('ok     prompt de/ansage-opt-out\n');
  });

  test('gives the faults of the configuration as JSON', async () => {
    const { config } = installation();
    await writeFile(config, 'log: { level: loud }\n');
    const { code, stdout } = await mitschnitt(['check', '--json', '-c', config]);
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject([
      {
        kind: 'configuration',
        ok: false,
        problem: {
          code: 'configuration-invalid',
          fault: 'configuration',
          faults: expect.arrayContaining([]) as unknown,
        },
      },
    ]);
  });
});
