import { chmod, mkdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { GenericContainer, type StartedTestContainer } from 'testcontainers';
import { fileIn, networkMode, Server, testLabels } from './containers.ts';
import { eventually } from './eventually.ts';

const webDavHost = 10;
const startMs = 15_000;

/** What to start. */
export interface WebDavOptions {
  /** Prefix of the loopback network, such as '127.0.130.'; the server is .10. */
  readonly net: string;
  /** Folder of this machine that is served, made if missing; else it is `tmpfs`. */
  readonly root?: string;
  /** Size of a folder in memory, such as '64k'. */
  readonly tmpfs?: string;
  readonly tls?: boolean;
  /** How the account logs in; 'basic' by default. */
  readonly login?: 'basic' | 'digest';
}

/** A running Apache with mod_dav and one account. */
export class WebDavServer extends Server {
  readonly host: string;
  readonly port = 8081;
  readonly url: string;
  readonly username = 'mitschnitt';
  readonly password = 'webdav-secret';
  /** Certificate to trust (PEM); it names `host`. */
  readonly certificate: string;

  private constructor({ net, tls }: WebDavOptions, container: StartedTestContainer, certificate: string) {
    super(container);
    this.host = `${net}${String(webDavHost)}`;
    this.url = `${tls === true ? 'https' : 'http'}://${this.host}:${String(this.port)}`;
    this.certificate = certificate;
  }

  /** Resolves when the server takes connections. */
  static async start(options: WebDavOptions): Promise<WebDavServer> {
    const { net, root, tmpfs = '10m', tls = false, login = 'basic' } = options;
    const container = new GenericContainer('mitschnitt/webdav')
      .withNetworkMode(networkMode)
      .withLabels(testLabels)
      .withEnvironment({ NET: net, TLS: tls ? 'yes' : 'no', LOGIN: login });
    if (root === undefined) container.withTmpFs({ '/srv/dav': `size=${tmpfs}` });
    else {
      await mkdir(root, { recursive: true });
      // The server is a user of the container that this machine does not know.
      await chmod(root, 0o777);
      container.withBindMounts([{ source: root, target: '/srv/dav' }]);
    }
    const started = await container.start();
    const certificate = await fileIn(started, '/etc/ssl/webdav.pem');
    const server = new WebDavServer(options, started, certificate);
    await server.ready();
    return server;
  }

  protected override async ready(): Promise<void> {
    await eventually(() => accepts(this.host, this.port), { within: startMs });
  }
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
