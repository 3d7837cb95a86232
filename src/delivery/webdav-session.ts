import type { IncomingMessage } from 'node:http';
import type * as WebDav from 'webdav/dist/node/tools/dav.js';

import { HttpConnections, type HttpOrder } from './webdav-http.ts';
import { loginFor, type WebDavLogin } from './webdav-login.ts';
import type { WebDavSettings } from './webdav.ts';

/** The server answered, and its answer was no. */
export class WebDavRefusal extends Error {
  /** Of HTTP (RFC 9110, 15; RFC 4918, 11). */
  readonly status: number;

  constructor(status: number) {
    super(`status ${status}`);
    this.name = 'WebDavRefusal';
    this.status = status;
  }
}

/** What is known of a file or folder. */
export interface WebDavFound {
  readonly isFolder: boolean;
  readonly bytes: number;
}

/** What a request needs besides its method and path. */
interface Order extends Pick<HttpOrder, 'abortSignal' | 'content' | 'progress'> {
  readonly headers?: Readonly<Record<string, string>>;
}

/** Reads answers to PROPFIND. */
type Reader = Pick<typeof WebDav, 'parseStat' | 'parseXML'>;

/** More than any answer has that is no file: what is longer is not read. */
const longestAnswer = 1_000_000;

/**
 * Talks to one server (RFC 4918). Every answer that is no is thrown as a WebDavRefusal.
 *
 * Paths are below the URL of the settings, with `/` between parts.
 */
export class WebDavSession {
  readonly #reader: Reader;
  readonly #connections: HttpConnections;
  readonly #url: string;
  #login: WebDavLogin | undefined;

  private constructor(reader: Reader, connections: HttpConnections, url: string) {
    this.#reader = reader;
    this.#connections = connections;
    this.#url = url;
  }

