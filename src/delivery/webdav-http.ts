import {
  Agent as HttpAgent,
  request as httpRequest,
  type ClientRequest,
  type IncomingMessage,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

/** One request. */
export interface HttpOrder {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent piece by piece; each is of no more use here once the next but one is asked for. */
  readonly content?: Buffer | AsyncIterable<Buffer> | undefined;
  /** Ends it, and the reading of its answer. */
  readonly abortSignal: AbortSignal;
  /** Told whenever some of the content was taken. */
  readonly progress?: (() => void) | undefined;
}

/** Connections to one server, kept open from one request to the next. */
export class HttpConnections {
  readonly #http: HttpAgent;
  readonly #https: HttpsAgent;

  /** `ca`: PEM of the authority, where it is no public one. `idleMs`: what was idle for longer is not used again. */
  constructor(ca: string | undefined, idleMs: number) {
    // Servers and firewalls drop what is idle without a word.
    const kept = { keepAlive: true, timeout: idleMs };
    this.#http = new HttpAgent(kept);
    this.#https = new HttpsAgent({ ...kept, ...(ca === undefined ? {} : { ca }) });
  }

  /**
   * Sends a request and waits for the head of its answer, whose body is to be read to its end. Throws the errors of
   * Node's sockets, and what `content` throws. An answer that comes before all was sent ends the sending.
   */
  async exchange(order: HttpOrder): Promise<IncomingMessage> {
    const { url, method, headers, content, abortSignal } = order;
    abortSignal.throwIfAborted();
    const request =
      url.protocol === 'https:'
        ? httpsRequest(url, { method, headers, agent: this.#https })
        : httpRequest(url, { method, headers, agent: this.#http });
    const { promise: answered, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    request.once('response', resolve).on('error', reject);
    request.once('response', (response: IncomingMessage) => {
      // What was not sent by then is not wanted: the connection is of no more use.
      response.once('end', () => {
        if (!request.writableFinished) request.destroy();
      });
    });
    const abort = () => request.destroy();
    abortSignal.addEventListener('abort', abort, { once: true });
    request.once('close', () => {
      abortSignal.removeEventListener('abort', abort);
      reject(new Error('the connection is over'));
    });
    if (content === undefined || Buffer.isBuffer(content)) {
      request.end(content);
      return await answered;
    }
    answered.catch(() => undefined);
    try {
      await send(request, content, order.progress);
    } catch (error) {
      request.destroy();
      throw error;
    }
    return await answered;
  }

  /** Closes all of them, whatever they are doing. */
  end(): void {
    this.#http.destroy();
    this.#https.destroy();
  }
}

/** Not by streams: they hold several pieces, and each would need memory of its own. */
async function send(
  request: ClientRequest,
  content: AsyncIterable<Buffer>,
  progress: (() => void) | undefined,
): Promise<void> {
  const sending: { over: boolean } = { over: false };
  let goOn: () => void = () => undefined;
  const stop = () => {
    sending.over = true;
    goOn();
  };
  request.once('close', stop).once('response', stop);
  let taken: Promise<void> | undefined;
  // The next is read and hashed while one is taken.
  for await (const piece of content) {
    await taken;
    progress?.();
    if (sending.over) return;
    taken = new Promise<void>((resolve) => {
      goOn = resolve;
      request.write(piece, () => resolve());
    });
  }
  await taken;
  progress?.();
  if (!sending.over) request.end();
}
