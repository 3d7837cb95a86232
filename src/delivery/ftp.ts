import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { FTPError, type Client, type FileInfo } from 'basic-ftp';

import { MitschnittError } from '../errors.ts';
import { askTogether, createFtpClient, fetch, reasonOf, sizeIn, store } from './ftp-client.ts';
import { ftpProblem, type FtpStep } from './ftp-errors.ts';
import { FileMemory, OpenRecording } from './local-file.ts';
import { readAuthority } from './own-authority.ts';
import { temporaryName } from '../recording/naming.ts';
import { newProbeName } from './own-names.ts';
import { received, type Take } from './received.ts';
import { contentDiffers, fileMissing, nameTaken, targetError } from './target-errors.ts';
import { within } from './time-limit.ts';
import type { Stored, Target, TargetPath, Upload } from './target.ts';

/** An FTP server (RFC 959), with or without TLS (RFC 4217). */
export interface FtpSettings {
  readonly type: 'ftp';
  readonly host: string;
  readonly port: number;
  /** `explicit`: by AUTH TLS; `implicit`: from the first byte. */
  readonly tls: 'none' | 'explicit' | 'implicit';
  readonly username: string;
  readonly password: { reveal(): string };
  /** Made as needed. Relative to the folder of the login unless it begins with `/`. */
  readonly path: string;
  /** PEM file of the authority that signed the server's certificate, if it is no public one. */
  readonly ca?: string | undefined;
}

export interface FtpLimits {
  /** For the answer to one command, and for a transfer without any progress. */
  readonly answerMs: number;
  /** A session that was idle for longer is tried before use: servers and firewalls drop such without a word. */
  readonly idleMs: number;
}

export const ftpLimits: FtpLimits = { answerMs: 30_000, idleMs: 5_000 };

/** Replies that say 'no such command' (RFC 959, 4.2.1). */
const unknownCommand: ReadonlySet<number> = new Set([500, 502, 504]);
/** To SIZE (RFC 3659, 4.3). */
const noFile = 550;
/** 'File unavailable': busy, or just not there (RFC 959, 4.2.1). rclone's server says it of what it does not have. */
const unavailable = 450;
/** Up to so many bytes a file is sent without a look at its final name before. */
const sentUnseenBytes = 256 * 1024;

/**
 * Stores files on an FTP server, over one session that stays open from one call to the next. FTP can neither sync nor
 * compare: what arrived is known by its size, and read back only where another file, or an attempt whose answer was
 * lost, may have the name.
 */
export class FtpTarget implements Target {
  readonly name: string;
  readonly #settings: FtpSettings;
  readonly #limits: FtpLimits;
  readonly #probe = newProbeName();
  readonly #memory = new FileMemory();
  #client: Client | undefined;
  #usedAt = 0;
  #root = '';
  /** The server was given several commands at once, and did not answer. */
  #oneByOne = false;
  /** Folders that were seen or made in this session. */
  readonly #folders = new Set<string>();

  constructor(name: string, settings: FtpSettings, limits: FtpLimits = ftpLimits) {
    this.name = name;
    this.#settings = settings;
    this.#limits = limits;
  }

