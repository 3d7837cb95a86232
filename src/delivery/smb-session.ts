import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';

import type { Take } from './received.ts';
import { fetchedBytes, listedFile, SmbRefusal, statusIn, type SharedFile } from './smb-answers.ts';
import { environmentFor, parametersFor, type SmbSessionOptions } from './smb-program.ts';

/** Its own buffer for what it reads, in bytes: the size of a page. */
const bufferBytes = 4096;
/** In bytes: it takes 8191 and what is longer for two lines. */
const longestCommand = 8_000;
/** After which it is nudged again, where the first was in vain; in ms, doubled each time. */
const firstNudgeMs = 5;
const lastNudgeMs = 1_000;
/** Far more than any answer. What sends more is no smbclient, or no server. */
const longestAnswer = 1_000_000;
/** How long a session that has nothing to do may take to say good-bye. */
const farewellMs = 2_000;
/** How often it is looked whether a transfer goes on, in ms. */
const watchMs = 250;

/** What takes part in one answer. */
interface Asked {
  /** What ends the answer. */
  readonly end: string;
  readonly resolve: (answer: string) => void;
  readonly reject: (error: Error) => void;
}

/**
 * smbclient as a child process, logged in to one share. It prints no prompt unless a person is at it, so that each
 * command is followed by one that it does not know: what it says of that ends the answer. Further commands may be given
 * without waiting; they are done in order, whatever became of those before.
 *
 * It knows no limits of time: whoever waits ends it. Paths and names must be usable (`smb-names.ts`).
 */
export class SmbSession {
  readonly #options: SmbSessionOptions;
  #child: ChildProcessWithoutNullStreams | undefined;
  #exited: Promise<unknown> = Promise.resolve();
  #ended = false;
  #said = '';
  /** What was asked and not answered yet, in order. */
  readonly #asked: Asked[] = [];
  /** Lines that go out together. */
  #lines: string[] = [];
  readonly #mark = `mitschnitt-${randomUUID()}`;
  #count = 0;
  #receive: ((piece: Buffer) => void) | undefined;

