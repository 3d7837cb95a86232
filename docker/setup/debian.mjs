// Packages of Debian and Ubuntu, for a machine that has nothing.

import { existsSync } from 'node:fs';

import { isRoot, must, onPath } from './child.mjs';

export const canInstall = () => isRoot() && existsSync('/etc/debian_version') && onPath('apt-get');

/** Without it, a question about time zones or services waits for an answer for ever. */
const env = { DEBIAN_FRONTEND: 'noninteractive' };

let listsAreFresh = false;

/** `options`: further ones of `apt-get install`. */
export async function install(name, ...options) {
  const remedy = `See apt-get's message, or install ${name} yourself.`;
  if (!listsAreFresh) {
    await must('the package lists could not be updated', remedy, 'apt-get', ['update', '-q'], { env });
    listsAreFresh = true;
  }
  await must(`${name} could not be installed`, remedy, 'apt-get', ['install', '-y', '-q', ...options, name], {
    env,
  });
}
