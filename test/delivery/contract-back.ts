import { expect, test } from 'vitest';

import type { Target, TargetPath } from '../../src/delivery/target.ts';
import { patterned, sha256 } from './content.ts';
import type { Fixture, Place } from './contract.ts';
import { expectToHelp, thrownBy, type Local } from './local.ts';

/** What a test of the contract works on; each has a target of its own. */
export interface Scene {
  readonly place: () => Place;
  readonly target: () => Target;
  readonly local: () => Local;
}

/** The part of the contract about reading and removing what was stored. */
export function handsBack(
  { place, target, local }: Scene,
  { secrets, obstacles, unremovable }: Fixture,
): void {
  const { signal } = new AbortController();

  test('a file as it is, and removes it, once, whatever its name', async () => {
    const beside = await local().upload({ folder: 'Vertrieb Süd' });
    await target().put(beside);
    const contents = [Buffer.alloc(0), patterned(1), patterned(1000)];
    for (const name of ['Aufnahme_+41791234567_200.wav', '-rf.wav', 'zwei  Größen (1), a%20b.wav']) {
      const upload = await local().upload({ name, folder: 'Vertrieb Süd', content: contents.shift() });
      await target().put(upload);
      expect(sha256(await readBack(target(), upload))).toBe(upload.sha256);
      expect(await target().remove(upload, signal)).toBe('removed');
      expect(await target().remove(upload, signal)).toBe('absent');
    }
    expect(await place().files()).toEqual([`Vertrieb Süd/${beside.name}`]);
  });

  test('nothing of a file that is missing, and tells so', async () => {
    for (const folder of ['', 'nowhere/at all']) {
      const missing = { folder, name: 'missing.wav' };
      const thrown = await thrownBy(readBack(target(), missing));
      expectToHelp(thrown, target().name, secrets);
      expect(thrown).toMatchObject({ code: 'file-missing', retry: false });
      expect(await target().remove(missing, signal)).toBe('absent');
    }
    expect((await target().put(await local().upload({}))).how).toBe('stored');
  });

  test('only as much of a large file as is wanted, and serves on', async () => {
    const upload = await local().upload({ content: patterned(5_000_000) });
    await target().put(upload);
    for await (const piece of target().read(upload, signal)) {
      expect(patterned(piece.length)).toEqual(piece);
      break;
    }
    expect(sha256(await readBack(target(), upload))).toBe(upload.sha256);
    const aborted = AbortSignal.abort();
    expect(await thrownBy(readBack(target(), upload, aborted))).toMatchObject({ code: 'aborted' });
    expect(await thrownBy(target().remove(upload, aborted))).toMatchObject({ code: 'aborted' });
    expect(await target().remove(upload, signal)).toBe('removed');
  });

  if (unremovable)
    test('and tells where it may not remove', async () => {
      const hindered = await unremovable.meet(place());
      const thrown = await thrownBy(hindered.remove(unremovable.file, signal));
      await hindered.close();
      expectToHelp(thrown, hindered.name, secrets);
      expect(thrown).toMatchObject({ code: unremovable.code, fault: unremovable.fault, retry: true });
    });

  const absent = obstacles['server absent'];
  if (typeof absent !== 'string')
    test('nothing from a server that is absent, which is no file that is missing', async () => {
      const hindered = await absent.meet(place());
      const missing = { folder: '', name: 'missing.wav' };
      for (const tried of [() => readBack(hindered, missing), () => hindered.remove(missing, signal)])
        expect(await thrownBy(tried())).toMatchObject({
          code: absent.code,
          fault: absent.fault,
          retry: true,
        });
      await hindered.close();
    });
}

export async function readBack(
  target: Target,
  file: TargetPath,
  signal = new AbortController().signal,
): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of target.read(file, signal)) pieces.push(piece);
  return Buffer.concat(pieces);
}
