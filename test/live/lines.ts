// Lines between Mitschnitt and Asterisk that a test can spoil, and calls that last meanwhile.
import { readdir } from 'node:fs/promises';

import type { Call } from './call.ts';
import { Cable } from './cable.ts';
import { eventually } from './eventually.ts';
import type { Station } from './station.ts';

type Config = Record<string, unknown>;

/** Changes a value deep in the configuration. */
export function set(path: readonly string[], value: unknown): (config: Config) => Config {
  const [key = '', ...rest] = path;
  return (config) => ({
    ...config,
    [key]: rest.length === 0 ? value : set(rest, value)(config[key] as Config),
  });
}

/** The two lines of a Mitschnitt. */
export interface Lines {
  readonly ami: Cable;
  readonly ari: Cable;
}

/** Runs Mitschnitt, which must not run yet, over lines that the test can spoil. The test removes them. */
export async function wired(station: Station): Promise<Lines> {
  const { amiHost, amiPort, ariUrl } = station.asterisk;
  const ami = await Cable.to(amiHost, amiPort);
  const ari = await Cable.to(amiHost, Number(new URL(ariUrl).port));
  const config = [
    set(['asterisk', 'ami', 'host'], '127.0.0.1'),
    set(['asterisk', 'ami', 'port'], ami.port),
    set(['asterisk', 'ari', 'url'], `http://127.0.0.1:${ari.port}/ari`),
  ].reduce((before, change) => change(before), station.config);
  await station.mitschnitt.configure(config);
  await station.mitschnitt.run();
  await gateIsOpen(station);
  return { ami, ari };
}

/** Resolves when calls enter the gate in a way that does not depend on Mitschnitt's answer. */
export async function gateIsOpen({ asterisk }: Station): Promise<void> {
  await eventually(async () => /MITSCHNITT_ENTRY=[bt]/.test(await asterisk.cli('dialplan show globals')));
}

/** A call from outside whose ends the test decides. */
export interface LongCall {
  readonly answered: Call;
  readonly placed: Call;
}

export async function longCall(station: Station, number: string): Promise<LongCall> {
  const answered = await station.parties.party('200').answers();
  const placed = await station.parties.party('trunk').calls('200', { from: number });
  return { answered, placed };
}

/** Resolves when the call is being recorded. */
export async function talking(station: Station, call: LongCall): Promise<void> {
  await eventually(() => call.answered.answeredAt, { within: 10_000 });
  await eventually(async () => (await readdir(`${station.spool}/active`)).length === 1);
}
