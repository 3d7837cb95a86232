import { chmod, mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { GenericContainer, Wait, type StartedTestContainer } from 'testcontainers';
import { AmiConnection } from '../../src/asterisk/ami.ts';
import { field, type AmiMessage } from '../../src/asterisk/ami-wire.ts';
import { followLog, Server, testLabels } from './containers.ts';
import { eventually } from './eventually.ts';

const dialplanFile = resolve(import.meta.dirname, '../../dialplan/mitschnitt.conf');
const ariPort = 8088;
/** Of manager.conf: it may do what Mitschnitt's own user must not. */
const consoleUser = { username: 'console', secret: 'console-secret' } as const;
// Both versions are up within 2 s; a machine with two busy cores may take several times that.
const startMs = 30_000;

/** What to start. */
export interface AsteriskOptions {
  readonly version: 22 | 16;
  /** Prefix of the loopback network, such as '127.0.130.'; Asterisk is .1. */
  readonly net: string;
  /** Folder for recordings, made if missing; it has the same absolute path in the container. */
  readonly spool: string;
  /** Files of /etc/asterisk to add or replace: name and content; in texts 127.0.0. stands for the network. */
  readonly files?: Readonly<Record<string, string | Buffer>>;
  /** More folders or files of this machine to show to Asterisk, read-only: path in the container and here. */
  readonly mounts?: Readonly<Record<string, string>>;
}

/** A running Asterisk. */
export class Asterisk extends Server {
  readonly version: 22 | 16;
  readonly net: string;
  readonly host: string;
  readonly ariUrl: string;
  readonly ariUsername = 'mitschnitt';
  readonly ariPassword = 'ari-secret';
  readonly amiHost: string;
  readonly amiPort = 5038;
  readonly amiUsername = 'mitschnitt';
  readonly amiSecret = 'ami-secret';
  readonly spoolPath: string;
  #log = '';
  readonly #modules = new Set<string>();

  private constructor(options: AsteriskOptions, container: StartedTestContainer) {
    super(container);
    this.version = options.version;
    this.net = options.net;
    this.host = `${options.net}1`;
    this.ariUrl = `http://${this.host}:${String(ariPort)}/ari`;
    this.amiHost = this.host;
    this.spoolPath = options.spool;
    this.#followLog();
  }

  /** Resolves when Asterisk takes calls and manager connections. */
  static async start(options: AsteriskOptions): Promise<Asterisk> {
    const { version, net, spool, files = {}, mounts = {} } = options;
    await mkdir(spool, { recursive: true });
    // Asterisk runs as a user of the container that this machine does not know.
    await chmod(spool, 0o777);
    const shown = Object.entries(mounts).map(([target, source]) => ({ source, target, mode: 'ro' as const }));
    const container = await new GenericContainer(`mitschnitt/asterisk:${String(version)}`)
      .withNetworkMode('host')
      .withLabels(testLabels)
      .withEnvironment({ NET: net })
      .withBindMounts([
        { source: dialplanFile, target: '/etc/asterisk/mitschnitt.conf', mode: 'ro' },
        { source: spool, target: spool },
        ...shown,
      ])
      // Copied, not mounted: the start script edits some of them.
      .withCopyContentToContainer(
        Object.entries(files).map(([name, content]) => ({
          content: typeof content === 'string' ? content.replaceAll('127.0.0.', net) : content,
          target: `/etc/asterisk/${name}`,
        })),
      )
      .withWaitStrategy(Wait.forLogMessage('Asterisk Ready').withStartupTimeout(startMs))
      .start();
    const asterisk = new Asterisk(options, container);
    await asterisk.ready();
    return asterisk;
  }

  /** Everything that Asterisk has printed, in all of its lives. */
  log(): string {
    return this.#log;
  }

  /** What a configuration of Mitschnitt says of it (`asterisk:`). */
  get settings() {
    return {
      ari: { url: this.ariUrl, username: this.ariUsername, password: this.ariPassword },
      ami: {
        host: this.amiHost,
        port: this.amiPort,
        username: this.amiUsername,
        secret: this.amiSecret,
      },
    };
  }

  /** Runs a command of Asterisk's console, over AMI: a process in the container takes a hundred times as long. */
  async cli(command: string): Promise<string> {
    const answer = await this.manage({ Action: 'Command', Command: command });
    return (answer.get('Output') ?? []).join('\n');
  }

  /** Loads a module, `app_playback`, that is not among those of every test; it is there after a restart, too. */
  async load(module: string): Promise<void> {
    this.#modules.add(module);
    await this.manage({ Action: 'ModuleLoad', LoadType: 'load', Module: `${module}.so` });
  }

  /** Gives an action of AMI, as somebody else; throws when it is refused. */
  async manage(action: Readonly<Record<string, string>>): Promise<AmiMessage> {
    const { amiHost: host, amiPort: port } = this;
    const ami = new AmiConnection({ host, port, ...consoleUser, tls: undefined }, () => undefined);
    try {
      await ami.open('off');
      const answer = await ami.action(action);
      if (field(answer, 'Response') === 'Success') return answer;
      throw new Error(`${JSON.stringify(action)} failed: ${field(answer, 'Message')}`);
    } finally {
      ami.close();
    }
  }

  /** Runs a command on Asterisk's machine, as root. */
  async shell(command: string): Promise<void> {
    await this.run('sh', '-c', command);
  }

  override async restart(): Promise<void> {
    await super.restart();
    this.#followLog();
    for (const module of this.#modules) await this.load(module);
  }

  protected override async ready(): Promise<void> {
    await eventually(async () => (await this.cli('core waitfullybooted')).includes('fully booted'), {
      within: startMs,
    });
  }

  #followLog(): void {
    // Docker begins with the first line again after a restart.
    this.#log = '';
    followLog(this.container.getId(), (text) => {
      this.#log += text;
    });
  }
}
