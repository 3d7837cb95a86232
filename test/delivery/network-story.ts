// Deliveries over a line that loses packets. This runs in a network of its own, in which servers and rules harm nobody;
// see network.test.ts. Prints what it saw as JSON.
import { execFileSync } from 'node:child_process';

import { Uploader, type UploaderOptions } from '../../src/delivery/uploader.ts';
import type { FinishedRecording } from '../../src/recording/recording.ts';
import { eventually } from '../live/eventually.ts';
import { patterned, sha256 } from './content.ts';
import type { Place } from './contract.ts';
import { ftp } from './ftp.fixture.ts';
import { s3 } from './s3.fixture.ts';
import { sftp } from './sftp.fixture.ts';
import { smb } from './smb.fixture.ts';
import { webdav } from './webdav.fixture.ts';
import { inMemory, one, Workplace } from './workplace.ts';

const fixtures = {
  ftp: () => ftp('none'),
  s3: () => s3(false),
  sftp: () => sftp('password'),
  smb: () => smb('default'),
  webdav: () => webdav('basic', false),
} as const;

export type NetworkKind = keyof typeof fixtures;

/** What came of it. */
export interface NetworkStory {
  /** With 5 % of all packets lost, either way. */
  readonly lossy: Delivered;
  /** With all of them lost in the middle of a file. */
  readonly cut: Delivered & {
    /** Of the attempt that it ended, and how long that lasted. */
    readonly code: string;
    readonly toldAfterMs: number;
  };
}

export interface Delivered {
  /** Until all were there; of `cut` since the line was back. */
  readonly ms: number;
  readonly attempts: number;
  /** That are not there as they were, or more than once; what else is there. */
  readonly wrong: readonly string[];
}

/** Only what goes to and from the server: behind the one for S3 its own parts talk to each other. */
const ports: Readonly<Partial<Record<NetworkKind, string>>> = { s3: '8080' };
const smallBytes = 200_000;
const largeBytes = 3_000_000;
/** Enough for a log-in, and for the middle of the large file. */
const bytesBeforeCut = 1_000_000;
const patience = { within: 45_000, every: 20 };

/** Packets of a network card; those of the loopback are 64 kB, and there are too few of them to lose any. */
const usualMtu = '1500';

function rule(...parameters: readonly string[]): void {
  execFileSync('iptables', ['-w', ...parameters]);
}

/** What is done with each packet, by rules of the table `filter`. */
function line(kind: NetworkKind, ...rules: readonly (readonly string[])[]): void {
  rule('-F', 'LINE');
  for (const each of rules) rule('-A', 'LINE', ...each);
  rule('-F', 'INPUT');
  const port = ports[kind];
  const ends =
    port === undefined
      ? [[]]
      : [
          ['--dport', port],
          ['--sport', port],
        ];
  for (const end of ends) rule('-A', 'INPUT', '-p', 'tcp', ...end, '-j', 'LINE');
}

async function story(kind: NetworkKind): Promise<NetworkStory> {
  execFileSync('ip', ['link', 'set', 'lo', 'mtu', usualMtu, 'up']);
  rule('-N', 'LINE');
  const place = await fixtures[kind]().start();
  const work = await Workplace.create(inMemory);
  try {
    return { lossy: await lossy(kind, place, work), cut: await cut(kind, place, work) };
  } finally {
    // The next one has the same network.
    for (const end of [['-F'], ['-X', 'LINE']]) rule(...end);
    await work.remove();
    await place.stop();
  }
}

async function lossy(kind: NetworkKind, place: Place, work: Workplace): Promise<Delivered> {
  const recordings: FinishedRecording[] = [];
  for (let count = 0; count < 4; count += 1)
    recordings.push(await work.record(['archiv'], patterned(smallBytes, count)));
  line(kind, ['-m', 'statistic', '--mode', 'random', '--probability', '0.05', '-j', 'DROP']);
  let attempts = 0;
  const uploader = uploaderOf(work, place.target(), () => (attempts += 1));
  const startedAt = performance.now();
  uploader.start();
  await eventually(async () => (await work.localFiles()).length === 0, patience);
  const ms = performance.now() - startedAt;
  line(kind);
  await uploader.stop();
  const wrong = await wrongAt(place, recordings);
  await place.clear();
  return { ms, attempts, wrong };
}

async function cut(kind: NetworkKind, place: Place, work: Workplace): Promise<NetworkStory['cut']> {
  const recording = await work.record(['archiv'], patterned(largeBytes));
  line(kind, ['-m', 'quota', '--quota', String(bytesBeforeCut), '-j', 'RETURN'], ['-j', 'DROP']);
  let attempts = 0;
  const impatient = uploaderOf(work, place.impatient(), () => (attempts += 1));
  const startedAt = performance.now();
  impatient.start();
  const code = await eventually(
    async () => (await work.pending('archiv')).map(({ problem }) => problem?.code).at(0),
    patience,
  );
  const toldAfterMs = performance.now() - startedAt;
  line(kind);
  const backAt = performance.now();
  await impatient.stop();
  // A busy machine may take longer to log in than an impatient one waits.
  const uploader = uploaderOf(work, place.target(), () => (attempts += 1));
  uploader.start();
  await eventually(async () => (await work.localFiles()).length === 0, patience);
  const ms = performance.now() - backAt;
  await uploader.stop();
  return { ms, attempts, code, toldAfterMs, wrong: await wrongAt(place, [recording]) };
}

function uploaderOf(work: Workplace, target: ReturnType<Place['target']>, onAttempt: () => void): Uploader {
  const report: UploaderOptions['report'] = ({ type }) => {
    if (type === 'started') onAttempt();
  };
  const delays = { firstMs: 100, longestMs: 400, jitter: 0.2 };
  return new Uploader({ ...work.options, targets: [one(target)], delays, report });
}

async function wrongAt(place: Place, recordings: readonly FinishedRecording[]): Promise<string[]> {
  const found = await place.files();
  const expected = new Map(recordings.map((each) => [`${each.folder}/${each.name}`, each.sha256]));
  const contents = await Promise.all(
    found.map(async (file) => [file, sha256(await place.read(file))] as const),
  );
  return [
    ...contents.filter(([file, content]) => expected.get(file) !== content).map(([file]) => file),
    ...[...expected.keys()].filter((file) => !found.includes(file)).map((file) => `missing: ${file}`),
  ];
}

const result = await story(process.argv[2] as NetworkKind);
process.stdout.write(JSON.stringify(result));
