import { chmod, mkdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { GenericContainer, type StartedTestContainer } from 'testcontainers';
import { docker, fileIn, networkMode, Server, testLabels } from './containers.ts';
import { eventually } from './eventually.ts';

const ftpHost = 6;
const startMs = 15_000;
const certificateFile = { vsftpd: '/etc/ssl/vsftpd.pem', proftpd: '/etc/ssl/ftp.pem' };

/** What to start. */
export interface FtpOptions {
  /** Prefix of the loopback network, such as '127.0.130.'; the server is .6. */
  readonly net: string;
  /** `vsftpd` by default. */
  readonly software?: 'vsftpd' | 'proftpd';
  /** Folder of this machine that is the account's home, made if missing; else it is `tmpfs`. */
  readonly root?: string;
  /** Size of a home in memory, such as '64k'. */
  readonly tmpfs?: string;
  /** Bytes that the account may store; proftpd only. */
  readonly quota?: number;
  /** 'explicit' and 'implicit' refuse whoever comes without; 'none' by default. */
  readonly tls?: 'none' | 'explicit' | 'implicit';
}

/** A running FTP server with one account. */
export class FtpServer extends Server {
  readonly host: string;
  readonly port = 2121;
  readonly username = 'mitschnitt';
  readonly password = 'ftp-secret';
  /** Folder of this machine; empty where the home is in memory. */
  readonly root: string;
  /** Certificate to trust (PEM); it names `host`. */
  readonly certificate: string;
  readonly #implicit: boolean;

  private constructor(
    { net, root = '', tls }: FtpOptions,
    container: StartedTestContainer,
    certificate: string,
  ) {
    super(container);
    this.host = `${net}${String(ftpHost)}`;
    this.root = root;
    this.certificate = certificate;
    this.#implicit = tls === 'implicit';
  }

  /** Resolves when the server takes logins. */
  static async start(options: FtpOptions): Promise<FtpServer> {
    const { net, software = 'vsftpd', root, tmpfs = '10m', tls = 'none', quota } = options;
    const image = new GenericContainer(software === 'vsftpd' ? 'mitschnitt/ftp' : 'mitschnitt/proftpd')
      .withNetworkMode(networkMode)
      .withLabels(testLabels)
      .withEnvironment({ NET: net, TLS: tls, QUOTA: String(quota ?? '') });
    if (root === undefined) image.withTmpFs({ '/home/mitschnitt': `size=${tmpfs}` });
    else {
      await mkdir(root, { recursive: true });
      // The account is a user of the container that this machine does not know.
      await chmod(root, 0o777);
      image.withBindMounts([{ source: root, target: '/home/mitschnitt' }]);
    }
    const container = await image.start();
    const certificate = await fileIn(container, certificateFile[software]);
    const server = new FtpServer(options, container, certificate);
    await server.ready();
    return server;
  }

  /** Another quota for the account, in bytes, from its next login on; proftpd only. */
  async allow(quota: number): Promise<void> {
    await this.run('/quota.sh', String(quota));
  }

  /** What the server has logged: with vsftpd every command and answer. */
  async log(): Promise<string> {
    return docker('logs', this.container.getId());
  }

  protected override async ready(): Promise<void> {
    await eventually(() => accepts(this.host, this.port, this.#implicit), { within: startMs });
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
