import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** What goes wrong on a line that stands: everything arrives so much later, or nothing at all any more. */
interface Trouble {
  readonly delayMs?: number;
  /** Nobody is told: the connections stay open. */
  readonly silent?: boolean;
}

/** A TCP connection through which Mitschnitt reaches Asterisk, and which a test can cut, slow down or silence. */
export class Cable {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #plugged = true;
  #trouble: Trouble = {};

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  static async to(host: string, port: number): Promise<Cable> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const cable = new Cable(server, address.port);
    server.on('connection', (near) => {
      cable.#join(near, connect(port, host));
    });
    return cable;
  }

  /** Ends all connections, and refuses new ones until `plug`. */
  cut(): void {
    this.#plugged = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  plug(): void {
    this.#plugged = true;
  }

  /** Replaces what was wrong before; bytes that a silent line has swallowed are gone, and so are its connections then. */
  suffer(trouble: Trouble): void {
    if (this.#trouble.silent === true) for (const socket of this.#sockets) socket.destroy();
    this.#trouble = trouble;
  }

  async remove(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #join(near: Socket, far: Socket): void {
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        this.#sockets.delete(one);
        // What is still on its way arrives.
        setTimeout(() => other.destroySoon(), this.#trouble.delayMs ?? 0);
      });
      one.on('data', (piece: Buffer) => {
        const { delayMs = 0, silent = false } = this.#trouble;
        if (silent) return;
        if (delayMs === 0) other.write(piece);
        else setTimeout(() => other.write(piece), delayMs);
      });
    }
    if (!this.#plugged) near.destroy();
  }
}
