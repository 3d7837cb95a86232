// Calls go on while Mitschnitt is killed, or frozen for a while, every few seconds: what became of each call?
import { basename } from 'node:path';
import { stat } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';

import { eventually } from '../live/eventually.ts';
import { Exchange, variants } from './exchange.ts';
import { printRows, quantile } from './figures.ts';
import { NUMBER_PREFIX } from './scenarios.ts';

import type { Mitschnitt } from '../live/mitschnitt.ts';
import type { LoadResult, Talk } from './load.ts';

export interface StormOptions {
  readonly asterisk: 22 | 16;
  readonly calls: number;
  readonly rate: number;
  readonly seconds: number;
  /** Mitschnitt is left alone for up to so many seconds. */
  readonly calm: number;
}

/** Every so many faults Mitschnitt is not killed but frozen for {@link frozenMs}. */
const freezeEvery = 4;
const frozenMs = 2_000;
/** A talk and its recording agree when they differ by no more. */
const toleranceMs = 100;
/** MixMonitor itself is not exact on a busy machine. */
const fileToleranceMs = 250;
const settleLimitMs = 60_000;
const wavHeaderBytes = 44;
const bytesPerMs = 16;
const shownComplaints = 20;

interface Line {
  readonly from: string;
  readonly start: string;
  readonly talk_ms: number;
  readonly gap_ms: number;
  readonly outcome: string;
  readonly rule: string;
  readonly file: string | null;
  readonly deliveries: readonly { readonly state: string }[];
}

/** A time in which no process watched. */
interface Absence {
  readonly from: number;
  to: number;
  readonly kind: 'killed' | 'frozen';
}

/** Runs the storm and prints what came of it; whether every call is accounted for. */
export async function benchStorm(options: StormOptions): Promise<boolean> {
  const { asterisk, calls, rate, seconds, calm } = options;
  console.log(
    `${calls} calls of ${seconds} s at ${rate} calls/s on Asterisk ${asterisk}; Mitschnitt is killed, or frozen for ` +
      `${frozenMs / 1_000} s, after ${calm / 2} to ${calm} s each.`,
  );
  const exchange = await Exchange.start({ version: asterisk });
  try {
    return await exchange.withMitschnitt(async () => {
      const storm = new Storm(exchange.mitschnitt, calm * 1_000);
      const running = storm.rage();
      const load = await exchange.load.run({
        calls,
        rate,
        talkMs: seconds * 1_000,
        to: variants.mitschnitt.to,
      });
      storm.over();
      const absences = await running;
      const lines = await settled(exchange.mitschnitt);
      const sizes = new Map<string, number>();
      for (const file of await exchange.recordings('mitschnitt')) {
        sizes.set(basename(file), (await stat(file)).size);
      }
      return account({ load, lines, sizes, absences, calls });
    });
  } finally {
    await exchange.stop();
  }
}

class Storm {
  readonly #mitschnitt: Mitschnitt;
  readonly #calmMs: number;
  readonly #over = new AbortController();

  constructor(mitschnitt: Mitschnitt, calmMs: number) {
    this.#mitschnitt = mitschnitt;
    this.#calmMs = calmMs;
  }

  over(): void {
    this.#over.abort();
  }

