import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';

// Testcontainers' own sweeper is an image of a registry that may be out of reach; docker/setup.mjs does it.
process.env.TESTCONTAINERS_RYUK_DISABLED ??= 'true';

const run = promisify(execFile);

/** On every container of the tests, so that set-up can remove those of runs that are gone. */
export const LABELS = { mitschnitt: 'test', 'mitschnitt.pid': String(process.pid) } as const;

/** Runs the docker command and answers with its output. */
export async function docker(...parameters: readonly string[]): Promise<string> {
  const { stdout } = await run('docker', parameters, { encoding: 'utf8' });
  return stdout;
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
