import { stat } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';

import { eventually } from '../live/eventually.ts';
import { readWav } from '../live/tone.ts';
import { variants, type Exchange, type Variant } from './exchange.ts';
import { machineTime, processorMs, threadsMs } from './processor-time.ts';
import { profileClock, type Window } from './profile.ts';
import { missingAtStart } from './tones.ts';

import type { LoadPlan, LoadResult } from './load.ts';

/** A load, whichever way its calls go. */
export type Plan = Omit<LoadPlan, 'to'>;

/** One load on one way. */
export interface Run {
  readonly variant: Variant;
  readonly failed: number;
  /** What SIPp said of failed calls. */
  readonly complaints: string;
  /** Processor time of all calls together. */
  readonly asteriskMs: number;
  readonly mitschnittMs: number;
  /** The latter per name of thread. */
  readonly threadsMs: ReadonlyMap<string, number>;
  readonly window: Window;
  /** Share of the machine's processors that was in use, by whomever. */
  readonly machineBusy: number;
  readonly setUpMs: readonly number[];
  /** Length of every recording. */
  readonly recordedMs: readonly number[];
  /** What is missing at the beginning of some of the recordings. */
  readonly missingMs: readonly number[];
}

/** After the last call: what is still to be done for it belongs to its cost. The same for all ways. */
export const settleMs = 3_000;
const deliveryLimitMs = 60_000;
const wavHeaderBytes = 44;
const bytesPerMs = 16;

/** What every run begins with, uncounted: a program that was just started is slower than one that runs for days. */
export function warmUpPlan(calls: number): Plan {
  return { calls, rate: 20, talkMs: 1_000 };
}

/** How a plan is carried out. */
export interface Measuring {
  /** Calls before those that count; 0 for none. */
  readonly warmUp: number;
  /** How many recordings to listen to. */
  readonly sample: number;
}

/** Places the calls of a plan on one of the ways. */
export async function measure(
  exchange: Exchange,
  variant: Variant,
  plan: Plan,
  { sample, warmUp }: Measuring,
): Promise<Run> {
  const underLoad = async (pid?: number): Promise<UnderLoad> => {
    if (warmUp > 0) {
      await placeCalls(exchange, variant, warmUpPlan(warmUp));
      await exchange.clear(variant);
    }
    return placeAndCount(exchange, variant, plan, pid);
  };
  const counted = await (variant === 'mitschnitt' ? exchange.withMitschnitt(underLoad) : underLoad());
  const files = (await exchange.recordings(variant)).sort();
  const every = Math.max(1, Math.floor(files.length / sample));
  const sampled = files.filter((_, index) => index % every === 0);
  const run = {
    variant,
    ...counted,
    recordedMs: await Promise.all(files.map(lengthMs)),
    missingMs: sampled.map((file) => missingAtStart(readWav(file))),
  };
  await exchange.clear(variant);
  return run;
}

type UnderLoad = Omit<Run, 'variant' | 'recordedMs' | 'missingMs'>;

async function placeAndCount(
  exchange: Exchange,
  variant: Variant,
  plan: Plan,
  mitschnitt: number | undefined,
): Promise<UnderLoad> {
  const counters = async () => ({
    asterisk: await processorMs(exchange.asteriskPid),
    mitschnitt: mitschnitt === undefined ? 0 : await processorMs(mitschnitt),
    threads: mitschnitt === undefined ? new Map<string, number>() : await threadsMs(mitschnitt),
    machine: await machineTime(),
    clock: profileClock(),
  });
  const before = await counters();
  const { failed, complaints, setUpMs } = await placeCalls(exchange, variant, plan);
  const after = await counters();
  return {
    failed,
    complaints,
    setUpMs,
    asteriskMs: after.asterisk - before.asterisk,
    mitschnittMs: after.mitschnitt - before.mitschnitt,
    threadsMs: new Map([...after.threads].map(([name, ms]) => [name, ms - (before.threads.get(name) ?? 0)])),
    window: { from: before.clock, to: after.clock },
    machineBusy: (after.machine.busy - before.machine.busy) / (after.machine.total - before.machine.total),
  };
}

/** Until the last of them is recorded and delivered. */
async function placeCalls(exchange: Exchange, variant: Variant, plan: Plan): Promise<LoadResult> {
  const result = await exchange.load.run({ ...plan, to: variants[variant].to });
  await pause(settleMs);
  if (variant !== 'plain') await allRecorded(exchange, variant, plan.calls - result.failed);
  return result;
}

/** Waits until there are all recordings; that some are missing is seen by their number. */
async function allRecorded(exchange: Exchange, variant: Variant, count: number): Promise<void> {
  const look = async (): Promise<boolean> => (await exchange.recordings(variant)).length >= count;
  await eventually(look, { within: deliveryLimitMs, every: 200 }).catch(() => undefined);
}

async function lengthMs(file: string): Promise<number> {
  return ((await stat(file)).size - wavHeaderBytes) / bytesPerMs;
}
