import { createHash } from 'node:crypto';
import { posix } from 'node:path';

import { MitschnittError } from '../errors.ts';
import { FileMemory, OpenRecording } from './local-file.ts';
import { readAuthority } from './own-authority.ts';
import { temporaryName } from '../recording/naming.ts';
import { newProbeName } from './own-names.ts';
import { received, type Take } from './received.ts';
import { contentDiffers, fileMissing, nameTaken, targetError } from './target-errors.ts';
import { NoAnswer, within } from './time-limit.ts';
import type { Stored, Target, TargetPath, Upload } from './target.ts';
import { webDavProblem, type WebDavStep } from './webdav-errors.ts';
import { WebDavRefusal, WebDavSession } from './webdav-session.ts';

/** A web server with WebDAV (RFC 4918). */
export interface WebDavSettings {
  readonly type: 'webdav';
  /** URL of the folder that the account may use, without `/` at its end; it must exist. */
  readonly url: string;
  readonly username: string;
  readonly password: { reveal(): string };
  /** Folder below the URL. Made as needed. */
  readonly path: string;
  /** PEM file of the authority that signed the server's certificate, if it is no public one. */
  readonly ca?: string | undefined;
}

export interface WebDavLimits {
  /** For the answer to one request, and for a transfer without any progress. */
  readonly answerMs: number;
  /** A connection that was idle for longer is not used again. */
  readonly idleMs: number;
}

export const webDavLimits: WebDavLimits = { answerMs: 30_000, idleMs: 4_000 };

/** A file up to this size is sent from memory, and where that is safe without a look at its final name before. */
const atOnceBytes = 256 * 1024;

/**
 * Stores files on a WebDAV server. What arrived is known by its size; it is read back only where another file, or an
 * attempt whose answer was lost, may have the name.
 */
export class WebDavTarget implements Target {
  readonly name: string;
  readonly #settings: WebDavSettings;
  readonly #limits: WebDavLimits;
  readonly #probe = newProbeName();
  readonly #memory = new FileMemory();
  #session: WebDavSession | undefined;
  /** Whether the server refuses to give a file a name that is taken; undefined: not tried in this session. */
  #guardsNames: boolean | undefined;
  /** Folders that were seen or made in this session. */
  readonly #folders = new Set<string>();

  constructor(name: string, settings: WebDavSettings, limits: WebDavLimits = webDavLimits) {
    this.name = name;
    this.#settings = settings;
    this.#limits = limits;
  }

