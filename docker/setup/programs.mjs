// Programs of this machine that the tests need, beside Docker's.

import { onPath } from './child.mjs';
import * as debian from './debian.mjs';

/** Each by its package, and whose tests need it: where it cannot be installed, all else goes on. */
const PROGRAMS = [
  { name: 'smbclient', tests: 'SMB' },
  { name: 'ffmpeg', tests: 'recordings in Ogg Opus' },
  { name: 'chromium-headless-shell', tests: 'the console in a browser' },
];

export async function providePrograms(say) {
  const said = [];
  for (const { name, tests } of PROGRAMS) {
    if (onPath(name)) said.push(`${name}: present`);
    else if (debian.canInstall()) {
      say(`installing ${name}`);
      await debian.install(name, '--no-install-recommends');
      said.push(`${name}: installed`);
    } else said.push(`${name} MISSING: tests of ${tests} fail until it is installed (apt install ${name})`);
  }
  return said.join(', ');
}
