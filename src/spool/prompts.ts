import { createHash } from 'node:crypto';
import { copyFile, mkdir, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { durationMs, parseWavHeader } from '../recording/wav.ts';
import type { Prompt } from '../call/call.ts';

/** Asterisk's names for 8 kHz and 16 kHz: it plays the one that suits the channel. The first must exist. */
const endings = ['.wav', '.wav16'] as const;

/**
 * Puts an announcement where Asterisk surely finds it, under a name made of its content: what is played is what was
 * hashed, even if the original is changed meanwhile. A prompt that cannot be had is returned with its problem.
 */
export async function publishPrompt(
  folders: { readonly prompts: string; readonly spool: string },
  name: string,
  language: string,
): Promise<Prompt> {
  const original = join(folders.prompts, language, name);
  const absent = { name, language, media: undefined, sha256: undefined, durationMs: 0 };
  try {
    const content = await readFile(`${original}.wav`);
    const header = parseWavHeader(content);
    if (!header) return { ...absent, problem: `${original}.wav is no 16-bit PCM WAV file` };
    const sha256 = createHash('sha256').update(content).digest('hex');
    const published = join(folders.spool, 'prompts', sha256, name);
    await mkdir(dirname(published), { recursive: true });
    for (const ending of endings) await publish(`${original}${ending}`, `${published}${ending}`);
    const media = `sound:${published}`;
    return { name, language, media, sha256, durationMs: durationMs(header, content.length) };
  } catch (error) {
    return { ...absent, problem: `${original}.wav cannot be used: ${(error as Error).message}` };
  }
}

/** By rename, so that Asterisk never finds half a file. Only the 16 kHz version may be missing. */
async function publish(from: string, to: string): Promise<void> {
  try {
    await copyFile(from, `${to}.part`);
  } catch (error) {
    if (from.endsWith('.wav16') && (error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  await rename(`${to}.part`, to);
}