  constructor(options: SmbSessionOptions) {
    this.#options = options;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Starts it and logs in. Fails with a {@link SmbRefusal}, or with the error of spawn(2): ENOENT where it is not installed. */
  async open(): Promise<void> {
    const child = spawn('smbclient', parametersFor(this.#options), { env: environmentFor(this.#options) });
    this.#child = child;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#exited = promise;
    // With 'close' all that it said has been heard, and with 'error' there was nobody to say anything.
    child.once('close', () => {
      this.#fail(new SmbRefusal(this.#said));
      resolve(undefined);
    });
    child.once('error', (error) => {
      this.#fail(error);
      resolve(undefined);
    });
    // What is written to one that is gone: its end is told by 'close'.
    child.stdin.on('error', () => undefined);
    child.stdout.on('data', (piece: Buffer) => this.#receive?.(piece));
    child.stderr.setEncoding('utf8').on('data', (text: string) => this.#hear(text));
    await this.#ask('');
  }

  /** Undefined: there is nothing of that name. */
  async look(path: string): Promise<SharedFile | undefined> {
    const answer = await this.#ask(`ls "${path}"`);
    const found = listedFile(answer);
    if (found) return found;
    const refusal = new SmbRefusal(answer);
    if (refusal.status !== undefined && absent.has(refusal.status)) return undefined;
    throw refusal;
  }

  /** Whether there is nothing of that name: for a server that takes less than to look. */
  async isGone(path: string): Promise<boolean> {
    const status = statusIn(await this.#ask(`allinfo "${path}"`));
    return status !== undefined && absent.has(status);
  }

  /** False: something has the name. */
  mkdir(path: string): Promise<boolean> {
    return this.#unless(taken, `mkdir "${path}"`);
  }

  /** False: there is nothing of that name. */
  remove(path: string): Promise<boolean> {
    return this.#unless(absent, `del "${path}"`);
  }

  /** False: something has the new name. It is never replaced. */
  rename(from: string, to: string): Promise<boolean> {
    return this.#unless(taken, `rename "${from}" "${to}"`);
  }

  /** Writes a local file, in the place of what has the name. `progress` is told while it goes on. */
  async put(local: string, path: string, progress: () => void): Promise<void> {
    const watch = this.#watch(progress);
    try {
      await this.#do(`put "${local}" "${path}"`);
    } finally {
      clearInterval(watch);
    }
  }

  /** Hands on a file, piece by piece. */
  async get(path: string, take: Take): Promise<void> {
    const whole = Promise.withResolvers<undefined>();
    let received = 0;
    let bytes = Infinity;
    this.#receive = (piece) => {
      received += piece.length;
      this.#holdBack(take(piece));
      if (received >= bytes) whole.resolve(undefined);
    };
    try {
      bytes = fetchedBytes(await this.#do(`get "${path}" -`)) ?? received;
      // The end of the answer comes another way than the content, and may be faster.
      void this.#exited.then(() => whole.resolve(undefined));
      if (received < bytes) await whole.promise;
    } finally {
      this.#receive = undefined;
    }
  }

  /** smbclient waits where nobody reads what it has to say. */
  #holdBack(taken: Promise<void> | void): void {
    const stdout = this.#child?.stdout;
    if (!taken || !stdout) return;
    stdout.pause();
    const resume = () => void stdout.resume();
    taken.then(resume, resume);
  }

  /** Whether the server answers. */
  async echo(): Promise<void> {
    await this.#do('echo 1 x');
  }

  /** Logs out, or ends it if it does not. */
  async close(): Promise<void> {
    const timer = setTimeout(() => this.end(), farewellMs);
    this.#ended = true;
    this.#child?.stdin.end();
    await this.#exited;
    clearTimeout(timer);
  }

  /** Ends it at once, whatever it is doing. */
  end(): void {
    this.#ended = true;
    this.#child?.kill('SIGKILL');
  }

  async #unless(statuses: ReadonlySet<string>, command: string): Promise<boolean> {
    try {
      await this.#do(command);
      return true;
    } catch (error) {
      if (error instanceof SmbRefusal && statuses.has(error.status ?? '')) return false;
      throw error;
    }
  }

  async #do(command: string): Promise<string> {
    const answer = await this.#ask(command);
    if (statusIn(answer) !== undefined || localFailure.test(answer)) throw new SmbRefusal(answer);
    return answer;
  }

  #ask(command: string): Promise<string> {
    if (Buffer.byteLength(command) > longestCommand) throw new SmbRefusal('NT_STATUS_NAME_TOO_LONG');
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    this.#count += 1;
    const last = `${this.#mark}-${this.#count}`;
    this.#asked.push({ end: `${last}: command not found\n`, resolve, reject });
    if (this.#ended) this.#fail(new SmbRefusal(''));
    else {
      // All that is asked at the same time goes out at once: half of a small file's time is one waking the other.
      if (this.#lines.length === 0) process.nextTick(() => this.#write());
      this.#lines.push(command, last);
    }
    return promise;
  }

  /**
   * It waits for input even where it has read the next line already, with what it read last. So the lines fill its
   * buffer to the last byte, and one more byte that cannot be in it is the input that it waits for. Should its buffer
   * have another size, it is nudged.
   */
  #write(): void {
    const lines = this.#lines.join('\n');
    this.#lines = [];
    const bytes = Math.ceil((Buffer.byteLength(lines) + 1) / bufferBytes) * bufferBytes;
    const block = Buffer.alloc(bytes + 1, ' ');
    block.write(lines);
    block.write('\n\n', bytes - 1);
    this.#child?.stdin.write(block);
    this.#nudge(this.#count, firstNudgeMs);
  }

  #nudge(count: number, afterMs: number): void {
    setTimeout(() => {
      if (this.#ended || this.#asked.length === 0 || this.#count !== count) return;
      // Many in a row would fill the pipe while a long transfer goes on; then there is enough for it to read.
      if (this.#child?.stdin.writableLength === 0) this.#child.stdin.write('\n');
      this.#nudge(count, Math.min(2 * afterMs, lastNudgeMs));
    }, afterMs).unref();
  }

  #hear(text: string): void {
    this.#said += text;
    for (;;) {
      const [asked] = this.#asked;
      const at = asked ? this.#said.indexOf(asked.end) : -1;
      if (!asked || at === -1) break;
      const answer = this.#said.slice(0, at);
      this.#said = this.#said.slice(at + asked.end.length);
      this.#asked.shift();
      asked.resolve(answer);
    }
    if (this.#said.length > longestAnswer) this.end();
  }

  #fail(error: Error): void {
    this.#ended = true;
    for (const { reject } of this.#asked.splice(0)) reject(error);
  }

  /** smbclient does not tell how far it has come, but the kernel how much it has read and written (proc(5)). */
  #watch(progress: () => void): NodeJS.Timeout {
    let before = '';
    const look = async () => {
      const now = await readFile(`/proc/${this.#child?.pid}/io`, 'utf8').catch(() => before);
      if (now !== before) progress();
      before = now;
    };
    return setInterval(() => void look(), watchMs);
  }
}

const taken: ReadonlySet<string> = new Set(['OBJECT_NAME_COLLISION', 'OBJECT_NAME_EXISTS']);
/** Of the file itself, or of its folder. */
const absent: ReadonlySet<string> = new Set([
  ...['NO_SUCH_FILE', 'OBJECT_NAME_NOT_FOUND', 'OBJECT_PATH_NOT_FOUND'],
]);

/** It could not read what it was to send. */
const localFailure = /^(?:.* does not exist|Error opening local file .*)$/m;
