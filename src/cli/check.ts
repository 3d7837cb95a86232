import type { Check } from '../assemble-checks.ts';
import { ConfigurationError, type ConfigFault } from '../config/faults.ts';
import { loadConfig } from '../config/load.ts';
import { MitschnittError, messageOf } from '../errors.ts';
import { printable } from '../recording/untrusted-text.ts';
import { exitCodes } from './exit-code.ts';
import { tellWarnings, toJson, writeLines } from './output.ts';

/** How a check ended. */
export interface Checked {
  /** What of its kind was checked: the name of a target. */
  readonly name: string;
  readonly kind: Check['kind'] | 'configuration';
  readonly ok: boolean;
  /** How long it took. */
  readonly ms: number;
  readonly problem?: Pick<MitschnittError, 'code' | 'fault' | 'message' | 'hint'> & {
    /** All that is wrong with the configuration file. */
    readonly faults?: readonly Omit<ConfigFault, 'path'>[];
  };
}

/** Checks the configuration and everything that it names; sets the exit code by what is wrong. */
export async function check(options: { readonly config: string; readonly json?: boolean }): Promise<void> {
  const json = options.json === true;
  const startedAt = performance.now();
  try {
    const { config, warnings } = await loadConfig(options.config);
    tellWarnings(warnings);
    const { checksOf } = await import('../assemble-checks.ts');
    const valid: Checked = { name: options.config, kind: 'configuration', ok: true, ms: since(startedAt) };
    const others = checksOf(config).map(runCheck);
    if (json) {
      const results = [valid, ...(await Promise.all(others))];
      await writeLines(toJson(results));
      process.exitCode = exitCodeOfChecks(results);
    } else {
      process.exitCode = await tellInOrder([Promise.resolve(valid), ...others]);
    }
  } catch (thrown) {
    if (!json || !(thrown instanceof ConfigurationError)) throw thrown;
    const { code, fault, message, hint } = thrown;
    const faults = thrown.faults.map(({ place, key, message: what, value, allowed }) => ({
      place,
      key,
      message: what,
      value,
      allowed,
    }));
    const problem = { code, fault, message, hint, faults };
    const invalid: Checked = {
      ...{ name: options.config, kind: 'configuration', ok: false },
      ...{ ms: since(startedAt), problem },
    };
    await writeLines(toJson([invalid]));
    process.exitCode = exitCodes.configuration;
  }
}

function since(startedAt: number): number {
  return Math.round(performance.now() - startedAt);
}

async function runCheck(wanted: Check): Promise<Checked> {
  const { name, kind } = wanted;
  const startedAt = performance.now();
  try {
    await wanted.run();
    return { name, kind, ok: true, ms: since(startedAt) };
  } catch (thrown) {
    const { code, fault, hint } =
      thrown instanceof MitschnittError
        ? thrown
        : { code: 'unexpected', fault: 'defect' as const, hint: 'Report this to the makers of Mitschnitt.' };
    const problem = { code, fault, message: messageOf(thrown), hint };
    return { name, kind, ok: false, ms: since(startedAt), problem };
  }
}

/** All checks run at once; each is told as soon as those before it are. */
async function tellInOrder(running: readonly Promise<Checked>[]): Promise<number> {
  const results: Checked[] = [];
  for (const each of running) {
    const result = await each;
    results.push(result);
    await writeLines(...linesOf(result));
  }
  return exitCodeOfChecks(results);
}

function linesOf({ kind, name: what, ok, problem }: Checked): string[] {
  const name = `${kind} ${what}`;
  if (ok || !problem) return [`ok     ${printable(name)}`];
  return [`wrong  ${printable(name)}: ${printable(problem.message)}`, `       ${printable(problem.hint)}`];
}

/** What is wrong with the configuration comes first: the rest may follow from it. Spool and announcements are `wrong`. */
function exitCodeOfChecks(results: readonly Checked[]): number {
  const failed = new Set(results.filter(({ ok }) => !ok).map(({ kind }) => kind));
  if (failed.has('configuration')) return exitCodes.configuration;
  if (failed.has('asterisk')) return exitCodes.asterisk;
  if (failed.has('target')) return exitCodes.target;
  return failed.size === 0 ? exitCodes.fine : exitCodes.wrong;
}
