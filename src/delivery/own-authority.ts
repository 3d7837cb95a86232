import { readFile } from 'node:fs/promises';

import { targetError } from './target-errors.ts';

/**
 * Certificates (PEM) that a target trusts instead of the public ones. Undefined: none is set.
 *
 * Fails with a MitschnittError: `ca-unreadable`.
 */
export async function readAuthority(target: string, file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw targetError(target, {
      what: `the certificate file ${file} cannot be read`,
      code: 'ca-unreadable',
      fault: 'configuration',
      retry: true,
      hint: `Let targets.${target}.ca name a PEM file that the user that Mitschnitt runs as may read.`,
      cause,
    });
  }
}
