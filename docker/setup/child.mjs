// Child processes of the set-up: quiet while all is well, and telling when it is not.

import { spawn } from 'node:child_process';
import { setMaxListeners } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Enough to see why a package installation or an image build failed. */
const SHOWN_LINES = 25;
const KEPT_CHARACTERS = 20_000;

/** After SIGTERM a child has this long before SIGKILL. */
const GRACE_MS = 5_000;

/** Something that a person must put right: what happened, what to do, and what the failed command said. */
export class Problem extends Error {
  /** @param {string} what @param {string} remedy @param {string} [output] */
  constructor(what, remedy, output = '') {
    super(what);
    this.remedy = remedy;
    this.output = output;
  }
}

/** Aborted by the first Ctrl-C or SIGTERM: ends the child that runs, and keeps further ones from starting. */
export const interruption = new AbortController();
// All images are built at the same time: Node would call more than ten listeners a leak.
setMaxListeners(0, interruption.signal);

/** Clean-up goes on after an interruption. */
export const uninterruptible = new AbortController().signal;

/**
 * Runs a command and collects its output. Never rejects: a command that does not exist has the code 127,
 * one that was ended has 124 (its time was up) or 130 (interrupted).
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ env?: object, cwd?: string, input?: import('node:stream').Readable, signal?: AbortSignal,
 *           limit?: number, silence?: number }} [options] milliseconds until its end, until its first output
 * @returns {Promise<{ code: number, stdout: string, stderr: string, output: string }>}
 */
export function run(command, args, options = {}) {
  const { env, cwd, input, signal = interruption.signal, limit, silence } = options;
  return new Promise((resolve) => {
    const said = { stdout: '', stderr: '', output: '' };
    if (signal.aborted) return resolve({ code: 130, ...said });
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env } });
    let endedWith;
    const end = (code) => {
      endedWith ??= code;
      child.kill('SIGTERM');
      setTimeout(() => child.kill('SIGKILL'), GRACE_MS).unref();
    };
    const interrupt = () => end(130);
    const timer = limit && setTimeout(() => end(124), limit);
    const silenceTimer = silence && setTimeout(() => end(124), silence);
    signal.addEventListener('abort', interrupt);
    const finish = (code) => {
      clearTimeout(timer);
      clearTimeout(silenceTimer);
      signal.removeEventListener('abort', interrupt);
      resolve({ code: endedWith ?? code, ...said, output: tail(said.output) });
    };
    for (const name of ['stdout', 'stderr']) {
      child[name].setEncoding('utf8').on('data', (text) => {
        said[name] += text;
        said.output = (said.output + text).slice(-KEPT_CHARACTERS);
        clearTimeout(silenceTimer);
      });
    }
    child.on('error', (error) => finish(error.code === 'ENOENT' ? 127 : 126));
    child.on('close', (code) => finish(code ?? 1));
    // A child that ends early closes its input: its exit code tells, not the broken pipe.
    child.stdin.on('error', () => {});
    if (input) input.pipe(child.stdin);
    else child.stdin.end();
  });
}

/** Runs a command that must succeed. @param {string} what what it means when it fails @param {string} remedy */
export async function must(what, remedy, command, args, options) {
  const result = await run(command, args, options);
  if (interruption.signal.aborted) throw new Problem('interrupted', '');
  if (result.code === 0) return result;
  if (result.code === 127) throw new Problem(`${what}: there is no ${command}`, `Install ${command}.`);
  throw new Problem(what, remedy, `$ ${command} ${args.join(' ')}\n${result.output}`);
}

export function onPath(command) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

export const isRoot = () => process.getuid?.() === 0;

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export function tail(text) {
  return text.trimEnd().split('\n').slice(-SHOWN_LINES).join('\n');
}
