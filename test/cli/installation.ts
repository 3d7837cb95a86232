import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach } from 'vitest';

import { SqliteCatalogue } from '../../src/catalogue/sqlite.ts';

/** A machine's folder with a configuration and a catalogue in it. */
export interface Installation {
  readonly folder: string;
  readonly config: string;
  /** The catalogue, as the running process writes it. */
  readonly fill: (write: (catalogue: SqliteCatalogue) => Promise<void>) => Promise<void>;
}

/** Nothing listens there. */
const closedPort = 1;

function textOf(folder: string): string {
  return `asterisk:
  ari: { url: "http://127.0.0.1:${closedPort}/ari", password: x }
  ami: { port: ${closedPort}, secret: x }
pbx: { trunks: [PJSIP/trunk], timezone: Europe/Zurich }
spool: { path: ${folder}/spool }
catalogue: { type: sqlite, path: ${folder}/catalogue.db }
groups:
  - name: Verkauf
    members: ["200"]
    announcement: { incoming: { mode: opt-out }, outgoing: { mode: notice } }
    deliver_to: [archiv]
targets:
  archiv: { type: folder, path: ${folder}/archiv }
`;
}

/** Gives every test of a file an installation of its own. */
export function useInstallation(): () => Installation {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mitschnitt-cli-'));
    await mkdir(join(folder, 'archiv'));
    await mkdir(join(folder, 'spool'));
    await writeFile(join(folder, 'mitschnitt.yaml'), textOf(folder), { mode: 0o600 });
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  return () => ({
    folder,
    config: join(folder, 'mitschnitt.yaml'),
    async fill(write) {
      const catalogue = new SqliteCatalogue({ path: join(folder, 'catalogue.db') });
      await catalogue.open();
      await write(catalogue);
      await catalogue.close();
    },
  });
}
