// What the trials share: a package installed for the time of the trial only, a container, and how a result is told.
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const LABEL = 'mitschnitt=evidence';
const TRIAL_LIMIT_MS = 180_000; // twice what the longest trial takes
const CHILD_LIMIT_MS = 20_000; // it ends within 2 s, or hangs
const BOOT_LIMIT_MS = 20_000; // Asterisk answers after 1 to 3 s

// Undone on every way out, Ctrl-C included: synchronous, and no step may throw.
const undo = [];
const later = (...args) => undo.push(() => spawnSync('docker', args));
process.on('exit', () => undo.reverse().forEach((step) => step()));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));

let different = 0;

export function observe(subject, expected, seen, holds) {
  if (!holds) different += 1;
  console.log(`${subject}: ${holds ? 'as described' : 'DIFFERENT'}`);
  console.log(`  expected ${expected}\n  seen     ${seen}`);
}

/** Ends 0 if all was as described, 1 if something was not, 2 if the trial itself could not be run. */
export async function trial(steps) {
  const fail = (error) => {
    console.error(`the trial could not be run: ${error.stderr || error.stack || error.message}`);
    if (/no such image/i.test(error.stderr)) console.error('the images are made by `npm run demo`');
    process.exit(2);
  };
  process.once('uncaughtException', fail);
  setTimeout(() => fail(new Error(`not finished within ${TRIAL_LIMIT_MS / 1000} s`)), TRIAL_LIMIT_MS);
  const begun = Date.now();
  await steps().catch(fail);
  const verdict = different ? `${different} not as described: look at it again` : 'the decision stands';
  console.log(`Node ${process.version}, ${seconds(begun)}: ${verdict}`);
  process.exit(different ? 1 : 0);
}

export const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(1)} s`;

/** Resolves to undefined when `promise` has not settled in time; a rejection becomes its value. */
export const within = (ms, promise) => Promise.race([promise.catch((error) => error), wait(ms)]);

/** Packages in a temporary folder: they are no dependency of the project and must not become one. */
export async function install(...packages) {
  const folder = mkdtempSync(join(tmpdir(), 'mitschnitt-evidence-'));
  undo.push(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  const flags = ['--prefix', folder, '--no-audit', '--no-fund', '--ignore-scripts'];
  await run('npm', ['install', ...flags, ...packages], { cwd: folder });
  const { stdout } = await run('npm', ['ls', '--all', '--parseable', '--prefix', folder], { cwd: folder });
  const load = createRequire(join(folder, 'package.json'));
  for (const name of packages) console.log(`installed ${name} ${load(`${name}/package.json`).version}`);
  return { folder, load, count: stdout.trim().split('\n').length - 1 };
}

/** Runs `node ...args` to its end, which need not be a good one. */
export async function node(folder, ...args) {
  const options = { cwd: folder, timeout: CHILD_LIMIT_MS };
  const ended = await run(process.execPath, args, options).catch((error) => error);
  const { code = 0, signal, stdout, stderr } = ended;
  return { end: signal ?? `exit code ${code}`, stdout: stdout.trim(), stderr: stderr.trim() };
}

export function docker(args, input) {
  return execFileSync('docker', args, { input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] }).trim();
}

const OURS = ['--pull', 'never', '--label', LABEL, '--network', 'host'];
export const runOnce = (...args) => docker(['run', '--rm', ...OURS, ...args]);

export function container(...args) {
  const id = docker(['run', '-d', ...OURS, ...args]);
  later('rm', '-f', id);
  return id;
}

/** Built from what is on the machine: no registry is asked. */
export function image(dockerfile) {
  docker(['image', 'inspect', dockerfile.match(/^FROM (\S+)/)[1]]);
  const id = docker(['build', '-q', '--network', 'host', '--label', LABEL, '-'], dockerfile);
  later('rmi', '-f', id);
  return id;
}

/** One of its own on the loopback network `net`, unless ASTERISK_HOST and ASTERISK_CONTAINER name another. */
export async function asterisk(net) {
  const { ASTERISK_HOST, ASTERISK_CONTAINER, ASTERISK_IMAGE = 'mitschnitt/asterisk:22' } = process.env;
  const { ARI_USERNAME = 'mitschnitt', ARI_PASSWORD = 'ari-secret' } = process.env;
  const host = ASTERISK_HOST ?? `${net}1`;
  const id = ASTERISK_CONTAINER ?? container('-e', `NET=${net}`, ASTERISK_IMAGE);
  // One that was there before is left running, whatever the trial did to it.
  if (ASTERISK_CONTAINER) for (const verb of ['start', 'unpause']) later(verb, id);
  const key = Buffer.from(`${ARI_USERNAME}:${ARI_PASSWORD}`).toString('base64');
  const headers = { authorization: `Basic ${key}` };
  const info = `http://${host}:8088/ari/asterisk/info`;
  const ari = (ms) => fetch(info, { headers, signal: AbortSignal.timeout(ms) });
  const booted = async () => {
    for (const begun = Date.now(); Date.now() - begun < BOOT_LIMIT_MS; await wait(100)) {
      if ((await ari(1000).catch(() => undefined))?.ok) return;
    }
    throw new Error(`Asterisk on ${host} did not answer within ${BOOT_LIMIT_MS / 1000} s`);
  };
  await booted();
  return { host, id, ari, booted, username: ARI_USERNAME, password: ARI_PASSWORD };
}
