// Calls go on while everything breaks: does the statement of completeness agree with what the telephones noted, call by
// call? And does a clean-up leave calls alone?
import { readdir } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';

import { eventually } from '../live/eventually.ts';
import { set, wired } from '../live/lines.ts';
import { Station } from '../live/station.ts';
import { printRows } from './figures.ts';
import { Load, type LoadResult, type Talk } from './load.ts';
import { breakThings, type Fault } from './proof-faults.ts';
import { NUMBER_PREFIX } from './scenarios.ts';

export interface ProofOptions {
  readonly asterisk: 22 | 16;
  /** 0: only the clean-up. */
  readonly calls: number;
  readonly rate: number;
  readonly seconds: number;
  /** Nothing breaks for up to so many seconds. */
  readonly calm: number;
  /** So many calls go on while it is cleaned up; 0: that is left out. */
  readonly liveCalls: number;
}

/** A talk that is shorter may count as none: Asterisk notes whole seconds, and what is recorded has to be 500 ms long. */
const shortMs = 2_000;
/** A fault reaches a little beyond its own time: connections come back, files are collected. */
const aroundMs = 8_000;
const toleranceMs = 300;
/** Of clean-up's load. */
const liveTalkMs = 80_000;
const liveRate = 25;
const settleLimitMs = 120_000;
const settleEveryMs = 2_000;
const shownComplaints = 30;

interface Line {
  readonly id: string;
  readonly from: string;
  readonly talk_ms: number;
  readonly gap_ms: number;
  readonly outcome: string;
  readonly rule: string;
  readonly file: string | null;
  readonly deliveries: readonly { readonly state: string; readonly name: string }[];
}

interface Stated {
  readonly complete: boolean;
  readonly to_record: number;
  readonly recorded: number;
  readonly not_recorded: Readonly<Record<string, number>>;
  readonly gaps: readonly { readonly name: string; readonly from: string }[];
  readonly account: Readonly<Record<string, number>> | null;
}

const cdrConf = `[general]
enable = yes
[csv]
loguniqueid = yes
newcdrcolumns = yes
usegmtime = yes
`;

/** Asterisk writes its account where Mitschnitt can read it: in the folder that both see. */
async function start(asterisk: 22 | 16): Promise<Station> {
  const unannounced = [
    {
      ...{ name: 'Verkauf', members: ['200', '201'], deliver_to: ['archive'] },
      ...{
        record: { incoming: true, outgoing: false, internal: false },
        announcement: { incoming: { mode: 'none' } },
      },
    },
  ];
  const station = await Station.start({
    version: asterisk,
    run: false,
    files: { 'cdr.conf': cdrConf },
    modules: ['cdr_csv'],
    spoolSize: '300m',
    configure: (config) => {
      const csv = `${(config['spool'] as { path: string }).path}/cdr/Master.csv`;
      return set(['reconciliation'], { cdr: { csv, times: 'utc' } })({
        ...config,
        groups: unannounced,
        log: { level: 'info' },
      });
    },
  });
  const folder = `${station.spool}/cdr`;
  const usual = '/var/log/asterisk/cdr-csv';
  await station.asterisk.shell(
    `mkdir ${folder} && chmod 777 ${folder} && rmdir ${usual} && ln -s ${folder} ${usual}`,
  );
  return station;
}

/** Prints what came of it; whether every call is accounted for, and clean-up did no harm. */
export async function benchProof(options: ProofOptions): Promise<boolean> {
  const proved = options.calls === 0 || (await withLoad(options, prove));
  if (options.liveCalls === 0) return proved;
  return (await withLoad(options, cleanUp)) && proved;
}

async function withLoad(
  options: ProofOptions,
  action: (station: Station, load: Load, options: ProofOptions) => Promise<boolean>,
): Promise<boolean> {
  const station = await start(options.asterisk);
  const load = await Load.start(station.asterisk.net);
  try {
    return await action(station, load, options);
  } finally {
    await load.stop();
    await station.stop();
  }
}

async function prove(station: Station, load: Load, options: ProofOptions): Promise<boolean> {
  const { calls, rate, seconds, calm } = options;
  const { ami, ari } = await wired(station);
  try {
    const over = new AbortController();
    const breaking = breakThings(station, ami, { calmMs: calm * 1_000, over: over.signal });
    const result = await load.run({ calls, rate, talkMs: seconds * 1_000, to: '200' });
    over.abort();
    const faults = await breaking;
    const { lines, stated } = await settled(station);
    const files = new Set(await readdir(station.archive));
    const spooled = await station.spooled();
    return account({ result, lines, stated, files, spooled, faults, calls });
  } finally {
    await Promise.all([ami.remove(), ari.remove()]);
  }
}

