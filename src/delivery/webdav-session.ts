import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Readable } from 'node:stream';
import type * as WebDav from 'webdav';

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
interface Order {
  readonly abortSignal: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
  readonly content?: Buffer | Readable;
}

/** More than any answer has that is no file: what is longer is not read. */
const longestAnswer = 1_000_000;

/**
 * Talks to one server (RFC 4918). Every answer that is no is thrown as a WebDavRefusal.
 *
 * Paths are below the URL of the settings, with `/` between parts.
 */
export class WebDavSession {
  readonly #webdav: typeof WebDav;
  readonly #client: WebDav.WebDAVClient;
  readonly #agents: Agents;
  readonly #url: string;

  private constructor(webdav: typeof WebDav, client: WebDav.WebDAVClient, agents: Agents, url: string) {
    this.#webdav = webdav;
    this.#client = client;
    this.#agents = agents;
    this.#url = url;
  }

  /**
   * Asks without a password which way to log in there is. The package itself would send the password first, readable, and
   * ask then.
   */
  static async open(
    settings: WebDavSettings,
    ca: string | undefined,
    idleMs: number,
    abortSignal: AbortSignal,
  ): Promise<WebDavSession> {
    const webdav = await import('webdav');
    const { url, username, password } = settings;
    const agents = agentsFor(ca, idleMs);
    const nobody = webdav.createClient(url, { ...agents, authType: webdav.AuthType.None });
    const ways = await new WebDavSession(webdav, nobody, agents, url).#waysToLogIn(abortSignal);
    // The package understands a challenge for Digest only where it is the first one.
    const authType = /^digest\s/i.test(ways) ? webdav.AuthType.Digest : webdav.AuthType.Password;
    const client = webdav.createClient(url, { ...agents, authType, username, password: password.reveal() });
    return new WebDavSession(webdav, client, agents, url);
  }

  /** Undefined: there is nothing of that name. */
  async find(path: string, abortSignal: AbortSignal): Promise<WebDavFound | undefined> {
    const headers = { Depth: '0', Accept: 'application/xml' };
    try {
      const { text } = await this.#ask('PROPFIND', path, { headers, abortSignal });
      const { type, size } = this.#webdav.parseStat(await this.#webdav.parseXML(text), path);
      return { isFolder: type === 'directory', bytes: size };
    } catch (error) {
      if (error instanceof WebDavRefusal && error.status === 404) return undefined;
      throw error;
    }
  }

  /** Writes a file, in the place of one that has the name. */
  async write(
    path: string,
    content: Buffer | Readable,
    bytes: number,
    abortSignal: AbortSignal,
  ): Promise<void> {
    // With the length: some servers take nothing whose end they do not know.
    const headers = { 'Content-Length': String(bytes), 'Content-Type': 'application/octet-stream' };
    await this.#ask('PUT', path, { headers, content, abortSignal });
  }

  /** The content of a file. */
  async read(path: string, abortSignal: AbortSignal): Promise<AsyncIterable<Buffer>> {
    const response = await this.#request('GET', path, { abortSignal });
    if (response.status >= 300) {
      await drained(response);
      throw new WebDavRefusal(response.status);
    }
    return bodyOf(response);
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
    this.#agents.httpAgent.destroy();
    this.#agents.httpsAgent.destroy();
  }

  async #waysToLogIn(abortSignal: AbortSignal): Promise<string> {
    const response = await this.#request('PROPFIND', '', { headers: { Depth: '0' }, abortSignal });
    await drained(response);
    return response.status === 401 ? (response.headers.get('www-authenticate') ?? '') : '';
  }

  async #ask(method: string, path: string, order: Order): Promise<{ readonly text: string }> {
    const response = await this.#request(method, path, order);
    const text = await drained(response);
    // Also where the package takes a no for an answer: a refused Digest.
    if (response.status >= 300) throw new WebDavRefusal(response.status);
    return { text };
  }

  async #request(
    method: string,
    path: string,
    { headers, content, abortSignal }: Order,
  ): Promise<WebDav.Response> {
    try {
      return await this.#client.customRequest(path, {
        url: this.#urlOf(path),
        method,
        signal: abortSignal,
        ...(headers && { headers }),
        ...(content && { data: content }),
      });
    } catch (error) {
      const { response } = error as { readonly response?: WebDav.Response };
      if (!response) throw error;
      return response;
    }
  }

  #urlOf(path: string): string {
    return `${this.#url}/${path.toWellFormed().split('/').map(encodeURIComponent).join('/')}`;
  }
}

interface Agents {
  readonly httpAgent: HttpAgent;
  readonly httpsAgent: HttpsAgent;
}

function agentsFor(ca: string | undefined, idleMs: number): Agents {
  // A connection that was idle for longer is not trusted: servers and firewalls drop such without a word.
  const kept = { keepAlive: true, timeout: idleMs };
  return {
    httpAgent: new HttpAgent(kept),
    httpsAgent: new HttpsAgent({ ...kept, ...(ca === undefined ? {} : { ca }) }),
  };
}

/** Reads an answer to its end: only then its connection serves again. */
async function drained(response: WebDav.Response): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of bodyOf(response)) {
    pieces.push(piece);
    bytes += piece.length;
    if (bytes > longestAnswer) break;
  }
  return Buffer.concat(pieces).toString();
}

/** In Node.js a stream, whatever the package says. */
function bodyOf(response: WebDav.Response): AsyncIterable<Buffer> {
  return (response as unknown as { readonly body: AsyncIterable<Buffer> }).body;
}
