// The project itself: its Node packages, its compiled program, its own command.

import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

import { must } from './child.mjs';

export const root = fileURLToPath(new URL('../..', import.meta.url));
const binFolder = join(root, 'node_modules', '.bin');

/** With Node 24 and the development tools first. */
export const commandPath = `${binFolder}${delimiter}${process.env.PATH}`;

/** No package asks for a later major version of Node than this. */
const NEWEST_ASKED_FOR = 22;

/** Written last: an installation that was cut off is done again. */
const stampFile = join(root, 'node_modules', '.mitschnitt-installed');

export async function installPackages(say) {
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const installed =
    existsSync(join(root, 'node_modules', '.package-lock.json')) &&
    existsSync(stampFile) &&
    readFileSync(stampFile, 'utf8') === wanted;
  if (installed) return 'unchanged';
  say('npm ci');
  rmSync(stampFile, { force: true });
  const what = 'the Node packages could not be installed';
  const remedy =
    "See npm's message. Usually the registry is out of reach, or package.json and package-lock.json differ (npm install).";
  const npm = (args, env) => must(what, remedy, 'npm', [...args, '--loglevel=error'], { cwd: root, env });
  // An npm older than 11 builds every package that has C++ sources, prebuilt or not, so that it needs a compiler:
  // no scripts, then, as package.json tells newer ones, but for the one package that fetches Node.
  await npm(['ci', '--ignore-scripts']);
  await npm(['rebuild', 'node']);
  // On an old Node npm leaves out, without a word, the binaries of packages that ask for a newer one.
  if (Number(process.versions.node.split('.')[0]) < NEWEST_ASKED_FOR) {
    await npm(['install', '--no-save', '--ignore-scripts'], { PATH: commandPath });
  }
  writeFileSync(stampFile, wanted);
  return 'installed (npm ci)';
}

export async function compile() {
  // What an earlier build left would stay for ever.
  for (const name of existsSync(built) ? readdirSync(built) : [])
    if (name !== 'console') rmSync(join(built, name), { recursive: true });
  await must(
    'src/ does not compile',
    'Put right what the compiler names.',
    join(binFolder, 'node'),
    [join(root, 'node_modules', 'rolldown', 'bin', 'cli.mjs'), '-c', 'rolldown.config.ts'],
    { cwd: root },
  );
  linkOwnCommand();
  return 'src/ -> dist/';
}

const built = join(root, 'dist');

/** Written last, beside what it describes: of what the console was built. */
const consoleStamp = join(root, 'dist', 'console', '.built-of');

/** Its bundler takes seconds, and most runs change nothing of it. */
export async function buildConsole() {
  const wanted = hashOfConsole();
  if (existsSync(consoleStamp) && readFileSync(consoleStamp, 'utf8') === wanted) return 'unchanged';
  await must(
    'the console could not be built',
    'Put right what the bundler names.',
    join(binFolder, 'node'),
    [join(root, 'node_modules', 'vite', 'bin', 'vite.js'), 'build', '--logLevel', 'warn'],
    { cwd: root },
  );
  writeFileSync(consoleStamp, wanted);
  return 'src/web/console/ -> dist/console/';
}

/** All that its files are made of. Of the rest of src/ it has only types, which leave nothing behind. */
function hashOfConsole() {
  const folder = join(root, 'src', 'web', 'console');
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const hash = createHash('sha256');
  for (const file of [...files, join(root, 'vite.config.ts'), join(root, 'package-lock.json')])
    hash.update(relative(root, file)).update('\0').update(readFileSync(file)).update('\0');
  return hash.digest('hex');
}

/** npm links the commands of dependencies only. `npx` finds the package's own too, a shell's PATH does not. */
function linkOwnCommand() {
  const command = join(root, 'src', 'cli', 'mitschnitt.mjs');
  const link = join(binFolder, 'mitschnitt');
  if (!existsSync(command)) return;
  if ((statSync(command).mode & 0o111) === 0) chmodSync(command, 0o755);
  if (existsSync(link)) return;
  mkdirSync(binFolder, { recursive: true });
  rmSync(link, { force: true });
  symlinkSync('../../src/cli/mitschnitt.mjs', link);
}
