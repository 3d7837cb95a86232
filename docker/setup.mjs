// Makes a fresh machine ready for the demo and the tests, and runs a command on it:
//
//   node docker/setup.mjs COMMAND ARGS...
//
// It needs Node 18 or later, npm, and nothing else: no package may be imported here. The command finds Node 24
// and all development tools on its PATH. Whatever was started is stopped when the command ends; with --keep
// among its arguments a command that succeeds leaves it running, and the next run clears it away.

import { spawn } from 'node:child_process';
import { constants } from 'node:os';

import { interruption, pause, Problem, uninterruptible } from './setup/child.mjs';
import { engineEnvironment, provideEngine, removeLeftovers, stopEngine } from './setup/engine.mjs';
import { provideBaseImages, provideImages } from './setup/images.mjs';
import { buildConsole, commandPath, compile, installPackages } from './setup/packages.mjs';
import { providePrograms } from './setup/programs.mjs';
import { alone, enter, leave } from './setup/runs.mjs';

/** In a terminal npm passes on the signal that the terminal has sent already: one Ctrl-C arrives twice. */
const SAME_SIGNAL_MS = 300;

const NPM_WATCH_MS = 500;

/** Killed processes are gone as soon as the kernel has taken them down. */
const KILL_LIMIT_MS = 2_000;
const KILL_POLL_MS = 20;

let command;
let firstSignalAt;

async function main([name, ...args]) {
  if (name === undefined) {
    console.error('Usage: node docker/setup.mjs COMMAND ARGS...');
    return 2;
  }
  let code = 1;
  try {
    enter();
    await alone(prepare, (holder) => console.log(`  waiting for another set-up (process ${holder})`));
    code = await runCommand(name, args);
    return code;
  } catch (error) {
    if (!interruption.signal.aborted) return report(error);
    console.error('\nInterrupted; stopping what was started.');
    return exitCodeOf(interruption.signal.reason);
  } finally {
    leave();
    const keep = args.includes('--keep') && code === 0 && !interruption.signal.aborted;
    if (!keep) {
      if (command) {
        await endCommand();
        await removeLeftovers(uninterruptible);
      }
      await stopEngine();
    }
  }
}

async function prepare() {
  await step('Node packages', installPackages);
  await step('program', compile);
  await step('console', buildConsole);
  await step('programs', providePrograms);
  await step('Docker engine', provideEngine);
  const removed = await removeLeftovers();
  if (removed > 0) line('left over', `containers of earlier runs removed: ${removed}`);
  await step('base images', provideBaseImages);
  await step('images', provideImages);
}

/** Shows what is being done, in a terminal only while it is, then what was done and how long it took. */
async function step(name, action) {
  const start = performance.now();
  const say = (doing) => {
    const text = `  ${name.padEnd(14)} ${doing} ...`;
    process.stdout.write(process.stdout.isTTY ? `\r\x1b[K${text}` : `${text}\n`);
  };
  try {
    const done = await action(say);
    line(name, done, performance.now() - start);
  } catch (error) {
    if (process.stdout.isTTY) process.stdout.write('\r\x1b[K');
    throw error;
  }
}

function line(name, text, duration) {
  const time = duration === undefined ? '' : `${(duration / 1000).toFixed(1)} s`;
  console.log(
    `${process.stdout.isTTY ? '\r\x1b[K' : ''}  ${name.padEnd(14)} ${text.padEnd(60)} ${time.padStart(8)}`,
  );
}

async function runCommand(name, args) {
  const env = {
    ...process.env,
    ...(await engineEnvironment()),
    PATH: commandPath,
    // Ryuk is an image that cannot be had without a registry; clean-up is by label instead.
    TESTCONTAINERS_RYUK_DISABLED: 'true',
  };
  if (interruption.signal.aborted) return exitCodeOf(interruption.signal.reason);
  // A process group of its own: a signal reaches it once, from here, and what it leaves behind can be ended.
  command = spawn(name, args, { env, stdio: 'inherit', detached: true });
  return new Promise((resolve, reject) => {
    command.on('error', () => reject(new Problem(`${name} could not be started`, 'Is it spelt right?')));
    command.on('close', (code, signal) => resolve(code ?? exitCodeOf(signal)));
  });
}

/** Whatever the command left behind would hold the caller's output open, and its containers in use. */
async function endCommand() {
  for (let waited = 0; signalCommand('SIGKILL') && waited < KILL_LIMIT_MS; waited += KILL_POLL_MS) {
    await pause(KILL_POLL_MS);
  }
}

function onSignal(signal) {
  const now = performance.now();
  firstSignalAt ??= now;
  if (!interruption.signal.aborted) {
    interruption.abort(signal);
    signalCommand(signal);
  } else if (now - firstSignalAt > SAME_SIGNAL_MS) {
    signalCommand('SIGKILL');
    console.error('Ended at once. What was started is cleared away by the next run.');
    process.exit(exitCodeOf(signal));
  }
}

/** @returns {boolean} whether there was a process to signal */
function signalCommand(signal) {
  try {
    return command?.pid !== undefined && process.kill(-command.pid, signal);
  } catch {
    return false;
  }
}

function exitCodeOf(signal) {
  return 128 + (constants.signals[signal] ?? 0);
}

function report(error) {
  if (!(error instanceof Problem)) throw error;
  if (error.output) console.error(`\n${error.output}`);
  console.error(`\nSet-up failed: ${error.message}.\n${error.remedy}`);
  return 1;
}

/**
 * npm runs its scripts in a shell, which dies of a SIGTERM to npm without passing it on: who ends `npm test`
 * would end nothing else.
 */
function watchNpm() {
  const shell = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === shell) return;
    clearInterval(watch);
    onSignal('SIGTERM');
  }, NPM_WATCH_MS);
  watch.unref();
}

if (process.env.npm_lifecycle_event) watchNpm();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, onSignal);
process.exitCode = await main(process.argv.slice(2));
