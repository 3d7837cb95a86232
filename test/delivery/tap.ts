import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** Stands between a client and its server: sees what is sent, and can be a slow line. */
export class Tap {
  readonly host = '127.0.0.1';
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #sent: Buffer[] = [];
  #until: string | undefined;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  /** `bytesPerSecond`: no more than that goes to the server. */
  static async to(host: string, port: number, bytesPerSecond = Infinity): Promise<Tap> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const tap = new Tap(server, address.port);
    server.on('connection', (near) => tap.#join(near, connect(port, host), bytesPerSecond));
    return tap;
  }

  /** Everything that the client sent. */
  get sent(): Buffer {
    return Buffer.concat(this.#sent);
  }

  /** Once the client has sent `text`, no answer gets back to it any more: what it asked for is done and never told. */
  hushAfter(text: string): void {
    this.#until = text;
  }

  /** Whether the time of {@link hushAfter} has come. */
  get isHushed(): boolean {
    return this.#until !== undefined && this.sent.includes(this.#until);
  }

  async remove(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #join(near: Socket, far: Socket, bytesPerSecond: number): void {
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroySoon());
    }
    far.on('data', (piece) => this.isHushed || near.write(piece));
    near.on('data', (piece) => {
      this.#sent.push(piece);
      far.write(piece);
      near.pause();
      setTimeout(() => near.resume(), (piece.length / bytesPerSecond) * 1000);
    });
  }
}
