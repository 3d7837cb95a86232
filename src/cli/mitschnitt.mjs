#!/usr/bin/env node
// The command `mitschnitt`. Debian and others still ship a Node that is too old for the program: then this starts the
// one that came with the packages. For that it must itself run on Node 14: no newer syntax, no package.

import { spawn } from 'child_process';
import { existsSync } from 'fs';
import { createRequire } from 'module';
import { dirname, join } from 'path';
import { fileURLToPath, pathToFileURL } from 'url';

const oldestNode = [22, 22];
const usageOrConfiguration = 2;
/** Set for the process that this one starts: to start a third would never end. */
const startedByUs = 'MITSCHNITT_LAUNCHED';

const here = fileURLToPath(import.meta.url);
const program = join(dirname(here), '..', '..', 'dist', 'cli', 'program.js');

if (isNewEnough(process.versions.node)) {
  followParent();
  runProgram();
} else if (process.env[startedByUs] === undefined && ownNode() !== undefined) {
  runAgain(ownNode());
} else {
  fail(`Mitschnitt needs Node.js ${oldestNode.join('.')} or later; this is ${process.versions.node}.`);
}

function isNewEnough(version) {
  const [major, minor] = version.split('.').map(Number);
  return major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1]);
}

/** The binary of the npm package `node`, if it is installed beside this package or within it. */
function ownNode() {
  try {
    const found = join(dirname(createRequire(here).resolve('node/package.json')), 'bin', 'node');
    return existsSync(found) ? found : undefined;
  } catch {
    return undefined;
  }
}

function runProgram() {
  if (!existsSync(program)) {
    fail(`Mitschnitt is not compiled (${program} is missing): run 'npm run build'.`);
    return;
  }
  import(pathToFileURL(program).href)
    .then(({ main }) => main(process.argv.slice(2)))
    .catch((error) => {
      console.error(error);
      process.exitCode = 1;
    });
}

/** Runs this file on another Node; signals and exit code are those of one process to whoever started it. */
function runAgain(node) {
  const child = spawn(node, [...process.execArgv, here, ...process.argv.slice(2)], {
    // The fourth is closed by the system when this process is killed, whatever kills it.
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, [startedByUs]: '1' },
  });
  const passOn = (signal) => {
    // A terminal sends Ctrl-C to both; the second signal would end the program at once instead of in order.
    if (signal === 'SIGTERM' || process.stdin.isTTY !== true) child.kill(signal);
  };
  const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'];
  for (const signal of signals) process.on(signal, passOn);
  child.on('error', (error) => fail(`Node.js could not be started (${node}): ${error.message}`));
  child.on('exit', (code, signal) => {
    for (const each of signals) process.removeListener(each, passOn);
    if (signal === null) process.exitCode = code;
    else process.kill(process.pid, signal);
  });
}

/** If the process that started this one is killed, so is this one: nobody could end it by the id that is known. */
function followParent() {
  if (process.env[startedByUs] === undefined) return;
  delete process.env[startedByUs];
  if (process.channel === undefined || process.channel === null) return;
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  process.channel.unref();
}

function fail(message) {
  console.error(message);
  process.exitCode = usageOrConfiguration;
}
