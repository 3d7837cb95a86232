import { once } from 'node:events';
import * as http from 'node:http';
import * as https from 'node:https';
import { text } from 'node:stream/consumers';
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
/** A connection that is idle for this long is closed before Asterisk does it: after 15 s (`session_keep_alive`). */
const idleLimitMs = 10_000;
const connectLimitMs = 5_000;
const pingEveryMs = 1_000;
/** A link of which nothing is heard for this long, no answer to a ping either, is dead. */
const deadAfterMs = 10_000;

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

/** The event stream. */
export interface AriStream extends Connection {
  /** How long nothing was heard of Asterisk, which answers a ping each second. */
  silentMs(): number;
}

/** The REST side of ARI. */
export class AriClient {
  readonly #settings: AriSettings;
  readonly #protocol: typeof http | typeof https;
  readonly #agent: http.Agent;
  readonly #turns: (() => void)[] = [];
  #underWay = 0;

  constructor(settings: AriSettings) {
    this.#settings = settings;
    this.#protocol = settings.url.startsWith('https:') ? https : http;
    // Not fetch(): that takes three times the processor time, at every call in the gate.
    this.#agent = new this.#protocol.Agent({ keepAlive: true, timeout: idleLimitMs });
  }

  /** `path` without a leading `/`; its parts must be encoded. Resolves with the parsed body, undefined without one. */
  async request(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    query: Record<string, string> = {},
    signal?: AbortSignal,
  ): Promise<unknown> {
    const search = new URLSearchParams(query).toString();
    const url = `${this.#settings.url}/${path}${search && `?${search}`}`;
    const { status, body } = await this.#inTurn(() => this.#exchange(method, url, signal));
    if (status === 401) throw loginRefused(this.#settings);
    if (status >= 400) throw new AriRefusal(status, `${method} ${path}: ${status} ${body.trim()}`);
    return bodyOf(body, this.#settings);
  }

  async #exchange(
    method: string,
    url: string,
    signal: AbortSignal | undefined,
  ): Promise<{ status: number; body: string }> {
    const headers = { authorization: this.#authorization() };
    const request = this.#protocol.request(url, {
      method,
      headers,
      agent: this.#agent,
      ...(signal && { signal }),
    });
    const limit = setTimeout(() => {
      request.destroy(new Error(`no answer within ${requestLimitMs} ms`));
    }, requestLimitMs);
    // What happens in the middle of the answer is told by the answer, too.
    request.on('error', () => undefined);
    try {
      request.end();
      const [response] = (await once(request, 'response')) as [http.IncomingMessage];
      return { status: response.statusCode ?? 0, body: await text(response) };
    } catch (error) {
      throw unreachable(this.#settings, error);
    } finally {
      clearTimeout(limit);
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
  async events(onEvent: (event: AriEvent) => void, signal?: AbortSignal): Promise<AriStream> {
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
      await once(socket, 'open', signal && { signal });
    } catch (error) {
      if (signal?.aborted === true) socket.terminate();
      throw refused ?? unreachable(this.#settings, error);
    }
    return stream;
  }

  #stream(socket: WebSocket, onEvent: (event: AriEvent) => void): AriStream {
    let heardAt = performance.now();
    const silentMs = (): number => performance.now() - heardAt;
    const ping = setInterval(() => {
      if (socket.readyState === WebSocket.OPEN) socket.ping();
      if (silentMs() < deadAfterMs) return;
      // If it was this process that stood still, what Asterisk said meanwhile is read first.
      setImmediate(() => {
        if (silentMs() >= deadAfterMs) socket.terminate();
      });
    }, pingEveryMs);
    socket.on('pong', () => {
      heardAt = performance.now();
    });
    socket.on('message', (data) => {
      heardAt = performance.now();
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
      silentMs,
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
