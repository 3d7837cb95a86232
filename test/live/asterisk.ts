import { chmod, mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { connect } from 'node:net';
import { GenericContainer, Wait, type StartedTestContainer } from 'testcontainers';
import { docker, followLog, LABELS } from './containers.ts';
import { eventually } from './eventually.ts';

const DIALPLAN = resolve(import.meta.dirname, '../../dialplan/mitschnitt.conf');
const AMI_PORT = 5038;
const ARI_PORT = 8088;
// Both versions are up within 2 s; a machine with two busy cores may take several times that.
const START_MS = 30_000;

/** What to start. */
export interface AsteriskOptions {
  readonly version: 22 | 16;
  /** Prefix of the loopback network, such as '127.0.130.'; Asterisk is .1. */
  readonly net: string;
  /** Folder for recordings, made if missing; it has the same absolute path in the container. */
  readonly spool: string;
  /** Files of /etc/asterisk to add or replace: name and content. */
  readonly files?: Readonly<Record<string, string>>;
  /** More folders or files of this machine to show to Asterisk, read-only: path in the container and here. */
  readonly mounts?: Readonly<Record<string, string>>;
}

/** A running Asterisk. */
export class Asterisk {
  readonly version: 22 | 16;
  readonly net: string;
  readonly host: string;
  readonly ariUrl: string;
  readonly ariUsername = 'mitschnitt';
  readonly ariPassword = 'ari-secret';
  readonly amiHost: string;
  readonly amiPort = AMI_PORT;
  readonly amiUsername = 'mitschnitt';
  readonly amiSecret = 'ami-secret';
  readonly spoolPath: string;
  readonly #container: StartedTestContainer;
  #log = '';

  private constructor(options: AsteriskOptions, container: StartedTestContainer) {
    this.version = options.version;
    this.net = options.net;
    this.host = `${options.net}1`;
    this.ariUrl = `http://${this.host}:${String(ARI_PORT)}/ari`;
    this.amiHost = this.host;
    this.spoolPath = options.spool;
    this.#container = container;
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
      .withLabels(LABELS)
      .withEnvironment({ NET: net })
      .withBindMounts([
        { source: DIALPLAN, target: '/etc/asterisk/mitschnitt.conf', mode: 'ro' },
        { source: spool, target: spool },
        ...shown,
      ])
      // Copied, not mounted: the start script edits some of them.
      .withCopyContentToContainer(
        Object.entries(files).map(([name, content]) => ({ content, target: `/etc/asterisk/${name}` })),
      )
      .withWaitStrategy(Wait.forLogMessage('Asterisk Ready').withStartupTimeout(START_MS))
      .start();
    const asterisk = new Asterisk(options, container);
    await asterisk.#ready();
    return asterisk;
  }

  /** Everything that Asterisk has printed, in all of its lives. */
  log(): string {
    return this.#log;
  }

  /** Runs a command of Asterisk's console. */
  async cli(command: string): Promise<string> {
    const { output, exitCode } = await this.#container.exec(['asterisk', '-rx', command]);
    if (exitCode !== 0)
      throw new Error(`asterisk -rx '${command}' ended with ${String(exitCode)}: ${output}`);
    return output;
  }

  /** Ends it at once, as a crash would; `restart` brings it back. */
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

  /** Starts it again, whether it runs or was killed; resolves when it is ready. */
  async restart(): Promise<void> {
    const id = this.#container.getId();
    await docker('restart', '--time', '0', id);
    await eventually(() => docker('exec', id, 'asterisk', '-rx', 'core waitfullybooted'), {
      within: START_MS,
    });
    await this.#ready();
    this.#followLog();
  }

  /** Ends and removes it. */
  async stop(): Promise<void> {
    await this.#container.stop({ timeout: 0 });
  }

  #followLog(): void {
    // Docker begins with the first line again after a restart.
    this.#log = '';
    followLog(this.#container.getId(), (text) => {
      this.#log += text;
    });
  }

  async #ready(): Promise<void> {
    await eventually(() => greets(this.amiHost, this.amiPort), { within: START_MS });
  }
}

function greets(host: string, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    socket.once('error', reject);
    socket.once('data', () => {
      socket.destroy();
      resolve(true);
    });
  });
}