  async rage(): Promise<Absence[]> {
    const absences: Absence[] = [];
    for (;;) {
      const calmMs = (this.#calmMs * (1 + Math.random())) / 2;
      await pause(calmMs, undefined, this.#over).catch(() => undefined);
      if (this.#over.signal.aborted) return absences;
      const kind = (absences.length + 1) % freezeEvery === 0 ? 'frozen' : 'killed';
      const absence: Absence = { from: Date.now(), to: 0, kind };
      absences.push(absence);
      await (kind === 'frozen' ? this.#freeze() : this.#restart());
      absence.to = Date.now();
    }
  }

  async #freeze(): Promise<void> {
    this.#mitschnitt.freeze();
    await pause(frozenMs);
    this.#mitschnitt.thaw();
  }

  async #restart(): Promise<void> {
    await this.#mitschnitt.kill();
    await this.#mitschnitt.run();
  }
}

/** All lines, once nothing is under way any more. */
async function settled(mitschnitt: Mitschnitt): Promise<readonly Line[]> {
  let before = '';
  return eventually(
    async () => {
      const { stdout } = await mitschnitt.cli('recordings', '--json');
      const isQuiet = stdout === before;
      before = stdout;
      const lines = JSON.parse(stdout) as readonly Line[];
      const waits = lines.some(({ deliveries }) => deliveries.some(({ state }) => state !== 'delivered'));
      return isQuiet && !waits && lines;
    },
    { within: settleLimitMs, every: 2_000 },
  );
}

interface Evidence {
  readonly load: LoadResult;
  readonly lines: readonly Line[];
  readonly sizes: ReadonlyMap<string, number>;
  readonly absences: readonly Absence[];
  readonly calls: number;
}

/** By how much a length is more (or less, negative) than the talk, for whom it was longer and shorter. */
function difference(ms: number, { callerMs, calledMs }: Talk): number {
  if (ms > Math.max(callerMs, calledMs)) return ms - Math.max(callerMs, calledMs);
  return Math.min(0, ms - Math.min(callerMs, calledMs));
}

/** What is wrong with one call; undefined: nothing. */
function complaintOf(talk: Talk, lines: readonly Line[], { sizes }: Evidence): string | undefined {
  const recorded = lines.filter(({ outcome }) => outcome === 'recorded');
  const [line] = recorded;
  if (lines.length > 1) return `${lines.length} lines`;
  if (!line)
    return `not recorded: ${lines.map(({ outcome, rule }) => `${outcome} ${rule}`).join() || 'no line'}`;
  const size = sizes.get(line.file ?? '');
  if (size === undefined) return 'its file is not there';
  const fileMs = (size - wavHeaderBytes) / bytesPerMs;
  if (Math.abs(fileMs - line.talk_ms) > fileToleranceMs)
    return `file ${fileMs} ms, listed ${line.talk_ms} ms`;
  if (Math.abs(difference(line.talk_ms + line.gap_ms, talk)) > toleranceMs) {
    return `listed ${line.talk_ms} ms, told that ${line.gap_ms} ms are missing`;
  }
  return undefined;
}

function account(evidence: Evidence): boolean {
  const { load, lines, sizes, absences, calls } = evidence;
  const complaints: string[] = [];
  const differences: number[] = [];
  const gaps: number[] = [];
  for (const [call, talk] of load.talks) {
    const own = lines.filter((line) => line.from === `${NUMBER_PREFIX}${call}`);
    const complaint = complaintOf(talk, own, evidence);
    if (complaint !== undefined)
      complaints.push(
        `call ${call}, ${Math.round(talk.callerMs)} to ${Math.round(talk.calledMs)} ms: ${complaint}`,
      );
    const [line] = own;
    if (line?.outcome !== 'recorded') continue;
    if (line.gap_ms > 0) gaps.push(line.gap_ms);
    else differences.push(Math.abs(difference(line.talk_ms, talk)));
  }
  const recorded = lines.filter(({ outcome }) => outcome === 'recorded');
  const killed = absences.filter(({ kind }) => kind === 'killed');
  const awayMs = killed.map(({ from, to }) => to - from);
  printRows([
    {
      what: 'calls connected',
      measured: `${load.talks.size} of ${calls}`,
      bar: 'all',
      met: load.talks.size === calls && load.failed === 0,
    },
    { what: 'calls recorded, each once', measured: `${recorded.length}, ${sizes.size} files` },
    {
      what: 'calls that are not accounted for',
      measured: String(complaints.length),
      bar: '0',
      met: complaints.length === 0,
    },
    {
      what: `talk against recording, median / worst of ${differences.length}`,
      measured: pair(differences),
      bar: `at most ${toleranceMs} ms`,
      met: Math.max(0, ...differences) <= toleranceMs,
    },
    { what: `beginning told as unwatched, median / worst of ${gaps.length}`, measured: pair(gaps) },
    { what: `kill to ready, median / worst of ${killed.length}`, measured: pair(awayMs) },
    { what: 'freezes', measured: String(absences.length - killed.length) },
  ]);
  for (const complaint of complaints.slice(0, shownComplaints)) console.log(`  ${complaint}`);
  return complaints.length === 0 && load.talks.size === calls && load.failed === 0;
}

function pair(values: readonly number[]): string {
  if (values.length === 0) return 'none';
  return `${quantile(values, 0.5).toFixed(0)} / ${Math.max(...values).toFixed(0)} ms`;
}
