import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

import { MitschnittError } from '../errors.ts';
import { field, formatAction, parseMessages, type AmiMessage } from './ami-wire.ts';
import type { Connection } from './link.ts';

export interface AmiSettings {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly secret: string;
  /** TLS, usually on port 5039; `caFile` is the PEM file of an own authority. */
  readonly tls: { readonly caFile: string | undefined } | undefined;
}

/** Connecting and logging in; Asterisk answers a wrong secret after 1 s. */
const loginLimitMs = 5_000;
/** Asterisk answers at once unless it is in trouble. */
const actionLimitMs = 5_000;
/** A link that died without a word is noticed after at most this and {@link actionLimitMs}. */
const pingEveryMs = 10_000;
/** A message larger than this is no message. Asterisk's events have a few kB. */
const longestMessage = 1_000_000;

type TakeList = (entries: readonly AmiMessage[]) => void;

interface Waiting {
  readonly resolve: (response: AmiMessage) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
  /** For an action that is answered by a list: what has come of it, and who wants it. */
  readonly list: { readonly entries: AmiMessage[]; readonly take: TakeList } | undefined;
}

/** One logged-in connection to the Asterisk Manager Interface. Ends for good when it is cut: open another. */
export class AmiConnection implements Connection {
  readonly closed: Promise<Error>;
  /** Version of AMI as Asterisk greets, `Asterisk Call Manager/11.0.0`. */
  greeting = '';
  readonly #settings: AmiSettings;
  readonly #onEvent: (event: AmiMessage) => void;
  readonly #waiting = new Map<string, Waiting>();
  #socket: Socket | undefined;
  #received = '';
  #lastActionId = 0;
  #ping: NodeJS.Timeout | undefined;
  #markClosed: (reason: Error) => void = () => undefined;

  constructor(settings: AmiSettings, onEvent: (event: AmiMessage) => void) {
    this.#settings = settings;
    this.#onEvent = onEvent;
    this.closed = new Promise((resolve) => {
      this.#markClosed = resolve;
    });
  }

  /** Connects and logs in for events of these classes (`call,agent`) only. */
  async open(events: string): Promise<void> {
    const { host, port, tls, username, secret } = this.#settings;
    const ca = tls?.caFile === undefined ? {} : { ca: await readFile(tls.caFile) };
    const socket = tls ? connectTls({ host, port, ...ca }) : connectTcp({ host, port });
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.setEncoding('utf8');
    socket.on('error', (error) => {
      this.#end(unreachable(this.#settings, error));
    });
    socket.on('close', () => {
      this.#end(unreachable(this.#settings, new Error('Asterisk closed the connection')));
    });
    try {
      await once(socket, tls ? 'secureConnect' : 'connect', { signal: AbortSignal.timeout(loginLimitMs) });
    } catch (error) {
      this.close();
      throw unreachable(this.#settings, error);
    }
    socket.on('data', (chunk: string) => {
      this.#read(chunk);
    });
    // An answer that does not come in time ends the connection.
    const login = await this.action({ Action: 'Login', Username: username, Secret: secret, Events: events });
    if (field(login, 'Response') !== 'Success') {
      this.close();
      throw loginRefused(this.#settings);
    }
    this.#ping = setInterval(() => {
      this.action({ Action: 'Ping' }).catch((error: unknown) => {
        this.#end(unreachable(this.#settings, error));
      });
    }, pingEveryMs);
  }

  /** Sends an action and resolves with its response, whether `Success` or `Error`; rejects when none comes. */
  async action(fields: Readonly<Record<string, string>>): Promise<AmiMessage> {
    return this.#send(fields, undefined);
  }

  /**
   * Sends an action that is answered by a list of events. `take` gets them before any event that Asterisk sent after
   * the list; when it returns, the promise resolves.
   */
  async list(
    fields: Readonly<Record<string, string>>,
    take: (entries: readonly AmiMessage[]) => void,
  ): Promise<void> {
    await this.#send(fields, take);
  }

