import { constants, statSync, type Stats } from 'node:fs';
import { access, chmod, chown, mkdir, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';

import { messageOf, MitschnittError } from '../errors.ts';
import { wideband, type AudioFiles } from '../recording/audio-form.ts';
import { activeFilesIn, renameActive, type ActiveFile } from './active.ts';
import { stateOf } from './audio-file.ts';
import { collect, type Patience } from './collect.ts';
import { diskUse, type DiskUse } from './disk-use.ts';
import { FolderUsage, unlessGone, type Usage } from './folder-usage.ts';
import type { RecordingId } from '../call/call.ts';
import type { Media, Obstacle } from '../recording/media.ts';

/** The local folder: `active/` belongs to Asterisk, `transfer/` to us. */
export class Spool {
  readonly #path: string;
  readonly #patience: Patience | undefined;
  readonly #usage: Readonly<Record<'active' | 'transfer', FolderUsage>>;

  /** @param patience for how long the files of a recording are waited for, if not as usual. */
  constructor(path: string, patience?: Patience) {
    this.#path = path;
    this.#patience = patience;
    this.#usage = {
      active: new FolderUsage(join(path, 'active')),
      transfer: new FolderUsage(join(path, 'transfer')),
    };
  }

  /**
   * Creates the folders with the owner and mode of the spool itself, so that Asterisk may write where it may there.
   * Tells whether it had to create the spool as well: nobody has said then that Asterisk may write there.
   */
  async prepare(): Promise<'created' | 'found'> {
    try {
      const created = await mkdir(this.#path, { recursive: true });
      const { uid, gid, mode } = await stat(this.#path);
      for (const folder of ['active', 'transfer']) {
        const path = join(this.#path, folder);
        const made = await mkdir(path, { recursive: true });
        if (made === undefined) continue;
        await chmod(path, mode & 0o7777);
        if (process.getuid?.() === 0) await chown(path, uid, gid);
      }
      await access(join(this.#path, 'transfer'), constants.W_OK);
      return created === undefined ? 'found' : 'created';
    } catch (error) {
      throw this.#unusable(messageOf(error), error);
    }
  }

  /** Looks whether it can be used, and changes nothing. */
  async check(): Promise<void> {
    try {
      const spool = await stat(this.#path);
      await access(this.#path, constants.W_OK);
      const active = await statOf(join(this.#path, 'active'));
      if (active && !isAsOpenAs(active, spool))
        throw new Error('not everybody who may write there may do so in its folder active');
      if (await statOf(join(this.#path, 'transfer')))
        await access(join(this.#path, 'transfer'), constants.W_OK);
    } catch (error) {
      throw this.#unusable(messageOf(error), error);
    }
  }

  #unusable(why: string, cause: unknown): MitschnittError {
    return new MitschnittError(`The spool ${this.#path} cannot be used: ${why}`, {
      code: 'spool-unusable',
      fault: 'configuration',
      retry: false,
      hint: `Create it so that Mitschnitt and Asterisk may write there: ${this.installCommand}`,
      cause,
    });
  }

  /** What makes the folder as it has to be where Asterisk runs as the user `asterisk`. */
  get installCommand(): string {
    return `install -d -o asterisk -g asterisk -m 2775 ${this.#path}`;
  }

  /** What Asterisk is told to write of a recording. */
  activeFiles(recording: RecordingId, { stereo }: { readonly stereo: boolean }): AudioFiles {
    const file = (side: string): string => join(this.#path, 'active', `${recording}${side}.wav`);
    return stereo ? [file('.member'), file('.other')] : [file('')];
  }

  /** Where a finished recording waits for its delivery. */
  transferFile(recording: RecordingId): string {
    return join(this.#path, 'transfer', `${recording}.wav`);
  }

  /** What is known of a recording, as a file. */
  sidecarFile(recording: RecordingId): string {
    return join(this.#path, 'transfer', `${recording}.json`);
  }

  /**
   * Bytes that Asterisk has written of a recording so far; undefined when it has not begun, or not with both sides.
   * Asterisk writes some 32 kB at once: 2 s of a side, 1 s of a wideband one.
   */
  activeBytes(recording: RecordingId): number | undefined {
    for (const files of this.#candidates(recording)) {
      const sizes = files.map((file) => statSync(file, { throwIfNoEntry: false })?.size);
      if (sizes.every((size) => size === undefined)) continue;
      return sizes.includes(undefined)
        ? undefined
        : sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
    }
    return undefined;
  }

  /** Whether Asterisk has closed the file of a recording, or both; one without audio never looks so. */
  isClosed(recording: RecordingId): boolean {
    return this.#candidates(recording).some((files) => files.every((file) => stateOf(file)?.closed === true));
  }

  /** Waits until Asterisk has closed a recording and moves it to `transfer/`: see {@link collect}. */
  async collect(recording: RecordingId, signal: AbortSignal): Promise<Media | undefined> {
    return collect(this.#candidates(recording), this.transferFile(recording), signal, this.#patience);
  }

  /** What stands in the way of Asterisk's writing now; undefined when nothing is to be seen. */
  async obstacle(): Promise<Obstacle | undefined> {
    const active = join(this.#path, 'active');
    const folder = await statOf(active);
    if (!folder) return { rule: 'spool-missing', problem: `the folder ${active} is gone` };
    const { bavail, bsize, files, ffree } = await statfs(active);
    if (bavail * bsize < leastFreeBytes || (files > 0 && ffree === 0))
      return { rule: 'spool-full', problem: `no space is left on the disk of ${active}` };
    if (!isAsOpenAs(folder, await stat(this.#path)))
      return { rule: 'spool-not-writable', problem: `Asterisk may not write in ${active}` };
    return undefined;
  }

  /** Removes the finished file of a recording that is not to be kept. */
  async discard(recording: RecordingId): Promise<void> {
    await rm(this.transferFile(recording), { force: true });
  }

  /** Removes all that there is of a recording, also while Asterisk writes it: what it writes then is kept nowhere. */
  async remove(recording: RecordingId): Promise<void> {
    const active = new Set(this.#candidates(recording).flat());
    for (const file of [...active, this.transferFile(recording), this.sidecarFile(recording)])
      await rm(file, { force: true });
  }

  /** What lies in `active/`, of known calls or not. */
  active(): Promise<readonly ActiveFile[]> {
    return activeFilesIn(join(this.#path, 'active'));
  }

  /** Makes a file in `active/` that of another recording, which has none. */
  async renameActive(file: ActiveFile, to: RecordingId): Promise<void> {
    await renameActive(join(this.#path, 'active'), file, to);
  }

  /** Files and bytes in one of the folders: none in one that is gone. Of many files it may be a minute old. */
  usage(folder: 'active' | 'transfer'): Promise<Usage> {
    return this.#usage[folder].now();
  }

  /** How full the disk of the spool is; undefined when the spool is gone. */
  disk(): Promise<DiskUse | undefined> {
    return unlessGone(diskUse(this.#path), undefined);
  }

  /** The files say themselves how they are recorded: whoever collects them may know nothing of it. */
  #candidates(recording: RecordingId): readonly AudioFiles[] {
    return [false, true].flatMap((stereo) => {
      const files = this.activeFiles(recording, { stereo });
      return [files, wideband(files)];
    });
  }
}

/** Asterisk writes as much as this at once. */
const leastFreeBytes = 32_768;

const writableByGroup = 0o020;
const writableByOthers = 0o002;

/** Whether whoever may write in the spool may do so in a folder in it: Asterisk is one of them, by which right is unknown. */
function isAsOpenAs(folder: Stats, spool: Stats): boolean {
  if (spool.mode & writableByOthers) return (folder.mode & writableByOthers) !== 0;
  if (spool.mode & writableByGroup) return folder.gid === spool.gid && (folder.mode & writableByGroup) !== 0;
  return folder.uid === spool.uid;
}

function statOf(path: string): Promise<Stats | undefined> {
  return unlessGone(stat(path), undefined);
}
