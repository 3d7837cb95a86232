import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

import { field, parseMessages, type AmiMessage } from '../../src/asterisk/ami-wire.ts';

/** What a manager does with an action: answers by `send`, or does not. */
type Answer = (action: AmiMessage, session: Session) => void;

/** The right secret of the account. */
export const managerSecret = 'ami-secret';

/** One connection as the manager sees it. */
export class Session {
  readonly actions: AmiMessage[] = [];
  readonly #socket: Socket;
  #received = '';

  constructor(socket: Socket, answer: Answer) {
    this.#socket = socket;
    socket.setEncoding('utf8');
    socket.on('error', () => undefined);
    socket.on('data', (piece: string) => {
      const { messages, rest } = parseMessages(this.#received + piece);
      this.#received = rest;
      for (const action of messages) {
        this.actions.push(action);
        answer(action, this);
      }
    });
  }

  get isOpen(): boolean {
    return !this.#socket.closed;
  }

  /** Sends headers as one message. */
  send(...headers: readonly string[]): void {
    this.write(`${headers.join('\r\n')}\r\n\r\n`);
  }

  write(text: string | Uint8Array): void {
    this.#socket.write(text);
  }

  /** Ends the connection as a process that is killed would. */
  cut(): void {
    this.#socket.resetAndDestroy();
  }
}

/** A small server that plays Asterisk's manager interface, and may play it badly. */
export class Manager {
  readonly sessions: Session[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** `greeting` is sent to whoever connects; '' sends none. */
  static async start(answer: Answer, greeting = 'Asterisk Call Manager/11.0.0\r\n'): Promise<Manager> {
    const server = createServer();
    const manager = new Manager(server);
    server.on('connection', (socket) => {
      const session = new Session(socket, answer);
      manager.sessions.push(session);
      if (greeting !== '') session.write(greeting);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return manager;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** The connection that came last. */
  get session(): Session {
    const session = this.sessions.at(-1);
    if (!session) throw new Error('nobody connected');
    return session;
  }

  async stop(): Promise<void> {
    for (const session of this.sessions) session.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** Answers a login as Asterisk does, and hands on what comes after. */
export function afterLogin(then: Answer): Answer {
  return (action, session) => {
    if (field(action, 'Action') !== 'Login') {
      then(action, session);
      return;
    }
    const granted = field(action, 'Secret') === managerSecret;
    session.send(
      `Response: ${granted ? 'Success' : 'Error'}`,
      `ActionID: ${field(action, 'ActionID')}`,
      `Message: Authentication ${granted ? 'accepted' : 'failed'}`,
    );
  };
}
