import { Socket } from 'node:net';
import type SftpClient from 'ssh2-sftp-client';

import { messageOf } from '../errors.ts';
import {
  greetingOf,
  isSsh,
  sshAlgorithms,
  type HostKeyAlgorithm,
  type SshGreeting,
} from './sftp-algorithms.ts';
import { importKeys } from './sftp-keys.ts';
import { loginHandler, orderOfHostKeys, shownKey, type Credentials, type ShownKey } from './sftp-login.ts';

type Requests = Awaited<ReturnType<SftpClient['connect']>>;
type Answer<T> = (error: Error | null | undefined, result: T) => void;
type Send<T> = (requests: Requests, answer: Answer<T>) => void;
/** What is looked at, as ssh2 gives it. */
interface Attributes {
  readonly size: number;
  isFile(): boolean;
  isDirectory(): boolean;
}
/** Of statvfs(3). */
interface FileSystem {
  readonly f_bavail: number;
  readonly f_frsize: number;
  readonly f_favail: number;
}

/** The server said no: the status of SFTP version 3 (draft-ietf-secsh-filexfer-02, 7). */
export class SftpRefusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'SftpRefusal';
    this.status = status;
  }
}

/** The private key cannot be read, or not with this passphrase. */
export class UnusableKey extends Error {}

export const sftpStatus = {
  endOfFile: 1,
  noSuchFile: 2,
  permissionDenied: 3,
  failure: 4,
  badMessage: 5,
  unsupported: 8,
  /** Of later versions, which some servers use in this one as well. */
  noSpace: 14,
  quotaExceeded: 15,
} as const;

/** How far a connection has come. */
export type SftpStage = 'connecting' | 'agreeing' | 'logging in' | 'opening' | 'open';

/** A file or folder at the server. */
export interface RemoteFile {
  readonly size: number;
  readonly isFile: boolean;
  readonly isFolder: boolean;
}

export interface SessionOptions extends Credentials {
  readonly host: string;
  readonly port: number;
  readonly passphrase: string | undefined;
  /** The only server that is spoken to. `type`: of its key, if known. */
  readonly hostKey: { readonly fingerprint: string; readonly type: string | undefined };
}

/** A connection that is idle shows that it is alive, so that no firewall in between forgets it; in ms. */
const keepaliveMs = 10_000;
/** Unanswered ones after which the connection is over. */
const keepalivesMissed = 3;
/** Far more than the greeting of any server. */
const greetingBytes = 65_536;
/** Every server takes more than so many bytes in one request (draft-ietf-secsh-filexfer-02, 3). */
const leastWritten = 30 * 1024;
/** So many bytes may wait to be taken by the network. */
const mostWaiting = 512 * 1024;
/** By itself ssh2-sftp-client prints what happens to a connection. */
const ignored = { error: () => undefined, end: () => undefined, close: () => undefined };

/**
 * One SSH connection with its SFTP channel. It knows no limits of time: whoever waits ends it. Requests may be sent
 * without waiting for the answers to others: servers answer in order. They fail with a {@link SftpRefusal}, or with
 * anything else when the connection is over.
 */
export class SftpSession {
  readonly #options: SessionOptions;
  // Of our own: with the one of ssh2 small packets are delayed, and ssh2-sftp-client changes its errors.
  readonly #socket = new Socket();
  #requests: Requests | undefined;
  #failure: Error | undefined;
  #stage: SftpStage = 'connecting';
  #received: Buffer = Buffer.alloc(0);
  #shown: ShownKey | undefined;
  #loginsTaken: readonly string[] = [];

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  get stage(): SftpStage {
    return this.#stage;
  }

  get ended(): boolean {
    return this.#socket.destroyed || this.#socket.readableEnded || this.#socket.writableEnded;
  }

  /** What ended the connection, where that is known. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** The key that the server showed, once it did, and that is not the right one. */
  get wrongKey(): ShownKey | undefined {
    return this.#shown?.fingerprint === this.#options.hostKey.fingerprint ? undefined : this.#shown;
  }

  /** The ways to log in that the server takes, once it told them. */
  get loginsTaken(): readonly string[] {
    return this.#loginsTaken;
  }

