import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import {
  access,
  appendFile,
  chmod,
  chown,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { Spool } from '../../src/spool/spool.ts';
import { toneFile } from '../live/tone.ts';

const id = '7f0c0a4e-4a4d-4a55-9d5b-0d6d0f6a3c11';
const headerBytes = 44;
/** 2 s. */
const whole = toneFile(440, 2_000);
/** How long an unfinished file has to rest until it is taken for one, and one without audio. */
const abandonedMs = 5_000;
/** Where that is not what is tried. */
const impatience = { abandonedAfterMs: 500, absentAfterMs: 100 };

let folder: string;
let spool: Spool;
let impatient: Spool;
const { signal } = new AbortController();

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mitschnitt-spool-'));
  spool = new Spool(folder);
  impatient = new Spool(folder, impatience);
  await spool.prepare();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const sha256 = (content: Uint8Array) => createHash('sha256').update(content).digest('hex');

/** A file that Asterisk did not come to close. */
function unfinished(bytes = whole.length): Buffer {
  const content = Buffer.from(whole.subarray(0, bytes));
  if (bytes >= headerBytes) setLengths(content, 0, 0);
  return content;
}

function setLengths(content: Buffer, riff: number, audio: number): void {
  content.writeUInt32LE(riff, 4);
  content.writeUInt32LE(audio, 40);
}

async function timed<T>(work: Promise<T>): Promise<{ result: T; ms: number }> {
  const before = performance.now();
  const result = await work;
  return { result, ms: performance.now() - before };
}

function activeFile(recording: string): string {
  return spool.activeFiles(recording, { stereo: false })[0];
}

/** What must be true of every recording that was collected. */
async function expectMoved(content: Uint8Array): Promise<void> {
  await expect(access(activeFile(id))).rejects.toThrow('ENOENT');
  expect(await readFile(spool.transferFile(id))).toEqual(content);
  expect(await readdir(join(folder, 'transfer'))).toEqual([`${id}.wav`]);
}

describe('collecting', () => {
  const ofWhole = { bytes: whole.length, durationMs: 2_000, sha256: sha256(whole) };

  test('a closed file moves it at once, and tells what it is', async () => {
    await writeFile(activeFile(id), whole);
    const { result, ms } = await timed(spool.collect(id, signal));
    expect(result).toMatchObject({ ...ofWhole, repaired: false });
    expect(ms).toBeLessThan(500);
    await expectMoved(whole);
  });

  test('waits for a file that is still written, however slowly, and repairs nothing', async () => {
    const content = unfinished();
    const half = headerBytes + 16_000;
    await writeFile(activeFile(id), content.subarray(0, half));
    const collected = timed(spool.collect(id, signal));
    await pause(400);
    await appendFile(activeFile(id), content.subarray(half));
    await pause(400);
    expect(await readdir(join(folder, 'transfer'))).toEqual([]);
    const file = await open(activeFile(id), 'r+');
    await file.write(whole.subarray(0, headerBytes), 0, headerBytes, 0);
    await file.close();
    const { result, ms } = await collected;
    expect(result).toMatchObject({ ...ofWhole, repaired: false });
    expect(ms).toBeGreaterThan(800);
    await expectMoved(whole);
  });

  test('waits for a file that is only now made', async () => {
    const collected = spool.collect(id, signal);
    await pause(300);
    await writeFile(activeFile(id), whole);
    expect(await collected).toMatchObject({ ...ofWhole, repaired: false });
  });

  test('an unfinished file gives it its lengths, and leaves the audio', async () => {
    await writeFile(activeFile(id), unfinished());
    const { result, ms } = await timed(spool.collect(id, signal));
    // An intact header of the same audio is what Asterisk would have written.
    expect(result).toMatchObject({ ...ofWhole, repaired: true });
    expect(ms).toBeGreaterThan(abandonedMs);
    await expectMoved(whole);
  });

  test('a file that ends in the middle of a sample keeps every byte', async () => {
    const bytes = headerBytes + 8_001;
    await writeFile(activeFile(id), unfinished(bytes));
    expect(await impatient.collect(id, signal)).toMatchObject({ bytes, durationMs: 500, repaired: true });
    const expected = Buffer.from(whole.subarray(0, bytes));
    setLengths(expected, bytes - 8, bytes - headerBytes);
    await expectMoved(expected);
  });

  test.each([0, 10, headerBytes])(
    'a file of %i bytes finds no audio, and does not give up early',
    async (bytes) => {
      await writeFile(activeFile(id), unfinished(bytes));
      const { result, ms } = await timed(impatient.collect(id, signal));
      expect(result).toMatchObject({ bytes, durationMs: 0, repaired: false });
      expect(ms).toBeGreaterThan(impatience.abandonedAfterMs);
    },
  );

  test('a file that only Asterisk may write is repaired in a copy', async () => {
    await writeFile(activeFile(id), unfinished());
    const { ino } = await stat(activeFile(id));
    const { result } = await timed(impatient.collect(id, signal));
    expect(result).toMatchObject({ repaired: true });
    expect((await stat(spool.transferFile(id))).ino).not.toBe(ino);
    await expect(stat(activeFile(id))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('a file that never comes finds nothing', async () => {
    const { result, ms } = await timed(spool.collect(id, signal));
    expect(result).toBeUndefined();
    expect(ms).toBeLessThan(abandonedMs);
  });

  test('ends at once when it is aborted', async () => {
    await writeFile(activeFile(id), unfinished());
    const abort = new AbortController();
    const collected = timed(spool.collect(id, abort.signal).catch((error: unknown) => error));
    await pause(100);
    abort.abort();
    const { result, ms } = await collected;
    expect(result).toMatchObject({ name: 'AbortError' });
    expect(ms).toBeLessThan(500);
    expect(await readFile(activeFile(id))).toEqual(unfinished());
  });
});

describe('collecting again after a crash', () => {
  const bytes = whole.length;
  const steps: readonly [string, () => Promise<void>][] = [
    ['before anything was done', () => writeFile(activeFile(id), unfinished())],
    [
      'between the two lengths',
      async () => {
        const content = unfinished();
        setLengths(content, bytes - 8, 0);
        await writeFile(activeFile(id), content);
      },
    ],
    ['before it was moved', () => writeFile(activeFile(id), whole)],
    ['after it was moved', () => writeFile(spool.transferFile(id), whole)],
  ];

  test.each(steps)('%s gives the same file', async (_name, arrange) => {
    await arrange();
    const media = { bytes, durationMs: 2_000, sha256: sha256(whole) };
    expect(await impatient.collect(id, signal)).toMatchObject(media);
    await expectMoved(whole);
    expect(await spool.collect(id, signal)).toMatchObject({ ...media, repaired: false });
    await expectMoved(whole);
  });

  test('finds a file that somebody moved meanwhile', async () => {
    await writeFile(activeFile(id), unfinished());
    const collected = spool.collect(id, signal);
    await pause(200);
    await writeFile(join(folder, 'elsewhere'), whole);
    await rename(join(folder, 'elsewhere'), spool.transferFile(id));
    await rm(activeFile(id));
    expect(await collected).toMatchObject({ bytes, repaired: false });
  });
});

describe('the folders', () => {
  test('get owner and mode of the spool, so that Asterisk may write where it may there', async () => {
    const other = join(folder, 'other');
    await mkdir(other);
    // Only root can give a folder away.
    const [uid, gid] = process.getuid?.() === 0 ? [12_345, 23_456] : [process.getuid?.(), process.getgid?.()];
    await chown(other, uid ?? 0, gid ?? 0);
    await chmod(other, 0o2770);
    await new Spool(other).prepare();
    for (const name of ['active', 'transfer']) {
      const made = await stat(join(other, name));
      expect({ uid: made.uid, gid: made.gid, mode: made.mode & 0o7777 }).toEqual({ uid, gid, mode: 0o2770 });
    }
  });

  test('are left as they are when they are there already', async () => {
    await chmod(join(folder, 'active'), 0o700);
    await writeFile(activeFile(id), whole);
    await spool.prepare();
    expect((await stat(join(folder, 'active'))).mode & 0o7777).toBe(0o700);
    expect(await readFile(activeFile(id))).toEqual(whole);
  });

  test('are made with all that lies above them', async () => {
    const deep = new Spool(join(folder, 'a', 'b'));
    expect(await deep.prepare()).toBe('created');
    expect(await deep.prepare()).toBe('found');
    expect(await deep.usage('active')).toEqual({ files: 0, bytes: 0 });
  });

  test('cannot be made where there is a file, and the error says so', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(new Spool(join(folder, 'file')).prepare()).rejects.toMatchObject({
      code: 'spool-unusable',
      fault: 'configuration',
    });
  });
});

describe('looking whether it can be used', () => {
  test('changes nothing', async () => {
    await rm(join(folder, 'active'), { recursive: true });
    await spool.check();
    expect(await readdir(folder)).toEqual(['transfer']);
  });

  test('finds a folder in which not everybody may write who may in the spool', async () => {
    await chmod(folder, 0o2775);
    await chmod(join(folder, 'active'), 0o755);
    await expect(spool.check()).rejects.toMatchObject({ code: 'spool-unusable', fault: 'configuration' });
    await chmod(join(folder, 'active'), 0o2775);
    await spool.check();
  });

  test('finds that there is none', async () => {
    await expect(new Spool(join(folder, 'absent')).check()).rejects.toMatchObject({
      code: 'spool-unusable',
      message: expect.stringContaining('ENOENT') as string,
    });
  });
});

describe('what stands in the way of writing', () => {
  test('is nothing in a spool as it should be', async () => {
    expect(await spool.obstacle()).toBeUndefined();
  });

  test('is that the folder is gone, and the usage is nothing', async () => {
    await rm(folder, { recursive: true });
    expect(await spool.obstacle()).toMatchObject({ rule: 'spool-missing' });
    expect(await spool.usage('active')).toEqual({ files: 0, bytes: 0 });
    expect(await spool.disk()).toBeUndefined();
  });

  test('is that not everybody may write there who may in the spool', async () => {
    await chmod(folder, 0o2775);
    await chmod(join(folder, 'active'), 0o755);
    expect(await spool.obstacle()).toMatchObject({ rule: 'spool-not-writable' });
  });
});

test('what lies in the spool is counted, and a file that is no recording can be discarded', async () => {
  await writeFile(activeFile('a'), whole);
  await writeFile(spool.transferFile('b'), whole);
  await writeFile(spool.transferFile('c'), 'x');
  expect(await spool.usage('active')).toEqual({ files: 1, bytes: whole.length });
  expect(await spool.usage('transfer')).toEqual({ files: 2, bytes: whole.length + 1 });
  expect(spool.activeBytes('a')).toBe(whole.length);
  expect(spool.activeBytes('b')).toBeUndefined();
  await spool.discard('b');
  await spool.discard('b');
  expect(await spool.usage('transfer')).toEqual({ files: 1, bytes: 1 });
  expect((await spool.disk())?.freeBytes).toBeGreaterThan(0);
});

test('a backlog is counted once for all who ask meanwhile, and not again at once', async () => {
  const backlog = 10_000;
  for (let n = 0; n < backlog; n += 1) writeFileSync(spool.transferFile(`r${n}`), 'x');
  const asked = await Promise.all([spool.usage('transfer'), spool.usage('transfer')]);
  expect(asked[0]).toEqual({ files: backlog, bytes: backlog });
  expect(asked[1]).toBe(asked[0]);
  expect(await spool.usage('transfer')).toBe(asked[0]);
});
