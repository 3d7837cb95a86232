import { createHash } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { MitschnittError } from '../errors.ts';
import { FileMemory, OpenRecording } from './local-file.ts';
import { temporaryName } from '../recording/naming.ts';
import { newProbeName } from './own-names.ts';
import { received, type Take } from './received.ts';
import { connectSmb } from './smb-connect.ts';
import { noFolder, notAllowed, smbProblem, unusableName, unusablePath, type SmbStep } from './smb-errors.ts';
import { isUsableName, partsOf, pathOf } from './smb-names.ts';
import { SmbRefusal } from './smb-answers.ts';
import type { SmbEncryption } from './smb-program.ts';
import type { SmbSession } from './smb-session.ts';
import {
  completed,
  contentDiffers,
  fileMissing,
  nameTaken,
  targetError,
  type ProblemWords,
} from './target-errors.ts';
import { within } from './time-limit.ts';
import type { Stored, Target, TargetPath, Upload } from './target.ts';

interface Secret {
  reveal(): string;
}

/** A share of a Windows or Samba server or a NAS, with SMB 2.0.2 to 3.1.1. */
export interface SmbSettings {
  readonly type: 'smb';
  readonly host: string;
  readonly port: number;
  readonly share: string;
  /** Folder of the share, made as needed; `/` or `\` between its parts. */
  readonly path: string;
  readonly domain?: string | undefined;
  readonly username: string;
  readonly password: Secret;
  /** `when-required`: only where the server insists. Everything is signed in any case. */
  readonly encryption: SmbEncryption;
}

export interface SmbLimits {
  /** For a login, for the answer to one command, and for a transfer without any progress. */
  readonly answerMs: number;
  /** A session that was idle for longer is tried before use: servers and firewalls drop such without a word. */
  readonly idleMs: number;
}

export const smbLimits: SmbLimits = { answerMs: 30_000, idleMs: 5_000 };

/** Up to so many bytes a file is read back and compared, with the same wait: that takes less than to look it up. */
const readBackBytes = 200_000;

/**
 * Stores files on a share, through one smbclient that stays logged in from one call to the next. What arrived is known
 * by its SHA-256, of a large file by its size: every byte on the way is signed. A rename is refused by the server where
 * the name exists, whoever made it, so that nothing is ever replaced.
 */
export class SmbTarget implements Target {
  readonly name: string;
  readonly #settings: SmbSettings;
  readonly #limits: SmbLimits;
  readonly #probe = newProbeName();
  #session: SmbSession | undefined;
  #usedAt = 0;
  /** The session was refused something: a new one next time. */
  #stale = false;
  /** Folders that were seen or made in this session. */
  readonly #folders = new Set<string>();

  constructor(name: string, settings: SmbSettings, limits: SmbLimits = smbLimits) {
    this.name = name;
    this.#settings = settings;
    this.#limits = limits;
  }

