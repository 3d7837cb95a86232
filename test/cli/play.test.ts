import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { sampleRecording, START } from '../catalogue/sample.ts';
import { sha256 } from '../delivery/content.ts';
import { mitschnitt } from './command.ts';
import { useInstallation } from './installation.ts';

const installation = useInstallation();
const content = Buffer.from('audio of a');

/** The recording `a` of `call-1`, delivered to `archiv`; there under another name, since its own was taken. */
async function delivered({ target = 'archiv', ids = ['a'] } = {}): Promise<string> {
  const { fill, folder } = installation();
  await mkdir(join(folder, 'archiv/2021'), { recursive: true });
  await mkdir(join(folder, 'spool/transfer'), { recursive: true });
  await fill(async (catalogue) => {
    for (const id of ids) {
      const facts = { folder: '2021', name: `${id}.wav`, sha256: sha256(content), bytes: content.length };
      await catalogue.addRecording(sampleRecording(id, facts), [target]);
      const [due] = await catalogue.dueDeliveries(target, 0, 1);
      if (due)
        await catalogue.saveDelivery({
          ...due.delivery,
          ...{ name: `${id}-2.wav`, state: 'delivered', deliveredAt: START },
        });
    }
  });
  const file = join(folder, 'archiv/2021/a-2.wav');
  await writeFile(file, content);
  return file;
}

/** A folder for the PATH, with programs that note with what they were called. */
async function players(...names: readonly string[]): Promise<string> {
  const path = join(installation().folder, 'bin');
  await mkdir(path);
  for (const name of names) {
    const file = join(path, name);
    await writeFile(
      file,
      `#!/bin/sh\nfor last; do :; done\necho "$0 $*" >&2\nread -r heard <"$last"\necho "heard $heard" >&2\n`,
    );
    await chmod(file, 0o755);
  }
  return path;
}

const saved = () => join(installation().folder, 'saved.wav');
const play = (...args: string[]) => mitschnitt(['play', ...args, '-c', installation().config]);
const save = (id: string, ...args: string[]) => play(id, '--save', saved(), ...args);

describe('play', () => {
  test('reads a recording back from the target that has it, by its id or that of its call', async () => {
    await delivered();
    for (const id of ['a', 'call-1']) {
      expect(await save(id)).toMatchObject({ code: 0, stdout: `${saved()}\n`, stderr: '' });
      expect(await readFile(saved())).toEqual(content);
      await rm(saved());
    }
  });

  test('takes the local file where there is one', async () => {
    await rm(await delivered());
    await writeFile(join(installation().folder, 'spool/transfer/a.wav'), content);
    expect((await save('a')).code).toBe(0);
    expect(await readFile(saved())).toEqual(content);
  });

  test('never overwrites without --force', async () => {
    await delivered();
    await writeFile(saved(), 'mine');
    const { code, stderr } = await save('a');
    expect([code, stderr]).toEqual([1, expect.stringContaining('--force')]);
    expect(await readFile(saved(), 'utf8')).toBe('mine');
    expect((await save('a', '--force')).code).toBe(0);
    expect(await readFile(saved())).toEqual(content);
  });

  test('says that the recording was altered, with 1, and keeps nothing of it', async () => {
    await writeFile(await delivered(), 'audio of b');
    const { code, stderr } = await save('a');
    expect(code).toBe(1);
    expect(stderr).toContain('the recording a was altered: archiv has another content');
    expect((await readdir(installation().folder)).filter((name) => name.endsWith('.wav'))).toEqual([]);
  });

  test('goes on to an intact copy after an altered one, and ends with 1 all the same', async () => {
    await delivered();
    await writeFile(join(installation().folder, 'spool/transfer/a.wav'), 'audio of b');
    const { code, stderr } = await save('a');
    expect([code, stderr]).toEqual([1, expect.stringContaining('spool has another content')]);
    expect(await readFile(saved())).toEqual(content);
  });

  test('says that it is gone, with 1', async () => {
    await rm(await delivered());
    const { code, stderr } = await save('a');
    expect([code, stderr]).toEqual([1, expect.stringContaining('there is no file a-2.wav')]);
  });

  test('says that the target cannot be reached, with 4', async () => {
    await delivered();
    await rm(join(installation().folder, 'archiv'), { recursive: true });
    expect((await save('a')).code).toBe(4);
  });

  test('says of what was only sent by e-mail that it cannot be read back, with 1', async () => {
    await delivered({ target: 'post' });
    const { config } = installation();
    const text = await readFile(config, 'utf8');
    const mail = `  post: { type: email, to: [a@example.com] }\nsmtp: { host: 127.0.0.1, port: 1, from: pbx@example.com }\n`;
    await writeFile(config, `${text}${mail}`);
    const { code, stderr } = await save('a');
    expect([code, stderr]).toEqual([1, expect.stringContaining('can neither be read back')]);
  });

  test('knows no recording of this id, or several of this call, with 1', async () => {
    await delivered({ ids: ['a', 'b'] });
    expect(await save('call-1')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/has 2 recordings\n.*: a, b\n$/) as string,
    });
    expect(await save('../a')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no recording with the id ../a') as string,
    });
  });

  test('has the first player on the PATH play it, and leaves no copy', async () => {
    await delivered();
    const { folder } = installation();
    await mkdir(join(folder, 'tmp'));
    const env = { PATH: await players('aplay', 'play'), TMPDIR: join(folder, 'tmp') };
    const { code, stderr } = await mitschnitt(['play', 'a', '-c', installation().config], { env });
    expect(code).toBe(0);
    expect(stderr).toMatch(/\/bin\/aplay -q \/.+\.wav\nheard audio of a\n$/);
    expect(await readdir(join(folder, 'tmp'))).toEqual([]);
  });

  test('says which players there are where there is none', async () => {
    await delivered();
    const env = { PATH: await players() };
    const { code, stderr } = await mitschnitt(['play', 'a', '-c', installation().config], { env });
    expect([code, stderr]).toEqual([1, expect.stringMatching(/ffplay .*aplay .*play .*--save FILE/)]);
  });
});
