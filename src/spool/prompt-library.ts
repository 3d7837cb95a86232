import { createHash } from 'node:crypto';
import { access, constants, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { codeOf, MitschnittError } from '../errors.ts';
import { durationMs, parseWavHeader, pcmFormat, wavHeaderBytes, type WavHeader } from '../recording/wav.ts';
import { forgetOwnPrompt } from './own-prompts.ts';
import { hasPrompt, promptFolder, promptProblem, type PromptFolders } from './prompts.ts';

/** An announcement's files in the folder of announcements. */
export interface PromptFacts {
  readonly name: string;
  readonly language: string;
  /** Why it cannot be played. */
  readonly problem: string | undefined;
  readonly durationMs: number | undefined;
  readonly sha256: string | undefined;
  readonly wideband: boolean;
  /** Ms since 1970. */
  readonly changedAt: number | undefined;
  /** Of the folder of one's own, or built in; undefined: there is none. */
  readonly origin: 'own' | 'built-in' | undefined;
  /** There is a built-in one of this name: it is played when one's own is removed. */
  readonly hasBuiltIn: boolean;
}

const narrowband = 8_000;
const wideband = 16_000;
const bytesPerSample = 2;
/** One that is shorter, or never as loud (of 32767), tells nobody anything, and yet calls would count as announced. */
const leastMs = 500;
const leastPeak = 500;
/** An announcement that is longer is a mistake: it delays each call. */
const longestMs = 5 * 60_000;

/**
 * The folder `prompts.path`: `<language>/<name>.wav` (8 kHz) and, for wideband calls, `<name>.wav16`. Behind it are the
 * built-in announcements where they are played at all; they are never changed.
 */
export class PromptLibrary {
  readonly #folders: PromptFolders;

  constructor(folders: PromptFolders) {
    this.#folders = folders;
  }

  get #folder(): string {
    return this.#folders.path;
  }

  /** Why nothing can be put there; undefined: it can. */
  async whyNotWritable(): Promise<string | undefined> {
    try {
      await access(await existing(this.#folder), constants.W_OK);
      return undefined;
    } catch {
      return `${this.#folder} may not be written by this process: set prompts.path to a folder of its own`;
    }
  }

  /** All that are there. */
  async list(): Promise<readonly Pick<PromptFacts, 'name' | 'language'>[]> {
    const { path, builtIn } = this.#folders;
    return [...(await listed(path)), ...(builtIn === undefined ? [] : await listed(builtIn))];
  }

  async facts(name: string, language: string): Promise<PromptFacts> {
    const { builtIn } = this.#folders;
    const folder = await promptFolder(this.#folders, name, language);
    const path = join(folder, language, name);
    const problem = await promptProblem(this.#folders, name, language);
    const hasBuiltIn = builtIn !== undefined && (await hasPrompt(builtIn, name, language));
    const known = { name, language, problem, hasBuiltIn };
    const content = await readFile(`${path}.wav`).catch(() => undefined);
    const header = content && parseWavHeader(content);
    if (!content || !header) {
      const isThere = await hasPrompt(folder, name, language);
      const origin = isThere ? (folder === builtIn ? ('built-in' as const) : ('own' as const)) : undefined;
      const nothing = { durationMs: undefined, sha256: undefined, changedAt: undefined };
      return { ...known, ...nothing, wideband: false, origin };
    }
    const isWideband = await stat(`${path}.wav16`).then(
      () => true,
      () => false,
    );
    return {
      ...known,
      origin: folder === builtIn ? 'built-in' : 'own',
      durationMs: durationMs(header, content.length),
      sha256: createHash('sha256').update(content).digest('hex'),
      wideband: isWideband,
      changedAt: Math.round((await stat(`${path}.wav`)).mtimeMs),
    };
  }

  /** The best version that there is; undefined: none. */
  async content(name: string, language: string): Promise<Buffer | undefined> {
    const path = join(await promptFolder(this.#folders, name, language), language, name);
    const wide = await readFile(`${path}.wav16`).catch(() => undefined);
    return wide ?? (await readFile(`${path}.wav`).catch(() => undefined));
  }

  /**
   * Puts an announcement in its place, in the one or both versions that its content gives.
   * @throws MitschnittError `announcement-unusable`
   */
  async put(name: string, language: string, content: Buffer): Promise<void> {
    const header = usable(content);
    const path = join(this.#folder, language, name);
    await mkdir(dirname(path), { recursive: true });
    if (header.sampleRate === wideband) {
      await place(`${path}.wav16`, content);
      await place(`${path}.wav`, halved(content));
    } else {
      await place(`${path}.wav`, content);
      // Of a former announcement: it would be heard on wideband calls.
      await rm(`${path}.wav16`, { force: true });
    }
  }

  /** From then on that of the package is played, if there is one. */
  async remove(name: string, language: string): Promise<void> {
    const path = join(this.#folder, language, name);
    // First: where that fails, nothing would be played any more.
    await forgetOwnPrompt(this.#folders.played, name, language);
    await rm(`${path}.wav`, { force: true });
    await rm(`${path}.wav16`, { force: true });
  }
}

async function listed(folder: string): Promise<readonly Pick<PromptFacts, 'name' | 'language'>[]> {
  const languages = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const found = await Promise.all(
    languages
      .filter((entry) => entry.isDirectory())
      .map(async ({ name: language }) => {
        const files = await readdir(join(folder, language)).catch(() => []);
        return files.flatMap((file) =>
          file.endsWith('.wav') ? [{ name: file.slice(0, -'.wav'.length), language }] : [],
        );
      }),
  );
  return found.flat();
}

/** The folder itself or, as long as it was not made, the nearest one above that is there. */
async function existing(folder: string): Promise<string> {
  try {
    await access(folder);
    return folder;
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' || dirname(folder) === folder) throw error;
    return existing(dirname(folder));
  }
}

/** By rename: who reads it finds the one or the other. */
async function place(path: string, content: Buffer): Promise<void> {
  await writeFile(`${path}.part`, content);
  await rename(`${path}.part`, path);
}

function usable(content: Buffer): WavHeader {
  const header = parseWavHeader(content);
  const wrong = !header
    ? 'it is no WAV file with a plain header of 44 bytes'
    : header.format !== pcmFormat || header.bitsPerSample !== 8 * bytesPerSample
      ? 'it is not PCM with 16 bits'
      : header.channels !== 1
        ? `it has ${header.channels} channels instead of 1`
        : header.sampleRate !== narrowband && header.sampleRate !== wideband
          ? `it has ${header.sampleRate} Hz instead of ${narrowband} or ${wideband}`
          : lengthProblem(header, content);
  if (header && wrong === undefined) return header;
  throw new MitschnittError(`This cannot be an announcement: ${wrong ?? ''}`, {
    code: 'announcement-unusable',
    fault: 'configuration',
    retry: false,
    hint: 'Use a 16-bit mono WAV file with 16 or 8 kHz; the console makes one of any audio that the browser can play.',
  });
}

function lengthProblem(header: WavHeader, content: Buffer): string | undefined {
  const ms = durationMs(header, content.length);
  if (ms < leastMs) return 'it is over before it can be understood';
  if (ms > longestMs) return 'it is longer than five minutes';
  return peakOf(content) < leastPeak ? 'nothing can be heard in it' : undefined;
}

function peakOf(content: Buffer): number {
  let peak = 0;
  for (let at = wavHeaderBytes; at + bytesPerSample <= content.length; at += bytesPerSample)
    peak = Math.max(peak, Math.abs(content.readInt16LE(at)));
  return peak;
}

/**
 * A low-pass filter of 31 taps (windowed sinc, Hamming) that ends at 3.6 kHz: what is above 4 kHz would come back as
 * noise at half the rate.
 */
const taps = 31;
const cutOff = 3_600 / wideband;
const filter = ((): readonly number[] => {
  const middle = (taps - 1) / 2;
  const raw = Array.from({ length: taps }, (_, index) => {
    const at = index - middle;
    const sinc = at === 0 ? 2 * cutOff : Math.sin(2 * Math.PI * cutOff * at) / (Math.PI * at);
    return sinc * (0.54 - 0.46 * Math.cos((2 * Math.PI * index) / (taps - 1)));
  });
  const sum = raw.reduce((total, each) => total + each, 0);
  return raw.map((each) => each / sum);
})();

/** The same at 8 kHz. */
function halved(content: Buffer): Buffer {
  const samples = Math.floor((content.length - wavHeaderBytes) / bytesPerSample);
  const halfBytes = Math.floor(samples / 2) * bytesPerSample;
  const result = Buffer.alloc(wavHeaderBytes + halfBytes);
  content.copy(result, 0, 0, wavHeaderBytes);
  result.writeUInt32LE(wavHeaderBytes - 8 + halfBytes, 4);
  result.writeUInt32LE(narrowband, 24);
  result.writeUInt32LE(narrowband * bytesPerSample, 28);
  result.writeUInt32LE(halfBytes, 40);
  const sampleAt = (index: number): number =>
    index < 0 || index >= samples ? 0 : content.readInt16LE(wavHeaderBytes + index * bytesPerSample);
  const middle = (taps - 1) / 2;
  for (let index = 0; index * bytesPerSample < halfBytes; index += 1) {
    const sum = filter.reduce((total, weight, tap) => total + weight * sampleAt(index * 2 + tap - middle), 0);
    const clipped = Math.max(-32_768, Math.min(32_767, Math.round(sum)));
    result.writeInt16LE(clipped, wavHeaderBytes + index * bytesPerSample);
  }
  return result;
}
