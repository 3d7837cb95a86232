// A recording in two files, one of each side: how a stereo file is made of it, whatever happens meanwhile.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { watch, writeFileSync } from 'node:fs';
import { access, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { collect } from '../../src/spool/collect.ts';
import { Spool } from '../../src/spool/spool.ts';
import { tone } from '../live/tone.ts';
import { formatWav, parseWav } from '../live/wav.ts';

const id = '7f0c0a4e-4a4d-4a55-9d5b-0d6d0f6a3c11';
const headerBytes = 44;
/** Long enough to be read in several pieces. */
const ms = 20_000;
const left = tone(1_020, ms);
const right = tone(560, ms);
const member = formatWav({ sampleRate: 8_000, channels: [left] });
const other = formatWav({ sampleRate: 8_000, channels: [right] });
const both = formatWav({ sampleRate: 8_000, channels: [left, right] });

let folder: string;
let spool: Spool;
const { signal } = new AbortController();

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mitschnitt-collect-'));
  spool = new Spool(folder);
  await spool.prepare();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const sides = (): readonly string[] => spool.activeFiles(id, { stereo: true });
const write = (side: 0 | 1, content: Uint8Array): Promise<void> => writeFile(sides()[side] ?? '', content);

/** A file that Asterisk did not come to close. */
function unfinished(file: Buffer, bytes = file.length): Buffer {
  const content = Buffer.from(file.subarray(0, bytes));
  content.writeUInt32LE(0, 4);
  content.writeUInt32LE(0, 40);
  return content;
}

/** As the spool does it, in less time. */
function collected() {
  return collect([spool.activeFiles(id, { stereo: true })] as const, spool.transferFile(id), signal, {
    abandonedAfterMs: 200,
    absentAfterMs: 100,
  });
}

async function expectOnly(content: Uint8Array): Promise<void> {
  expect(Buffer.compare(await readFile(spool.transferFile(id)), content)).toBe(0);
  expect(await readdir(join(folder, 'transfer'))).toEqual([`${id}.wav`]);
  expect(await readdir(join(folder, 'active'))).toEqual([]);
}

const whole = {
  bytes: both.length,
  durationMs: ms,
  sampleRate: 8_000,
  sha256: createHash('sha256').update(both).digest('hex'),
};

describe('two sides', () => {
  test('become one file: the member left, the other party right', async () => {
    await write(0, member);
    await write(1, other);
    const media = await spool.collect(id, signal);
    expect(media).toMatchObject({ ...whole, repaired: false });
    expect(media?.levels).toMatchObject([{ audibleMs: ms }, { audibleMs: ms }]);
    await expectOnly(both);
  });

  test('at 16 kHz become a file of 16 kHz', async () => {
    const sampleRate = 16_000;
    const [first = '', second = ''] = sides();
    await writeFile(`${first}16`, formatWav({ sampleRate, channels: [left] }));
    await writeFile(`${second}16`, formatWav({ sampleRate, channels: [right] }));
    expect(spool.activeBytes(id)).toBe(member.length + other.length);
    expect(await spool.collect(id, signal)).toMatchObject({ durationMs: ms / 2, sampleRate });
    await expectOnly(formatWav({ sampleRate, channels: [left, right] }));
  });

  test('of which Asterisk closed none are repaired', async () => {
    await write(0, unfinished(member));
    await write(1, unfinished(other));
    expect(await collected()).toMatchObject({ ...whole, repaired: true });
    await expectOnly(both);
  });

  test('that Asterisk, held up by a disk that stood still, writes on meanwhile are not cut short', async () => {
    await write(0, unfinished(member, headerBytes + 300_000));
    await write(1, unfinished(other, headerBytes + 300_000));
    const transfer = watch(join(folder, 'transfer'));
    const begun = once(transfer, 'change');
    const collecting = collected();
    await begun;
    transfer.close();
    for (const [side, content] of [member, other].entries()) writeFileSync(sides()[side] ?? '', content);
    expect(await collecting).toMatchObject({ ...whole, repaired: false });
    await expectOnly(both);
  });

  test.each([
    ['the shorter has ended', headerBytes + 16_000],
    ['the shorter has ended in the middle of a sample', headerBytes + 16_001],
    ['the shorter has nothing', headerBytes],
    ['the shorter has not even a header', 10],
  ])('of different length are filled up with silence where %s', async (_what, bytes) => {
    await write(0, member);
    await write(1, bytes < headerBytes ? other.subarray(0, bytes) : unfinished(other, bytes));
    const media = await collected();
    expect(media).toMatchObject({ durationMs: ms, repaired: true });
    const { channels } = parseWav(await readFile(spool.transferFile(id)));
    const expected = new Int16Array(left.length);
    expected.set(right.subarray(0, Math.floor(Math.max(0, bytes - headerBytes) / 2)));
    expect(channels[0]).toEqual(left);
    expect(channels[1]).toEqual(expected);
  });

  test('of which one was never written: the other is kept', async () => {
    await write(1, other);
    expect(spool.activeBytes(id)).toBeUndefined();
    expect(await collected()).toMatchObject({
      durationMs: ms,
      levels: [{ audibleMs: 0 }, { audibleMs: ms }],
    });
    await expectOnly(formatWav({ sampleRate: 8_000, channels: [new Int16Array(left.length), right] }));
  });

  test('without a sample are a file without a sample', async () => {
    await write(0, unfinished(member, headerBytes));
    await write(1, unfinished(other, headerBytes));
    expect(await collected()).toMatchObject({ durationMs: 0, repaired: false, bytes: headerBytes });
  });

  test('that are not there are none', async () => {
    expect(await collected()).toBeUndefined();
  });
});

describe('collecting two sides again after a crash', () => {
  const steps: readonly [string, () => Promise<unknown>][] = [
    ['before anything was done', () => Promise.all([write(0, member), write(1, other)])],
    [
      'while they were joined',
      () =>
        Promise.all([
          write(0, member),
          write(1, other),
          writeFile(`${spool.transferFile(id)}.part`, both.subarray(0, 100_000)),
        ]),
    ],
    [
      'when they were joined and still there',
      () => Promise.all([write(0, member), write(1, other), writeFile(spool.transferFile(id), both)]),
    ],
    [
      'when one of them was gone',
      () => Promise.all([write(1, other), writeFile(spool.transferFile(id), both)]),
    ],
    ['when both were gone', () => writeFile(spool.transferFile(id), both)],
  ];

  test.each(steps)('%s gives the same file, and again', async (_name, arrange) => {
    await arrange();
    expect(await spool.collect(id, signal)).toMatchObject({ ...whole, repaired: false });
    await expectOnly(both);
    expect(await spool.collect(id, signal)).toMatchObject({ ...whole, repaired: false });
    await expectOnly(both);
    await spool.discard(id);
    await expect(access(spool.transferFile(id))).rejects.toThrow('ENOENT');
  });
});

test('a long recording takes no more memory than a short one', async () => {
  // Half an hour of each side: 115 MB in all.
  const minute = tone(1_020, 60_000);
  const half = formatWav({
    sampleRate: 8_000,
    channels: [Int16Array.from({ length: 30 * minute.length }, (_, at) => minute[at % minute.length] ?? 0)],
  });
  await write(0, half);
  await write(1, half);
  let most = 0;
  const before = process.memoryUsage().rss;
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss - before);
  }, 10);
  expect(await spool.collect(id, signal)).toMatchObject({ durationMs: 1_800_000 });
  clearInterval(timer);
  expect(most / 1e6).toBeLessThan(40);
});
