// What a recorded call costs beside Asterisk with a plain MixMonitor() line in its dialplan, and what the parties
// notice of it. All ways that a call can go are taken in turn, so that a slow moment of the machine hits all alike.
import { Exchange, variants, type Variant } from './exchange.ts';
import { printRows, quantile, sum, type Row } from './figures.ts';
import { durationMs } from './load.ts';
import { measure, settleMs, warmUpPlan, type Measuring, type Plan, type Run } from './measure.ts';
import { printCosts, readCosts } from './profile.ts';

export interface CallsOptions extends Measuring {
  readonly asterisk: 22 | 16;
  readonly rounds: number;
  /** Lengths of call, in seconds, of which the processor time is measured. */
  readonly seconds: readonly number[];
  readonly rate: number;
  readonly calls: number;
  /** Calls for the time to set up; 0 leaves it out. */
  readonly setUpCalls: number;
  readonly setUpRate: number;
  readonly profile: boolean;
  /** Whether Mitschnitt's calls go through its gate, where nothing is announced to them, or pass by it. */
  readonly gate: boolean;
}

/** All runs with one plan. */
interface Series {
  readonly plan: Plan;
  readonly runs: readonly Run[];
}

/** Long enough to be recorded and delivered as any other. */
const setUpTalkMs = 1_000;
/** Starting and stopping Mitschnitt, and reading files: only for telling how long it will take. */
const betweenRunsMs = 2_000;

// The bars: what users may expect beside a plain MixMonitor() line.
const processorBars = new Map([
  [30, 1.05],
  [10, 1.2],
]);
const setUpBars = [
  { name: 'median', share: 0.5, barMs: 5 },
  { name: '99th percentile', share: 0.99, barMs: 25 },
];
const missingBarMs = 60;
/** A recording that is shorter than the talk by more than this has lost something. */
const lossMs = 100;

const ways = Object.keys(variants) as Variant[];
const shownComplaints = 10;

/** Measures and prints; whether all calls went as they should and were recorded. */
export async function benchCalls(options: CallsOptions): Promise<boolean> {
  const { asterisk, calls, gate, profile, rate, seconds, setUpCalls, setUpRate } = options;
  const long = seconds.map((each) => ({ calls, rate, talkMs: each * 1_000 }));
  const short = { calls: setUpCalls, rate: setUpRate, talkMs: setUpTalkMs };
  const plans = setUpCalls > 0 ? [...long, short] : long;
  announce(options, plans);
  const exchange = await Exchange.start({ version: asterisk, profiled: profile, gated: gate });
  try {
    const all: Series[] = [];
    for (const plan of plans) all.push(await inTurn(exchange, plan, options));
    console.log('');
    printRows(all.flatMap((series) => (series.plan === short ? setUpRows(series) : costRows(series))));
    tellComplaints(exchange, all);
    if (profile) for (const series of all) await tellCosts(exchange, series);
    return all.every(({ plan, runs }) => runs.every((run) => isComplete(plan, run)));
  } finally {
    await exchange.stop();
  }
}

function announce({ gate, profile, rounds, warmUp }: CallsOptions, plans: readonly Plan[]): void {
  const titles = ways.map((way) => variants[way].title).join(', ');
  console.log(`${rounds} rounds, in each in turn: ${titles}.`);
  for (const { calls, rate, talkMs } of plans) {
    console.log(`  ${calls} calls of ${talkMs / 1_000} s at ${rate} calls/s`);
  }
  const lastsMs = (plan: Plan): number => durationMs({ ...plan, to: '' }) + settleMs;
  const beforeMs = betweenRunsMs + (warmUp > 0 ? lastsMs(warmUpPlan(warmUp)) : 0);
  const totalMs = rounds * ways.length * sum(plans.map((plan) => beforeMs + lastsMs(plan)));
  console.log(`This takes about ${Math.ceil(totalMs / 60_000)} min.`);
  console.log(`Mitschnitt's calls ${gate ? 'go through' : 'pass by'} its gate; nothing is announced.`);
  if (profile) console.log('Being profiled, Mitschnitt costs more than without: hold no bar against that.');
}

async function inTurn(exchange: Exchange, plan: Plan, options: CallsOptions): Promise<Series> {
  console.log(`\n${plan.calls} calls of ${plan.talkMs / 1_000} s, processor time per call:`);
  const runs: Run[] = [];
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const way of ways) {
      const run = await measure(exchange, way, plan, options);
      runs.push(run);
      tellRun(round, run, plan);
    }
  }
  return { plan, runs };
}

function tellRun(round: number, run: Run, plan: Plan): void {
  const { asteriskMs, failed, machineBusy, mitschnittMs, recordedMs, variant } = run;
  const parts = [
    `  ${round}  ${variants[variant].title.padEnd(23)}`,
    `Asterisk ${perCall(asteriskMs, plan)}`,
    ...(variant === 'mitschnitt' ? [`Mitschnitt ${perCall(mitschnittMs, plan)}`] : []),
    ...(variant === 'plain' ? [] : [`${recordedMs.length} recordings`]),
    ...(failed > 0 ? [`${failed} CALLS FAILED`] : []),
    `machine ${(machineBusy * 100).toFixed(0)} % busy`,
  ];
  console.log(parts.join('  '));
}

function perCall(ms: number, { calls }: Plan): string {
  return `${(ms / calls).toFixed(2)} ms`;
}

