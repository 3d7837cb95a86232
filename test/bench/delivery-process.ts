// A process that uploads all that waits in a Workplace, and tells what that took.
import { createTarget } from '../../src/delivery/targets.ts';
import { Uploader } from '../../src/delivery/uploader.ts';
import type { Target } from '../../src/delivery/target.ts';
import { Workplace } from '../delivery/workplace.ts';

export interface DeliveryOrder {
  /** Folder of a Workplace. */
  readonly path: string;
  /** As in the configuration; `secret` stands for the secret of each kind. */
  readonly settings: { readonly type: string; readonly secret: string };
  readonly connections: number;
}

export interface DeliveryOutcome {
  readonly ms: number;
  readonly processorMs: number;
  /** The most that was resident in memory, in bytes. */
  readonly rssMost: number;
  readonly problems: number;
}

const sampleMs = 20;
const usPerMs = 1_000;

const { path, settings, connections } = JSON.parse(process.argv[2] ?? '') as DeliveryOrder;
const secret = { reveal: () => settings.secret };
const all = { ...settings, password: secret, secret_key: secret };
// The benchmark wrote them for this kind.
const create = (): Target => createTarget('archiv', all as unknown as Parameters<typeof createTarget>[1]);
const work = await Workplace.open(path);
const pending = (await work.backlog('archiv'))?.pending ?? 0;
let delivered = 0;
let problems = 0;
let rssMost = 0;
const { promise: done, resolve: end } = Promise.withResolvers<undefined>();
const uploader = new Uploader({
  ...work.options,
  targets: [{ name: 'archiv', create, connections, sidecar: false, bandwidth: undefined }],
  report: (event) => {
    if (event.type === 'delivered' && (delivered += 1) === pending) end(undefined);
    if (event.type === 'postponed' || event.type === 'set-aside') {
      problems += 1;
      process.stderr.write(`${event.error.message}\n`);
    }
  },
});
const sampling = setInterval(() => (rssMost = Math.max(rssMost, process.memoryUsage().rss)), sampleMs);
const startedAt = performance.now();
const before = process.cpuUsage();
uploader.start();
await done;
const ms = performance.now() - startedAt;
const { user, system } = process.cpuUsage(before);
clearInterval(sampling);
await uploader.stop();
await work.catalogue.close();
const outcome: DeliveryOutcome = { ms, processorMs: (user + system) / usPerMs, rssMost, problems };
process.stdout.write(JSON.stringify(outcome));
