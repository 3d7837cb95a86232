import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** What to do with a request for the event stream: let it in, answer it with a status, or not at all. */
type Admission = 'in' | 'never' | number;

/** A small server that plays Asterisk's REST interface, and may play it badly. */
export class StasisServer {
  readonly requests: IncomingMessage[] = [];
  readonly streams: WebSocket[] = [];
  readonly #server: Server;
  /** Node's server forgets the sockets that asked for an upgrade. */
  readonly #upgraded: Duplex[] = [];

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(answer: Answer, admission: Admission = 'in'): Promise<StasisServer> {
    const server = createServer();
    const started = new StasisServer(server);
    const webSockets = new WebSocketServer({ noServer: true });
    server.on('request', (request, response) => {
      started.requests.push(request);
      answer(request, response);
    });
    server.on('upgrade', (request, socket: Duplex, head) => {
      started.requests.push(request);
      socket.on('error', () => undefined);
      started.#upgraded.push(socket);
      if (admission === 'never') return;
      if (admission === 'in') {
        webSockets.handleUpgrade(request, socket, head, (stream) => started.streams.push(stream));
        return;
      }
      socket.end(`HTTP/1.1 ${admission} No\r\nContent-Length: 0\r\n\r\n`);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return started;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/ari`;
  }

  /** The event stream that was opened last. */
  get stream(): WebSocket {
    const stream = this.streams.at(-1);
    if (!stream) throw new Error('nobody listens');
    return stream;
  }

  async stop(): Promise<void> {
    for (const socket of this.#upgraded) socket.destroy();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
