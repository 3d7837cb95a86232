import { chmod, mkdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { GenericContainer, type StartedTestContainer } from 'testcontainers';
import { networkMode, Server, testLabels } from './containers.ts';
import { eventually } from './eventually.ts';

const smbHost = 7;
const startMs = 15_000;

/** What to start. */
export interface SmbOptions {
  /** Prefix of the loopback network, such as '127.0.130.'; the server is .7. */
  readonly net: string;
  /** Folder of this machine that is shared, made if missing; else the share is `tmpfs`. */
  readonly root?: string;
  /** Size of a share in memory, such as '64k'. */
  readonly tmpfs?: string;
  /** Further lines of the global section of smb.conf. */
  readonly config?: readonly string[];
  /** Further lines of the section of the share. */
  readonly share?: readonly string[];
}

/** A running Samba with one account and one share. */
export class SmbServer extends Server {
  readonly host: string;
  readonly port = 445;
  readonly share = 'mitschnitte';
  readonly username = 'mitschnitt';
  readonly password = 'smb-secret';

  private constructor({ net }: SmbOptions, container: StartedTestContainer) {
    super(container);
    this.host = `${net}${String(smbHost)}`;
  }

  /** Resolves when the server takes connections. */
  static async start(options: SmbOptions): Promise<SmbServer> {
    const { net, root, tmpfs = '10m', config = [], share = [] } = options;
    const container = new GenericContainer('mitschnitt/smb')
      .withNetworkMode(networkMode)
      .withLabels(testLabels)
      .withEnvironment({ NET: net, CONFIG: config.join('\n'), SHARE: share.join('\n') });
    if (root === undefined) container.withTmpFs({ '/share': `size=${tmpfs}` });
    else {
      await mkdir(root, { recursive: true });
      // The account is a user of the container that this machine does not know.
      await chmod(root, 0o777);
      container.withBindMounts([{ source: root, target: '/share' }]);
    }
    const server = new SmbServer(options, await container.start());
    await server.ready();
    return server;
  }

  /** What it knows of its sessions: as `smbstatus --json` tells it. */
  async status(): Promise<SmbStatus> {
    return JSON.parse(await this.run('smbstatus', '--json')) as SmbStatus;
  }

  protected override async ready(): Promise<void> {
    await eventually(() => accepts(this.host, this.port), { within: startMs });
  }
}

/** The part of it that tests look at. */
export interface SmbStatus {
  readonly sessions: Readonly<
    Record<
      string,
      {
        readonly session_dialect: string;
        readonly signing: { readonly degree: string };
      }
    >
  >;
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}
