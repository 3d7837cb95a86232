import { spawn } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { ended, launcher, mitschnitt, start } from './command.ts';

/** Long enough for a process to end that means to. */
const settledMs = 300;

let root = '';
let program = '';

/** Says on which Node it runs, and then does as it is told. */
const fakeProgram = `
export async function main([verb, ...args]) {
  console.log(JSON.stringify({ fake: globalThis.fakeNode ?? null, pid: process.pid, args }));
  if (verb === 'exit') process.exitCode = Number(args[0]);
  if (verb === 'die') process.kill(process.pid, args[0]);
  if (verb !== 'wait') return;
  const timer = setInterval(() => undefined, 1000);
  let signals = 0;
  for (const signal of ['SIGTERM', 'SIGINT']) {
    process.on(signal, () => {
      signals += 1;
      setTimeout(() => {
        console.log(signal, signals);
        clearInterval(timer);
        process.exitCode = 7;
      }, 200);
    });
  }
  console.log('waiting');
}
`;

/** Makes a Node believe that it is older than it is; not in the process that the launcher starts. */
const disguise = `
if (process.env.MITSCHNITT_LAUNCHED === undefined || process.env.FAKE_AGAIN) {
  globalThis.fakeNode = '18.0.0';
  Object.defineProperty(process.versions, 'node', { value: '18.0.0' });
}
`;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'mitschnitt-launcher-'));
  program = join(root, 'src/cli/mitschnitt.mjs');
  for (const folder of ['src/cli', 'dist/cli', 'node_modules/node/bin'])
    await mkdir(join(root, folder), { recursive: true });
  await copyFile(launcher, program);
  await writeFile(join(root, 'package.json'), '{ "type": "module" }');
  await writeFile(join(root, 'dist/cli/program.js'), fakeProgram);
  await writeFile(join(root, 'disguise.cjs'), disguise);
  await writeFile(join(root, 'node_modules/node/package.json'), '{ "name": "node", "version": "24.0.0" }');
  await symlink(process.execPath, join(root, 'node_modules/node/bin/node'));
});

afterEach(() => rm(root, { recursive: true, force: true }));

const old = () => ({ program, node: ['--require', join(root, 'disguise.cjs')] });

/** Resolves when a process has printed a line that begins so; with all that it printed. */
async function printed(child: { readonly stdout: Readable | null }, beginning: string): Promise<string> {
  let text = '';
  for await (const piece of child.stdout ?? []) {
    text += String(piece);
    if (text.includes(`\n${beginning}`) || text.startsWith(beginning)) return text;
  }
  throw new Error(`it ended after ${text}`);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('the launcher', () => {
  test('runs the compiled program with its arguments', async () => {
    const { code, stdout } = await mitschnitt(['exit', '4', '--x y'], { program });
    expect(code).toBe(4);
    expect(JSON.parse(stdout)).toMatchObject({ fake: null, args: ['4', '--x y'] });
  });

  test('works through the link that npm makes', async () => {
    const link = join(root, 'mitschnitt');
    await symlink(program, link);
    expect((await mitschnitt(['exit', '3'], { program: link })).code).toBe(3);
  });

  test('says that the program is to be compiled', async () => {
    await rm(join(root, 'dist'), { recursive: true });
    const { code, stderr } = await mitschnitt([], { program });
    expect(code).toBe(2);
    expect(stderr).toContain("run 'npm run build'");
  });

  test('starts the Node that came with the packages where this one is too old', async () => {
    const { code, stdout } = await mitschnitt(['exit', '4', 'x'], old());
    expect(code).toBe(4);
    expect(JSON.parse(stdout)).toMatchObject({ fake: null, args: ['4', 'x'] });
  });

  test('says which Node it needs where none came with the packages', async () => {
    await rm(join(root, 'node_modules'), { recursive: true });
    const { code, stderr } = await mitschnitt([], old());
    expect(code).toBe(2);
    expect(stderr).toBe('Mitschnitt needs Node.js 22.22 or later; this is 18.0.0.\n');
  });

  test('does not start itself for ever where that Node is too old as well', async () => {
    const { code, stderr } = await mitschnitt([], { ...old(), env: { FAKE_AGAIN: '1' } });
    expect(code).toBe(2);
    expect(stderr).toContain('needs Node.js');
  });

  test.each(['SIGTERM', 'SIGINT'] as const)(
    'passes %s on once and ends as the program ends',
    async (signal) => {
      const child = start(['wait'], old());
      await printed(child, 'waiting');
      child.kill(signal);
      // The rest of the output was read by nobody yet.
      expect(await ended(child)).toMatchObject({ code: 7, signal: null });
    },
  );

  test('ends by the signal that ended the program', async () => {
    expect(await mitschnitt(['die', 'SIGKILL'], old())).toMatchObject({ code: null, signal: 'SIGKILL' });
  });

  test('takes the program with it when it is killed', async () => {
    const child = start(['wait'], old());
    const [first = ''] = (await printed(child, 'waiting')).split('\n');
    const { pid } = JSON.parse(first) as { pid: number };
    expect(pid).not.toBe(child.pid);
    child.kill('SIGKILL');
    await expect.poll(() => isAlive(pid), { timeout: 5_000 }).toBe(false);
  });

  test('outlives a supervisor that closes its channel: only its own start binds it', async () => {
    const child = spawn(process.execPath, [program, 'wait'], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
    await printed(child, 'waiting');
    child.disconnect();
    await sleep(settledMs);
    expect([child.exitCode, child.signalCode]).toEqual([null, null]);
    child.kill('SIGKILL');
  });
});
