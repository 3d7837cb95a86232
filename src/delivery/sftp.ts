import { createHash } from 'node:crypto';
import { posix } from 'node:path';

import { MitschnittError } from '../errors.ts';
import { FileMemory, OpenRecording } from './local-file.ts';
import { temporaryName } from '../recording/naming.ts';
import { newProbeName } from './own-names.ts';
import { received, type Take } from './received.ts';
import { sftpProblem, type SftpStep } from './sftp-errors.ts';
import { connectTrusted, WrongHostKey } from './sftp-connect.ts';
import { SftpRefusal, sftpStatus, type SftpSession } from './sftp-session.ts';
import { readAll, writeAll } from './sftp-transfer.ts';
import { contentDiffers, fileMissing, nameTaken, targetError } from './target-errors.ts';
import { within } from './time-limit.ts';
import type { Stored, Target, TargetPath, Upload } from './target.ts';

interface Secret {
  reveal(): string;
}

/** An SSH server with SFTP, version 3 (draft-ietf-secsh-filexfer-02), the one that is in use. */
export interface SftpSettings {
  readonly type: 'sftp';
  readonly host: string;
  readonly port: number;
  readonly username: string;
  /** At least one of password and private key. */
  readonly password?: Secret | undefined;
  /** In OpenSSH or PEM format. */
  readonly private_key?: Secret | undefined;
  /** Of the private key, if it is protected. */
  readonly passphrase?: Secret | undefined;
  /** The only server that recordings are given to. `type`: of its key, if known. */
  readonly host_key: { readonly fingerprint: string; readonly type: string | undefined };
  /** Made as needed. Relative to the folder of the login unless it begins with `/`. */
  readonly path: string;
}

export interface SftpLimits {
  /** For a login, for the answer to one request, and for a transfer without any progress. */
  readonly answerMs: number;
  /** A session that was idle for longer is tried before use: servers and firewalls drop such without a word. */
  readonly idleMs: number;
}

export const sftpLimits: SftpLimits = { answerMs: 30_000, idleMs: 5_000 };

/** Up to so many bytes a file is sent without a look at its final name before. */
const sentUnseenBytes = 256 * 1024;
/** A server with less room than this has none: it failed to write a piece that was smaller. */
const leastRoomBytes = 1_000_000;

/**
 * Stores files on an SSH server, over one session that stays open from one call to the next. What arrived is known by
 * its size: SSH itself guards every byte on the way (RFC 4253, 6.4). It is read back only where another file, or an
 * attempt whose answer was lost, may have the name.
 */
export class SftpTarget implements Target {
  readonly name: string;
  readonly #settings: SftpSettings;
  readonly #limits: SftpLimits;
  readonly #probe = newProbeName();
  readonly #memory = new FileMemory();
  #session: SftpSession | undefined;
  #usedAt = 0;
  #root = '';
  /** Whether a file can be given a second name; undefined as long as nobody tried in this session. */
  #links: boolean | undefined;
  /** Folders that were seen or made in this session. */
  readonly #folders = new Set<string>();

  constructor(name: string, settings: SftpSettings, limits: SftpLimits = sftpLimits) {
    this.name = name;
    this.#settings = settings;
    this.#limits = limits;
  }

