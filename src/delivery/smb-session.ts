import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { readFile } from 'node:fs/promises';

import { listedFile, statusIn, type SharedFile } from './smb-answers.ts';

/** Which data must be encrypted; all of it is signed in any case. */
export type SmbEncryption = 'required' | 'when-offered' | 'when-required';

export interface SmbSessionOptions {
  readonly host: string;
  readonly port: number;
  readonly share: string;
  readonly domain: string | undefined;
  readonly username: string;
  readonly password: string;
  readonly encryption: SmbEncryption;
  /** Only SMB 1 is spoken, and nobody logs in: to find out whether that is all that a server knows. */
  readonly onlySmb1?: boolean;
}

/** Where a connection that is being made can be refused. */
export type SmbStage = 'negotiation' | 'login' | 'share';

/** The server, or smbclient itself, said no. */
export class SmbRefusal extends Error {
  /** Of MS-ERREF 2.3, without `NT_STATUS_`; undefined where there was none. */
  readonly status: string | undefined;
  /** How far the connection had come; undefined once it was made, or as long as there was none. */
  readonly stage: SmbStage | undefined;
  /** Encryption was demanded, and the server has none. */
  readonly lacksEncryption: boolean;

  constructor(answer: string) {
    super(answer.trim());
    this.name = 'SmbRefusal';
    this.status = statusIn(answer);
    this.stage = stageOf(answer);
    this.lacksEncryption = this.status === undefined && noEncryption.test(answer);
  }
}

/** How each begins that smbclient says with a status (samba, libsmb/cliconnect.c and clidfs.c). */
const stages: Readonly<Record<string, SmbStage>> = {
  'protocol negotiation failed': 'negotiation',
  'session setup failed': 'login',
  'tree connect failed': 'share',
};
const noEncryption = /^Encryption required and server doesn't support/m;

function stageOf(answer: string): SmbStage | undefined {
  const [, beginning = ''] = /^([a-z ]+ failed): NT_STATUS_/m.exec(answer) ?? [];
  return stages[beginning];
}

/** How smb.conf(5) calls it. */
const encryptions = { required: 'required', 'when-offered': 'desired', 'when-required': 'if_required' };

/** Its own buffer for what it reads, in bytes: the size of a page. */
const bufferBytes = 4096;
/** After which it is nudged again, where the first was in vain; in ms, doubled each time. */
const firstNudgeMs = 5;
const lastNudgeMs = 1_000;
/** Far more than any answer. What sends more is no smbclient, or no server. */
const longestAnswer = 1_000_000;
/** Longer than whoever waits for an answer does. */
const requestSeconds = 3_600;
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
 * smbclient as a child process, logged in to one share. Commands go to it one by one. It prints no prompt unless a
 * person is at it, so that each command is followed by one that it does not know: what it says of that ends the answer.
 *
 * It knows no limits of time: whoever waits ends it. Paths and names must be usable (`smb-names.ts`).
 */
