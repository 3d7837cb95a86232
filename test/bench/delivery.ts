// How fast files get to servers, beside other programs that put the same files on the same server, in turn. The others
// neither remember nor compare by themselves what they have stored; Mitschnitt does all that it does in a PBX.
import { execFile, spawn } from 'node:child_process';
import { link, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { patterned } from '../delivery/content.ts';
import { Workplace } from '../delivery/workplace.ts';
import { printRows, type Row } from './figures.ts';
import { startServer, type BenchedServer, type Kind, type Peer } from './delivery-servers.ts';
import type { DeliveryOrder, DeliveryOutcome } from './delivery-process.ts';

export interface DeliveryOptions {
  readonly kinds: readonly Kind[];
  /** Size of the one large file, in MB. */
  readonly large: number;
  /** How many small files. */
  readonly small: number;
  readonly smallBytes: number;
  readonly connections: number;
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

const worker = fileURLToPath(new URL('./delivery-process.ts', import.meta.url));

/** Measures and prints; whether everything got there. */
export async function benchDelivery(options: DeliveryOptions): Promise<boolean> {
  const { kinds, large, small, smallBytes } = options;
  const loads: readonly Load[] = [
    { name: `one file of ${large} MB`, files: 1, bytes: large * megabyte },
    { name: `${small} files of ${smallBytes / msPerSecond} KB`, files: small, bytes: smallBytes },
  ];
  const root = await mkdtemp(join(tmpdir(), 'mitschnitt-bench-delivery-'));
  const rows: Row[] = [];
  let problems = 0;
  try {
    for (const kind of kinds) {
      const server = await startServer(kind, root);
      try {
        for (const load of loads) {
          const outcome = await compare(kind, server, load, root, options.connections);
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
  connections: number,
): Promise<{ rows: readonly Row[]; problems: number }> {
  const work = await Workplace.create(root);
  const source = join(root, 'source');
  await mkdir(source);
  try {
    for (let n = 0; n < load.files; n += 1) {
      const { id, name } = await work.record(['archiv'], patterned(load.bytes, n));
      // The others get the same files, by their names; ours are removed once they are delivered.
      await link(work.localFile(id), join(source, name));
    }
    await work.catalogue.close();
    const peers = new Map<string, number>();
    for (const peer of server.peers) {
      const ms = await timePeer(peer, source, `${peer.program}-${load.files}`);
      tell(kind, load, peer.program, ms);
      if (ms !== undefined) peers.set(peer.program, ms);
    }
    const settings = { ...server.settings, path: `mitschnitt-${load.files}` };
    const ours = await timeOurs({ path: work.path, settings, connections });
    tell(kind, load, 'Mitschnitt', ours.ms);
    return { rows: rowsOf(kind, load, ours, peers), problems: ours.problems };
  } finally {
    await rm(source, { recursive: true, force: true });
    await rm(work.path, { recursive: true, force: true });
  }
}

/** In ms; undefined: it could not do it. */
async function timePeer(peer: Peer, source: string, to: string): Promise<number | undefined> {
  const [args, env = {}] = peer.command(source, to);
  const startedAt = performance.now();
  try {
    await promisify(execFile)(peer.program, args, {
      env: { ...process.env, ...env },
      timeout: limitMs,
      maxBuffer: Number.POSITIVE_INFINITY,
    });
    return performance.now() - startedAt;
  } catch (error) {
    const { stderr = '', message } = error as Error & { stderr?: string };
    console.log(`  ${peer.program} failed: ${stderr.trim().split('\n').at(-1) ?? message}`);
    return undefined;
  }
}

async function timeOurs(order: DeliveryOrder): Promise<DeliveryOutcome> {
  const child = spawn(process.execPath, [worker, JSON.stringify(order)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: limitMs,
  });
  return JSON.parse(await text(child.stdout)) as DeliveryOutcome;
}

function tell(kind: Kind, { name, files, bytes }: Load, program: string, ms: number | undefined): void {
  if (ms === undefined) return;
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
  ours: DeliveryOutcome,
  peers: ReadonlyMap<string, number>,
): readonly Row[] {
  const [best] = [...peers].toSorted(([, a], [, b]) => a - b);
  const seconds = (ms: number): string => `${(ms / msPerSecond).toFixed(2)} s`;
  const mostBytes = `${(ours.rssMost / megabyte).toFixed(0)} MB`;
  return [
    {
      what: `${kind}, ${load.name}`,
      measured: seconds(ours.ms),
      ...(best && {
        peer: `${seconds(best[1])} ${best[0]}`,
        ratio: `${(best[1] / ours.ms).toFixed(2)} x as fast`,
        bar: 'at least 1.00 x',
        met: best[1] >= ours.ms,
      }),
    },
    {
      what: `${kind}, ${load.name}: memory, processor`,
      measured: `${mostBytes}, ${seconds(ours.processorMs)}`,
      bar: `at most ${memoryBarBytes / megabyte} MB`,
      met: ours.rssMost <= memoryBarBytes,
    },
  ];
}