/** All lines and the statement, once nothing is under way any more. */
async function settled({ mitschnitt }: Station): Promise<{ lines: readonly Line[]; stated: Stated }> {
  let before = '';
  return eventually(
    async () => {
      const [listed, complete] = [
        await mitschnitt.cli('recordings', '--json'),
        await mitschnitt.cli('completeness', '--json'),
      ];
      const lines = listed.json() as readonly Line[];
      const stated = complete.json() as Stated;
      const { recorded, to_record, account: ofPbx } = stated;
      const now = JSON.stringify([lines, recorded, to_record, stated.gaps, ofPbx?.['matched']]);
      const isQuiet = now === before;
      before = now;
      const waits = lines.some(({ deliveries }) => deliveries.some(({ state }) => state === 'pending'));
      if (!isQuiet || waits || ofPbx?.['pending'] !== 0)
        throw new Error(`still at work: ${JSON.stringify({ isQuiet, waits, ofPbx })}`);
      return { lines, stated };
    },
    { within: settleLimitMs, every: settleEveryMs },
  );
}

interface Evidence {
  readonly result: LoadResult;
  readonly lines: readonly Line[];
  readonly stated: Stated;
  /** At the target. */
  readonly files: ReadonlySet<string>;
  readonly spooled: readonly string[];
  readonly faults: readonly Fault[];
  readonly calls: number;
}

/** What is wrong with one call that was connected; undefined: nothing. */
function complaintOf(call: number, talk: Talk, evidence: Evidence): string | undefined {
  const number = `${NUMBER_PREFIX}${call}`;
  const lines = evidence.lines.filter(({ from }) => from === number);
  const recorded = lines.filter(({ outcome }) => outcome === 'recorded');
  const gaps = evidence.stated.gaps.filter(({ from }) => from === number);
  const broken = evidence.faults.filter((fault) => reaches(fault, talk));
  if (lines.length > 1) return `${lines.length} lines`;
  const [line] = recorded;
  if (line) {
    if (gaps.length > 0) return `recorded, and a gap: ${gaps.map(({ name }) => name).join()}`;
    const arrived = line.deliveries.filter(
      ({ state, name }) => state === 'delivered' && evidence.files.has(name),
    );
    if (arrived.length !== 1) return 'recorded, and its file is not at the target';
    const missingMs = Math.min(talk.callerMs, talk.calledMs) - line.talk_ms - line.gap_ms;
    // Without a fault every millisecond is there; with one it is told how much was not watched, until it all ended.
    const isCrash = broken.some(({ kind }) => kind === 'crashed' || kind === 'withheld');
    return missingMs > toleranceMs && !isCrash
      ? `${Math.round(missingMs)} ms are missing, untold`
      : undefined;
  }
  if (gaps.length === 1)
    return broken.length > 0 ? undefined : `a gap without a fault: ${gaps[0]?.name ?? ''}`;
  if (gaps.length > 1) return `${gaps.length} gaps`;
  if (!(talk.callerMs >= shortMs)) return undefined;
  return `neither recorded nor a gap: ${lines.map(({ outcome, rule }) => `${outcome} ${rule}`).join() || 'no line'}`;
}

function reaches({ from, to }: Fault, { answeredAt, endedAt }: Talk): boolean {
  return answeredAt <= to + aroundMs && (Number.isNaN(endedAt) ? Infinity : endedAt) >= from - aroundMs;
}

/** Calls in the statement or among the recordings that the telephones know nothing of. */
function strangers({ lines, stated, result }: Evidence): readonly string[] {
  const known = new Set([...result.talks.keys(), ...result.unheard].map((call) => `${NUMBER_PREFIX}${call}`));
  const told = [
    ...lines.filter(({ outcome }) => outcome === 'recorded').map(({ from }) => from),
    ...stated.gaps.map(({ from }) => from),
  ];
  return told.filter((number) => !known.has(number));
}

