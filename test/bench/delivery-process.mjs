// A process that uploads all that waits in a Workplace, as the compiled program does, and tells what that took. No
// TypeScript: what Node needs to understand that would count as memory of the program.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { SqliteCatalogue } from '../../dist/catalogue/sqlite.js';
import { createTarget } from '../../dist/delivery/targets.js';
import { Uploader } from '../../dist/delivery/uploader.js';

const usPerMs = 1_000;
const bytesPerKilobyte = 1_024;

/** The most that was resident in memory, as the kernel noted it (proc(5)). */
function mostResidentBytes() {
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return Number(kilobytes) * bytesPerKilobyte;
}

const { path, settings, connections } = JSON.parse(process.argv[2] ?? '');
const secret = { reveal: () => settings.secret };
const create = () => createTarget('archiv', { ...settings, password: secret, secret_key: secret });
const catalogue = new SqliteCatalogue({ path: join(path, 'catalogue.db') });
await catalogue.open();
const [backlog] = await catalogue.backlog();
let delivered = 0;
let problems = 0;
const { promise: done, resolve: end } = Promise.withResolvers();
const uploader = new Uploader({
  ledger: catalogue,
  targets: [{ name: 'archiv', create, connections, sidecar: false, bandwidth: undefined }],
  schedule: 'immediately',
  windows: [],
  timeZone: 'Europe/Zurich',
  bandwidth: undefined,
  retentionMs: 0,
  localFile: (recording) => join(path, 'transfer', `${recording}.wav`),
  localSidecar: (recording) => join(path, 'transfer', `${recording}.json`),
  report: (event) => {
    if (event.type === 'delivered') {
      delivered += 1;
      if (delivered === backlog.pending) end();
    }
    if (event.type === 'postponed' || event.type === 'set-aside') {
      problems += 1;
      process.stderr.write(`${event.error.message}\n`);
    }
  },
});
const startedAt = performance.now();
const before = process.cpuUsage();
uploader.start();
await done;
const ms = performance.now() - startedAt;
const { user, system } = process.cpuUsage(before);
await uploader.stop();
await catalogue.close();
const outcome = { ms, processorMs: (user + system) / usPerMs, rssMost: mostResidentBytes(), problems };
process.stdout.write(JSON.stringify(outcome));