  /** Asks without a password which way to log in there is: else it would be sent, readable, where a digest of it will do. */
  static async open(
    settings: WebDavSettings,
    ca: string | undefined,
    idleMs: number,
    abortSignal: AbortSignal,
  ): Promise<WebDavSession> {
    // Not everybody has such a target; and of the package no more than this, which costs a quarter of all of it.
    const reader = await import('webdav/dist/node/tools/dav.js');
    const session = new WebDavSession(reader, new HttpConnections(ca, idleMs), settings.url);
    const login = loginFor(await session.#waysToLogIn(abortSignal), settings);
    if (!login) throw new WebDavRefusal(401);
    session.#login = login;
    return session;
  }

  /** Undefined: there is nothing of that name. */
  async find(path: string, abortSignal: AbortSignal): Promise<WebDavFound | undefined> {
    const headers = { Depth: '0', Accept: 'application/xml' };
    try {
      const { text } = await this.#ask('PROPFIND', path, { headers, abortSignal });
      const { type, size } = this.#reader.parseStat(await this.#reader.parseXML(text), path);
      return { isFolder: type === 'directory', bytes: size };
    } catch (error) {
      if (error instanceof WebDavRefusal && error.status === 404) return undefined;
      throw error;
    }
  }

  /**
   * What HEAD tells of a file, for a server a small part of the work of {@link find}: its size in bytes, or `absent`.
   * Undefined where that is not to be relied on.
   */
  async glance(path: string, abortSignal: AbortSignal): Promise<number | 'absent' | undefined> {
    const answer = await this.#request('HEAD', path, { abortSignal });
    await drained(answer);
    if (answer.statusCode === 404) return 'absent';
    const { 'content-length': length, 'content-encoding': encoding } = answer.headers;
    return answer.statusCode === 200 && encoding === undefined && length !== undefined
      ? Number(length)
      : undefined;
  }

  /** Writes a file, in the place of one that has the name. `progress` is told whenever some of it was taken. */
  async write(
    path: string,
    content: Buffer | AsyncIterable<Buffer>,
    bytes: number,
    abortSignal: AbortSignal,
    progress?: () => void,
  ): Promise<void> {
    // With the length: some servers take nothing whose end they do not know.
    const headers = { 'Content-Length': String(bytes), 'Content-Type': 'application/octet-stream' };
    await this.#ask('PUT', path, { headers, content, abortSignal, progress });
  }

  /** The content of a file. */
  async read(path: string, abortSignal: AbortSignal): Promise<AsyncIterable<Buffer>> {
    const answer = await this.#request('GET', path, { abortSignal });
    const status = statusOf(answer);
    if (status < 300) return answer;
    await drained(answer);
    throw new WebDavRefusal(status);
  }

  /** Gives a file another name, unless something has it (412). */
  async move(from: string, to: string, abortSignal: AbortSignal): Promise<void> {
    const headers = { Destination: this.#urlOf(to), Overwrite: 'F' };
    await this.#ask('MOVE', from, { headers, abortSignal });
  }

  async makeFolder(path: string, abortSignal: AbortSignal): Promise<void> {
    await this.#ask('MKCOL', `${path}/`, { abortSignal });
  }

  async remove(path: string, abortSignal: AbortSignal): Promise<void> {
    await this.#ask('DELETE', path, { abortSignal });
  }

  end(): void {
    this.#connections.end();
  }

  async #waysToLogIn(abortSignal: AbortSignal): Promise<string> {
    const answer = await this.#request('PROPFIND', '', { headers: { Depth: '0' }, abortSignal });
    await drained(answer);
    const status = statusOf(answer);
    // It says nothing of how to log in: the password is for none who was not asked that.
    if ((status >= 300 && status < 400) || status === 429 || status >= 500) throw new WebDavRefusal(status);
    return status === 401 ? challengeIn(answer) : '';
  }

  async #ask(method: string, path: string, order: Order): Promise<{ readonly text: string }> {
    const answer = await this.#request(method, path, order);
    const status = statusOf(answer);
    if (status < 300) return { text: await drained(answer) };
    // It may close the connection with it, unread: it has said no.
    await drained(answer).catch(() => '');
    throw new WebDavRefusal(status);
  }

  async #request(method: string, path: string, order: Order): Promise<IncomingMessage> {
    const url = new URL(this.#urlOf(path));
    const login = this.#login;
    const exchange = () => {
      const shown = login && { Authorization: login.header(method, `${url.pathname}${url.search}`) };
      return this.#connections.exchange({ ...order, method, url, headers: { ...order.headers, ...shown } });
    };
    const answer = await exchange();
    const canRepeat = order.content === undefined || Buffer.isBuffer(order.content);
    if (statusOf(answer) !== 401 || !canRepeat || !login?.refused(challengeIn(answer))) return answer;
    await drained(answer);
    return await exchange();
  }

  #urlOf(path: string): string {
    return `${this.#url}/${path.toWellFormed().split('/').map(encodeURIComponent).join('/')}`;
  }
}

const statusOf = ({ statusCode = 0 }: IncomingMessage) => statusCode;
const challengeIn = ({ headers }: IncomingMessage) => headers['www-authenticate'] ?? '';

/** Reads an answer to its end: only then its connection serves again. */
async function drained(answer: IncomingMessage): Promise<string> {
  if (answer.closed && !answer.readableEnded) throw brokenOff();
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const pieces: Buffer[] = [];
  let bytes = 0;
  const end = () => resolve(Buffer.concat(pieces).toString());
  // Not a loop over it: that costs as much as the request.
  answer
    .on('data', (piece: Buffer) => {
      pieces.push(piece);
      bytes += piece.length;
      if (bytes <= longestAnswer) return;
      end();
      answer.destroy();
    })
    .once('end', end)
    .once('error', reject)
    .once('close', () => reject(brokenOff()));
  return await promise;
}

const brokenOff = () => Object.assign(new Error('the answer broke off'), { code: 'ECONNRESET' });