function account(evidence: Evidence): boolean {
  const { result, lines, stated, files, spooled, faults, calls } = evidence;
  const complaints = [...result.talks].flatMap(([call, talk]) => {
    const complaint = complaintOf(call, talk, evidence);
    const times = `${new Date(talk.answeredAt).toISOString()}, ${Math.round(talk.callerMs)} ms`;
    return complaint === undefined ? [] : [`call ${call}, ${times}: ${complaint}`];
  });
  const recorded = lines.filter(({ outcome }) => outcome === 'recorded').length;
  const foreign = strangers(evidence);
  const names = Map.groupBy(stated.gaps, ({ name }) => name);
  const kinds = Map.groupBy(faults, ({ kind }) => kind);
  const list = (counts: ReadonlyMap<string, readonly unknown[]>): string =>
    [...counts].map(([name, { length }]) => `${length} ${name}`).join(', ') || 'none';
  const rows = [
    { what: 'faults', measured: list(kinds) },
    { what: 'calls connected', measured: `${result.talks.size} of ${calls}` },
    {
      what: 'stated: to record = recorded + gaps',
      measured: `${stated.to_record} = ${stated.recorded} + ${stated.gaps.length}`,
      met: stated.to_record === stated.recorded + stated.gaps.length && stated.recorded === recorded,
    },
    { what: 'gaps by name', measured: list(names) },
    { what: 'not to be recorded', measured: JSON.stringify(stated.not_recorded) },
    { what: 'account of Asterisk', measured: JSON.stringify(stated.account) },
    {
      what: 'files at the target, and left in the spool',
      measured: `${files.size}, ${spooled.length}`,
      bar: `${recorded}, 0`,
      met: files.size === recorded && spooled.length === 0,
    },
    {
      what: 'calls that nobody placed',
      measured: String(foreign.length),
      bar: '0',
      met: foreign.length === 0,
    },
    {
      what: 'calls that are not accounted for',
      measured: String(complaints.length),
      bar: '0',
      met: complaints.length === 0,
    },
  ];
  printRows(rows);
  for (const fault of faults)
    console.log(`  ${fault.kind}: ${new Date(fault.from).toISOString()}, ${fault.to - fault.from} ms`);
  for (const complaint of complaints.slice(0, shownComplaints)) console.log(`  ${complaint}`);
  if (foreign.length > 0) console.log(`  nobody placed: ${foreign.slice(0, shownComplaints).join(', ')}`);
  return rows.every(({ met }) => met !== false);
}

interface Cleaned {
  readonly live_calls: number;
  readonly ended: number;
  readonly moved: number;
  readonly orphans: number;
  readonly discarded: number;
  readonly left: readonly unknown[];
}

/** `stuck` touches none of many live calls; `all` ends their recordings, all files arrive, and the calls go on. */
async function cleanUp(station: Station, load: Load, options: ProofOptions): Promise<boolean> {
  const { mitschnitt } = station;
  const { liveCalls: calls } = options;
  await mitschnitt.run();
  const running = load.run({ calls, rate: liveRate, talkMs: liveTalkMs, to: '200' });
  const recording = async (): Promise<number> => {
    const talks = (await mitschnitt.cli('calls', '--json')).json() as readonly { readonly state: string }[];
    return talks.filter(({ state }) => state === 'recording').length;
  };
  await eventually(
    async () => {
      const now = await recording();
      if (now !== calls) throw new Error(`${now} of ${calls} calls are being recorded`);
      return true;
    },
    { within: liveTalkMs, every: 500 },
  );
  const cleaned = async (...how: readonly string[]): Promise<Cleaned> =>
    (await mitschnitt.cli('cleanup', ...how, '--json')).json() as Cleaned;
  const begunAt = performance.now();
  const stuck = await cleaned('--stuck');
  const recordedOn = await recording();
  const allAt = performance.now();
  const all = await cleaned('--all', '--yes');
  const doneAt = performance.now();
  const { calls: live } = (await mitschnitt.cli('status', '--json')).json() as {
    readonly calls: { readonly live: number };
  };
  const result = await running;
  await pause(settleEveryMs);
  const { lines } = await settled(station);
  const files = await readdir(station.archive);
  const whole = [...result.talks.values()].filter(
    ({ callerMs }) => callerMs >= liveTalkMs - toleranceMs,
  ).length;
  const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
  const rows = [
    {
      what: 'until --all was asked for; --all',
      measured: `${seconds(allAt - begunAt)}; ${seconds(doneAt - allAt)}`,
    },
    {
      what: `cleanup --stuck during ${calls} calls: ended, moved, left; recorded on`,
      measured: `${stuck.ended}, ${stuck.moved}, ${stuck.left.length}; ${recordedOn}`,
      bar: `0, 0, 0; ${calls}`,
      met: stuck.ended + stuck.moved + stuck.left.length === 0 && recordedOn === calls,
    },
    {
      what: 'cleanup --all: ended, moved, orphans, discarded, left',
      measured: [all.ended, all.moved, all.orphans, all.discarded, all.left.length].join(', '),
      bar: `${calls}, ${calls}, 0, 0, 0`,
      met: all.ended === calls && all.moved === calls && all.left.length === 0,
    },
    {
      what: 'calls that go on after it; that last to their end',
      measured: `${live.live}; ${whole}`,
      bar: `${calls}; ${calls}`,
      met: live.live === calls && whole === calls && result.failed === 0,
    },
    {
      what: 'recordings, and files at the target',
      measured: `${lines.filter(({ outcome }) => outcome === 'recorded').length}, ${files.length}`,
      bar: `${calls}, ${calls}`,
      met: files.length === calls,
    },
  ];
  printRows(rows);
  return rows.every(({ met }) => met !== false);
}
