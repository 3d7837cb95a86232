// Reads the processor profiles that `node --cpu-prof` leaves behind.
import { readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { SourceMap } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { printTable } from './figures.ts';

/** As V8 writes it. Times are microseconds of the monotonic clock. */
interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: {
      readonly functionName: string;
      readonly url: string;
      readonly lineNumber: number;
      readonly columnNumber: number;
    };
    readonly children?: readonly number[];
  }[];
  readonly startTime: number;
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** A stretch of time on this machine's monotonic clock, in microseconds: without the start of the program. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

/** Now, on the clock that the profiles use. */
export function profileClock(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}

/** Microseconds by function. */
export interface Costs {
  /** In the function itself. */
  readonly self: ReadonlyMap<string, number>;
  /** In functions of this program, with what Node and packages do on their behalf. */
  readonly behalf: ReadonlyMap<string, number>;
  /** In parts: folders of this program with what is done on their behalf, and packages that go on by themselves. */
  readonly parts: ReadonlyMap<string, number>;
}

const root = fileURLToPath(new URL('../../', import.meta.url));
const ownCode = join(root, 'src/');
/** Not work: the process waits. */
const waiting = '(idle)';

type Counts = Record<keyof Costs, Map<string, number>>;
type Frame = CpuProfile['nodes'][number]['callFrame'];

/** Adds up what was spent within the windows, over all profiles of a folder. */
export async function readCosts(folder: string, windows: readonly Window[]): Promise<Costs> {
  const costs: Counts = { self: new Map(), behalf: new Map(), parts: new Map() };
  for (const name of await readdir(folder)) {
    addUp(JSON.parse(await readFile(join(folder, name), 'utf8')) as CpuProfile, windows, costs);
  }
  return costs;
}

function addUp(
  { nodes, samples, startTime, timeDeltas }: CpuProfile,
  windows: readonly Window[],
  costs: Counts,
) {
  const located = nodes.map((node) => ({ ...node, callFrame: inSource(node.callFrame) }));
  const frames = new Map(located.map(({ id, callFrame }) => [id, callFrame]));
  const owners = ownersOf(located);
  let at = startTime;
  samples.forEach((node, index) => {
    at += timeDeltas[index] ?? 0;
    // The time from this sample to the next was spent in this one.
    const spent = timeDeltas[index + 1] ?? 0;
    const frame = frames.get(node);
    if (frame === undefined || frame.functionName === waiting) return;
    if (!windows.some(({ from, to }) => at >= from && at < to)) return;
    const owner = owners.get(node) ?? frame;
    add(costs.self, nameOf(frame), spent);
    add(costs.behalf, nameOf(owner), spent);
    add(costs.parts, partOf(owner), spent);
  });
}

/** The program is built into a few files: where in the sources a function is. */
function inSource(frame: Frame): Frame {
  const path = frame.url.startsWith('file://') ? fileURLToPath(frame.url) : '';
  if (!path.startsWith(join(root, 'dist/'))) return frame;
  const entry = sourceMapOf(path).findEntry(frame.lineNumber, frame.columnNumber);
  if (!('originalSource' in entry)) return frame;
  const url = pathToFileURL(resolve(dirname(path), entry.originalSource)).href;
  return { ...frame, url, lineNumber: entry.originalLine };
}

const knownMaps = new Map<string, SourceMap>();

function sourceMapOf(file: string): SourceMap {
  const map =
    knownMaps.get(file) ??
    new SourceMap(
      JSON.parse(readFileSync(`${file}.map`, 'utf8')) as ConstructorParameters<typeof SourceMap>[0],
    );
  knownMaps.set(file, map);
  return map;
}

function add(counts: Map<string, number>, name: string, spent: number): void {
  counts.set(name, (counts.get(name) ?? 0) + spent);
}

/** The nearest function of this program by which each was called, else the nearest one of a package. */
function ownersOf(nodes: CpuProfile['nodes']): Map<number, Frame> {
  const owners = new Map<number, Frame>();
  // Parents come before their children in the list.
  for (const { id, callFrame, children = [] } of nodes) {
    const inherited = owners.get(id);
    const isOwner = inherited === undefined ? callFrame.url !== '' : rank(callFrame) >= rank(inherited);
    if (isOwner) owners.set(id, callFrame);
    const owner = owners.get(id);
    if (owner !== undefined) for (const child of children) owners.set(child, owner);
  }
  return owners;
}

/** Who is more likely to be the reason for what is done. */
function rank(frame: Frame): number {
  if (isOwn(frame)) return 2;
  return frame.url.includes('/node_modules/') ? 1 : 0;
}

function isOwn({ url }: Frame): boolean {
  return url.startsWith('file://') && fileURLToPath(url).startsWith(ownCode);
}

function nameOf({ functionName, url, lineNumber }: Frame): string {
  const name = functionName === '' ? '(anonymous)' : functionName;
  return url === '' ? name : `${name}  ${shortPath(url)}:${lineNumber + 1}`;
}

function partOf(frame: Frame): string {
  if (frame.url === '') return frame.functionName;
  const path = shortPath(frame.url);
  if (isOwn(frame)) return dirname(path) === '.' ? path : `${dirname(path)}/`;
  return path.startsWith('node:') ? path : `package ${path.split('/')[0] ?? path}`;
}

function shortPath(url: string): string {
  const path = url.startsWith('file://') ? fileURLToPath(url) : url;
  return path.startsWith(ownCode) ? path.slice(ownCode.length) : path.replace(/^.*\/node_modules\//, '');
}

const shown = 25;

/** Prints what costs most, per call. */
export function printCosts({ self, behalf, parts }: Costs, calls: number): void {
  const total = [...self.values()].reduce((sum, each) => sum + each, 0);
  const top = (costs: ReadonlyMap<string, number>): string[][] =>
    [...costs]
      .sort(([, a], [, b]) => b - a)
      .slice(0, shown)
      .map(([name, spent]) => [(spent / calls).toFixed(0), `${((100 * spent) / total).toFixed(1)} %`, name]);
  console.log(`\nMain thread of Mitschnitt: ${(total / calls).toFixed(0)} µs per call. By its parts:`);
  printTable([['µs', 'share', 'part'], ...top(parts)]);
  console.log('\nIn functions of Mitschnitt, with what Node and packages do on their behalf:');
  printTable([['µs', 'share', 'function'], ...top(behalf)]);
  console.log('\nIn the functions themselves:');
  printTable([['µs', 'share', 'function'], ...top(self)]);
}
