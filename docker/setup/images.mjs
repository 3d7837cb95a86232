// The images of the demo and the tests, from nothing but Debian.

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { interruption, must, onPath, Problem, run, tail } from './child.mjs';
import * as debian from './debian.mjs';
import { root } from './packages.mjs';

const FORKY = 'debian:forky-slim';
const BULLSEYE = 'debian:bullseye-slim';

/** Every image: its tag, the folder with its Dockerfile, and what it is built on. A new one is a line here. */
const IMAGES = [
  { tag: 'mitschnitt/asterisk:22', context: 'docker/asterisk', base: FORKY },
  { tag: 'mitschnitt/asterisk:16', context: 'docker/asterisk', base: BULLSEYE },
  { tag: 'mitschnitt/sipp:latest', context: 'docker/sipp', base: FORKY },
  { tag: 'mitschnitt/ftp:latest', context: 'docker/ftp', base: FORKY },
  { tag: 'mitschnitt/proftpd:latest', context: 'docker/proftpd', base: FORKY },
  { tag: 'mitschnitt/ssh:latest', context: 'docker/ssh', base: FORKY },
  { tag: 'mitschnitt/smb:latest', context: 'docker/smb', base: FORKY },
  { tag: 'mitschnitt/swift:latest', context: 'docker/swift', base: FORKY },
  { tag: 'mitschnitt/radosgw:latest', context: 'docker/radosgw', base: FORKY },
  { tag: 'mitschnitt/webdav:latest', context: 'docker/webdav', base: FORKY },
  { tag: 'mitschnitt/smtp:latest', context: 'docker/smtp', base: FORKY },
];

/** The label that tells what an image was built from. */
const LABEL = 'mitschnitt.context';

/** A registry that is there says so at once; without one, some networks let the attempt hang. */
const REGISTRY_ANSWER_MS = 12_000;
/** 30 MB, on a slow line. */
const PULL_LIMIT_MS = 5 * 60_000;

export async function provideBaseImages(say) {
  const bases = [...new Set(IMAGES.map((image) => image.base))];
  const present = await inspect(bases);
  const missing = bases.filter((base) => !present.has(base));
  const toMake = [];
  let registryAnswers = true;
  for (const base of missing) {
    if (registryAnswers) say(`pulling ${base}`);
    registryAnswers &&= await pull(base);
    if (!registryAnswers) toMake.push(base);
  }
  if (toMake.length > 0) await makeBaseImages(toMake, say);
  if (missing.length === 0) return `${bases.join(', ')}: present`;
  return toMake.length > 0 ? `made with mmdebstrap: ${toMake.join(', ')}` : `pulled: ${missing.join(', ')}`;
}

async function pull(base) {
  const { code } = await run('docker', ['pull', base], { limit: PULL_LIMIT_MS, silence: REGISTRY_ANSWER_MS });
  if (interruption.signal.aborted) throw new Problem('interrupted', '');
  return code === 0;
}

async function makeBaseImages(bases, say) {
  if (!onPath('mmdebstrap')) {
    if (!debian.canInstall()) {
      throw new Problem(
        `no image registry answers, so that ${bases.join(' and ')} must be made on this machine, without mmdebstrap`,
        'Give Docker access to a registry, or install mmdebstrap (Debian, Ubuntu; as root).',
      );
    }
    say('no registry answers; installing mmdebstrap');
    await debian.install('mmdebstrap');
  }
  say(`no registry answers; making ${bases.join(', ')}`);
  await Promise.all(bases.map(makeBaseImage));
}

/** The tag is given only to a whole image: `docker import` also takes the half of an archive. */
async function makeBaseImage(base) {
  const suite = /:(\w+)-slim$/.exec(base)[1];
  // Archived suites are never renewed, so that their "valid until" lies in the past.
  const args = ['--variant=apt', '--aptopt=Acquire::Check-Valid-Until "false"', suite, '-'];
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const maker = spawn('mmdebstrap', args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  maker.stderr.setEncoding('utf8').on('data', (text) => (said += text));
  const made = new Promise((resolve) => {
    maker.on('error', () => resolve(false));
    maker.on('close', (code) => resolve(code === 0));
  });
  const stop = () => maker.kill('SIGTERM');
  interruption.signal.addEventListener('abort', stop);
  const imported = await run('docker', ['import', '-'], { input: maker.stdout });
  const whole = await made;
  interruption.signal.removeEventListener('abort', stop);
  const id = imported.stdout.trim();
  if (whole && imported.code === 0) {
    await must(`${base} could not be tagged`, 'See the message.', 'docker', ['tag', id, base]);
    return;
  }
  if (id) await run('docker', ['rmi', id]);
  if (interruption.signal.aborted) throw new Problem('interrupted', '');
  throw new Problem(
    `${base} could be neither pulled nor made with mmdebstrap`,
    'It needs an image registry or a Debian mirror (http://deb.debian.org/debian): see what it says.',
    `${tail(said)}\n${imported.output}`,
  );
}

export async function provideImages(say) {
  const found = await inspect([...IMAGES.map((image) => image.tag), FORKY, BULLSEYE]);
  const wanted = IMAGES.map((image) => ({ ...image, hash: hashOf(image, found.get(image.base).Id) }));
  const stale = wanted.filter(({ tag, hash }) => found.get(tag)?.Config?.Labels?.[LABEL] !== hash);
  if (stale.length === 0) return 'unchanged';
  const names = stale.map(({ tag }) => tag.replace('mitschnitt/', '')).join(', ');
  say(`building ${names}`);
  const results = await Promise.allSettled(stale.map(build));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  return `built: ${names}`;
}

async function build({ tag, context, base, hash }) {
  const args = ['build', '--network', 'host', '--build-arg', `BASE=${base}`, '--label', `${LABEL}=${hash}`];
  await must(
    `the image ${tag} could not be built from ${context}`,
    'See the end of its output: a package that could not be loaded (network), or a fault in the Dockerfile.',
    'docker',
    [...args, '--tag', tag, context],
    { cwd: root },
  );
}

/** One call for all of them: each costs a start of the client. @returns {Promise<Map<string, object>>} */
async function inspect(tags) {
  const { stdout } = await run('docker', ['image', 'inspect', ...tags]);
  const images = JSON.parse(stdout || '[]');
  return new Map(images.flatMap((image) => (image.RepoTags ?? []).map((tag) => [tag, image])));
}

function hashOf({ context, base }, baseId) {
  const hash = createHash('sha256').update(`${base} ${baseId}\0`);
  const folder = join(root, context);
  for (const file of filesIn(folder)) {
    const executable = (statSync(join(folder, file)).mode & 0o100) !== 0;
    hash
      .update(`${file}\0${executable}\0`)
      .update(readFileSync(join(folder, file)))
      .update('\0');
  }
  return hash.digest('hex');
}

function filesIn(folder, prefix = '') {
  return readdirSync(join(folder, prefix), { withFileTypes: true })
    .flatMap((entry) =>
      entry.isDirectory() ? filesIn(folder, `${prefix}${entry.name}/`) : [prefix + entry.name],
    )
    .sort();
}
