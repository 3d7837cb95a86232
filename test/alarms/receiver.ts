import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request that was signed as it should be. */
export interface Received {
  readonly id: string;
  readonly body: {
    readonly id: string;
    readonly alarms: readonly { readonly state: string; readonly subject: string; readonly times: number }[];
  };
}

/** A receiver of webhooks that believes only what is signed, as standardwebhooks.com tells receivers to. */
export class Receiver {
  readonly received: Received[] = [];
  /** Ids of all requests that were signed as they should be, refused ones as well. */
  readonly attempts: string[] = [];
  /** Reasons why requests were not believed. */
  readonly doubts: string[] = [];
  /** What it answers with. */
  status = 204;
  readonly #key: Buffer;
  #server = createServer();
  #port = 0;

  constructor(key: Buffer) {
    this.#key = key;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/hooks/path-secret`;
  }

  /** Comes back under the same address after `stop`. */
  async start(): Promise<void> {
    this.#server = createServer((request, response) => {
      const pieces: Buffer[] = [];
      request.on('data', (piece: Buffer) => pieces.push(piece));
      request.on('end', () => {
        const body = Buffer.concat(pieces).toString('utf8');
        const doubt = this.#doubt(request.headers, body);
        if (doubt === undefined) this.attempts.push(one(request.headers, 'webhook-id'));
        if (doubt !== undefined) this.doubts.push(doubt);
        else if (this.status < 300) {
          this.received.push({
            id: one(request.headers, 'webhook-id'),
            body: JSON.parse(body) as Received['body'],
          });
        }
        const location = this.status >= 300 && this.status < 400 ? { location: 'http://127.0.0.1:9/' } : {};
        response.writeHead(doubt === undefined ? this.status : 401, location).end('x'.repeat(100_000));
      });
    });
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #doubt(headers: IncomingHttpHeaders, body: string): string | undefined {
    const [id, timestamp] = [one(headers, 'webhook-id'), one(headers, 'webhook-timestamp')];
    if (Math.abs(Date.now() / 1_000 - Number(timestamp)) > 300) return `sent at ${timestamp}`;
    const expected = createHmac('sha256', this.#key).update(`${id}.${timestamp}.${body}`).digest();
    const [version, signature = ''] = one(headers, 'webhook-signature').split(',');
    const shown = Buffer.from(signature, 'base64');
    if (version !== 'v1' || shown.length !== expected.length || !timingSafeEqual(shown, expected))
      return `signature ${signature}`;
    return headers['content-type'] === 'application/json' ? undefined : 'no JSON';
  }
}

function one(headers: IncomingHttpHeaders, name: string): string {
  const value = headers[name];
  return typeof value === 'string' ? value : '';
}
