/** Files of this machine that follow from the configuration. */
import { dirname, join } from 'node:path';

import type { Config } from './schema.ts';

export function catalogueFileOf({ catalogue }: Config): string {
  if (catalogue.type !== 'sqlite') throw new RangeError('refused by the schema');
  return catalogue.path;
}

/** What stands in the way, over a restart. */
export function alarmsFileOf(config: Config): string {
  return join(dirname(catalogueFileOf(config)), 'alarms.json');
}

/** What the last self-test found. */
export function selfTestFileOf(config: Config): string {
  return join(dirname(catalogueFileOf(config)), 'selftest.json');
}

/** The recordings of self-tests of which something may be left. */
export function testRecordingsFileOf(config: Config): string {
  return join(dirname(catalogueFileOf(config)), 'selftest-recordings');
}

/** Where recordings are put that the console fetches from a target: emptied at each start. */
export function listeningFolderOf(config: Config): string {
  return join(dirname(catalogueFileOf(config)), 'listening');
}

/** The time of this file is when somebody last watched the calls. */
export function watchMarkOf(config: Config): string {
  return `${catalogueFileOf(config)}.watched`;
}

/** Where the running process answers the command line. */
export function controlSocketOf(config: Config): string {
  return join(dirname(catalogueFileOf(config)), 'mitschnitt.sock');
}
