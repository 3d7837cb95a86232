import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { packageFolder } from './package-folder.ts';

/** The version of this program, as its package says it. */
export function ownVersion(): string {
  const text = readFileSync(join(packageFolder, 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
