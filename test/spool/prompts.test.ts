import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { publishPrompt } from '../../src/spool/prompts.ts';
import { tone, toneFile } from '../live/tone.ts';
import { formatWav } from '../live/wav.ts';

const narrow = toneFile(440, 1_500);
const other = toneFile(880, 1_500);
const samples = tone(440, 1_500, { sampleRate: 16_000 });
const wide = formatWav({ sampleRate: 16_000, channels: [samples] });

let folder: string;
let prompts: string;
let spool: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mitschnitt-prompts-'));
  prompts = join(folder, 'prompts');
  spool = join(folder, 'spool');
  await mkdir(join(prompts, 'de'), { recursive: true });
  await mkdir(spool);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const original = (name: string) => join(prompts, 'de', name);
const publish = () => publishPrompt({ path: prompts, builtIn: undefined }, spool, 'ansage', 'de');
const sha256 = (content: Uint8Array) => createHash('sha256').update(content).digest('hex');
const published = async () => (await readdir(join(spool, 'prompts'), { recursive: true })).sort();

test('a prompt is published in both rates, under the hash of its content', async () => {
  await writeFile(original('ansage.wav'), narrow);
  await writeFile(original('ansage.wav16'), wide);
  const hash = sha256(narrow);
  const path = join(spool, 'prompts', hash, 'ansage');
  expect(await publish()).toEqual({
    name: 'ansage',
    language: 'de',
    media: `sound:${path}`,
    sha256: hash,
    durationMs: 1_500,
  });
  expect(await readFile(`${path}.wav`)).toEqual(narrow);
  expect(await readFile(`${path}.wav16`)).toEqual(wide);
  expect(await published(), 'nothing is left over').toEqual([
    hash,
    join(hash, 'ansage.wav'),
    join(hash, 'ansage.wav16'),
  ]);
});

test('a prompt that is missing is told: nothing that nobody approved is played in its place', async () => {
  const missing = await publish();
  expect(missing).toMatchObject({ media: undefined, sha256: undefined });
  expect(missing.problem).toContain(`${original('ansage.wav')} cannot be used`);
});

test('of the built-in prompts each is played where there is none of one’s own', async () => {
  const folders = { path: prompts, builtIn: 'sounds' };
  const played = async (name: string) => (await publishPrompt(folders, spool, name, 'de')).sha256;
  expect(await played('ansage')).toBe(sha256(await readFile('sounds/de/ansage.wav')));
  await writeFile(original('ansage.wav'), narrow);
  expect(await played('ansage')).toBe(sha256(narrow));
  const unknown = await publishPrompt(folders, spool, 'nowhere', 'de');
  expect(unknown.problem).toContain(`${original('nowhere.wav')} cannot be used`);
});

test('the version with 16 kHz may be missing', async () => {
  await writeFile(original('ansage.wav'), narrow);
  const prompt = await publish();
  expect(prompt.problem).toBeUndefined();
  expect(await published()).toEqual([sha256(narrow), join(sha256(narrow), 'ansage.wav')]);
});

test('a prompt that was changed is published beside the former, which stays as it was announced', async () => {
  await writeFile(original('ansage.wav'), narrow);
  const former = await publish();
  await writeFile(original('ansage.wav'), other);
  const now = await publish();
  expect(now.sha256).toBe(sha256(other));
  expect(now.media).not.toBe(former.media);
  expect(await readFile(`${former.media?.replace('sound:', '') ?? ''}.wav`)).toEqual(narrow);
});

test('publishing again changes nothing, also after a crash in the middle of it', async () => {
  await writeFile(original('ansage.wav'), narrow);
  const first = await publish();
  await writeFile(`${first.media?.replace('sound:', '') ?? ''}.wav.part`, 'half a fi');
  expect(await publish()).toEqual(first);
  expect(await published()).toEqual([sha256(narrow), join(sha256(narrow), 'ansage.wav')]);
});

const stereo = formatWav({ sampleRate: 8_000, channels: [samples, samples] });
/** A prompt with another number at one place of its header. */
function changed(offset: number, value: number): Buffer {
  const file = Buffer.from(narrow);
  file.writeUInt16LE(value, offset);
  return file;
}

test.each([
  ['is a folder', () => mkdir(original('ansage.wav')), /EISDIR/],
  ['is empty', () => writeFile(original('ansage.wav'), ''), /is no WAV file/],
  ['is something else', () => writeFile(original('ansage.wav'), 'ID3'.repeat(100)), /is no WAV file/],
  ['has the wrong rate', () => writeFile(original('ansage.wav'), wide), /has 16000 Hz instead of 8000/],
  ['is stereo', () => writeFile(original('ansage.wav'), stereo), /has 2 channels instead of 1/],
  ['is A-law', () => writeFile(original('ansage.wav'), changed(20, 6)), /is not PCM/],
  ['has 8 bits', () => writeFile(original('ansage.wav'), changed(34, 8)), /has 8 bits instead of 16/],
  ['exists in 16 kHz only', () => writeFile(original('ansage.wav16'), wide), /ENOENT/],
])('a prompt that %s is told with its problem', async (_name, arrange, problem) => {
  await arrange();
  const prompt = await publish();
  expect(prompt).toMatchObject({ name: 'ansage', language: 'de', media: undefined, sha256: undefined });
  expect(prompt.problem).toMatch(problem);
  expect(prompt.problem).toContain(original('ansage.wav'));
});

test('a wrong version with 16 kHz is a problem as well', async () => {
  await writeFile(original('ansage.wav'), narrow);
  await writeFile(original('ansage.wav16'), narrow);
  expect(await publish()).toMatchObject({
    media: undefined,
    problem: `${original('ansage.wav16')} has 8000 Hz instead of 16000`,
  });
});

test('Asterisk can read what is published, whoever may read the original', async () => {
  await writeFile(original('ansage.wav'), narrow);
  await chmod(original('ansage.wav'), 0o600);
  const { media = '' } = await publish();
  expect((await stat(`${media.replace('sound:', '')}.wav`)).mode & 0o777).toBe(0o644);
});

test('a spool that cannot be written to is a problem, not an error', async () => {
  await writeFile(original('ansage.wav'), narrow);
  await rm(spool, { recursive: true });
  await writeFile(spool, '');
  expect((await publish()).problem).toBeDefined();
});
