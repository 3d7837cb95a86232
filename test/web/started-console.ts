import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { assemble } from '../../src/assemble.ts';
import { consoleOf, type Console } from '../../src/assemble-web.ts';
import { revisionOf } from '../../src/assemble-web/configuration.ts';
import { loadText } from '../../src/config/load.ts';
import { Passwords } from '../../src/web/passwords.ts';
import { closedCallOf, sampleRecord, sampleRecording, START } from '../catalogue/sample.ts';
import { wavOf } from './wav.ts';
import type { UserRole } from '../../src/catalogue/console-ledger.ts';
import type { SqliteCatalogue } from '../../src/catalogue/sqlite.ts';
import type { Patience } from '../../src/web/server.ts';

export const password = 'acht blaue Elefanten';

/** One user of each kind; `anna` supervises the sales, `bert` the support. */
const people: readonly { name: string; role: UserRole; groups: readonly string[] }[] = [
  { name: 'admin', role: 'administrator', groups: [] },
  { name: 'anna', role: 'supervisor', groups: ['Verkauf'] },
  { name: 'bert', role: 'supervisor', groups: ['Support'] },
  { name: 'audi', role: 'auditor', groups: [] },
];

/** Nothing listens there: calls are none of these tests' business. */
const closedPort = 1;

function textOf(folder: string, oidc: string): string {
  return `# Who set this up: the telephone department
asterisk:
  ari: { url: "http://127.0.0.1:${closedPort}/ari", password: geheim-4711 } # of ari.conf
  ami: { port: ${closedPort}, secret: geheim-0815 }
pbx: { trunks: [PJSIP/trunk], timezone: Europe/Zurich }
spool: { path: ${folder}/spool }
catalogue: { type: sqlite, path: ${folder}/catalogue.db }
groups:
  - name: Verkauf # the big one
    members: ["200"]
    record: { incoming: true, outgoing: false }
    announcement: { incoming: { mode: none } }
    deliver_to: [archiv]
  - name: Support
    members: ["300"]
    record: { incoming: true, outgoing: false }
    announcement: { incoming: { mode: none } }
    deliver_to: [archiv]
targets:
  archiv: { type: folder, path: ${folder}/archiv }
web: { listen: "127.0.0.1:0", proxies: [127.0.0.1]${oidc} }
log: { level: error }
`;
}

export interface RunningConsole {
  readonly folder: string;
  readonly file: string;
  readonly url: string;
  readonly catalogue: SqliteCatalogue;
  /** How often the program was told to run with another configuration. */
  reloads(): number;
  /** Why the last configuration was not taken over, from now on. */
  refuses(problem: string | undefined): void;
}

export interface StartedConsole extends RunningConsole {
  stop(): Promise<void>;
}

/** A program with its console, as it runs, but that no Asterisk is there. `oidc`: the section of that name, in YAML. */
export async function startConsole(patience?: Patience, oidc?: string): Promise<StartedConsole> {
  const folder = await mkdtemp(join(tmpdir(), 'mitschnitt-web-'));
  for (const name of ['spool', 'archiv', 'prompts/de']) await mkdir(join(folder, name), { recursive: true });
  const file = join(folder, 'mitschnitt.yaml');
  await writeFile(file, textOf(folder, oidc === undefined ? '' : `, oidc: ${oidc}`), { mode: 0o600 });
  const text = await readFile(file, 'utf8');
  const { config } = await loadText(text, file);
  const program = assemble(config);
  await program.start();
  const catalogue = program.running.catalogue as SqliteCatalogue;
  let reloads = 0;
  let problem: string | undefined;
  const configuration = {
    path: file,
    runningRevision: () => revisionOf(text),
    reloadProblem: () => problem,
    reload: () => void (reloads += 1),
  };
  const server = consoleOf(config, configuration, () => program.running, patience) as Console;
  await server.start();
  await addPeople(catalogue);
  await addRecords(catalogue, folder);
  return {
    ...{ folder, file, url: server.url, catalogue, reloads: () => reloads },
    refuses: (why) => void (problem = why),
    stop: async () => {
      await server.stop();
      await program.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function addPeople(catalogue: SqliteCatalogue): Promise<void> {
  const hash = await new Passwords().hash(password);
  for (const person of people)
    await catalogue.addUser({ ...person, password: hash, createdAt: START, lastSignInAt: undefined });
}

/** One recording of each group, whose file is in the spool. */
async function addRecords(catalogue: SqliteCatalogue, folder: string): Promise<void> {
  for (const [id, group] of [
    ['sale-1', 'Verkauf'],
    ['support-1', 'Support'],
  ] as const) {
    const { content, sha256 } = wavOf(2_000);
    const callId = `call-of-${id}`;
    const facts = { group, bytes: content.length, sha256, durationMs: 2_000, name: `${id}.wav` };
    await writeFile(join(folder, 'spool/transfer', `${id}.wav`), content);
    const record = sampleRecord(id, { group, callId, file: `${id}.wav` });
    const call = closedCallOf(record);
    const segments = call.segments.map((segment) => ({ ...segment, id, group }));
    await catalogue.addRecording(sampleRecording(id, { ...facts, callId }), ['archiv']);
    await catalogue.closeCall({ ...call, segments }, [record]);
  }
}
