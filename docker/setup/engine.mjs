// A Docker engine: the one that runs, or one that is installed and started for this run.

import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';

import { interruption, isRoot, must, onPath, pause, Problem, run, tail, uninterruptible } from './child.mjs';
import * as debian from './debian.mjs';
import { alone, isAlive, othersAlive, stateFolder } from './runs.mjs';

/** An engine that is asked and hangs; one that is healthy answers in 50 ms. */
const ANSWER_LIMIT_MS = 10_000;
/** dockerd needs 1-3 s, more if it must first end what a killed one left behind. */
const START_LIMIT_MS = 30_000;
/** dockerd gives containers 10 s to stop before it kills them. */
const STOP_LIMIT_MS = 20_000;
const POLL_MS = 200;

const DEFAULT_SOCKET = 'unix:///var/run/docker.sock';
const ENGINE_PID_FILE = '/var/run/docker.pid';
const startedFile = join(stateFolder, 'dockerd.pid');
const logFile = join(stateFolder, 'dockerd.log');

const INSTALL =
  'Install and start Docker (https://docs.docker.com/engine/install/), then run the command again.';

export async function provideEngine(say) {
  const found = await ask();
  if (found.version) return `version ${found.version}, running`;
  await refuseWhereNothingCanBeDone(found);
  const installed = !onPath('dockerd') || !onPath('docker');
  if (installed) await installEngine(say);
  say('starting dockerd');
  const version = await start(installed);
  return `version ${version}, ${installed ? 'installed and ' : ''}started`;
}

/** Asks whatever engine the client is set to; DOCKER_HOST and `docker context` are the client's business. */
async function ask() {
  const args = ['version', '--format', '{{.Server.Version}}'];
  const { code, stdout, stderr } = await run('docker', args, { limit: ANSWER_LIMIT_MS });
  return code === 0 ? { version: stdout.trim() } : { said: tail(stderr), hangs: code === 124 };
}

async function refuseWhereNothingCanBeDone({ said, hangs }) {
  const endpoint = await engineEndpoint();
  if (hangs) throw new Problem(`the Docker engine at ${endpoint} does not answer`, 'Restart it.', said);
  if (/permission denied/i.test(said)) {
    throw new Problem(
      `Docker is running, but the user ${userInfo().username} may not use it`,
      `As root: usermod -aG docker ${userInfo().username}. Then sign in again.`,
      said,
    );
  }
  if (endpoint !== DEFAULT_SOCKET) {
    const where = process.env.DOCKER_HOST ? 'DOCKER_HOST' : 'the current `docker context`';
    throw new Problem(
      `no Docker engine answers at ${endpoint}, where ${where} points`,
      'Start that engine, or take the setting away.',
      said,
    );
  }
  if (process.platform !== 'linux') throw new Problem('no Docker engine is running', INSTALL);
  if (!isRoot()) {
    throw new Problem(
      'no Docker engine is running, and only root may start one',
      `${INSTALL} Or run it as root.`,
    );
  }
  if (!onPath('dockerd') && !debian.canInstall()) {
    throw new Problem('there is no Docker engine, and this is not Debian or Ubuntu with apt-get', INSTALL);
  }
}

/** Debian 13 and later has the client in a package of its own; a client may also be there without an engine. */
async function installEngine(say) {
  if (!onPath('dockerd')) {
    say('installing docker.io');
    await debian.install('docker.io');
  }
  if (!onPath('docker')) {
    say('installing docker-cli');
    await debian.install('docker-cli');
  }
}