  /** What the server offered; undefined as long as it did not. */
  get greeting(): SshGreeting | undefined {
    return greetingOf(this.#received);
  }

  /** Whether it is something else than an SSH server that answers. */
  get isForeign(): boolean {
    return this.#received.length > 0 && !isSsh(this.#received);
  }

  /** Opens the session. `hostKeys`: algorithms of host keys to ask for, best first. */
  async open(
    hostKeys: readonly HostKeyAlgorithm[] = orderOfHostKeys(this.#options.hostKey.type),
  ): Promise<void> {
    const { host, port, username, password, privateKey, passphrase, hostKey } = this.#options;
    // It takes 18 MB, and not everybody has such a target.
    const { default: Client } = await import('ssh2-sftp-client');
    if (this.ended) throw this.#lost();
    const client = new Client('mitschnitt', ignored);
    this.#follow(client, password);
    this.#socket.setNoDelay(true);
    this.#socket.connect({ host, port });
    const opening = client.connect({
      sock: this.#socket,
      username,
      ...(password === undefined ? {} : { password, tryKeyboard: true }),
      ...(privateKey === undefined ? {} : { privateKey }),
      ...(passphrase === undefined ? {} : { passphrase }),
      authHandler: loginHandler(this.#options, (methods) => (this.#loginsTaken = methods)),
      hostVerifier: (key: Buffer) => {
        this.#shown = shownKey(key);
        return this.#shown.fingerprint === hostKey.fingerprint;
      },
      algorithms: {
        kex: [...sshAlgorithms.kex],
        serverHostKey: [...hostKeys],
        cipher: [...sshAlgorithms.cipher],
        hmac: [...sshAlgorithms.hmac],
      },
      keepaliveInterval: keepaliveMs,
      keepaliveCountMax: keepalivesMissed,
      readyTimeout: 0,
    });
    this.#listen();
    try {
      this.#requests = await opening;
    } catch (error) {
      // What ssh2 finds wrong by itself, before it does anything, it throws: only a key can be wrong.
      const unusable = this.#failure === undefined && this.#stage === 'connecting' && !this.ended;
      throw unusable ? new UnusableKey(messageOf(error)) : (this.#failure ?? error);
    }
    this.#stage = 'open';
    for (const event of ['end', 'close', 'error']) this.#requests.on(event, () => this.#socket.destroy());
  }

  #follow(client: SftpClient, password: string | undefined): void {
    // The first says why, the others what followed from it.
    client.on('error', (error: Error) => (this.#failure ??= error));
    client.on('connect', () => (this.#stage = 'agreeing'));
    client.on('handshake', () => (this.#stage = 'logging in'));
    client.on('ready', () => {
      this.#stage = 'opening';
      importKeys(client);
    });
    client.on(
      'keyboard-interactive',
      (_name, _instructions, _language, questions: readonly unknown[], answer: (with_: string[]) => void) =>
        answer(questions.map(() => password ?? '')),
    );
  }

  /** Keeps the greeting of the server. The client holds the socket back, so that nothing is missed. */
  #listen(): void {
    const keep = (piece: Buffer) => {
      this.#received = Buffer.concat([this.#received, piece]);
      if (this.#stage === 'connecting' || this.#stage === 'agreeing') {
        if (this.#received.length < greetingBytes) return;
      }
      this.#socket.off('data', keep);
    };
    this.#socket.on('data', keep);
  }

  /** Ends it at once, whatever is still on its way. */
  end(): void {
    this.#socket.destroy();
  }

  realpath(path: string): Promise<string> {
    return this.#ask((requests, answer) => requests.realpath(path, answer));
  }

  /** Follows links. Undefined: there is nothing of that name. */
  stat(path: string): Promise<RemoteFile | undefined> {
    return this.#look((requests, answer) => requests.stat(path, answer));
  }

  /** Does not follow links. Undefined: there is nothing of that name. */
  lstat(path: string): Promise<RemoteFile | undefined> {
    return this.#look((requests, answer) => requests.lstat(path, answer));
  }

  mkdir(path: string): Promise<void> {
    return this.#ask((requests, answer) => requests.mkdir(path, answer));
  }

  remove(path: string): Promise<void> {
    return this.#ask((requests, answer) => requests.unlink(path, answer));
  }

  rename(from: string, to: string): Promise<void> {
    return this.#ask((requests, answer) => requests.rename(from, to, answer));
  }

  /** Gives a file one name more; refused where the name exists. Many servers cannot: they refuse as well. */
  link(from: string, to: string): Promise<void> {
    return this.#ask((requests, answer) => requests.ext_openssh_hardlink(from, to, answer));
  }

  openToRead(path: string): Promise<Buffer> {
    return this.#ask((requests, answer) => requests.open(path, 'r', answer));
  }

  /** Makes a new file and opens it. Never opens what has the name already: it may be a link to something else. */
  create(path: string): Promise<Buffer> {
    return this.#ask((requests, answer) => requests.open(path, 'wx', answer));
  }

  close(handle: Buffer): Promise<void> {
    return this.#ask((requests, answer) => requests.close(handle, answer));
  }

  /**
   * Bytes that {@link write} sends in one request. What is longer ssh2 sends in several, each when the one before was
   * answered: after requests that came later, and out of memory that may hold something else by then.
   */
  get mostWritten(): number {
    const { _maxWriteLen: most = leastWritten } = (this.#requests ?? {}) as {
      readonly _maxWriteLen?: number;
    };
    return Math.max(1, most);
  }

  write(handle: Buffer, piece: Buffer, position: number): Promise<void> {
    return this.#ask((requests, answer) => requests.write(handle, piece, 0, piece.length, position, answer));
  }

  /**
   * Resolves when little waits to be sent any more, or the connection is over. ssh2 takes whatever it is given, and keeps
   * it twice.
   */
  async drained(): Promise<void> {
    if (this.#socket.writableLength <= mostWaiting || this.ended) return;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const goOn = () => resolve(undefined);
    this.#socket.once('drain', goOn).once('close', goOn);
    await promise;
    this.#socket.off('drain', goOn).off('close', goOn);
  }

  /** At most `length` bytes; none at the end of the file. */
  async read(handle: Buffer, position: number, length: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafe(length);
    try {
      const bytes = await this.#ask<number>((requests, answer) =>
        requests.read(handle, buffer, 0, length, position, answer),
      );
      return buffer.subarray(0, bytes);
    } catch (error) {
      if (error instanceof SftpRefusal && error.status === sftpStatus.endOfFile) return buffer.subarray(0, 0);
      throw error;
    }
  }

  /** Bytes and files that the user may still store below `path`; undefined where the server does not tell. */
  async room(path: string): Promise<{ readonly bytes: number; readonly files: number } | undefined> {
    try {
      const found = await this.#ask<FileSystem>((requests, answer) =>
        requests.ext_openssh_statvfs(path, answer as Answer<unknown>),
      );
      return { bytes: found.f_bavail * found.f_frsize, files: found.f_favail };
    } catch (error) {
      if (error instanceof SftpRefusal) return undefined;
      throw error;
    }
  }

  async #look(send: Send<Attributes>): Promise<RemoteFile | undefined> {
    try {
      const found = await this.#ask(send);
      return { size: found.size, isFile: found.isFile(), isFolder: found.isDirectory() };
    } catch (error) {
      if (error instanceof SftpRefusal && error.status === sftpStatus.noSuchFile) return undefined;
      throw error;
    }
  }

  #ask<T>(send: Send<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      // ssh2 would take the request and never answer.
      if (!this.#requests || this.ended) {
        reject(this.#lost());
        return;
      }
      this.#gather();
      try {
        send(this.#requests, (error, result) => (error ? reject(this.#explain(error)) : resolve(result)));
      } catch (error) {
        // An extension that the server does not have.
        reject(new SftpRefusal(sftpStatus.unsupported, error instanceof Error ? error.message : ''));
      }
    });
  }

  /** ssh2 writes each packet in three pieces: all that is asked for at the same time goes out as one. */
  #gather(): void {
    if (this.#socket.writableCorked > 0) return;
    this.#socket.cork();
    process.nextTick(() => this.#socket.uncork());
  }

  #explain(error: Error): Error {
    return 'code' in error && typeof error.code === 'number'
      ? new SftpRefusal(error.code, error.message)
      : this.#lost();
  }

  #lost(): Error {
    return this.#failure ?? new Error('the connection is over');
  }
}
