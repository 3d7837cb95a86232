/**
 * Which announcements of one's own were played. Somebody approved them: where one is gone, or another folder is looked
 * into, that of the package must not take its place unnoticed. Kept in the spool, for the folder of announcements itself
 * may be the one that is gone.
 */
import { readFile, rename, writeFile } from 'node:fs/promises';

import { codeOf, messageOf, MitschnittError } from '../errors.ts';

/** One that was played. */
export interface OwnPrompt {
  /** The folder of announcements that it was in. */
  readonly folder: string;
  readonly sha256: string;
}

type OwnPrompts = Readonly<Record<string, OwnPrompt>>;

/** @throws MitschnittError `own-prompts-unknown`: taken for empty, it would be written anew without what is in it. */
async function read(file: string): Promise<OwnPrompts> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as OwnPrompts;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return {};
    throw new MitschnittError(
      `${file}, which tells which announcements of your own were played, cannot be read: ${messageOf(error)}`,
      {
        code: 'own-prompts-unknown',
        fault: 'configuration',
        retry: true,
        hint: `Make ${file} readable again, or remove it if all of your own announcements are in place.`,
        cause: error,
      },
    );
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
