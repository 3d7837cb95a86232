// How fast files get to servers, beside other programs that put the same files on the same server, in turn. The others
// neither remember nor compare by themselves what they have stored; Mitschnitt does all that it does in a PBX. All files
// are in memory, where that can be had: no disk is measured.
import { spawn } from 'node:child_process';
import { link, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

import { patterned } from '../delivery/content.ts';
import { inMemory, Workplace } from '../delivery/workplace.ts';
import { timePeer, type PeerFiles } from './delivery-peers.ts';
import { startServer, type BenchedServer, type Kind } from './delivery-servers.ts';
import { messageOf } from '../../src/errors.ts';
import { printRows, sum, type Row } from './figures.ts';

export interface DeliveryOptions {
  readonly kinds: readonly Kind[];
  /** The other programs, by name; undefined: all. */
  readonly peers: readonly string[] | undefined;
  /** Size of the one large file, in MB. */
  readonly large: number;
  /** How many small files. */
  readonly small: number;
  readonly smallBytes: number;
  readonly connections: number;
  /** How often each program does it, in turn; its best counts. */
  readonly rounds: number;
}

/** What the process that delivers is told. */
interface DeliveryOrder {
  /** Folder of a Workplace. */
  readonly path: string;
  readonly settings: BenchedServer['settings'] & { readonly path: string };
  readonly connections: number;
}

interface DeliveryOutcome {
  readonly ms: number;
  readonly processorMs: number;
  /** The most that was resident in memory, in bytes. */
  readonly rssMost: number;
  readonly problems: number;
}

/** Files that are put on a server together. */
interface Load {
  readonly name: string;
  readonly files: number;
  readonly bytes: number;
}

const megabyte = 1_000_000;
const msPerSecond = 1_000;
/** The process, flat: the bar for a backlog of any size. */
const memoryBarBytes = 150 * megabyte;
/** For one program and one load. */
const limitMs = 20 * 60_000;

const worker = fileURLToPath(new URL('./delivery-process.mjs', import.meta.url));

/** Measures and prints; whether everything got there. */
export async function benchDelivery(options: DeliveryOptions): Promise<boolean> {
  const { kinds, large, small, smallBytes } = options;
  const loads: readonly Load[] = [
    { name: `one file of ${large} MB`, files: 1, bytes: large * megabyte },
    { name: `${small} files of ${smallBytes / msPerSecond} KB`, files: small, bytes: smallBytes },
  ];
  const root = await mkdtemp(join(inMemory, 'mitschnitt-bench-delivery-'));
  const rows: Row[] = [];
  let problems = 0;
  try {
    for (const kind of kinds) {
      const server = await startServer(kind, root);
      try {
        for (const load of loads) {
          const outcome = await compare(kind, server, load, root, options);
          rows.push(...outcome.rows);
          problems += outcome.problems;
        }
      } finally {
        await server.stop();
      }
    }
  } finally {
    await rm(root, { recursive: true, force: true });
  }
  console.log('');
  printRows(rows);
  return problems === 0;
}

async function compare(
  kind: Kind,
  server: BenchedServer,
  load: Load,
  root: string,
  { connections, rounds, peers }: DeliveryOptions,
): Promise<{ rows: readonly Row[]; problems: number }> {
  const others = new Map<string, number>();
  const ours: DeliveryOutcome[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    const to = `${load.files}-${round}`;
    const { work, files } = await workFor(load, root);
    try {
      for (const peer of server.peers.filter(({ program }) => peers?.includes(program) ?? true)) {
        const ms = await timePeer(peer, files, `${peer.program}-${to}`).catch((error: unknown) => {
          console.log(`  ${peer.program} failed: ${messageOf(error)}`);
          return Number.POSITIVE_INFINITY;
        });
        tell(kind, load, peer.program, ms);
        others.set(peer.program, Math.min(ms, others.get(peer.program) ?? ms));
        await server.clear();
      }
      const settings = { ...server.settings, path: `mitschnitt-${to}` };
      const outcome = await timeOurs({ path: work.path, settings, connections });
      tell(kind, load, 'Mitschnitt', outcome.ms);
      ours.push(outcome);
      await server.clear();
    } finally {
      await rm(files.folder, { recursive: true, force: true });
      await rm(work.path, { recursive: true, force: true });
    }
  }
  return { rows: rowsOf(kind, load, ours, others), problems: sum(ours.map(({ problems }) => problems)) };
}

/** Recordings that wait, and the same files for the others, by their names: ours are removed once they are delivered. */
async function workFor(load: Load, root: string): Promise<{ work: Workplace; files: PeerFiles }> {
  const work = await Workplace.create(root);
  const folder = join(root, 'source');
  await mkdir(folder);
  const names: string[] = [];
  for (let n = 0; n < load.files; n += 1) {
    const { id, name } = await work.record(['archiv'], patterned(load.bytes, n));
    await link(work.localFile(id), join(folder, name));
    names.push(name);
  }
  await work.catalogue.close();
  return { work, files: { folder, names } };
}

async function timeOurs(order: DeliveryOrder): Promise<DeliveryOutcome> {
  const child = spawn(process.execPath, [worker, JSON.stringify(order)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: limitMs,
  });
  return JSON.parse(await text(child.stdout)) as DeliveryOutcome;
}

function tell(kind: Kind, { name, files, bytes }: Load, program: string, ms: number): void {
  if (!Number.isFinite(ms)) return;
  const rate = (files * bytes) / megabyte / (ms / msPerSecond);
  const perSecond = files > 1 ? `, ${(files / (ms / msPerSecond)).toFixed(0)} files/s` : '';
  const seconds = (ms / msPerSecond).toFixed(2);
  console.log(
    `${kind.padEnd(7)} ${name}: ${program.padEnd(10)} ${seconds} s, ${rate.toFixed(0)} MB/s${perSecond}`,
  );
}

function rowsOf(
  kind: Kind,
  load: Load,
  ours: readonly DeliveryOutcome[],
  others: ReadonlyMap<string, number>,
): readonly Row[] {
  const [best] = [...others].toSorted(([, a], [, b]) => a - b);
  const [fastest] = ours.toSorted((a, b) => a.ms - b.ms);
  if (!best || !fastest) return [];
  const [program, peerMs] = best;
  const seconds = (ms: number): string => `${(ms / msPerSecond).toFixed(2)} s`;
  const rssMost = Math.max(...ours.map((each) => each.rssMost));
  return [
    {
      what: `${kind}, ${load.name}`,
      measured: seconds(fastest.ms),
      ...(Number.isFinite(peerMs) && {
        peer: `${seconds(peerMs)} ${program}`,
        ratio: `${(peerMs / fastest.ms).toFixed(2)} x as fast`,
        bar: 'at least 1.00 x',
        met: peerMs >= fastest.ms,
      }),
    },
    {
      what: `${kind}, ${load.name}: memory, processor`,
      measured: `${(rssMost / megabyte).toFixed(0)} MB, ${seconds(fastest.processorMs)}`,
      bar: `at most ${memoryBarBytes / megabyte} MB`,
      met: rssMost <= memoryBarBytes,
    },
  ];
}
