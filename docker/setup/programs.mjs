// Programs of this machine that the tests need, beside Docker's.

import { onPath } from './child.mjs';
import * as debian from './debian.mjs';

/** Each, its package where that has another name, and whose tests need it: where it cannot be installed, all else goes on. */
const PROGRAMS = [
  { name: 'smbclient', tests: 'SMB' },
  { name: 'ffmpeg', tests: 'recordings in Ogg Opus' },
  { name: 'chromium-headless-shell', tests: 'the console in a browser' },
  { name: 'iptables', tests: 'lossy networks' },
  { name: 'ip', package: 'iproute2', tests: 'lossy networks' },
];

export async function providePrograms(say) {
  const said = [];
  for (const { name, package: from = name, tests } of PROGRAMS) {
    if (onPath(name)) said.push(`${name}: present`);
    else if (debian.canInstall()) {
      say(`installing ${name}`);
      await debian.install(from, '--no-install-recommends');
      said.push(`${name}: installed`);
    } else said.push(`${name} MISSING: tests of ${tests} fail until it is installed (apt install ${from})`);
  }
  return said.join(', ');
}