  async put(upload: Upload): Promise<Stored> {
    const { signal, bytes, id, name } = upload;
    const below = partsOf(upload.folder);
    if (![...below, name].every(isUsableName)) throw this.#problem(unusableName);
    const session = await this.#connected(signal);
    const folder = await this.#makeFolder(session, below, signal);
    const final = pathOf([...folder, name]);
    const temporary = pathOf([...folder, temporaryName(id)]);
    let published = false;
    try {
      // A small one is sent sooner than looked for: that its name is taken is told by the rename.
      if (bytes > readBackBytes && (await this.#holds(session, final, upload))) return alreadyThere;
      const confirmedBy = await this.#store(session, temporary, upload);
      published = await this.#publish(session, temporary, final, upload);
      return published ? { how: 'stored', confirmedBy } : alreadyThere;
    } finally {
      if (!published) await this.#discard(session, temporary);
    }
  }

  read(file: TargetPath, signal: AbortSignal): AsyncIterable<Buffer> {
    return received(signal, async (take, until) => {
      const path = this.#pathOf(file);
      const session = await this.#connected(until);
      const found = await this.#do('look', until, () => session.look(path));
      if (found?.isFolder !== false) throw targetError(this.name, fileMissing(file.name));
      await this.#fetch(session, path, take, until);
    });
  }

  async remove(file: TargetPath, signal: AbortSignal): Promise<'removed' | 'absent'> {
    const path = this.#pathOf(file);
    const session = await this.#connected(signal);
    // As with a rename: smbclient says nothing of one that went well.
    const [removed, gone] = await Promise.all([
      this.#do('remove', signal, () => session.remove(path)),
      this.#do('look', signal, () => session.isGone(path)),
    ]);
    if (!removed) return 'absent';
    if (!gone) throw this.#problem(notAllowed.remove);
    return 'removed';
  }

  async check(signal: AbortSignal): Promise<void> {
    const session = await this.#connected(signal);
    const folder = await this.#makeFolder(session, [], signal);
    const path = pathOf([...folder, this.#probe]);
    try {
      const sent = await this.#sendProbe(session, path, signal);
      if ((await this.#digest(session, path, signal)) !== sent) throw this.#differs();
      await this.#do('remove', signal, () => session.remove(path));
    } catch (error) {
      await this.#discard(session, path);
      throw error;
    }
  }

  async close(): Promise<void> {
    const session = this.#session;
    this.#forget();
    await session?.close();
  }

  /** The session of the last call if it is still good, else a new one. */
  async #connected(signal: AbortSignal): Promise<SmbSession> {
    if (this.#session && (await this.#answers(this.#session, signal))) return this.#session;
    this.#drop();
    const { host, port, share, domain, username, password, encryption } = this.#settings;
    const options = { host, port, share, domain, username, encryption, password: password.reveal() };
    return this.#do('connect', signal, () => connectSmb(options, (attempt) => (this.#session = attempt)));
  }

  async #answers(session: SmbSession, signal: AbortSignal): Promise<boolean> {
    if (session.ended || this.#stale) return false;
    if (Date.now() - this.#usedAt < this.#limits.idleMs) return true;
    try {
      await this.#do('look', signal, () => session.echo());
      return true;
    } catch {
      return false;
    }
  }

  /** Makes what is missing of the target's path and the folder below it. */
  async #makeFolder(session: SmbSession, below: readonly string[], signal: AbortSignal): Promise<string[]> {
    const root = partsOf(this.#settings.path);
    if (!root.every(isUsableName)) throw this.#problem(unusablePath);
    const folder = [...root, ...below];
    if (this.#folders.has(pathOf(folder))) return folder;
    for (let depth = 1; depth <= folder.length; depth += 1) {
      const path = pathOf(folder.slice(0, depth));
      if (this.#folders.has(path)) continue;
      const step = depth <= root.length ? 'root' : 'folder';
      if (!(await this.#isFolder(session, path, signal)))
        // Somebody else may have made it meanwhile; what it is shows itself by what is stored in it.
        await this.#do(step, signal, () => session.mkdir(path));
      this.#folders.add(path);
    }
    return folder;
  }

  async #isFolder(session: SmbSession, path: string, signal: AbortSignal): Promise<boolean> {
    const found = await this.#do('look', signal, () => session.look(path));
    if (found?.isFolder === false) throw this.#problem(noFolder);
    return found !== undefined;
  }

  /** Whether the final name has the recording already. Throws `name-taken` when something else has it. */
  async #holds(session: SmbSession, final: string, upload: Upload): Promise<boolean> {
    const { bytes, sha256, name, signal } = upload;
    const found = await this.#do('look', signal, () => session.look(final));
    if (!found) return false;
    const same = !found.isFolder && found.bytes === bytes;
    if (same && (await this.#digest(session, final, signal)) === sha256) return true;
    throw targetError(this.name, nameTaken(name));
  }

  /** Sends the local file, which smbclient reads, and compares what arrived. */
  async #store(session: SmbSession, path: string, upload: Upload): Promise<Stored['confirmedBy']> {
    const source = await OpenRecording.open(upload);
    try {
      if (upload.bytes > readBackBytes) await this.#storeLarge(session, path, source, upload);
      else await this.#storeSmall(session, path, source, upload);
    } finally {
      await source.close();
    }
    return upload.bytes > readBackBytes ? 'size' : 'sha256';
  }

  async #storeSmall(session: SmbSession, path: string, source: OpenRecording, upload: Upload): Promise<void> {
    const { signal, sha256, bytes, onProgress } = upload;
    const sent = this.#do('store', signal, (progress) => session.put(source.path, path, progress));
    const [stored, read] = await Promise.allSettled([sent, this.#digest(session, path, signal)]);
    if (stored.status === 'rejected') throw stored.reason;
    if (read.status === 'rejected') throw read.reason;
    onProgress?.(bytes);
    if (read.value === sha256) return;
    // Whose fault it is: the local file may be altered.
    await OpenRecording.whole({ ...upload, pace: undefined, onProgress: undefined }, new FileMemory());
    throw this.#differs();
  }

  /** What arrived is too much to be read back: the local file is read once more here, and the size compared. */
  async #storeLarge(session: SmbSession, path: string, source: OpenRecording, upload: Upload): Promise<void> {
    const { signal, bytes } = upload;
    let sending = true;
    const sent = this.#do('store', signal, (progress) => session.put(source.path, path, progress));
    sent.catch(() => (sending = false));
    const results = await Promise.allSettled([readWhile(source, () => sending), sent]);
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
    const found = await this.#do('look', signal, () => session.look(path));
    if (found?.bytes !== bytes) throw this.#differs();
  }

  /** Sends a file that exists nowhere else; its SHA-256. */
  async #sendProbe(session: SmbSession, path: string, signal: AbortSignal): Promise<string> {
    const local = join(tmpdir(), this.#probe);
    try {
      await writeFile(local, this.#probe, { flag: 'wx', mode: 0o600 });
      await this.#do('store', signal, (progress) => session.put(local, path, progress));
    } catch (error) {
      if (error instanceof MitschnittError) throw error;
      throw targetError(this.name, completed(noProbe(tmpdir()), error));
    } finally {
      await rm(local, { force: true });
    }
    return createHash('sha256').update(this.#probe).digest('hex');
  }

  /** SHA-256 of a file as it is read back, lower-case hex. */
  async #digest(session: SmbSession, path: string, signal: AbortSignal): Promise<string> {
    const hash = createHash('sha256');
    await this.#fetch(session, path, (piece) => void hash.update(piece), signal);
    return hash.digest('hex');
  }

  async #fetch(session: SmbSession, path: string, take: Take, signal: AbortSignal): Promise<void> {
    await this.#do('read', signal, (progress) =>
      session.get(path, (piece) => {
        progress();
        return take(piece);
      }),
    );
  }

  /** Of a file that was stored, from the root of the share. */
  #pathOf({ folder, name }: TargetPath): string {
    const parts = [...partsOf(folder), name];
    if (!parts.every(isUsableName)) throw this.#problem(unusableName);
    return pathOf([...partsOf(this.#settings.path), ...parts]);
  }

  /** Gives the file its final name. False: that turned out to have the same content. */
  async #publish(session: SmbSession, temporary: string, final: string, upload: Upload): Promise<boolean> {
    const { signal } = upload;
    // smbclient says nothing of a rename that went well, which is no proof: the temporary name has to be gone.
    const [renamed, gone] = await Promise.all([
      this.#do('rename', signal, () => session.rename(temporary, final)),
      this.#do('look', signal, () => session.isGone(temporary)),
    ]);
    if (!renamed) {
      if (await this.#holds(session, final, upload)) return false;
      // What had the name is gone again.
      throw this.#problem((scene) => nameInMotion(scene.settings.host));
    }
    if (!gone) throw this.#differs();
    return true;
  }

  /** Removes what must not stay, as far as that can be had: the next attempt replaces it otherwise. */
  async #discard(session: SmbSession, path: string): Promise<void> {
    if (session.ended) return;
    const { signal } = new AbortController();
    // The error that led here says more.
    await this.#do('remove', signal, () => session.remove(path)).catch(() => undefined);
  }

  /** One step of a session, with its limit. After a refusal it serves to clean up, after anything else for nothing. */
  async #do<T>(step: SmbStep, signal: AbortSignal, work: (progress: () => void) => Promise<T>): Promise<T> {
    try {
      const result = await within({ ms: this.#limits.answerMs, signal }, work);
      this.#usedAt = Date.now();
      return result;
    } catch (error) {
      this.#stale = true;
      if (!(error instanceof SmbRefusal)) this.#drop();
      throw targetError(this.name, smbProblem(error, this.#scene(step)));
    }
  }

  #drop(): void {
    this.#session?.end();
    this.#forget();
  }

  #forget(): void {
    this.#session = undefined;
    this.#stale = false;
    this.#folders.clear();
  }

  #scene(step: SmbStep) {
    return { target: this.name, settings: this.#settings, step };
  }

  #problem(words: (scene: { target: string; settings: SmbSettings; step: SmbStep }) => ProblemWords) {
    return targetError(this.name, completed(words(this.#scene('root'))));
  }

  #differs(): MitschnittError {
    const hint = `Check free space, quota and the log of ${this.#settings.host}: it does not keep all that is sent to it.`;
    return targetError(this.name, contentDiffers(hint));
  }
}

const alreadyThere: Stored = { how: 'already-there', confirmedBy: 'sha256' };

const nameInMotion = (host: string): ProblemWords => ({
  code: 'rename-refused',
  what: `the final name was taken at ${host} and is free again`,
  hint: 'Nothing to do: it is tried again.',
});

const noProbe = (folder: string): ProblemWords => ({
  code: 'local-file-unwritable',
  fault: 'configuration',
  what: `no file for the check could be made in ${folder}`,
  hint: `Check rights and free space of ${folder}, or let TMPDIR name another folder.`,
});

/** Reads a recording to its end, where it fails if it was altered; or as long as that matters. */
async function readWhile(source: OpenRecording, matters: () => boolean): Promise<void> {
  const pieces = source.pieces();
  while (matters()) if ((await pieces.next()).done === true) return;
}
