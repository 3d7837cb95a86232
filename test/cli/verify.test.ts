import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { closedCallOf, sampleRecord, sampleRecording, START } from '../catalogue/sample.ts';
import { sha256 } from '../delivery/content.ts';
import { mitschnitt } from './command.ts';
import { useInstallation } from './installation.ts';

const installation = useInstallation();

const contentOf = (id: string) => Buffer.from(`audio of ${id}`);

/** Recordings as they were delivered, each a day after the other, with sidecars. */
async function delivered(ids: readonly string[]): Promise<string> {
  const { fill, folder } = installation();
  const place = join(folder, 'archiv', '2021');
  await mkdir(place, { recursive: true });
  await fill(async (catalogue) => {
    for (const [day, id] of ids.entries()) {
      const [name, startedAt] = [`${id}.wav`, START + day * 86_400_000];
      const content = contentOf(id);
      const media = { sha256: sha256(content), bytes: content.length };
      await catalogue.addRecording(sampleRecording(id, { name, startedAt, ...media }), ['archiv']);
      const record = sampleRecord(id, { file: name, startedAt });
      await catalogue.closeCall(closedCallOf(record), [record]);
      const [due] = await catalogue.dueDeliveries('archiv', 0, 1);
      if (due) await catalogue.saveDelivery({ ...due.delivery, state: 'delivered', deliveredAt: START });
      await writeFile(join(place, name), content);
      await writeFile(join(place, `${id}.json`), JSON.stringify({ id, sha256: media.sha256 }));
    }
  });
  return place;
}

const verify = (...args: string[]) => mitschnitt(['verify', ...args, '-c', installation().config]);
const lines = (text: string, place: string) =>
  text.replaceAll(`${place}/`, '').trimEnd().split('\n').slice(1);

describe('verify', () => {
  test('finds all intact, renamed or not, and ends with 0', async () => {
    const place = await delivered(['a', 'b']);
    await writeFile(join(place, 'renamed.wav'), contentOf('b'));
    await rm(join(place, 'b.wav'));
    const { code, stdout, stderr } = await verify(join(installation().folder, 'archiv'));
    expect(lines(stdout, place)).toEqual(['intact\ta\ta.wav', 'intact\tb\trenamed.wav']);
    expect([code, stderr]).toEqual([0, '2 intact, 0 altered, 0 unknown, 0 missing\n']);
  });

  test('tells what was altered, what is unknown, and in a period what is missing', async () => {
    const place = await delivered(['a', 'b', 'c']);
    await writeFile(join(place, 'a.wav'), 'x');
    await writeFile(join(place, 'z.wav'), 'z');
    await rm(join(place, 'b.wav'));
    await rm(join(place, 'c.wav'));
    const period = ['--from', '2021-04-07', '--to', '2021-04-08', '--target', 'archiv'];
    const { code, stdout } = await verify(place, ...period);
    expect(code).toBe(1);
    expect(lines(stdout, place)).toEqual(['altered\ta\ta.wav', 'unknown\t\tz.wav', 'missing\tb\tb.wav']);
    const json = JSON.parse((await verify(place, ...period, '--json')).stdout) as unknown;
    expect(json).toMatchObject([
      {
        state: 'altered',
        recording: 'a',
        sha256: sha256(Buffer.from('x')),
        expected_sha256: sha256(contentOf('a')),
      },
      { state: 'unknown', recording: null, expected_sha256: null },
      { state: 'missing', recording: 'b', path: null, name: 'b.wav' },
    ]);
  });

  test('takes recordings of the same content for what their names say', async () => {
    const place = await delivered(['a', 'b']);
    const silence = Buffer.from('silence');
    await installation().fill(async (catalogue) => {
      for (const [n, id] of ['q', 'r'].entries()) {
        const [name, startedAt] = [`${id}.wav`, START + n];
        const media = { sha256: sha256(silence), bytes: silence.length };
        await catalogue.addRecording(sampleRecording(id, { name, startedAt, ...media }), ['archiv']);
        const record = sampleRecord(id, { file: name, startedAt });
        await catalogue.closeCall(closedCallOf(record), [record]);
        const [due] = await catalogue.dueDeliveries('archiv', 0, 1);
        // A foreign file had its name there.
        const there = id === 'r' ? 'r-2.wav' : name;
        if (due)
          await catalogue.saveDelivery({
            ...due.delivery,
            name: there,
            state: 'delivered',
            deliveredAt: START,
          });
        await writeFile(join(place, there), silence);
      }
    });
    const { code, stdout } = await verify(place, '--from', '2021-04-07', '--to', '2021-04-08');
    expect(lines(stdout, place).slice(2)).toEqual(['intact\tq\tq.wav', 'intact\tr\tr-2.wav']);
    expect(code).toBe(0);
  });

  test('misses neither what was removed on purpose nor what was sent by e-mail', async () => {
    const place = await delivered(['a', 'b', 'c']);
    await rm(join(place, 'b.wav'));
    await rm(join(place, 'c.wav'));
    await installation().fill(async (catalogue) => {
      const save = async (id: string, changes: object) => {
        const [found] = await catalogue.recordingsOf(id);
        for (const delivery of found?.deliveries ?? [])
          await catalogue.saveDelivery({ ...delivery, ...changes });
      };
      const reason = { reason: 'retention.remote', erasure: undefined, actor: 'mitschnitt' };
      await catalogue.orderRemoval('b', [], reason, START);
      for (const removal of await catalogue.dueRemovals('archiv', START, 1))
        await catalogue.noteRemoval(removal, 'removed', START);
      await save('c', { confirmedBy: 'accepted' });
    });
    const period = ['--from', '2021-04-07', '--to', '2021-04-09'];
    const { code, stderr } = await verify(place, ...period);
    expect([code, stderr]).toEqual([0, '1 intact, 0 altered, 0 unknown, 0 missing\n']);
    expect((await verify(place, ...period, '--target', 'archiv')).stderr).toContain('1 missing');
  });

  test('needs neither catalogue nor configuration with sidecars', async () => {
    const place = await delivered(['a', 'b', 'c']);
    await writeFile(join(place, 'b.wav'), 'x');
    await rm(join(place, 'c.wav'));
    const { code, stdout } = await mitschnitt(['verify', '--sidecars', place]);
    expect(code).toBe(1);
    expect(lines(stdout, place)).toEqual(['intact\ta\ta.wav', 'altered\tb\tb.wav', 'missing\tc\tc.wav']);
  });

  test('ends with 1 where there is nothing: a share that is not mounted is not fine', async () => {
    await delivered(['a']);
    const empty = join(installation().folder, 'empty');
    await mkdir(empty);
    expect((await verify(empty)).code).toBe(1);
    const gone = await verify(join(empty, 'x'));
    expect(gone.code).toBe(1);
    expect(gone.stderr).toMatch(/cannot be read.*\n.*mounted/);
  });
});
