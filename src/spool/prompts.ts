import { createHash } from 'node:crypto';
import { access, chmod, mkdir, readFile, rename, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { codeOf, messageOf, MitschnittError } from '../errors.ts';
import { longestStayMs } from '../call/gate.ts';
import {
  durationMs,
  parseWavHeader,
  pcmFormat,
  wavHeader,
  wavHeaderBytes,
  type WavHeader,
} from '../recording/wav.ts';
import { keepOwnPrompt, ownPromptPlayed, type OwnPrompt } from './own-prompts.ts';
import type { Prompt } from '../call/call.ts';

/** Where announcements come from. */
export interface PromptFolders {
  /** Those of one's own. */
  readonly path: string;
  /** Those that are played where there is none of one's own; undefined: nothing is. */
  readonly builtIn: string | undefined;
  /** File that keeps which of one's own were played. */
  readonly played: string;
}

/**
 * The versions of an announcement, by the endings that Asterisk knows: it plays the one that suits the channel, and
 * takes its content for what the ending says. The first must exist.
 */
const versions = [
  { ending: '.wav', sampleRate: 8_000 },
  { ending: '.wav16', sampleRate: 16_000 },
] as const;

const bitsPerSample = 16;
const bitsPerByte = 8;
const msPerSecond = 1_000;
/** Readable whatever user Asterisk runs as, and whatever our umask is. */
const promptMode = 0o644;

/** What to do about one that cannot be played. */
export const promptHint =
  'Put a 16-bit mono PCM WAV file there, .wav with 8 kHz and .wav16 with 16 kHz (sounds/make.sh makes some), or set prompts.path.';

/** One file of an announcement, read whole: what is played is what was checked and hashed. */
interface PromptFile {
  readonly ending: string;
  readonly content: Buffer;
  readonly header: WavHeader;
}

/**
 * Whether a folder has an announcement, in whatever version; one that cannot be read is there, too, and a problem to be
 * told.
 */
export async function hasPrompt(folder: string, name: string, language: string): Promise<boolean> {
  const found = versions.map(({ ending }) =>
    access(join(folder, language, `${name}${ending}`)).then(
      () => true,
      (error: unknown) => !['ENOENT', 'ENOTDIR'].includes(codeOf(error)),
    ),
  );
  return (await Promise.all(found)).includes(true);
}

/** Where an announcement is looked for. */
interface PromptPlace {
  readonly folder: string;
  /** One's own that was played until now and is gone: nothing is played in its place before somebody wants that. */
  readonly lost: OwnPrompt | undefined;
  /** Why it is not known whether one's own was played. */
  readonly unknown?: string;
}

/** The folder of one's own, or the built-in ones if only those have it and ever had. */
async function placeOf(folders: PromptFolders, name: string, language: string): Promise<PromptPlace> {
  const { path, builtIn, played } = folders;
  const own = { folder: path, lost: undefined };
  if (builtIn === undefined || (await hasPrompt(path, name, language))) return own;
  if (!(await hasPrompt(builtIn, name, language))) return own;
  const lost = await ownPromptPlayed(played, name, language).catch(messageOf);
  if (typeof lost === 'string') return { ...own, unknown: lost };
  const isOther = lost && lost.sha256 !== (await hashOf(join(builtIn, language, `${name}.wav`)));
  return isOther ? { folder: path, lost } : { folder: builtIn, lost: undefined };
}

export async function promptFolder(folders: PromptFolders, name: string, language: string): Promise<string> {
  return (await placeOf(folders, name, language)).folder;
}

async function hashOf(file: string): Promise<string | undefined> {
  const content = await readFile(file).catch(() => undefined);
  return content && sha256Of(content);
}

function sha256Of(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

/** What is played, or why nothing is. */
async function found(
  folders: PromptFolders,
  name: string,
  language: string,
): Promise<{ readonly folder: string; readonly files: Awaited<ReturnType<typeof readPrompt>> }> {
  const { folder, lost, unknown } = await placeOf(folders, name, language);
  if (unknown !== undefined) return { folder, files: unknown };
  const path = join(language, `${name}.wav`);
  if (!lost) return { folder, files: await readPrompt(join(folder, language, name)) };
  const gone =
    `${join(folder, path)} is not there: until now ${join(lost.folder, path)} was played, and that of the package is ` +
    `played in its place only if that is wanted (say so in the console, or remove its entry from ${folders.played})`;
  return { folder, files: gone };
}

/** Why an announcement cannot be played; undefined when it can. */
export async function promptProblem(
  folders: PromptFolders,
  name: string,
  language: string,
): Promise<string | undefined> {
  const { files } = await found(folders, name, language);
  return typeof files === 'string' ? files : undefined;
}

/**
 * Puts an announcement where Asterisk surely finds it, under a name made of its content: what is played is what was
 * hashed, even if the original is changed meanwhile. A prompt that cannot be had is returned with its problem.
 */
export async function publishPrompt(
  folders: PromptFolders,
  spool: string,
  name: string,
  language: string,
): Promise<Prompt> {
  const absent = { name, language, media: undefined, sha256: undefined, durationMs: 0 };
  const { folder, files } = await found(folders, name, language);
  if (typeof files === 'string') return { ...absent, problem: files };
  const [{ content, header }] = files;
  const sha256 = sha256Of(content);
  const published = join(spool, 'prompts', sha256, name);
  try {
    await mkdir(dirname(published), { recursive: true });
    for (const file of files) await publish(file.content, `${published}${file.ending}`);
    if (folder === folders.path) await keepOwnPrompt(folders.played, name, language, { folder, sha256 });
  } catch (error) {
    const why = error instanceof MitschnittError ? '' : `${published} cannot be written: `;
    return { ...absent, problem: why + messageOf(error) };
  }
  const media = `sound:${published}`;
  return { name, language, media, sha256, durationMs: durationMs(header, content.length) };
}

/** A silence as long as any that a caller is made to wait in; the end of it is played. */
export function silenceIn(spool: string): { readonly media: string; readonly ms: number } {
  return { media: `sound:${silencePath(spool)}`, ms: longestStayMs };
}

function silencePath(spool: string): string {
  return join(spool, 'prompts', 'silence');
}

/** Where it cannot be written, the announcements cannot either, and that is told. */
export async function publishSilence(spool: string): Promise<void> {
  const [{ ending, sampleRate }] = versions;
  const audioBytes = Math.ceil((longestStayMs * sampleRate) / msPerSecond) * (bitsPerSample / bitsPerByte);
  const file = `${silencePath(spool)}${ending}`;
  await mkdir(dirname(file), { recursive: true });
  // A hole takes no room on the disk.
  await publish(wavHeader({ channels: 1, sampleRate }, audioBytes), file, wavHeaderBytes + audioBytes);
}

/** The files of an announcement, the first one the 8 kHz version; or what is wrong with them. */
async function readPrompt(path: string): Promise<[PromptFile, ...PromptFile[]] | string> {
  const files: PromptFile[] = [];
  for (const { ending, sampleRate } of versions) {
    const file = `${path}${ending}`;
    try {
      const content = await readFile(file);
      const header = parseWavHeader(content);
      const problem = formatProblem(header, sampleRate);
      if (!header || problem !== undefined) return `${file} ${problem ?? ''}`;
      files.push({ ending, content, header });
    } catch (error) {
      // Only the 16 kHz version may be missing.
      if (files.length > 0 && codeOf(error) === 'ENOENT') continue;
      return `${file} cannot be used: ${messageOf(error)}`;
    }
  }
  const [first, ...others] = files;
  return first ? [first, ...others] : `${path} has no version`;
}

/** What is wrong with the form of a file: Asterisk would play it as noise, or at another speed. */
function formatProblem(header: WavHeader | undefined, sampleRate: number): string | undefined {
  if (!header) return 'is no WAV file with a plain header of 44 bytes';
  const wrong = [
    header.format === pcmFormat ? [] : ['is not PCM'],
    header.channels === 1 ? [] : [`has ${header.channels} channels instead of 1`],
    header.bitsPerSample === bitsPerSample ? [] : [`has ${header.bitsPerSample} bits instead of 16`],
    header.sampleRate === sampleRate ? [] : [`has ${header.sampleRate} Hz instead of ${sampleRate}`],
  ].flat();
  return wrong.length === 0 ? undefined : wrong.join(', ');
}

/** By rename, so that Asterisk never finds half a file. */
async function publish(content: Uint8Array, to: string, length = content.length): Promise<void> {
  const unfinished = `${to}.part`;
  await writeFile(unfinished, content);
  if (length > content.length) await truncate(unfinished, length);
  await chmod(unfinished, promptMode);
  await rename(unfinished, to);
}