export class SmbSession {
  readonly #options: SmbSessionOptions;
  #child: ChildProcessWithoutNullStreams | undefined;
  #exited: Promise<void> = Promise.resolve();
  #ended = false;
  #said = '';
  #asked: Asked | undefined;
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
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#exited = promise;
    // With 'close' all that it said has been heard, and with 'error' there was nobody to say anything.
    child.once('close', () => {
      this.#fail(new SmbRefusal(this.#said));
      resolve();
    });
    child.once('error', (error) => {
      this.#fail(error);
      resolve();
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

  /** Hands on a file of `bytes`, piece by piece. */
  async get(path: string, bytes: number, take: (piece: Buffer) => void): Promise<void> {
    const whole = Promise.withResolvers<void>();
    let left = bytes;
    this.#receive = (piece) => {
      left -= piece.length;
      take(piece);
      if (left <= 0) whole.resolve();
    };
    try {
      await this.#do(`get "${path}" -`);
      // The end of the answer comes another way than the content, and may be faster.
      void this.#exited.then(whole.resolve);
      if (left > 0) await whole.promise;
    } finally {
      this.#receive = undefined;
    }
  }

  /** Whether the server answers. */
  echo(): Promise<void> {
    return this.#do('echo 1 x');
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

  async #do(command: string): Promise<void> {
    const answer = await this.#ask(command);
    if (statusIn(answer) !== undefined || localFailure.test(answer)) throw new SmbRefusal(answer);
  }

  #ask(command: string): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    this.#count += 1;
    const last = `mitschnitt-${this.#count}`;
    this.#asked = { end: `${last}: command not found\n`, resolve, reject };
    if (this.#ended) this.#fail(new SmbRefusal(''));
    else this.#write(`${command}\n${last}`);
    return promise;
  }

  /**
   * It waits for input even where it has read the next line already, with what it read last. So both lines fill its
   * buffer to the last byte, and one more byte that cannot be in it is the input that it waits for. Should its buffer
   * have another size, it is nudged.
   */
  #write(lines: string): void {
    const bytes = Math.ceil((Buffer.byteLength(lines) + 1) / bufferBytes) * bufferBytes;
    const block = Buffer.alloc(bytes + 1, ' ');
    block.write(lines);
    block.write('\n\n', bytes - 1);
    this.#child?.stdin.write(block);
    this.#nudge(this.#count, firstNudgeMs);
  }

  #nudge(count: number, afterMs: number): void {
    setTimeout(() => {
      if (this.#ended || !this.#asked || this.#count !== count) return;
      // Many in a row would fill the pipe while a long transfer goes on; then there is enough for it to read.
      if (this.#child?.stdin.writableLength === 0) this.#child.stdin.write('\n');
      this.#nudge(count, Math.min(2 * afterMs, lastNudgeMs));
    }, afterMs).unref();
  }

  #hear(text: string): void {
    this.#said += text;
    const asked = this.#asked;
    if (asked && this.#said.endsWith(asked.end)) {
      const answer = this.#said.slice(0, -asked.end.length);
      this.#said = '';
      this.#asked = undefined;
      asked.resolve(answer);
    } else if (this.#said.length > longestAnswer) this.end();
  }

  #fail(error: Error): void {
    this.#ended = true;
    const asked = this.#asked;
    this.#asked = undefined;
    asked?.reject(error);
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
const absent: ReadonlySet<string> = new Set(['NO_SUCH_FILE', 'OBJECT_NAME_NOT_FOUND']);

/** It could not read what it was to send. */
const localFailure = /^(?:.* does not exist|Error opening local file .*)$/m;

function parametersFor(options: SmbSessionOptions): string[] {
  const { host, port, share, domain, username, encryption, onlySmb1 = false } = options;
  const protocol = onlySmb1 ? ['client max protocol=NT1', 'client min protocol=NT1'] : protocolOptions;
  return [
    `//${host}/${share}`,
    `--port=${port}`,
    // What this machine has set for other purposes must not make a difference here.
    '--configfile=/dev/null',
    // Messages go one way, content the other.
    '--stderr',
    '--debuglevel=1',
    // Its own limit holds for one request, which on a slow line waits behind 16 MB of others.
    `--timeout=${requestSeconds}`,
    ...[...protocol, `client smb encrypt=${encryptions[encryption]}`].map((option) => `--option=${option}`),
    ...(domain === undefined ? [] : [`--workgroup=${domain}`]),
    ...(onlySmb1 ? ['--no-pass'] : [`--user=${username}`]),
  ];
}

const protocolOptions = [
  'client min protocol=SMB2_02',
  'client max protocol=SMB3',
  // Nobody on the way can change anything. It also keeps out servers that let anybody in as a guest.
  'client signing=required',
  'name resolve order=host',
];

function environmentFor({ password, onlySmb1 = false }: SmbSessionOptions): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    LC_ALL: 'C.UTF-8',
    ...(onlySmb1 ? {} : { PASSWD: password }),
  };
}
