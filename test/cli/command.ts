import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';

/** The command as it is installed; it runs what was compiled to dist/. */
export const launcher = resolve(import.meta.dirname, '../../src/cli/mitschnitt.mjs');

/** How a command ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Surroundings {
  readonly env?: NodeJS.ProcessEnv;
  /** What to run instead of the installed command. */
  readonly program?: string;
  /** Options of Node itself. */
  readonly node?: readonly string[];
}

/** Starts the command on the Node that runs the tests. */
export function start(
  args: readonly string[],
  { env = {}, program = launcher, node = [] }: Surroundings = {},
) {
  return spawn(process.execPath, [...node, program, ...args], {
    env: { ...process.env, MITSCHNITT_CONFIG: undefined, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Runs the command to its end. */
export async function mitschnitt(args: readonly string[], surroundings: Surroundings = {}): Promise<Ended> {
  return ended(start(args, surroundings));
}

/** Waits for the end of a process that was started, and gathers what it printed. */
export async function ended(
  child: ChildProcess & { readonly stdout: Readable; readonly stderr: Readable },
): Promise<Ended> {
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { code, signal, stdout, stderr };
}