  async put(upload: Upload): Promise<Stored> {
    const { signal } = upload;
    const session = await this.#connected(signal);
    const folder = posix.join(this.#root, upload.folder);
    await this.#makeFolder(session, folder, signal);
    const final = posix.join(folder, upload.name);
    const temporary = posix.join(folder, temporaryName(upload.id));
    // Not waited for: on a long way every answer costs more than the work.
    const creating = this.#create(session, temporary, signal);
    creating.catch(() => undefined);
    let published = false;
    try {
      // A small one is sent sooner than looked for: that its name is taken turns out when it gets it.
      if (upload.bytes > sentUnseenBytes && (await this.#holds(session, final, upload))) return alreadyThere;
      await this.#store(session, await creating, temporary, upload);
      published = await this.#publish(session, temporary, final, upload);
      return published ? { how: 'stored', confirmedBy: 'size' } : alreadyThere;
    } finally {
      if (!published) {
        this.#memory.forget();
        await this.#discard(session, creating, temporary);
      }
    }
  }

  read({ folder, name }: TargetPath, signal: AbortSignal): AsyncIterable<Buffer> {
    return received(signal, async (take, until) => {
      const session = await this.#connected(until);
      const path = posix.join(this.#root, folder, name);
      const found = await this.#do('look', until, () => session.lstat(path));
      if (found?.isFile !== true) throw targetError(this.name, fileMissing(name));
      await this.#fetch(session, path, found.size, take, until);
    });
  }

  async remove({ folder, name }: TargetPath, signal: AbortSignal): Promise<'removed' | 'absent'> {
    const session = await this.#connected(signal);
    try {
      await this.#do('remove', signal, () => session.remove(posix.join(this.#root, folder, name)));
      return 'removed';
    } catch (error) {
      if (refusalOf(error)?.status === sftpStatus.noSuchFile) return 'absent';
      throw error;
    }
  }

  async check(signal: AbortSignal): Promise<void> {
    const session = await this.#connected(signal);
    const path = posix.join(this.#root, this.#probe);
    const content = Buffer.from(this.#probe);
    const creating = this.#create(session, path, signal);
    try {
      await this.#write(session, await creating, path, [content], content.length, signal);
      const digest = await this.#digest(session, path, content.length, signal);
      if (digest !== createHash('sha256').update(content).digest('hex')) throw this.#differs();
      await this.#do('remove', signal, () => session.remove(path));
    } catch (error) {
      await this.#discard(session, creating, path);
      throw error;
    }
  }

  close(): Promise<void> {
    this.#drop();
    return Promise.resolve();
  }

  /** The session of the last call if it is still good, else a new one. */
  async #connected(signal: AbortSignal): Promise<SftpSession> {
    if (this.#session && (await this.#answers(this.#session, signal))) return this.#session;
    this.#drop();
    const { host, port, username, password, private_key, passphrase, host_key } = this.#settings;
    const options = {
      ...{ host, port, username, hostKey: host_key },
      password: password?.reveal(),
      privateKey: private_key?.reveal(),
      passphrase: passphrase?.reveal(),
    };
    const session = await this.#do('connect', signal, () =>
      connectTrusted(options, (attempt) => (this.#session = attempt)),
    );
    await this.#enterRoot(session, signal);
    return session;
  }

  async #answers(session: SftpSession, signal: AbortSignal): Promise<boolean> {
    if (session.ended) return false;
    if (Date.now() - this.#usedAt < this.#limits.idleMs) return true;
    try {
      await this.#do('root', signal, () => session.realpath('.'));
      return true;
    } catch {
      return false;
    }
  }

  /** Paths are absolute from here on. */
  async #enterRoot(session: SftpSession, signal: AbortSignal): Promise<void> {
    const { path } = this.#settings;
    const login = path.startsWith('/') ? '/' : await this.#do('root', signal, () => session.realpath('.'));
    this.#root = posix.resolve('/', login, path);
    await this.#makeFolder(session, this.#root, signal);
  }

  async #makeFolder(session: SftpSession, folder: string, signal: AbortSignal): Promise<void> {
    if (this.#folders.has(folder)) return;
    if (!(await this.#isFolder(session, folder, signal))) {
      if (folder !== '/') await this.#makeFolder(session, posix.dirname(folder), signal);
      try {
        await this.#do('folder', signal, () => session.mkdir(folder));
      } catch (error) {
        // Somebody else may have made it meanwhile.
        if (!refusalOf(error) || !(await this.#isFolder(session, folder, signal))) throw error;
      }
    }
    this.#folders.add(folder);
  }

  async #isFolder(session: SftpSession, path: string, signal: AbortSignal): Promise<boolean> {
    const found = await this.#do('root', signal, () => session.stat(path));
    if (found?.isFolder === false)
      throw targetError(this.name, {
        what: `${path} at ${this.#settings.host} is not a folder`,
        code: 'not-a-folder',
        fault: 'destination',
        retry: true,
        hint: `Remove what stands in the way, or correct path in targets.${this.name}.`,
      });
    return found !== undefined;
  }

  /** Whether the final name has the recording already. Throws `name-taken` when something else has it. */
  async #holds(session: SftpSession, final: string, upload: Upload): Promise<boolean> {
    const { bytes, sha256, name, signal } = upload;
    const found = await this.#do('look', signal, () => session.lstat(final));
    if (!found) return false;
    if (
      found.isFile &&
      found.size === bytes &&
      (await this.#digest(session, final, bytes, signal)) === sha256
    )
      return true;
    throw targetError(this.name, nameTaken(name));
  }

  /** Makes the file anew, in the place of what a former attempt left. */
  async #create(session: SftpSession, path: string, signal: AbortSignal): Promise<Buffer> {
    try {
      return await this.#do('store', signal, () => session.create(path));
    } catch (error) {
      if (refusalOf(error)?.status !== sftpStatus.failure) throw error;
      if (!(await this.#do('look', signal, () => session.lstat(path)))) throw error;
      await this.#do('remove', signal, () => session.remove(path));
      return this.#do('store', signal, () => session.create(path));
    }
  }

  async #store(session: SftpSession, handle: Buffer, path: string, upload: Upload): Promise<void> {
    const { bytes, signal } = upload;
    if (bytes <= sentUnseenBytes) {
      await this.#write(
        session,
        handle,
        path,
        [await OpenRecording.whole(upload, this.#memory)],
        bytes,
        signal,
      );
      return;
    }
    const source = await OpenRecording.open(upload);
    await this.#write(session, handle, path, source.pieces(), bytes, signal).finally(() => source.close());
  }

  /** Writes a file to its end and compares its size. */
  async #write(
    session: SftpSession,
    handle: Buffer,
    path: string,
    content: AsyncIterable<Buffer> | Iterable<Buffer>,
    bytes: number,
    signal: AbortSignal,
  ): Promise<void> {
    const found = await this.#do('store', signal, (progress) =>
      writeAll(session, handle, content, progress, async () => {
        // Looked at after it is closed: some servers only then tell that the disk did not take all.
        const closing = session.close(handle);
        const looking = this.#do('look', signal, () => session.lstat(path));
        const [, seen] = await Promise.all([closing, looking]);
        return seen;
      }),
    );
    if (found?.size !== bytes) throw this.#differs();
  }

  /** SHA-256 of a file as it is read back, lower-case hex. */
  async #digest(session: SftpSession, path: string, bytes: number, signal: AbortSignal): Promise<string> {
    const hash = createHash('sha256');
    await this.#fetch(session, path, bytes, (piece) => void hash.update(piece), signal);
    return hash.digest('hex');
  }

  #fetch(session: SftpSession, path: string, bytes: number, take: Take, signal: AbortSignal): Promise<void> {
    return this.#do('read', signal, (progress) =>
      readAll(session, path, bytes, async (piece) => {
        await take(piece);
        progress();
      }),
    );
  }

  /**
   * Gives the file its final name without ever replacing another one: a second name (link, hardlink@openssh.com) is
   * refused where it exists, on every server. Where there are no links it is looked once more and then renamed: that
   * is an error for a name that exists (draft-ietf-secsh-filexfer-02, 6.5), but some servers replace the file.
   * False: the final name turned out to have the same content.
   */
  async #publish(session: SftpSession, temporary: string, final: string, upload: Upload): Promise<boolean> {
    const { signal } = upload;
    if (this.#links !== false) {
      const linking = this.#do('rename', signal, () => session.link(temporary, final));
      try {
        // Where links are known to work, only a name that is taken can be refused: then it is to be removed as well.
        const removing = this.#links && this.#do('remove', signal, () => session.remove(temporary));
        await Promise.all([linking, removing]);
        if (!removing) await this.#do('remove', signal, () => session.remove(temporary));
        this.#links = true;
        return true;
      } catch (error) {
        if (!refusalOf(error)) throw error;
        if (await this.#holds(session, final, upload)) return false;
        if (this.#links) throw error;
        this.#links = false;
      }
    } else if (await this.#holds(session, final, upload)) return false;
    await this.#do('rename', signal, () => session.rename(temporary, final));
    const found = await this.#do('look', signal, () => session.lstat(final));
    if (found?.size !== upload.bytes) throw this.#differs();
    return true;
  }

  /** Removes what must not stay, as far as that can be had: the next attempt replaces it otherwise. */
  async #discard(session: SftpSession, creating: Promise<Buffer>, path: string): Promise<void> {
    const { signal } = new AbortController();
    try {
      // Closed already where it was complete: then that is refused.
      const handle = await creating;
      if (session.ended) return;
      void session.close(handle).catch(() => undefined);
      await this.#do('remove', signal, () => session.remove(path));
    } catch {
      // The error that led here says more.
    }
  }

  /** One step of a session, with its limit. After anything but a refusal the session is of no more use. */
  async #do<T>(step: SftpStep, signal: AbortSignal, work: (progress: () => void) => Promise<T>): Promise<T> {
    try {
      const result = await within({ ms: this.#limits.answerMs, signal }, work);
      this.#usedAt = Date.now();
      return result;
    } catch (error) {
      // From the local file: the session is as good as before.
      if (error instanceof MitschnittError) throw error;
      const session = this.#session;
      const hasRoom = await this.#hasRoom(error);
      if (!(error instanceof SftpRefusal)) this.#drop();
      // A folder that somebody removed is made again.
      else if (error.status === sftpStatus.noSuchFile) this.#folders.clear();
      const wrongKeys = error instanceof WrongHostKey ? error.shown : [];
      const scene = { target: this.name, settings: this.#settings, step, session, wrongKeys, hasRoom };
      throw targetError(this.name, sftpProblem(error, scene));
    }
  }

  /** SFTP does not tell why something failed: whether it is the disk is asked for. */
  async #hasRoom(error: unknown): Promise<boolean | undefined> {
    const session = this.#session;
    if (!session || !(error instanceof SftpRefusal) || error.status !== sftpStatus.failure) return undefined;
    const { signal } = new AbortController();
    try {
      const room = await within({ ms: this.#limits.answerMs, signal }, () => session.room(this.#root));
      return room && room.bytes >= leastRoomBytes && room.files > 0;
    } catch {
      return undefined;
    }
  }

  #drop(): void {
    this.#session?.end();
    this.#session = undefined;
    this.#root = '';
    this.#links = undefined;
    this.#folders.clear();
  }

  #differs(): MitschnittError {
    const hint = `Check free space, quota and the log of ${this.#settings.host}: it does not keep all that is sent to it.`;
    return targetError(this.name, contentDiffers(hint));
  }
}

const alreadyThere: Stored = { how: 'already-there', confirmedBy: 'sha256' };

/** The refusal of the server behind an error; undefined: it was something else. */
function refusalOf(error: unknown): SftpRefusal | undefined {
  return error instanceof MitschnittError && error.cause instanceof SftpRefusal ? error.cause : undefined;
}
