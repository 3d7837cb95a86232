import { chmod, mkdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { GenericContainer, type StartedTestContainer } from 'testcontainers';
import { docker, networkMode, Server, testLabels } from './containers.ts';
import { eventually } from './eventually.ts';

const sshHost = 8;
const startMs = 15_000;

/** What to start. */
export interface SshOptions {
  /** Prefix of the loopback network, such as '127.0.130.'; the server is .8. */
  readonly net: string;
  /** Folder of this machine that is the account's home, made if missing; else the home is `tmpfs`. */
  readonly root?: string;
  /** Size of a home in memory, such as '64k'. */
  readonly tmpfs?: string;
  /** How the account is let in; a key always serves. 'password' by default. */
  readonly login?: 'password' | 'keyboard' | 'key';
  /** Further lines of sshd_config. */
  readonly config?: string;
}

/** A running OpenSSH with one account. */
export class SshServer extends Server {
  readonly host: string;
  readonly port = 2222;
  readonly username = 'mitschnitt';
  readonly password = 'ssh-secret';
  /** Of the protected key. */
  readonly passphrase = 'ssh-passphrase';

  private constructor({ net }: SshOptions, container: StartedTestContainer) {
    super(container);
    this.host = `${net}${String(sshHost)}`;
  }

  /** Resolves when the server takes logins. */
  static async start(options: SshOptions): Promise<SshServer> {
    const { net, root, tmpfs = '10m', login = 'password', config = '' } = options;
    const home = '/home/mitschnitt';
    const container = new GenericContainer('mitschnitt/ssh')
      .withNetworkMode(networkMode)
      .withLabels(testLabels)
      .withEnvironment({ NET: net, LOGIN: login, CONFIG: config });
    if (root === undefined) container.withTmpFs({ [home]: `size=${tmpfs}` });
    else {
      await mkdir(root, { recursive: true });
      // The account is a user of the container that this machine does not know.
      await chmod(root, 0o777);
      container.withBindMounts([{ source: root, target: home }]);
    }
    const server = new SshServer(options, await container.start());
    await server.ready();
    return server;
  }

  /** A public key of the server as `ssh-keygen` writes it. */
  hostKey(type: 'ed25519' | 'ecdsa' | 'rsa' = 'ed25519'): Promise<string> {
    return this.run('cat', `/etc/ssh/ssh_host_${type}_key.pub`);
  }

  /** A private key that the account may log in with. */
  clientKey(which: 'plain' | 'protected'): Promise<string> {
    return this.run('cat', which === 'plain' ? '/keys/client' : '/keys/client-protected');
  }

  /** How many connections it serves. */
  async connections(): Promise<number> {
    const found = await this.run('sh', '-c', "ps -eo args | grep -c '^sshd-session:.*mitschnitt@' || true");
    return Number(found);
  }

  /** What it has logged. */
  async log(): Promise<string> {
    return docker('logs', this.container.getId());
  }

  protected override async ready(): Promise<void> {
    await eventually(() => greets(this.host, this.port), { within: startMs });
  }
}

function greets(host: string, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('no greeting')));
    socket.once('data', () => {
      resolve(true);
      socket.destroy();
    });
  });
}
