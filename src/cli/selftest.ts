import { userInfo } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';

import { controlSocketOf } from '../config/files.ts';
import { loadConfig } from '../config/load.ts';
import { printable } from '../recording/untrusted-text.ts';
import type { SelfTestState } from '../selftest/self-test.ts';
import type { SelfTestResult } from '../selftest/result-file.ts';
import type { Step } from '../selftest/steps.ts';
import { ask } from './control-client.ts';
import { exitCodes } from './exit-code.ts';
import { toJson, writeLines } from './output.ts';
import { selfTestJson } from './selftest-json.ts';

/** How often the running process is asked how far it is. */
const watchMs = 250;

/** Has the running process call itself, and tells each step as it is done; sets the exit code by what is wrong. */
export async function selftest(options: { readonly config: string; readonly json?: boolean }): Promise<void> {
  const { config } = await loadConfig(options.config);
  const socket = controlSocketOf(config);
  const json = options.json === true;
  let state = (await ask(socket, '/selftest', { actor: `cli:${userInfo().username}` })) as
    SelfTestState | undefined;
  // Its own: an older one may follow it where it was given up.
  let begunAt: number | undefined;
  let told = 0;
  while (state?.running === true) {
    begunAt = state.result?.at;
    if (!json) told = await tellFrom(told, state.result);
    await pause(watchMs);
    state = (await ask(socket, '/selftest')) as SelfTestState | undefined;
  }
  const result = state?.result;
  if (!state) return tellStopped(json);
  if (!result || (begunAt !== undefined && result.at !== begunAt)) return tellGivenUp(json);
  process.exitCode = exitCodeOfSteps(result.steps);
  if (json) return writeLines(toJson(selfTestJson(result)));
  await tellFrom(told, result);
  await writeLines(summary(result));
}

/** It was not running, or is not any more: nothing is known of the PBX. */
async function tellStopped(json: boolean): Promise<void> {
  process.exitCode = exitCodes.asterisk;
  if (json) return writeLines(toJson({ running: false }));
  await writeLines(
    'Mitschnitt is not running, and so cannot call.',
    'Start it with mitschnitt run, with the same configuration, then repeat the self-test.',
  );
}

/** Another configuration was taken over, or the process ended and another one runs. */
async function tellGivenUp(json: boolean): Promise<void> {
  process.exitCode = exitCodes.wrong;
  if (json) return writeLines(toJson({ running: true }));
  await writeLines(
    'The self-test was given up: Mitschnitt took over another configuration meanwhile, or was restarted.',
    'Repeat it.',
  );
}

async function tellFrom(told: number, result: SelfTestResult | undefined): Promise<number> {
  const steps = result?.steps.slice(told) ?? [];
  if (steps.length > 0) await writeLines(...steps.flatMap(linesOf));
  return told + steps.length;
}

const words = { ok: 'ok       ', failed: 'wrong    ', skipped: 'left out ' };
const indent = ' '.repeat(words.ok.length);

function linesOf(step: Step): string[] {
  const { group, target, prompt, problem, reason, state, ms } = step;
  const of = [prompt, group, target].flatMap((part) => (part === undefined ? [] : [printable(part)]));
  const what = `${words[state]}${[step.name, ...of].join(' ')}`;
  if (problem) return [`${what}: ${printable(problem.message)}`, `${indent}${printable(problem.hint)}`];
  return [state === 'ok' ? `${what} (${ms} ms)` : `${what}: ${printable(reason ?? '')}`];
}

const msPerSecond = 1_000;

function summary({ ok, ms, steps }: SelfTestResult): string {
  const failed = steps.filter(({ state }) => state === 'failed').length;
  const took = `${(ms / msPerSecond).toFixed(1)} s`;
  if (ok) return `The self-test passed in ${took}.`;
  return `The self-test found ${failed} ${failed === 1 ? 'fault' : 'faults'} in ${took}.`;
}

const ofAsterisk: ReadonlySet<Step['name']> = new Set(['asterisk', 'call']);

/** As of `check`: what stands first in the way decides. */
function exitCodeOfSteps(steps: readonly Step[]): number {
  const failed = steps.filter(({ state }) => state === 'failed');
  if (failed.some(({ name }) => ofAsterisk.has(name))) return exitCodes.asterisk;
  if (failed.some(({ target }) => target !== undefined)) return exitCodes.target;
  return failed.length > 0 ? exitCodes.wrong : exitCodes.fine;
}
