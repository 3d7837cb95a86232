import { execFile, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { getContainerRuntimeClient, type StartedTestContainer } from 'testcontainers';

import { eventually } from './eventually.ts';

// Testcontainers' own sweeper is an image of a registry that may be out of reach; docker/setup.mjs does it.
process.env.TESTCONTAINERS_RYUK_DISABLED ??= 'true';

const run = promisify(execFile);

const freezeMs = 5_000;

/** On every container of the tests, so that set-up can remove those of runs that are gone. */
export const testLabels = { mitschnitt: 'test', 'mitschnitt.pid': String(process.pid) } as const;

/** Servers are in the network of this machine, or in that of a container in which the test itself runs (network.test.ts). */
export const networkMode = process.env['MITSCHNITT_TEST_NETWORK'] ?? 'host';

/** Runs the docker command and answers with its output. */
export async function docker(...parameters: readonly string[]): Promise<string> {
  const { stdout } = await run('docker', parameters, { encoding: 'utf8' });
  return stdout;
}

/** The first process of a container, as this machine counts them: its `root` in /proc is the container's file system. */
export async function firstProcess(container: StartedTestContainer): Promise<number> {
  const { container: containers } = await getContainerRuntimeClient();
  const { State: state } = await containers.inspect(containers.getById(container.getId()));
  return state.Pid;
}

/** What is in a file of a container, as soon as there is one. */
export async function fileIn(container: StartedTestContainer, path: string): Promise<string> {
  const root = `/proc/${String(await firstProcess(container))}/root`;
  return eventually(() => readFile(`${root}${path}`, 'utf8'));
}

/** Hands on what a container prints, from its first line to its end. */
export function followLog(id: string, take: (text: string) => void): void {
  const child = spawn('docker', ['logs', '--follow', id], { stdio: ['ignore', 'pipe', 'pipe'] });
  const keep = (piece: Buffer): void => {
    take(piece.toString());
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
}

/** A server in a container, and what happens to servers. What is in its files stays. */
export abstract class Server {
  protected readonly container: StartedTestContainer;
  /** Of its first process, which takes all others of the container with it. Asked for before it matters. */
  #pid: Promise<number>;

  protected constructor(container: StartedTestContainer) {
    this.container = container;
    this.#pid = firstProcess(container);
  }

  /** Resolves when it serves. */
  protected abstract ready(): Promise<void>;

  /**
   * Runs a command beside it and answers with its output. Not by `docker exec`: that takes ten times as long, and most of
   * it is work of two processors.
   */
  async run(...parameters: readonly string[]): Promise<string> {
    const { stdout } = await run('nsenter', ['--all', '--target', String(await this.#pid), ...parameters]);
    return stdout;
  }

  /** Its file system, seen from this machine. */
  protected async fileSystem(): Promise<string> {
    return `/proc/${String(await this.#pid)}/root`;
  }

  /** Ends it at once, as a crash would; `restart` brings it back. */
  async kill(): Promise<void> {
    // Not by `docker kill`: that takes so long that a file of 200 MB may be through.
    process.kill(await this.#pid, 'SIGKILL');
  }

  /** Freezes it: sockets stay open, nothing answers. `thaw` lets it go on. */
  async freeze(): Promise<void> {
    // On a busy machine runc now and then gives up freezing all processes of a container (v1 control groups).
    await eventually(() => docker('pause', this.container.getId()).then(() => true), { within: freezeMs });
  }

  /** Undoes `freeze`. */
  async thaw(): Promise<void> {
    await docker('unpause', this.container.getId());
  }

  /** Starts it again, whether it runs or was killed; resolves when it serves. */
  async restart(): Promise<void> {
    await docker('restart', '--time', '0', this.container.getId());
    this.#pid = firstProcess(this.container);
    await this.ready();
  }

  /** Ends and removes it. */
  async stop(): Promise<void> {
    await this.container.stop({ timeout: 0 });
  }
}
