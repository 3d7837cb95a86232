// A process that starts on a large backlog, delivers some of it, and tells what that took.
import { join } from 'node:path';

import { FolderTarget } from '../../src/delivery/folder.ts';
import { Uploader } from '../../src/delivery/uploader.ts';
import { one, Workplace } from './workplace.ts';

export interface BacklogOrder {
  /** Folder of a Workplace. */
  readonly path: string;
  /** Deliveries after which it ends. */
  readonly deliveries: number;
}

export interface BacklogResult {
  /** From opening the catalogue to the first delivery. */
  readonly firstMs: number;
  readonly allMs: number;
  /** Resident memory before the start and the most seen afterwards, in bytes. */
  readonly rssBefore: number;
  readonly rssMost: number;
  /** What the state of the backlog took to be told, in ms, at the end. */
  readonly backlogMs: number;
}

const sampleMs = 20;

const { path, deliveries } = JSON.parse(process.argv[2] ?? '') as BacklogOrder;
const rssBefore = process.memoryUsage().rss;
let rssMost = rssBefore;
const sampling = setInterval(() => (rssMost = Math.max(rssMost, process.memoryUsage().rss)), sampleMs);
const startedAt = performance.now();
const work = await Workplace.open(path);
let firstMs: number | undefined;
let delivered = 0;
const { promise: done, resolve: end } = Promise.withResolvers<undefined>();
const archiv = () => new FolderTarget('archiv', { type: 'folder', path: join(path, 'archiv') });
const uploader = new Uploader({
  ...work.options,
  // All recordings have the same audio: it must stay.
  localFile: () => join(path, 'transfer', 'all.wav'),
  retentionMs: Number.MAX_SAFE_INTEGER,
  targets: [one(archiv(), { create: archiv, connections: 3 })],
  report: ({ type }) => {
    if (type !== 'delivered') return;
    firstMs ??= performance.now() - startedAt;
    if ((delivered += 1) === deliveries) end(undefined);
  },
});
uploader.start();
await done;
const allMs = performance.now() - startedAt;
await uploader.stop();
clearInterval(sampling);
const askedAt = performance.now();
await work.catalogue.backlog();
const backlogMs = performance.now() - askedAt;
await work.catalogue.close();
const result: BacklogResult = { firstMs: firstMs ?? Number.NaN, allMs, rssBefore, rssMost, backlogMs };
process.stdout.write(JSON.stringify(result));
