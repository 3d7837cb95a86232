import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { PromptLibrary } from '../../src/spool/prompt-library.ts';
import { promptProblem, publishPrompt } from '../../src/spool/prompts.ts';
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
const own = 'own.json';
const foldersOf = (builtIn?: string) => ({ path: prompts, builtIn, played: join(spool, 'prompts', own) });
const publish = () => publishPrompt(foldersOf(), spool, 'ansage', 'de');
const sha256 = (content: Uint8Array) => createHash('sha256').update(content).digest('hex');
const published = async () =>
  (await readdir(join(spool, 'prompts'), { recursive: true })).filter((name) => name !== own).sort();

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
  const folders = foldersOf('sounds');
  const played = async (name: string) => (await publishPrompt(folders, spool, name, 'de')).sha256;
  expect(await played('ansage')).toBe(sha256(await readFile('sounds/de/ansage.wav')));
  await writeFile(original('ansage.wav'), narrow);
  expect(await played('ansage')).toBe(sha256(narrow));
  const unknown = await publishPrompt(folders, spool, 'nowhere', 'de');
  expect(unknown.problem).toContain(`${original('nowhere.wav')} cannot be used`);
});

test('one’s own that is gone is missing, and not replaced by that of the package unasked', async () => {
  const folders = foldersOf('sounds');
  const play = (from = folders) => publishPrompt(from, spool, 'ansage', 'de');
  await writeFile(original('ansage.wav'), narrow);
  expect(await play()).toMatchObject({ sha256: sha256(narrow) });

  const elsewhere = { ...folders, path: join(folder, 'elsewhere') };
  const lost = await play(elsewhere);
  expect(lost).toMatchObject({ media: undefined, sha256: undefined });
  expect(lost.problem).toContain(`until now ${original('ansage.wav')} was played`);
  expect(await promptProblem(elsewhere, 'ansage', 'de'), 'check tells the same').toBe(lost.problem);
  expect(await new PromptLibrary(elsewhere).facts('ansage', 'de')).toMatchObject({
    ...{ origin: undefined, hasBuiltIn: true, problem: lost.problem, sha256: undefined },
  });
  expect(await play(), 'put back').toMatchObject({ sha256: sha256(narrow) });

  await new PromptLibrary(elsewhere).remove('ansage', 'de');
  const builtIn = sha256(await readFile('sounds/de/ansage.wav'));
  expect(await play(elsewhere), 'that of the package is wanted').toMatchObject({ sha256: builtIn });
});

test.each([
  ['cannot be read', (file: string) => rm(file).then(() => mkdir(file)), /EISDIR/],
  ['is cut off', (file: string) => writeFile(file, '{"de/ansage": {'), /JSON/],
])('what was played of one’s own and %s is told, and not written anew', async (_what, damage, why) => {
  const folders = foldersOf('sounds');
  await writeFile(original('ansage.wav'), narrow);
  await publishPrompt(folders, spool, 'ansage', 'de');
  await damage(folders.played);
  await writeFile(original('abgelehnt.wav'), other);
  const told = `${folders.played}, which tells which announcements of your own were played, cannot be read`;
  const kept = await publishPrompt(folders, spool, 'abgelehnt', 'de');
  expect(kept.problem).toContain(told);
  expect(kept.problem).toMatch(why);
  const library = new PromptLibrary(folders);
  await expect(library.remove('ansage', 'de')).rejects.toMatchObject({ code: 'own-prompts-unknown' });
  expect(await library.content('ansage', 'de'), 'it stays').toEqual(narrow);

  await rm(original('ansage.wav'));
  const gone = await publishPrompt(folders, spool, 'ansage', 'de');
  expect(gone).toMatchObject({ media: undefined, sha256: undefined });
  expect(gone.problem, 'that of the package is not played unasked').toContain(told);
  expect(await library.facts('ansage', 'de')).toMatchObject({ origin: undefined, problem: gone.problem });
  const isFile = (await stat(folders.played)).isFile();
  if (isFile) expect(await readFile(folders.played, 'utf8')).toBe('{"de/ansage": {');
});

test('one’s own that is that of the package may go', async () => {
  const folders = foldersOf('sounds');
  const content = await readFile('sounds/de/ansage.wav');
  await writeFile(original('ansage.wav'), content);
  await publishPrompt(folders, spool, 'ansage', 'de');
  await rm(original('ansage.wav'));
  expect(await publishPrompt(folders, spool, 'ansage', 'de')).toMatchObject({ sha256: sha256(content) });
});

test('a built-in prompt that is broken is none of one’s own', async () => {
  const builtIn = join(folder, 'package');
  await mkdir(join(builtIn, 'de'), { recursive: true });
  await writeFile(join(builtIn, 'de/ansage.wav'), 'no audio');
  const facts = await new PromptLibrary(foldersOf(builtIn)).facts('ansage', 'de');
  expect(facts).toMatchObject({ origin: 'built-in', hasBuiltIn: true, sha256: undefined });
  expect(facts.problem).toContain('is no WAV file');
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
