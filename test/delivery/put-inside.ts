// Runs in a container, where disks are full and rights are missing: prints what a folder target does there.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { FolderTarget } from '../../src/delivery/folder.ts';
import type { Stored, TargetPath, Upload } from '../../src/delivery/target.ts';
import type { ErrorFacts, MitschnittError } from '../../src/errors.ts';

/** What is to be done; without an upload and a file to remove, a check. */
export interface PutInside {
  readonly name: string;
  readonly path: string;
  /** Bytes with which the disk is filled before. */
  readonly fill: number;
  readonly upload?: Omit<Upload, 'signal'> & { readonly signal: undefined };
  readonly remove?: TargetPath;
}

export interface PutResult {
  readonly stored?: Stored;
  readonly removed?: 'removed' | 'absent';
  readonly thrown?: ErrorFacts & { readonly message: string };
}

const { name, path, fill, upload, remove } = JSON.parse(process.argv[2] ?? '') as PutInside;
if (fill > 0) await writeFile(join(path, 'full'), Buffer.alloc(fill));
const target = new FolderTarget(name, { type: 'folder', path });
const { signal } = new AbortController();
let result: PutResult = {};
try {
  if (upload) result = { stored: await target.put({ ...upload, signal }) };
  else if (remove) result = { removed: await target.remove(remove, signal) };
  else await target.check(signal);
} catch (error) {
  const { message, code, fault, retry, hint } = error as MitschnittError;
  result = { thrown: { message, code, fault, retry, hint } };
}
process.stdout.write(JSON.stringify(result));