async function start(justInstalled) {
  await mountControlGroups();
  // Installing may have started it already: systemd's service at once, an init script in the background.
  const asService = justInstalled && existsSync('/run/systemd/system');
  const child = asService || enginePid() !== undefined ? undefined : spawnEngine();
  const deadline = performance.now() + START_LIMIT_MS;
  let version;
  while (version === undefined) {
    if (interruption.signal.aborted) throw new Problem('interrupted', '');
    const died = child && child.exitCode !== null && enginePid() === undefined;
    version = (await ask()).version;
    if (version === undefined && (died || performance.now() > deadline)) {
      throw new Problem(
        died ? 'dockerd ended at its start' : `dockerd did not answer within ${START_LIMIT_MS / 1000} s`,
        `Its log: ${logFile}`,
        existsSync(logFile) ? tail(readFileSync(logFile, 'utf8')) : '',
      );
    }
    if (version === undefined) await pause(POLL_MS);
  }
  // A service of systemd is the machine's from now on; an engine of an init script would be left over from us.
  if (justInstalled && !asService) writeFileSync(startedFile, String(enginePid()));
  return version;
}

function spawnEngine() {
  // A dockerd that was killed leaves its number behind; once another process has it, dockerd refuses to start.
  rmSync(ENGINE_PID_FILE, { force: true });
  const log = openSync(logFile, 'w');
  // Its own session and a file as its output: Ctrl-C does not reach it before the containers are removed, and
  // it holds nobody's standard output open.
  const child = spawn('dockerd', [], { detached: true, stdio: ['ignore', log, log] });
  closeSync(log);
  child.on('error', () => {});
  child.unref();
  if (child.pid) writeFileSync(startedFile, String(child.pid));
  return child;
}

/** @returns {number | undefined} the process whose number a file keeps, if it is alive and still a dockerd */
function enginePid(file = ENGINE_PID_FILE) {
  try {
    const pid = Number(readFileSync(file, 'utf8'));
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'dockerd' ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** Where no init system ran, nobody has mounted the control groups, without which no container starts. */
async function mountControlGroups() {
  const mounted = /\scgroup2?\s/.test(readFileSync('/proc/mounts', 'utf8'));
  if (mounted || !onPath('cgroupfs-mount')) return;
  await must('the control groups could not be mounted', INSTALL, 'cgroupfs-mount', []);
}

/** @returns {Promise<string>} the address that the Docker client uses */
async function engineEndpoint() {
  if (process.env.DOCKER_HOST) return process.env.DOCKER_HOST;
  const { code, stdout } = await run('docker', [
    'context',
    'inspect',
    '--format',
    '{{.Endpoints.docker.Host}}',
  ]);
  return (code === 0 && stdout.trim()) || DEFAULT_SOCKET;
}

/** Libraries look at DOCKER_HOST and the default socket only, not at the client's context. */
export async function engineEnvironment() {
  const endpoint = await engineEndpoint();
  return endpoint === DEFAULT_SOCKET ? {} : { DOCKER_HOST: endpoint };
}

/** Ends the engine if the set-up, this one or an earlier one, started it and nobody else needs it. */
export async function stopEngine() {
  if (!existsSync(startedFile) || othersAlive()) return;
  const stop = async () => {
    if (othersAlive()) return;
    const pid = enginePid(startedFile);
    if (pid !== undefined) await end(pid);
    rmSync(startedFile, { force: true });
  };
  await alone(stop, undefined, uninterruptible);
}

async function end(pid) {
  process.kill(pid, 'SIGTERM');
  const start = performance.now();
  while (isAlive(pid)) {
    if (performance.now() - start > STOP_LIMIT_MS) return process.kill(pid, 'SIGKILL');
    await pause(POLL_MS);
  }
}

/**
 * Removes the containers of tests and demos that are over: a process that is gone started them. Those of another
 * clone at work stay.
 *
 * @returns {Promise<number>} how many
 */
export async function removeLeftovers(signal = interruption.signal) {
  const list = [
    'ps',
    '-a',
    '--filter',
    'label=mitschnitt',
    '--format',
    '{{.ID}} {{.Label "mitschnitt.pid"}}',
  ];
  const { stdout } = await run('docker', list, { limit: ANSWER_LIMIT_MS, signal });
  const ids = stdout
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([, pid]) => pid && !isAlive(Number(pid)))
    .map(([id]) => id);
  if (ids.length > 0) await run('docker', ['rm', '-f', '-v', ...ids], { limit: STOP_LIMIT_MS, signal });
  return ids.length;
}
