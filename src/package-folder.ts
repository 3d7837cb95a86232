import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder of this package, whether it runs from its sources or from what was built of them. */
export const packageFolder = folderWith('package.json', import.meta.dirname);

function folderWith(file: string, folder: string): string {
  return existsSync(join(folder, file)) ? folder : folderWith(file, dirname(folder));
}
