import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** What a server does that an honest one would not. The FTP commands before that are answered as they should be. */
export type Rudeness =
  /** Accepts connections and never says a word. */
  | 'silent'
  /** Ends the connection in the middle of its greeting. */
  | 'cuts greeting'
  /** Says nothing more after the log-in. */
  | 'silent after login'
  /** Takes some of a file, then ends both connections. */
  | 'cuts transfer'
  /** Takes some of a file, then nothing more. */
  | 'stalls transfer'
  /** Takes the file, says nothing about it. */
  | 'never confirms'
  /** Throws half of the file away and says that all is well. */
  | 'drops half'
  /** Has an answer to every command, which is 200. */
  | 'agrees to all'
  /** Sends what is no FTP. */
  | 'babbles'
  /** Tells the password that it was given in its answer, on several lines and at length. */
  | 'tells password'
  /** Says of a file that it does not have that it is unavailable now (450), as rclone's server does. */
  | 'says unavailable';

export interface RudeServer {
  readonly host: string;
  readonly port: number;
  /** How many connections it was asked for. */
  readonly connections: () => number;
  stop(): Promise<void>;
}

/** Bytes of a file that it takes before it turns rude. */
const someBytes = 100_000;

/** A small FTP server that lies, stalls or cuts. */
export async function startRude(rudeness: Rudeness): Promise<RudeServer> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    keep(sockets, socket);
    new Session(socket, rudeness, sockets).greet();
  });
  const port = await listen(server);
  return {
    host: '127.0.0.1',
    port,
    connections: () => connections,
    stop: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

class Session {
  readonly #socket: Socket;
  readonly #rudeness: Rudeness;
  readonly #sockets: Set<Socket>;
  /** The file that was sent, under the path that it was sent to, and how much of it was kept. */
  #stored: { path: string; bytes: number } | undefined;
  #storing = false;
  #data: Server | undefined;
  #dataSocket: Socket | undefined;
  /** Still to be sent, once there is a connection for it. */
  #listing: string | undefined;
  #line = '';
  #password = '';
  #loggedIn = false;

  constructor(socket: Socket, rudeness: Rudeness, sockets: Set<Socket>) {
    this.#socket = socket;
    this.#rudeness = rudeness;
    this.#sockets = sockets;
  }

  greet(): void {
    this.#socket.on('data', (piece) => this.#hear(piece.toString()));
    this.#socket.on('close', () => this.#data?.close());
    if (this.#rudeness === 'silent') return;
    if (this.#rudeness === 'cuts greeting') this.#socket.end('220-Welc');
    else if (this.#rudeness === 'babbles') this.#socket.write('HTTP/1.1 400 Bad Request\r\n\r\n');
    else this.#say('220 at your service');
  }

  #hear(text: string): void {
    if (this.#rudeness === 'silent') return;
    const lines = (this.#line + text).split('\r\n');
    this.#line = lines.pop() ?? '';
    for (const line of lines) {
      const [, verb = '', argument = ''] = /^(\S+) ?(.*)$/.exec(line) ?? [];
      this.#answer(verb, argument);
    }
  }

  #answer(verb: string, argument: string): void {
    if (this.#rudeness === 'agrees to all') {
      this.#say('200 of course');
      return;
    }
    if (this.#rudeness === 'silent after login' && this.#loggedIn) return;
    switch (verb) {
      case 'USER': {
        this.#say('331 and the password?');
        return;
      }
      case 'PASS':
        this.#password = argument;
        if (this.#rudeness === 'tells password') {
          this.#say(`530-${'wrong '.repeat(200)}\r\n530 not ${this.#password}\u001b[2J!`);
          return;
        }
        this.#loggedIn = true;
        {
          this.#say('230 in');
          return;
        }
      case 'PWD': {
        this.#say('257 "/" it is');
        return;
      }
      case 'SIZE': {
        this.#tellSize(argument);
        return;
      }
      case 'EPSV': {
        this.#openData();
        return;
      }
      case 'STOR':
        this.#stored = { path: argument, bytes: 0 };
        this.#storing = true;
        {
          this.#say('150 go on');
          return;
        }
      case 'RNTO':
        if (this.#stored) this.#stored.path = argument;
        {
          this.#say('250 it is');
          return;
        }
      case 'DELE': {
        this.#remove(argument);
        return;
      }
      case 'LIST': {
        this.#list(argument);
        return;
      }
      case 'FEAT': {
        this.#say('500 none');
        return;
      }
      default: {
        this.#say('250 done');
        return;
      }
    }
  }

  #tellSize(path: string): void {
    this.#say(this.#stored?.path === path ? `213 ${this.#stored.bytes}` : this.#absent);
  }

  get #absent(): string {
    return this.#rudeness === 'says unavailable' ? '450 not available now' : '550 no such file';
  }

  #remove(path: string): void {
    const isThere = this.#stored?.path === path;
    if (isThere) this.#stored = undefined;
    this.#say(isThere || this.#rudeness !== 'says unavailable' ? '250 done' : this.#absent);
  }

  /** Of a folder that nothing was sent to there is no listing. */
  #list(argument: string): void {
    const folder = argument.replace(/^-a ?/, '') || '/';
    const { path, bytes } = this.#stored ?? { path: '', bytes: 0 };
    const isIn = path.startsWith(folder === '/' ? '/' : `${folder}/`);
    if (!isIn && folder !== '/') {
      this.#say(this.#absent);
      return;
    }
    const name = path.slice(path.lastIndexOf('/') + 1);
    this.#listing = isIn ? `-rw-r--r-- 1 pbx pbx ${bytes} Apr  7 13:34 ${name}\r\n` : '';
    this.#say('150 here it comes');
    this.#sendListing();
  }

  #sendListing(): void {
    if (this.#listing === undefined || !this.#dataSocket) return;
    this.#dataSocket.end(this.#listing);
    this.#listing = undefined;
    this.#dataSocket = undefined;
    this.#say('226 that is all');
  }

  #openData(): void {
    this.#data?.close();
    this.#dataSocket = undefined;
    const data = createServer((socket) => {
      keep(this.#sockets, socket);
      this.#dataSocket = socket;
      this.#sendListing();
      let bytes = 0;
      socket.on('data', (piece) => {
        bytes += piece.length;
        if (bytes < someBytes) return;
        if (this.#rudeness === 'stalls transfer') socket.pause();
        if (this.#rudeness !== 'cuts transfer') return;
        socket.resetAndDestroy();
        this.#socket.resetAndDestroy();
      });
      socket.on('end', () => {
        if (this.#rudeness === 'never confirms' || !this.#storing) return;
        this.#storing = false;
        if (this.#stored)
          this.#stored.bytes = this.#rudeness === 'drops half' ? Math.floor(bytes / 2) : bytes;
        this.#say('226 all is well');
      });
    });
    this.#data = data;
    void listen(data).then((port) => this.#say(`229 here (|||${port}|)`));
  }

  #say(line: string): void {
    this.#socket.write(`${line}\r\n`);
  }
}

function keep(sockets: Set<Socket>, socket: Socket): void {
  sockets.add(socket);
  socket.on('error', () => undefined);
  socket.on('close', () => sockets.delete(socket));
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}
