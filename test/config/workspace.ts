import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach } from 'vitest';

import { ConfigurationError, describeFault } from '../../src/config/faults.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/schema.ts';

/** The least that can be used. */
export const smallest = `asterisk:
  ari: { password: ari-password }
  ami: { secret: ami-secret }
pbx: { trunks: [PJSIP/trunk], timezone: Europe/Zurich }
groups:
  - name: Verkauf
    members: ["200"]
    announcement:
      incoming: { mode: opt-out }
      outgoing: { mode: notice }
    deliver_to: [archiv]
targets:
  archiv: { type: folder, path: /srv/archiv }
`;

/** The least that can be used, with a part of its text exchanged. */
export function changed(part: string, by: string): string {
  if (!smallest.includes(part)) throw new Error(`not in the smallest configuration: ${part}`);
  return smallest.replace(part, () => by);
}

let folder = '';

/** Gives every test of a file a folder of its own. */
export function useWorkspace(): void {
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mitschnitt-config-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
}

/** A file in the test's folder; only its owner may read it, if nothing else is said. */
export async function file(name: string, content: string | Uint8Array, mode = 0o600): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content, { mode });
  return path;
}

/** Loads a configuration from its text. */
export async function load(text: string, environment: NodeJS.ProcessEnv = {}, mode = 0o600) {
  return loadConfig(await file('mitschnitt.yaml', text, mode), environment);
}

/** The configuration that a text means. */
export async function configOf(text: string, environment: NodeJS.ProcessEnv = {}): Promise<Config> {
  return (await load(text, environment)).config;
}

/** All faults of a text, a line each, the file's name left out: `3:9 asterisk.ami.secret: is missing -> ...`. */
export async function faultsOf(text: string, environment: NodeJS.ProcessEnv = {}): Promise<string[]> {
  const error = await errorOf(load(text, environment));
  return error.faults.map((fault) => describeFault(fault).replace(`${join(folder, 'mitschnitt.yaml')}:`, ''));
}

/** The error with which a configuration is refused. */
export async function errorOf(loading: Promise<unknown>): Promise<ConfigurationError> {
  try {
    await loading;
  } catch (thrown) {
    if (thrown instanceof ConfigurationError) return thrown;
    throw thrown;
  }
  throw new Error('the configuration was accepted');
}
