/**
 * Which announcements of one's own were played. Somebody approved them: where one is gone, or another folder is looked
 * into, that of the package must not take its place unnoticed. Kept in the spool, for the folder of announcements itself
 * may be the one that is gone.
 */
import { readFile, rename, writeFile } from 'node:fs/promises';

/** One that was played. */
export interface OwnPrompt {
  /** The folder of announcements that it was in. */
  readonly folder: string;
  readonly sha256: string;
}

type OwnPrompts = Readonly<Record<string, OwnPrompt>>;

async function read(file: string): Promise<OwnPrompts> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as OwnPrompts;
  } catch {
    // There is none yet; or it is no use, and the next one played makes it anew.
    return {};
  }
}

async function write(file: string, prompts: OwnPrompts): Promise<void> {
  await writeFile(`${file}.part`, `${JSON.stringify(prompts, undefined, 2)}\n`, { flush: true });
  await rename(`${file}.part`, file);
}

function keyOf(name: string, language: string): string {
  return `${language}/${name}`;
}

export async function ownPromptPlayed(
  file: string,
  name: string,
  language: string,
): Promise<OwnPrompt | undefined> {
  const known = await read(file);
  const key = keyOf(name, language);
  return Object.hasOwn(known, key) ? known[key] : undefined;
}

export async function keepOwnPrompt(
  file: string,
  name: string,
  language: string,
  played: OwnPrompt,
): Promise<void> {
  const known = await read(file);
  const key = keyOf(name, language);
  const same = JSON.stringify(known[key]) === JSON.stringify(played);
  if (!same) await write(file, { ...known, [key]: played });
}

/** Somebody wants that of the package, or none. */
export async function forgetOwnPrompt(file: string, name: string, language: string): Promise<void> {
  const { [keyOf(name, language)]: forgotten, ...others } = await read(file);
  if (forgotten) await write(file, others);
}