  async put(upload: Upload): Promise<Stored> {
    const { signal, bytes } = upload;
    const client = await this.#session(signal);
    const folder = posix.join(this.#root, upload.folder);
    await this.#makeFolder(client, folder, signal);
    const final = posix.join(folder, upload.name);
    const temporary = posix.join(folder, temporaryName(upload.id));
    try {
      // A small one is sent sooner than looked for: that its name is taken turns out before it is renamed.
      if (bytes > sentUnseenBytes && (await this.#holds(client, final, upload)))
        return await this.#had(temporary);
      await this.#send(client, temporary, upload);
      if (!(await this.#publish(client, temporary, final, upload))) return await this.#had(temporary);
      return { how: 'stored', confirmedBy: 'size' };
    } catch (error) {
      this.#memory.forget();
      await this.#discard(temporary, error);
      throw error;
    }
  }

  read({ folder, name }: TargetPath, signal: AbortSignal): AsyncIterable<Buffer> {
    return received(signal, async (take, until) => {
      const client = await this.#session(until);
      const path = posix.join(this.#root, folder, name);
      // Before: a server says the same of a file that is missing and of one that is closed (550).
      const found = await this.#size(client, path, until);
      if (found === undefined) throw targetError(this.name, fileMissing(name));
      await this.#fetch(client, path, take, until);
    });
  }

  async remove({ folder, name }: TargetPath, signal: AbortSignal): Promise<'removed' | 'absent'> {
    const client = await this.#session(signal);
    const path = posix.join(this.#root, folder, name);
    try {
      await this.#do('remove', signal, () => client.remove(path));
      return 'removed';
    } catch (error) {
      const refused = error instanceof MitschnittError && error.cause instanceof FTPError && !client.closed;
      if (refused && (await this.#size(client, path, signal)) === undefined) return 'absent';
      throw error;
    }
  }

  async check(signal: AbortSignal): Promise<void> {
    const client = await this.#session(signal);
    const path = posix.join(this.#root, this.#probe);
    const content = Buffer.from(this.#probe);
    try {
      await this.#store(client, [content], path, signal);
      const digest = await this.#digest(client, path, signal);
      if (digest !== createHash('sha256').update(content).digest('hex')) throw this.#differs();
      await this.#do('remove', signal, () => client.remove(path));
    } catch (error) {
      await this.#discard(path, error);
      throw error;
    }
  }

  close(): Promise<void> {
    this.#drop();
    return Promise.resolve();
  }

  /** The session of the last call if it is still good, else a new one. */
  async #session(signal: AbortSignal): Promise<Client> {
    if (this.#client && !this.#client.closed && (await this.#answers(this.#client, signal)))
      return this.#client;
    this.#drop();
    // Its own limit is only a second net: it reports without a code what ran out.
    const client = createFtpClient(2 * this.#limits.answerMs);
    this.#client = client;
    try {
      await this.#logIn(client, signal);
      await this.#enterRoot(client, signal);
      return client;
    } catch (error) {
      this.#drop();
      throw error;
    }
  }

  async #answers(client: Client, signal: AbortSignal): Promise<boolean> {
    if (Date.now() - this.#usedAt < this.#limits.idleMs) return true;
    try {
      await this.#do('connect', signal, () => client.send('NOOP'));
      return true;
    } catch {
      return false;
    }
  }

  async #logIn(client: Client, signal: AbortSignal): Promise<void> {
    const { host, port, tls, username, password } = this.#settings;
    const ca = tls === 'none' ? undefined : await readAuthority(this.name, this.#settings.ca);
    const secure = ca === undefined ? {} : { ca };
    await this.#do('connect', signal, () =>
      tls === 'implicit' ? client.connectImplicitTLS(host, port, secure) : client.connect(host, port),
    );
    if (tls === 'explicit') {
      // The host is named for the check of the certificate, and for session reuse on data connections.
      await this.#do('encrypt', signal, () => client.useTLS({ ...secure, host }));
    }
    await this.#do('login', signal, async () => {
      // Before the login for names in other alphabets; basic-ftp repeats it afterwards (RFC 2640).
      await client.sendIgnoringError('OPTS UTF8 ON');
      await client.login(username, password.reveal());
    });
    await this.#do('root', signal, () => client.useDefaultSettings());
  }

  /** Paths are absolute from here on, whatever folder the session is in. */
  async #enterRoot(client: Client, signal: AbortSignal): Promise<void> {
    const { path } = this.#settings;
    const login = path.startsWith('/') ? '/' : await this.#do('root', signal, () => client.pwd());
    const root = posix.resolve('/', login, path);
    try {
      await this.#do('root', signal, () => client.cd(root));
    } catch (error) {
      if (!(error instanceof MitschnittError && error.cause instanceof FTPError)) throw error;
      this.#root = posix.resolve('/', login);
      await this.#makeFolder(client, root, signal);
    }
    this.#root = root;
  }

  async #makeFolder(client: Client, folder: string, signal: AbortSignal): Promise<void> {
    if (folder === this.#root || this.#folders.has(folder)) return;
    await this.#makeFolder(client, posix.dirname(folder), signal);
    // Refused where it exists already, by codes that differ between servers: whether it is there decides.
    await this.#do('folder', signal, () => client.sendIgnoringError(`MKD ${folder}`));
    await this.#do('folder', signal, () => client.cd(folder));
    this.#folders.add(folder);
  }

  /** Whether the final name has the recording already. Throws `name-taken` when something else has it. */
  async #holds(client: Client, final: string, { bytes, sha256, name, signal }: Upload): Promise<boolean> {
    const found = await this.#size(client, final, signal);
    if (found === undefined) return false;
    if (found === bytes && (await this.#digest(client, final, signal)) === sha256) return true;
    throw targetError(this.name, nameTaken(name));
  }

  /** The final name turned out to have the same content. */
  async #had(temporary: string): Promise<Stored> {
    await this.#discard(temporary);
    return { how: 'already-there', confirmedBy: 'sha256' };
  }

  /**
   * Compares the size of what arrived and gives it its final name. False: that turned out to have the same content.
   * RNTO may replace a file of that name without a word: it is looked at as late as possible.
   */
  async #publish(client: Client, temporary: string, final: string, upload: Upload): Promise<boolean> {
    const { bytes, signal } = upload;
    const sizes = [`SIZE ${temporary}`, `SIZE ${final}`];
    const [arrived, found] = (await this.#together('size', client, sizes, signal)) ?? [];
    const isUsual = sizeIn(arrived) === bytes && found?.code === noFile;
    if (!isUsual) {
      if ((await this.#size(client, temporary, signal)) !== bytes) throw this.#differs();
      if (await this.#holds(client, final, upload)) return false;
    }
    const names = [`RNFR ${temporary}`, `RNTO ${final}`];
    const renamed = await this.#together('rename', client, names, signal);
    if (!renamed) await this.#do('rename', signal, () => client.rename(temporary, final));
    // A no to the first explains the one to the second.
    const refused = renamed?.find((reply) => reply instanceof FTPError);
    if (refused) await this.#do('rename', signal, () => Promise.reject(refused));
    return true;
  }

  /** Gives commands at once: on a long way every answer costs more than the work. Undefined: the server takes one by one. */
  async #together(step: FtpStep, client: Client, commands: readonly string[], signal: AbortSignal) {
    if (this.#oneByOne) return undefined;
    try {
      return await this.#do(step, signal, () => askTogether(client, commands));
    } catch (error) {
      // Some servers, and firewalls that listen in, lose what comes together.
      if (error instanceof MitschnittError && error.code === 'no-answer') this.#oneByOne = true;
      throw error;
    }
  }

  /** Size of a file in bytes; undefined when there is none of that name. */
  async #size(client: Client, path: string, signal: AbortSignal): Promise<number | undefined> {
    return this.#do('size', signal, async () => {
      try {
        return await client.size(path);
      } catch (error) {
        if (!(error instanceof FTPError)) throw error;
        if (error.code === noFile) return undefined;
        if (error.code !== unavailable && !unknownCommand.has(error.code)) throw error;
        return (await this.#listed(client, path))?.size;
      }
    });
  }

  /** What the listing of its folder tells of a path; undefined when there is none of that name, or no such folder. */
  async #listed(client: Client, path: string): Promise<FileInfo | undefined> {
    const folder = posix.dirname(path);
    try {
      const files = await client.list(folder);
      return files.find((file) => file.name === posix.basename(path));
    } catch (error) {
      const isRefused = error instanceof FTPError && (error.code === noFile || error.code === unavailable);
      // One that is there is closed to us: what is in it nobody knows.
      if (!isRefused || folder === '/' || (await this.#listed(client, folder))) throw error;
      return undefined;
    }
  }

  async #send(client: Client, path: string, upload: Upload): Promise<void> {
    if (upload.bytes <= sentUnseenBytes) {
      await this.#store(client, [await OpenRecording.whole(upload, this.#memory)], path, upload.signal);
      return;
    }
    const source = await OpenRecording.open(upload);
    await this.#store(client, source.pieces(), path, upload.signal).finally(() => source.close());
  }

  async #store(
    client: Client,
    content: AsyncIterable<Buffer> | Iterable<Buffer>,
    path: string,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#transfer('store', client, signal, (progress) => store(client, content, path, progress));
  }

  /** SHA-256 of a file as it is read back, lower-case hex. */
  async #digest(client: Client, path: string, signal: AbortSignal): Promise<string> {
    const hash = createHash('sha256');
    await this.#fetch(client, path, (piece) => void hash.update(piece), signal);
    return hash.digest('hex');
  }

  async #fetch(client: Client, path: string, take: Take, signal: AbortSignal): Promise<void> {
    await this.#transfer('read', client, signal, (progress) =>
      fetch(
        client,
        (piece) => {
          progress();
          return take(piece);
        },
        path,
      ),
    );
  }

  /** A limit for the whole would fail for large files on slow lines: it counts from the last byte that moved. */
  async #transfer(
    step: FtpStep,
    client: Client,
    signal: AbortSignal,
    work: (progress: () => void) => Promise<void>,
  ): Promise<void> {
    try {
      await this.#do(step, signal, async (progress) => {
        try {
          await work(progress);
        } catch (error) {
          // From the local file: whatever the server makes of that, it is the cause.
          throw error instanceof MitschnittError ? error : await reasonOf(client, error);
        }
      });
    } catch (error) {
      // Which replies still belong to it nobody knows: one that is taken for another's would be a lie.
      this.#drop();
      throw error;
    }
  }

  /** Removes what must not stay, as far as that can be had: the next attempt replaces it otherwise. */
  async #discard(path: string, because?: unknown): Promise<void> {
    // Where the server itself refused, a new session serves.
    const refused = because instanceof MitschnittError && because.cause instanceof FTPError;
    if (!refused && (this.#client?.closed ?? true)) return;
    const { signal } = new AbortController();
    try {
      const client = await this.#session(signal);
      await this.#do('remove', signal, () => client.remove(path, true));
    } catch {
      // The error that led here says more.
    }
  }

  /** One step of a session, with its limit. After anything but a refusal the session is of no more use. */
  async #do<T>(step: FtpStep, signal: AbortSignal, work: (progress: () => void) => Promise<T>): Promise<T> {
    try {
      const result = await within({ ms: this.#limits.answerMs, signal }, work);
      this.#usedAt = Date.now();
      return result;
    } catch (error) {
      const lost = this.#client?.closed ?? true;
      // 421: the server closes the session (RFC 959, 4.2.1).
      if (!(error instanceof FTPError) || error.code === 421) this.#drop();
      // From the local file.
      if (error instanceof MitschnittError) throw error;
      const scene = { target: this.name, settings: this.#settings, step, lost };
      throw targetError(this.name, ftpProblem(error, scene));
    }
  }

  #drop(): void {
    this.#client?.close();
    this.#client = undefined;
    this.#root = '';
    this.#folders.clear();
  }

  #differs(): MitschnittError {
    const hint = `Check free space, quota and the log of ${this.#settings.host}: it does not keep all that is sent to it.`;
    return targetError(this.name, contentDiffers(hint));
  }
}
