// Who is using this machine's engine: several clones may be tested at the same time.
// Each run has a file of its own name; the set-up itself is done by one at a time.

import { linkSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { interruption, pause, Problem } from './child.mjs';

/** A first set-up downloads and builds for a few minutes; who waits longer waits for something that hangs. */
const LOCK_LIMIT_MS = 15 * 60_000;
const LOCK_POLL_MS = 200;

export const stateFolder = join(tmpdir(), `mitschnitt-setup-${process.getuid?.() ?? 'user'}`);
const runsFolder = join(stateFolder, 'runs');
const lockFile = join(stateFolder, 'lock');
const ownFile = join(runsFolder, String(process.pid));

export function enter() {
  mkdirSync(stateFolder, { recursive: true, mode: 0o700 });
  const found = lstatSync(stateFolder);
  // The temporary folder is everyone's: somebody else's folder or link must not be written to as root.
  if (!found.isDirectory() || (process.getuid && found.uid !== process.getuid())) {
    throw new Problem(
      `${stateFolder} belongs to somebody else`,
      'Remove it, or set TMPDIR to another folder.',
    );
  }
  mkdirSync(runsFolder, { recursive: true });
  writeFileSync(ownFile, '');
}

export function leave() {
  rmSync(ownFile, { force: true });
}

/** @returns {boolean} whether another set-up, or a command that one started, is still at work */
export function othersAlive() {
  return readdirSync(runsFolder).some((name) => {
    if (Number(name) === process.pid) return false;
    if (isAlive(Number(name))) return true;
    rmSync(join(runsFolder, name), { force: true });
    return false;
  });
}

/** Does something that only one process at a time may do. @param {(holder: string) => void} [onWait] */
export async function alone(action, onWait, signal = interruption.signal) {
  const own = `${lockFile}.${process.pid}`;
  writeFileSync(own, String(process.pid));
  try {
    for (let waited = 0; !tryLock(own); waited += LOCK_POLL_MS) {
      if (signal.aborted) throw new Problem('interrupted', '');
      const holder = readLock();
      if (waited === 0) onWait?.(holder);
      if (waited > LOCK_LIMIT_MS) {
        throw new Problem(
          `another set-up (process ${holder}) has been at work for ${LOCK_LIMIT_MS / 60_000} minutes`,
          `End it, or remove ${lockFile} if it hangs.`,
        );
      }
      await pause(LOCK_POLL_MS);
    }
    try {
      return await action();
    } finally {
      rmSync(lockFile, { force: true });
    }
  } finally {
    rmSync(own, { force: true });
  }
}

/** A link comes into being with its content, so that nobody ever reads a lock without its holder. */
function tryLock(own) {
  try {
    linkSync(own, lockFile);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    const holder = readLock();
    if (holder === '' || isAlive(Number(holder))) return false;
    rmSync(lockFile, { force: true });
    return tryLock(own);
  }
}

function readLock() {
  try {
    return readFileSync(lockFile, 'utf8');
  } catch {
    return '';
  }
}

export function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Another user's process refuses the signal, and is alive.
    return error.code === 'EPERM';
  }
}