  async put(upload: Upload): Promise<Stored> {
    const { signal, bytes } = upload;
    const session = await this.#connected(signal);
    const folder = pathOf(this.#settings.path, upload.folder);
    await this.#makeFolder(session, folder, signal);
    const final = pathOf(folder, upload.name);
    const temporary = pathOf(folder, temporaryName(upload.id));
    let published = false;
    try {
      // A small one is sent sooner than looked for: that its name is taken turns out when it gets it.
      const unseen = bytes <= atOnceBytes && this.#guardsNames !== false;
      if (!unseen && (await this.#holds(session, final, upload))) return alreadyThere;
      await this.#send(session, temporary, upload);
      if (unseen && this.#guardsNames === undefined) {
        this.#guardsNames = await this.#refusesTaken(session, temporary, signal);
        if (!this.#guardsNames) {
          if (await this.#holds(session, final, upload)) return alreadyThere;
          // What was tried may have taken its place.
          await this.#send(session, temporary, upload);
        }
      }
      published = await this.#publish(session, temporary, final, upload);
      return published ? { how: 'stored', confirmedBy: 'size' } : alreadyThere;
    } finally {
      if (!published) {
        this.#memory.forget();
        await this.#discard(temporary);
      }
    }
  }

  read({ folder, name }: TargetPath, signal: AbortSignal): AsyncIterable<Buffer> {
    return received(signal, async (take, until) => {
      const session = await this.#connected(until);
      await this.#fetch(session, pathOf(this.#settings.path, folder, name), take, until).catch(
        (error: unknown) => {
          throw refusalOf(error)?.status === 404 ? targetError(this.name, fileMissing(name)) : error;
        },
      );
    });
  }

  async remove({ folder, name }: TargetPath, signal: AbortSignal): Promise<'removed' | 'absent'> {
    const session = await this.#connected(signal);
    const path = pathOf(this.#settings.path, folder, name);
    try {
      await this.#do('remove', signal, (abortSignal) => session.remove(path, abortSignal));
      return 'removed';
    } catch (error) {
      if (refusalOf(error)?.status === 404) return 'absent';
      throw error;
    }
  }

  async check(signal: AbortSignal): Promise<void> {
    const session = await this.#connected(signal);
    await this.#makeFolder(session, pathOf(this.#settings.path), signal);
    const path = pathOf(this.#settings.path, this.#probe);
    const content = Buffer.from(this.#probe);
    try {
      await this.#write(session, path, content, content.length, signal);
      const digest = await this.#digest(session, path, content.length, signal);
      if (digest !== createHash('sha256').update(content).digest('hex')) throw this.#differs();
      await this.#do('remove', signal, (abortSignal) => session.remove(path, abortSignal));
    } catch (error) {
      await this.#discard(path);
      throw error;
    }
  }

  close(): Promise<void> {
    this.#drop();
    return Promise.resolve();
  }

  async #connected(signal: AbortSignal): Promise<WebDavSession> {
    if (this.#session) return this.#session;
    const ca = await readAuthority(this.name, this.#settings.ca);
    const { idleMs } = this.#limits;
    const session = await this.#do('connect', signal, (abortSignal) =>
      WebDavSession.open(this.#settings, ca, idleMs, abortSignal),
    );
    const found = await this.#do('root', signal, (abortSignal) => session.find('', abortSignal));
    if (!found) throw this.#explained('root', new WebDavRefusal(404));
    return (this.#session = session);
  }

  async #makeFolder(session: WebDavSession, folder: string, signal: AbortSignal): Promise<void> {
    if (folder === '' || this.#folders.has(folder)) return;
    if (!(await this.#isFolder(session, folder, signal))) {
      await this.#makeFolder(session, pathOf(folder, '..'), signal);
      try {
        await this.#do('folder', signal, (abortSignal) => session.makeFolder(folder, abortSignal));
      } catch (error) {
        if (!refusalOf(error)) throw error;
        // Somebody else may have made it meanwhile; or a file has the name.
        if (!(await this.#isFolder(session, folder, signal)))
          throw await this.#inTheWay(session, folder, error);
      }
    }
    this.#folders.add(folder);
  }

  async #isFolder(session: WebDavSession, folder: string, signal: AbortSignal): Promise<boolean> {
    try {
      // With `/`: without it some servers answer with where it is.
      const found = await this.#do('look', signal, (abortSignal) => session.find(`${folder}/`, abortSignal));
      return found?.isFolder === true;
    } catch (error) {
      // Apache's answer where a part of the path is a file.
      if (refusalOf(error)?.status === 400) return false;
      throw error;
    }
  }

  /** What to tell of a folder that could not be made. */
  async #inTheWay(session: WebDavSession, folder: string, because: unknown): Promise<unknown> {
    const { signal } = new AbortController();
    const found = await this.#do('look', signal, (abortSignal) => session.find(folder, abortSignal));
    if (found?.isFolder !== false) return because;
    return targetError(this.name, {
      what: `${folder} at ${this.#settings.url} is not a folder`,
      code: 'not-a-folder',
      fault: 'destination',
      retry: true,
      hint: `Remove what stands in the way, or correct path in targets.${this.name}.`,
    });
  }

  /** Whether the final name has the recording already. Throws `name-taken` when something else has it. */
  async #holds(session: WebDavSession, final: string, upload: Upload): Promise<boolean> {
    const { bytes, sha256, name, signal } = upload;
    // What HEAD says may be out of date: to rely on it, the server must guard names itself.
    if (this.#guardsNames === true && (await this.#glance(session, final, signal)) === 'absent') return false;
    const found = await this.#do('look', signal, (abortSignal) => session.find(final, abortSignal));
    if (!found) return false;
    const same = !found.isFolder && found.bytes === bytes;
    if (same && (await this.#digest(session, final, bytes, signal)) === sha256) return true;
    throw targetError(this.name, nameTaken(name));
  }

  async #send(session: WebDavSession, path: string, upload: Upload): Promise<void> {
    const { bytes, signal } = upload;
    if (bytes <= atOnceBytes) {
      await this.#write(session, path, await OpenRecording.whole(upload, this.#memory), bytes, signal);
      return;
    }
    const source = await OpenRecording.open(upload);
    await this.#write(session, path, source.pieces(), bytes, signal).finally(() => source.close());
  }

  /** Writes a file to its end and compares its size. */
  async #write(
    session: WebDavSession,
    path: string,
    content: Buffer | AsyncIterable<Buffer>,
    bytes: number,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#do('store', signal, (abortSignal, progress) =>
      session.write(path, content, bytes, abortSignal, progress),
    );
    if ((await this.#glance(session, path, signal)) === bytes) return;
    const found = await this.#do('look', signal, (abortSignal) => session.find(path, abortSignal));
    if (found?.bytes !== bytes) throw this.#differs();
  }

  #glance(session: WebDavSession, path: string, signal: AbortSignal): Promise<number | 'absent' | undefined> {
    return this.#do('look', signal, (abortSignal) => session.glance(path, abortSignal));
  }

  /**
   * Whether the server refuses a name that is taken, as it must (RFC 4918, 9.9.3). Tried with a file of a few bytes that
   * is to get the name of `taken`; where the server does not refuse it, it has.
   */
  async #refusesTaken(session: WebDavSession, taken: string, signal: AbortSignal): Promise<boolean> {
    // The same for every attempt, as the name of what is tried with.
    const probe = `${taken}.check`;
    const content = Buffer.from(this.#probe);
    await this.#do('store', signal, (abortSignal) =>
      session.write(probe, content, content.length, abortSignal),
    );
    try {
      await this.#do('rename', signal, (abortSignal) => session.move(probe, taken, abortSignal));
      return false;
    } catch (error) {
      await this.#discard(probe);
      const refusal = refusalOf(error);
      if (!refusal) throw error;
      return refusal.status === 412;
    }
  }

  /** SHA-256 of a file of so many bytes as it is read back, lower-case hex. */
  async #digest(session: WebDavSession, path: string, bytes: number, signal: AbortSignal): Promise<string> {
    const hash = createHash('sha256');
    let read = 0;
    const take = (piece: Buffer) => {
      read += piece.length;
      // A server could go on for ever.
      if (read > bytes) throw this.#differs();
      hash.update(piece);
    };
    await this.#fetch(session, path, take, signal);
    return hash.digest('hex');
  }

  #fetch(session: WebDavSession, path: string, take: Take, signal: AbortSignal): Promise<void> {
    return this.#do('read', signal, async (abortSignal, progress) => {
      for await (const piece of await session.read(path, abortSignal)) {
        await take(piece);
        progress();
      }
    });
  }

  /**
   * Gives the file its final name, which the server refuses where another file has it (RFC 4918, 9.9.3).
   * False: the final name turned out to have the same content.
   */
  async #publish(session: WebDavSession, temporary: string, final: string, upload: Upload): Promise<boolean> {
    const { signal } = upload;
    try {
      await this.#do('rename', signal, (abortSignal) => session.move(temporary, final, abortSignal));
      return true;
    } catch (error) {
      if (refusalOf(error)?.status === 412 && (await this.#holds(session, final, upload))) return false;
      throw error;
    }
  }

  /** Removes what must not stay, as far as that can be had: the next attempt replaces it otherwise. */
  async #discard(path: string): Promise<void> {
    const session = this.#session;
    if (!session) return;
    const { signal } = new AbortController();
    // Its own failure matters less than what led here.
    await this.#do('remove', signal, (abortSignal) => session.remove(path, abortSignal)).catch(
      () => undefined,
    );
  }

  /** One step, with its limit. `abortSignal` ends what it does when it is over. */
  async #do<T>(
    step: WebDavStep,
    signal: AbortSignal,
    work: (abortSignal: AbortSignal, progress: () => void) => Promise<T>,
  ): Promise<T> {
    const over = new AbortController();
    try {
      return await within({ ms: this.#limits.answerMs, signal }, (progress) => work(over.signal, progress));
    } catch (error) {
      over.abort();
      // From the local file: whatever the connection then broke with, that is the cause.
      if (error instanceof MitschnittError) throw error;
      const status = error instanceof WebDavRefusal ? error.status : undefined;
      // The other connections are not trusted any more, and the password may have to be asked for in another way.
      if (error instanceof NoAnswer || status === 401) this.#drop();
      // A folder that somebody removed is made again.
      else if (status === 404 || status === 409) this.#folders.clear();
      throw this.#explained(step, error);
    }
  }

  #explained(step: WebDavStep, error: unknown): MitschnittError {
    const scene = { target: this.name, settings: this.#settings, step };
    return targetError(this.name, webDavProblem(error, scene));
  }

  #drop(): void {
    this.#session?.end();
    this.#session = undefined;
    this.#folders.clear();
    // The next one may be with another server.
    this.#guardsNames = undefined;
  }

  #differs(): MitschnittError {
    const hint = `Check free space, quota and the log of the server at ${this.#settings.url}: it does not keep all that is sent to it.`;
    return targetError(this.name, contentDiffers(hint));
  }
}

/** A path below the URL, without `/` at its ends. */
function pathOf(...parts: readonly string[]): string {
  return posix.join('/', ...parts).replace(/^\/|\/$/g, '');
}

const alreadyThere: Stored = { how: 'already-there', confirmedBy: 'sha256' };

/** The refusal of the server behind an error; undefined: it was something else. */
function refusalOf(error: unknown): WebDavRefusal | undefined {
  return error instanceof MitschnittError && error.cause instanceof WebDavRefusal ? error.cause : undefined;
}
