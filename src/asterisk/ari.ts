import { once } from 'node:events';
import { WebSocket } from 'ws';

import { messageOf, MitschnittError } from '../errors.ts';
import type { Connection } from './link.ts';

export interface AriSettings {
  /** `http://127.0.0.1:8088/ari` */
  readonly url: string;
  readonly username: string;
  readonly password: string;
  /** Name of the Stasis application, as in the dialplan. */
  readonly app: string;
}

/** Limit of one REST request; Asterisk answers in about 2 ms. */
const requestLimitMs = 5_000;
const connectLimitMs = 5_000;
/** A link that died without a word is noticed after at most twice this. */
const pingEveryMs = 5_000;

/** How long Asterisk may take to answer our farewell before the socket is simply closed. */
const farewellMs = 500;

/** Asterisk has 100 HTTP sessions in all (`sessionlimit` of http.conf) and closes those above: leave it most. */
const requestsAtOnce = 16;

/** An ARI event as Asterisk sends it; `type` says which. */
export interface AriEvent {
  readonly type: string;
  readonly timestamp?: string;
  readonly args?: readonly string[];
  readonly digit?: string;
  readonly channel?: AriChannel;
  readonly playback?: { readonly id: string; readonly state: string };
}

export interface AriChannel {
  readonly id: string;
  readonly name: string;
  readonly caller: { readonly number: string };
}

/** Asterisk's answer to a REST request that it did not grant. 404 on a channel: it is gone. */
export class AriRefusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** The REST side of ARI. */
export class AriClient {
  readonly #settings: AriSettings;
  readonly #turns: (() => void)[] = [];
  #underWay = 0;

  constructor(settings: AriSettings) {
    this.#settings = settings;
  }

  /** `path` without a leading `/`; its parts must be encoded. Resolves with the parsed body, undefined without one. */
  async request(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    query: Record<string, string> = {},
  ): Promise<unknown> {
    const search = new URLSearchParams(query).toString();
    const url = `${this.#settings.url}/${path}${search && `?${search}`}`;
    const { status, body } = await this.#inTurn(() => this.#fetch(method, url));
    if (status === 401) throw loginRefused(this.#settings);
    if (status >= 400) throw new AriRefusal(status, `${method} ${path}: ${status} ${body.trim()}`);
    return bodyOf(body, this.#settings);
  }

  async #fetch(method: string, url: string): Promise<{ status: number; body: string }> {
    try {
      const response = await fetch(url, {
        method,
        headers: { authorization: this.#authorization() },
        signal: AbortSignal.timeout(requestLimitMs),
      });
      return { status: response.status, body: await response.text() };
    } catch (error) {
      throw unreachable(this.#settings, error);
    }
  }

  async #inTurn<Result>(request: () => Promise<Result>): Promise<Result> {
    if (this.#underWay >= requestsAtOnce) await new Promise<void>((resolve) => this.#turns.push(resolve));
    else this.#underWay += 1;
    try {
      return await request();
    } finally {
      const next = this.#turns.shift();
      // The place goes on to whoever waits longest.
      if (next) next();
      else this.#underWay -= 1;
    }
  }

  /** Opens the event stream, which makes Asterisk send channels to our application. */
  async events(onEvent: (event: AriEvent) => void): Promise<Connection> {
    const url = new URL(`${this.#settings.url}/events`);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    url.searchParams.set('app', this.#settings.app);
    const socket = new WebSocket(url, {
      headers: { authorization: this.#authorization() },
      handshakeTimeout: connectLimitMs,
    });
    let refused: Error | undefined;
    socket.on('unexpected-response', (request, response) => {
      refused = response.statusCode === 401 ? loginRefused(this.#settings) : undefined;
      request.destroy(refused ?? new Error(`HTTP ${response.statusCode}`));
    });
    const stream = this.#stream(socket, onEvent);
    try {
      await once(socket, 'open');
    } catch (error) {
      throw refused ?? unreachable(this.#settings, error);
    }
    return stream;
  }

  #stream(socket: WebSocket, onEvent: (event: AriEvent) => void): Connection {
    let heard = true;
    const ping = setInterval(() => {
      if (!heard) {
        socket.terminate();
        return;
      }
      heard = false;
      if (socket.readyState === WebSocket.OPEN) socket.ping();
    }, pingEveryMs);
    socket.on('pong', () => {
      heard = true;
    });
    socket.on('message', (data) => {
      heard = true;
      const event = parsed(data as Buffer); // the package's default binaryType
      if (event) onEvent(event);
    });
    let reason = new Error('Asterisk closed the connection');
    socket.on('error', (error) => {
      reason = error;
    });
    const closed = new Promise<Error>((resolve) => {
      socket.on('close', () => {
        clearInterval(ping);
        resolve(unreachable(this.#settings, reason));
      });
    });
    return {
      closed,
      close: () => {
        socket.close();
        setTimeout(() => {
          socket.terminate();
        }, farewellMs).unref();
      },
    };
  }

  #authorization(): string {
    const { username, password } = this.#settings;
    return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  }
}

function bodyOf(body: string, settings: AriSettings): unknown {
  try {
    return body === '' ? undefined : (JSON.parse(body) as unknown);
  } catch (error) {
    throw unreachable(settings, error);
  }
}

/** A frame that is no JSON is none of Asterisk's: nothing can be made of it. */
function parsed(frame: Buffer): AriEvent | undefined {
  try {
    return JSON.parse(frame.toString('utf8')) as AriEvent;
  } catch {
    return undefined;
  }
}

function unreachable({ url }: AriSettings, cause: unknown): MitschnittError {
  const reason =
    cause instanceof Error && cause.cause !== undefined ? messageOf(cause.cause) : messageOf(cause);
  return new MitschnittError(`ARI at ${url} cannot be reached: ${reason}`, {
    code: 'ari-unreachable',
    fault: 'asterisk',
    retry: true,
    hint: 'Check that Asterisk runs, that http.conf and ari.conf have enabled = yes, and asterisk.ari.url.',
    cause,
  });
}

function loginRefused({ url, username }: AriSettings): MitschnittError {
  return new MitschnittError(`ARI at ${url} refused the login of ${username}`, {
    code: 'ari-login-refused',
    fault: 'configuration',
    retry: true,
    hint: 'Check asterisk.ari.username and password against ari.conf.',
  });
}
