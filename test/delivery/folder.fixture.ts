import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

import { FolderTarget } from '../../src/delivery/folder.ts';
import type { Stored, Target, TargetPath, Upload } from '../../src/delivery/target.ts';
import { MitschnittError } from '../../src/errors.ts';
import { docker, testLabels } from '../live/containers.ts';
import type { Fixture, Place } from './contract.ts';
import type { PutInside, PutResult } from './put-inside.ts';

export function folder(): Fixture {
  const name = 'archiv';
  return {
    secrets: [],
    server: false,
    folders: { gone: undefined, isFile: 'not-a-folder' },
    start: async () => {
      const path = await mkdtemp(join(tmpdir(), 'mitschnitt-folder-'));
      return {
        ...folderPlace(path),
        target: () => new FolderTarget(name, { type: 'folder', path }),
        impatient: () => new FolderTarget(name, { type: 'folder', path }),
        kill: () => Promise.resolve(),
        freeze: () => Promise.resolve(),
        thaw: () => Promise.resolve(),
        restart: () => Promise.resolve(),
        stop: () => rm(path, { recursive: true }),
      };
    },
    unremovable: {
      code: 'remove-refused',
      fault: 'configuration',
      file: { folder: '', name: 'passwd' },
      meet: () => Promise.resolve(new InContainer(name, ['--user', '65534'], '/etc')),
    },
    obstacles: {
      'wrong password': 'a folder has none',
      'server absent': 'it has no server',
      'server silent': 'it has no server',
      'certificate not trusted': 'it has no server',
      'path missing': {
        code: 'folder-missing',
        fault: 'destination',
        meet: () => Promise.resolve(new FolderTarget(name, { type: 'folder', path: '/nowhere/at/all' })),
      },
      // Root may write everywhere, and filling a disk takes a small one: both are had in a container.
      'no right to write': {
        code: 'write-refused',
        fault: 'configuration',
        meet: () => Promise.resolve(new InContainer(name, ['--user', '65534'], '/srv')),
      },
      'no space left': {
        code: 'no-space',
        fault: 'destination',
        meet: () => Promise.resolve(new InContainer(name, ['--tmpfs', '/full:size=64k'], '/full', 65_536)),
      },
    },
  };
}

/** A folder target that works in a container of its own, started with `options`. */
export class InContainer implements Target {
  readonly name: string;
  readonly #options: readonly string[];
  readonly #order: PutInside;

  constructor(name: string, options: readonly string[], path: string, fill = 0) {
    this.name = name;
    this.#options = options;
    this.#order = { name, path, fill };
  }

  async put(upload: Upload): Promise<Stored> {
    const { source } = upload;
    const order = { ...this.#order, upload: { ...upload, signal: undefined } };
    const { stored } = await this.#run(order, ['--volume', `${source}:${source}:ro`]);
    if (!stored) throw new Error('nothing came out of the container');
    return stored;
  }

  read(): AsyncIterable<Buffer> {
    throw new Error('reading is not tried in a container');
  }

  async remove(remove: TargetPath): Promise<'removed' | 'absent'> {
    const { removed } = await this.#run({ ...this.#order, remove }, []);
    if (!removed) throw new Error('nothing came out of the container');
    return removed;
  }

  async check(): Promise<void> {
    await this.#run(this.#order, []);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #run(order: PutInside, mounts: readonly string[]): Promise<PutResult> {
    const project = resolve(import.meta.dirname, '../..');
    const labels = Object.entries(testLabels).flatMap(([key, value]) => ['--label', `${key}=${value}`]);
    const output = await docker(
      ...['run', '--rm', '--network', 'none', ...labels, ...this.#options, ...mounts],
      ...['--volume', `${project}:${project}:ro`, '--volume', `${process.execPath}:/node:ro`],
      ...['mitschnitt/ftp', '/node', join(import.meta.dirname, 'put-inside.ts'), JSON.stringify(order)],
    );
    const result = JSON.parse(output) as PutResult;
    if (result.thrown) throw new MitschnittError(result.thrown.message, result.thrown);
    return result;
  }
}

/** A folder of this machine as a place. */
export function folderPlace(path: string): Pick<Place, 'files' | 'read' | 'write' | 'clear'> {
  return {
    files: async () => {
      const entries = await readdir(path, { recursive: true, withFileTypes: true });
      return entries
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1))
        .sort();
    },
    read: (file) => readFile(join(path, file)),
    write: async (file, content) => {
      // The server's user is another one than ours.
      const made = await mkdir(dirname(join(path, file)), { recursive: true });
      if (made !== undefined) await chmod(dirname(join(path, file)), 0o777);
      await writeFile(join(path, file), content, { mode: 0o666 });
      await chmod(join(path, file), 0o666);
    },
    clear: async () => {
      for (const entry of await readdir(path)) await rm(join(path, entry), { recursive: true });
    },
  };
}
