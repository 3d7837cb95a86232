import { chmod, mkdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { GenericContainer, type StartedTestContainer } from 'testcontainers';
import { docker, LABELS } from './containers.ts';
import { eventually } from './eventually.ts';

const FTP_HOST = 6;
const FTP_PORT = 2121;
const START_MS = 15_000;

/** What to start. */
export interface FtpOptions {
  /** Prefix of the loopback network, such as '127.0.130.'; the server is .6. */
  readonly net: string;
  /** Folder of this machine that is the account's home, made if missing. */
  readonly root: string;
  /** 'explicit' and 'implicit' refuse whoever comes without; 'none' by default. */
  readonly tls?: 'none' | 'explicit' | 'implicit';
}

/** A running vsftpd with one account. */
export class FtpServer {
  readonly host: string;
  readonly port = FTP_PORT;
  readonly username = 'mitschnitt';
  readonly password = 'ftp-secret';
  readonly root: string;
  /** Certificate to trust (PEM); it names `host`. */
  readonly certificate: string;
  readonly #container: StartedTestContainer;
  readonly #implicit: boolean;

  private constructor({ net, root, tls }: FtpOptions, container: StartedTestContainer, certificate: string) {
    this.host = `${net}${String(FTP_HOST)}`;
    this.root = root;
    this.certificate = certificate;
    this.#container = container;
    this.#implicit = tls === 'implicit';
  }

  /** Resolves when the server takes logins. */
  static async start(options: FtpOptions): Promise<FtpServer> {
    const { net, root, tls = 'none' } = options;
    await mkdir(root, { recursive: true });
    // The account is a user of the container that this machine does not know.
    await chmod(root, 0o777);
    const container = await new GenericContainer('mitschnitt/ftp')
      .withNetworkMode('host')
      .withLabels(LABELS)
      .withEnvironment({ NET: net, TLS: tls })
      .withBindMounts([{ source: root, target: '/home/mitschnitt' }])
      .start();
    const certificate = await eventually(() =>
      docker('exec', container.getId(), 'cat', '/etc/ssl/vsftpd.pem'),
    );
    const server = new FtpServer(options, container, certificate);
    await server.#ready();
    return server;
  }

  /** What the server has logged: every command and answer. */
  async log(): Promise<string> {
    return docker('logs', this.#container.getId());
  }

  /** Ends it at once, as a crash would; `restart` brings it back with the same files and certificate. */
  async kill(): Promise<void> {
    await docker('kill', this.#container.getId());
  }

  /** Freezes it: sockets stay open, nothing answers. `thaw` lets it go on. */
  async freeze(): Promise<void> {
    await docker('pause', this.#container.getId());
  }

  /** Undoes `freeze`. */
  async thaw(): Promise<void> {
    await docker('unpause', this.#container.getId());
  }

  /** Starts it again, whether it runs or was killed; resolves when it takes logins. */
  async restart(): Promise<void> {
    await docker('restart', '--time', '0', this.#container.getId());
    await this.#ready();
  }

  /** Ends and removes it; the files stay. */
  async stop(): Promise<void> {
    await this.#container.stop({ timeout: 0 });
  }

  async #ready(): Promise<void> {
    await eventually(() => accepts(this.host, this.port, this.#implicit), { within: START_MS });
  }
}

/** With implicit TLS the client speaks first, so that being accepted has to be enough. */
function accepts(host: string, port: number, silent: boolean): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    socket.once('error', reject);
    socket.once(silent ? 'connect' : 'data', () => {
      socket.destroy();
      resolve(true);
    });
  });
}
