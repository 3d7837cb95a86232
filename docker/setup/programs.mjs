// Programs of this machine that the tests need, beside Docker's.

import { onPath } from './child.mjs';
import * as debian from './debian.mjs';

/** Only the tests of targets of type smb need it: where it cannot be installed, all else goes on. */
export async function provideSmbclient(say) {
  if (onPath('smbclient')) return 'present';
  if (!debian.canInstall()) return 'MISSING: tests of SMB fail until it is installed (apt install smbclient)';
  say('installing smbclient');
  await debian.install('smbclient');
  return 'installed';
}