  /** Asterisk sends these events only, lists excepted. A refusal does no harm: it then sends the others as well. */
  async only(events: readonly string[]): Promise<void> {
    const filter = `^Event: (${events.join('|')})[[:space:]]`;
    await this.action({ Action: 'Filter', Operation: 'Add', Filter: filter });
  }

  close(): void {
    this.#end(new Error('closed by us'));
  }

  async #send(fields: Readonly<Record<string, string>>, take: TakeList | undefined): Promise<AmiMessage> {
    const id = String(++this.#lastActionId);
    const text = formatAction({ ...fields, ActionID: id });
    return new Promise((resolve, reject) => {
      if (!this.#socket || this.#socket.destroyed) {
        reject(unreachable(this.#settings, new Error('not connected')));
        return;
      }
      const timer = setTimeout(() => {
        this.#unanswered(id);
      }, actionLimitMs);
      this.#waiting.set(id, { resolve, reject, timer, list: take && { entries: [], take } });
      this.#socket.write(text);
    });
  }

  /** If it was this process that stood still, the answer may have come long ago: what is there is read first. */
  #unanswered(id: string): void {
    const read = this.#socket?.bytesRead;
    setImmediate(() => {
      if (!this.#waiting.has(id)) return;
      if (this.#socket?.bytesRead !== read) {
        this.#unanswered(id);
        return;
      }
      // Its answer could still come and would belong to nothing: a new connection repairs what is in doubt.
      this.#end(unreachable(this.#settings, new Error(`no answer within ${actionLimitMs} ms`)));
    });
  }

  #read(chunk: string): void {
    this.#received += chunk;
    if (this.greeting === '') {
      const end = this.#received.indexOf('\r\n');
      if (end === -1) return;
      this.greeting = this.#received.slice(0, end);
      this.#received = this.#received.slice(end + 2);
    }
    const { messages, rest } = parseMessages(this.#received);
    this.#received = rest;
    for (const message of messages) this.#take(message);
    if (rest.length > longestMessage) {
      this.#end(unreachable(this.#settings, new Error('a message without an end: this is not AMI')));
    }
  }

  #take(message: AmiMessage): void {
    const id = field(message, 'ActionID');
    const waiting = this.#waiting.get(id);
    if (!waiting) {
      if (message.has('Event') && id === '') this.#onEvent(message);
      return;
    }
    const refused = message.has('Response') && field(message, 'Response') !== 'Success';
    if (waiting.list && !refused) {
      if (message.has('Response')) return;
      if (field(message, 'EventList') !== 'Complete') {
        waiting.list.entries.push(message);
        return;
      }
      waiting.list.take(waiting.list.entries);
    }
    this.#settle(id, waiting);
    if (waiting.list && refused) waiting.reject(new Error(field(message, 'Message')));
    else waiting.resolve(message);
  }

  #settle(id: string, waiting: Waiting): void {
    clearTimeout(waiting.timer);
    this.#waiting.delete(id);
  }

  #end(reason: Error): void {
    clearInterval(this.#ping);
    this.#socket?.destroy();
    for (const [id, waiting] of this.#waiting) {
      this.#settle(id, waiting);
      waiting.reject(reason);
    }
    this.#markClosed(reason);
  }
}

function unreachable({ host, port }: AmiSettings, cause: unknown): MitschnittError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new MitschnittError(`AMI at ${host}:${port} cannot be reached: ${reason}`, {
    code: 'ami-unreachable',
    fault: 'asterisk',
    retry: true,
    hint: 'Check that Asterisk runs, that manager.conf has enabled = yes, and asterisk.ami.host and port.',
    cause,
  });
}

function loginRefused({ host, port, username }: AmiSettings): MitschnittError {
  return new MitschnittError(`AMI at ${host}:${port} refused the login of ${username}`, {
    code: 'ami-login-refused',
    fault: 'configuration',
    retry: true,
    hint: 'Check asterisk.ami.username and secret against manager.conf, and its permit/deny lines.',
  });
}
