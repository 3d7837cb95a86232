import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder of this package, whether it runs from its sources or from what was built of them. */
export const packageFolder = folderWith('package.json', import.meta.dirname);

function folderWith(file: string, folder: string): string {
  if (existsSync(join(folder, file))) return folder;
  const above = dirname(folder);
  if (above === folder) throw new Error(`${file} is in no folder above ${import.meta.dirname}`);
  return folderWith(file, above);
}