function costRows({ plan, runs }: Series): Row[] {
  const [plain, peer, ours] = [of(runs, 'plain'), of(runs, 'monitored'), of(runs, 'mitschnitt')];
  const cost = (of: readonly Run[]): number =>
    sum(of.map(({ asteriskMs, mitschnittMs }) => asteriskMs + mitschnittMs)) / of.length;
  const seconds = plan.talkMs / 1_000;
  const ratio = cost(ours) / cost(peer);
  const rounds = ours.map((run, round) => cost([run]) / cost(peer.slice(round, round + 1)));
  const bar = processorBars.get(seconds);
  const name = `call of ${seconds} s:`;
  return [
    {
      what: `${name} processor time per call`,
      measured: perCall(cost(ours), plan),
      peer: perCall(cost(peer), plan),
      ratio: `${times(ratio)} (${times(Math.min(...rounds))} to ${times(Math.max(...rounds))})`,
      ...(bar !== undefined && { bar: `at most ${times(bar)}`, met: ratio <= bar }),
    },
    {
      what: `${name} of it Asterisk / Mitschnitt`,
      measured: `${perCall(sum(ours.map(({ asteriskMs }) => asteriskMs)) / ours.length, plan)} / ${perCall(
        sum(ours.map(({ mitschnittMs }) => mitschnittMs)) / ours.length,
        plan,
      )}`,
      peer: `unrecorded ${perCall(cost(plain), plan)}`,
    },
    ...recordingRows(name, plan, ours, peer),
  ];
}

function recordingRows(name: string, plan: Plan, ours: readonly Run[], peer: readonly Run[]): Row[] {
  const missing = (of: readonly Run[]): readonly number[] => of.flatMap(({ missingMs }) => missingMs);
  const worst = Math.max(...missing(ours));
  const count = (of: readonly Run[]): string =>
    `${sum(of.map(({ recordedMs }) => recordedMs.length))} of ${plan.calls * of.length}`;
  const short = (of: readonly Run[]): number =>
    of.flatMap(({ recordedMs }) => recordedMs).filter((ms) => ms < plan.talkMs - lossMs).length;
  return [
    {
      what: `${name} audio missing at the start, median / worst of ${missing(ours).length}`,
      measured: medianAndWorst(missing(ours)),
      peer: medianAndWorst(missing(peer)),
      bar: `at most ${missingBarMs} ms`,
      met: missing(ours).length > 0 && worst <= missingBarMs,
    },
    {
      what: `${name} recordings there`,
      measured: count(ours),
      peer: count(peer),
      bar: 'all',
      met: ours.every((run) => isComplete(plan, run)),
    },
    {
      what: `${name} recordings more than ${lossMs} ms too short`,
      measured: String(short(ours)),
      peer: String(short(peer)),
      bar: '0',
      met: short(ours) === 0,
    },
  ];
}

function medianAndWorst(values: readonly number[]): string {
  if (values.length === 0) return 'none to hear';
  return `${quantile(values, 0.5).toFixed(0)} / ${Math.max(...values).toFixed(0)} ms`;
}

function setUpRows({ plan, runs }: Series): Row[] {
  const setUp = (way: Variant): readonly number[] => of(runs, way).flatMap(({ setUpMs }) => setUpMs);
  const name = `set-up at ${plan.rate} calls/s:`;
  const times = setUpBars.map(({ name: which, share, barMs }) => {
    const [ours, plain] = [quantile(setUp('mitschnitt'), share), quantile(setUp('plain'), share)];
    return {
      what: `${name} ${which}, added to plain Dial()`,
      measured: `${ours.toFixed(2)} ms`,
      peer: `${plain.toFixed(2)} ms`,
      ratio: `${ours < plain ? '-' : '+'} ${Math.abs(ours - plain).toFixed(2)} ms`,
      bar: `at most ${barMs} ms`,
      met: ours - plain <= barMs,
    };
  });
  return [...times, ...recordingRows(name, plan, of(runs, 'mitschnitt'), of(runs, 'monitored'))];
}

function of(runs: readonly Run[], way: Variant): readonly Run[] {
  return runs.filter(({ variant }) => variant === way);
}

function times(ratio: number): string {
  return `${ratio.toFixed(3)} x`;
}

function isComplete({ calls }: Plan, { failed, recordedMs, variant }: Run): boolean {
  return failed === 0 && (variant === 'plain' || recordedMs.length === calls);
}

function tellComplaints(exchange: Exchange, all: readonly Series[]): void {
  const sipp = all.flatMap(({ runs }) => runs.flatMap(({ complaints }) => complaints.split('\n')));
  for (const [who, lines] of [
    ['SIPp', sipp.filter((line) => line !== '')],
    ['Mitschnitt', exchange.complaints],
  ] as const) {
    if (lines.length === 0) continue;
    console.log(`\n${who} complained in ${lines.length} lines, first:`);
    for (const line of lines.slice(0, shownComplaints)) console.log(`  ${line}`);
  }
}

async function tellCosts(exchange: Exchange, { plan, runs }: Series): Promise<void> {
  const ours = of(runs, 'mitschnitt');
  const calls = plan.calls * ours.length;
  console.log(`\n\nWhere Mitschnitt's time goes, ${plan.talkMs / 1_000} s calls at ${plan.rate} calls/s`);
  const names = new Set(ours.flatMap(({ threadsMs }) => [...threadsMs.keys()]));
  const threads = [...names].map((name) => {
    const ms = sum(ours.map(({ threadsMs }) => threadsMs.get(name) ?? 0));
    return `${name} ${((ms * 1_000) / calls).toFixed(0)}`;
  });
  console.log(`Threads, µs per call: ${threads.join(', ')}`);
  const windows = ours.map(({ window }) => window);
  printCosts(await readCosts(exchange.profiles, windows), calls);
}
