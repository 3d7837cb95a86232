// `npm run demo`: real calls through Asterisk and Mitschnitt to an FTP server, and what came of them.
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { eventually } from '../live/eventually.ts';
import { partyTones, readWav, tonesOver, totalMs } from '../live/tone.ts';
import { durationMs } from '../live/wav.ts';
import { demoCalls, type DemoCall } from './calls.ts';
import { Installation, softphones } from './installation.ts';

/** How long delivery and report may take after the last call. */
const settleMs = 20_000;
/** A voice that is heard for less than this was not really in the call. */
const leastVoiceMs = 500;
/** On a terminal: until somebody has opened the console, at most. */
const openingMs = 60_000;
/** Somebody looks on, and ends it by Ctrl-C; else it ends by itself. */
const isWatched = process.stdin.isTTY && process.stdout.isTTY;

/** One line of `mitschnitt recordings --json`, as far as it is shown. */
interface Listed {
  readonly from: string;
  readonly to: string;
  readonly direction: string;
  readonly outcome: string;
  readonly rule: string;
  readonly file: string | null;
  readonly deliveries: readonly { readonly state: string }[];
}

const outcomes: Readonly<Record<string, string>> = {
  recorded: 'aufgezeichnet',
  declined: 'abgelehnt',
  'direction-off': 'nicht aufgezeichnet',
  'not-answered': 'nicht zustande gekommen',
};

const reasons: Readonly<Record<string, string>> = {
  announced: 'die Ansage wurde ganz gehört, keine Taste gedrückt',
  'party-declined': 'die Gegenseite hat Taste 1 gedrückt',
  'direction-is-off': 'die Gruppe zeichnet interne Gespräche nicht auf',
  'no-talk': 'niemand hat mit einem Mitglied gesprochen',
};

const problems: string[] = [];

function demand(holds: boolean, what: string): void {
  if (!holds) problems.push(what);
}

const installation = await Installation.start();
const ended = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ended.abort());
let kept = false;
try {
  await installation.run();
  await tellConsole();
  if (isWatched) await untilOpened();
  await placeCalls();
  const listed = await settled();
  showOutcomes(listed);
  await showFiles(listed);
  await showReport();
  kept = process.argv.includes('--keep') && problems.length === 0;
  tellVerdict();
  if (!kept) await leaveConsole();
} catch (error) {
  // Whoever ends it does not want to hear what that broke off.
  if (!ended.signal.aborted) throw error;
} finally {
  if (kept) await tellWhereThingsAre();
  else await installation.stop();
}
// What is kept running holds this process's sockets and pipes.
process.exit(problems.length === 0 ? 0 : 1);

function tellVerdict(): void {
  for (const problem of problems) console.error(`FALSCH: ${problem}`);
  console.log(problems.length === 0 ? '\nAlles wie erwartet.' : '\nNicht wie erwartet, siehe oben.');
}

async function tellConsole(): Promise<void> {
  const link = await installation.welcomeLink();
  console.log(`\nKonsole: ${installation.consoleUrl}`);
  if (link !== undefined) console.log(`Einmal-Link, der Sie zum Administrator macht:\n  ${link}`);
}

/** The calls take half a minute: whoever wants to see them live has opened the console before. */
async function untilOpened(): Promise<void> {
  console.log('\nÖffnen Sie die Konsole, dann sehen Sie die Anrufe live. Eingabetaste: los (sonst in 60 s).');
  const signal = AbortSignal.any([ended.signal, AbortSignal.timeout(openingMs)]);
  await once(process.stdin, 'data', { signal }).catch(() => undefined);
  process.stdin.pause();
  ended.signal.throwIfAborted();
}

/** On a terminal the console stays until Ctrl-C; in a script nothing is left behind. */
async function leaveConsole(): Promise<void> {
  if (!isWatched) {
    console.log(
      '\nDie Konsole endet hier. `npm run demo -- --keep` lässt alles weiterlaufen und nennt ihren Link.',
    );
    return;
  }
  await tellConsole();
  console.log(
    '\nDie Konsole bleibt offen. Ctrl-C beendet alles; `npm run demo -- --keep` lässt es weiterlaufen.',
  );
  if (!ended.signal.aborted) await once(ended.signal, 'abort');
}

async function placeCalls(): Promise<void> {
  console.log('\nAnrufe (SIPp spielt die Telefone, Asterisk 22 vermittelt, Mitschnitt zeichnet auf):');
  for (const call of demoCalls) {
    ended.signal.throwIfAborted();
    const began = performance.now();
    await call.place(installation.parties);
    console.log(`  ${call.title}: ${((performance.now() - began) / 1_000).toFixed(1)} s`);
  }
}

/** All calls of members as they are listed, once everything is delivered. */
async function settled(): Promise<readonly Listed[]> {
  const wanted = demoCalls.filter(({ expected }) => expected).length;
  return eventually(
    async () => {
      const listed = (await installation.ask('recordings')) as readonly Listed[];
      const waits = listed.some(({ deliveries }) => deliveries.some(({ state }) => state !== 'delivered'));
      return listed.length >= wanted && !waits ? listed : undefined;
    },
    { within: settleMs, every: 250 },
  );
}

function lineOf(call: DemoCall, listed: readonly Listed[]): Listed | undefined {
  return listed.find(({ from, to }) => from === call.from && to === call.to);
}

function showOutcomes(listed: readonly Listed[]): void {
  console.log('\nWas daraus wurde (mitschnitt recordings):');
  const rows = demoCalls.map((call) => {
    const line = lineOf(call, listed);
    demand(line?.outcome === call.expected?.outcome, `${call.title}: ${line?.outcome ?? 'keine Zeile'}`);
    demand(line?.rule === call.expected?.rule, `${call.title}: Regel ${line?.rule ?? '-'}`);
    demand((line?.file != null) === call.voices.length > 0, `${call.title}: Datei ${line?.file ?? 'keine'}`);
    if (!line) return [call.title, 'nicht geführt', 'kein Mitglied einer Gruppe war beteiligt'];
    return [call.title, outcomes[line.outcome] ?? line.outcome, reasons[line.rule] ?? line.rule];
  });
  demand(listed.length === demoCalls.filter(({ expected }) => expected).length, 'Zahl der Zeilen');
  printTable(['Anruf', 'Ergebnis', 'Warum'], rows);
}

async function showFiles(listed: readonly Listed[]): Promise<void> {
  console.log('\nWas auf dem FTP-Server liegt, und wessen Ton darin zu hören ist:');
  const stored = (await readdir(installation.delivered)).sort();
  const recorded = demoCalls.filter(({ voices }) => voices.length > 0);
  demand(stored.length === recorded.length, `${stored.length} Dateien statt ${recorded.length}`);
  const rows = stored.map((name) => {
    const sound = readWav(join(installation.delivered, name));
    const found = tonesOver(sound, Object.values(partyTones));
    const voices = Object.entries(partyTones)
      .map(([party, hz]) => ({ party, ms: totalMs(found.get(hz)) }))
      .filter(({ ms }) => ms > 0);
    const call = recorded.find((each) => lineOf(each, listed)?.file === name);
    demand(call !== undefined, `${name} gehört zu keinem Anruf`);
    const heard = voices.filter(({ ms }) => ms > leastVoiceMs).map(({ party }) => party);
    demand(heard.sort().join() === call?.voices.join(), `${name}: zu hören ist ${heard.join(', ')}`);
    demand(voices.length === heard.length, `${name}: noch jemand ist kurz zu hören`);
    const seconds = (ms: number): string => `${(ms / 1_000).toFixed(2)} s`;
    return [
      name,
      seconds(durationMs(sound)),
      voices.map(({ party, ms }) => `${party}: ${seconds(ms)}`).join(', '),
    ];
  });
  printTable(['Datei', 'Dauer', 'zu hören'], rows);
}

async function showReport(): Promise<void> {
  const wanted = demoCalls.filter(({ expected }) => expected).length;
  const text = await eventually(async () => {
    const [file] = await readdir(installation.reportFolder);
    if (file === undefined) return undefined;
    const content = await readFile(join(installation.reportFolder, file), 'utf8');
    return content.split('\r\n').length === wanted + 2 ? `${file}\n${content}` : undefined;
  });
  demand(text.includes(';abgelehnt;declined'), 'der abgelehnte Anruf steht nicht im Report');
  console.log(`\nReport ${text.replaceAll('\r\n', '\n').replace('\ufeff', '').trimEnd()}`);
}

function printTable(headings: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  for (const row of [headings, widths.map((width) => '-'.repeat(width)), ...rows]) {
    console.log(`  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd());
  }
}

async function tellWhereThingsAre(): Promise<void> {
  const pid = await installation.keep();
  await tellConsole();
  const { asterisk, ftp, configFile, logFile, delivered, reportFolder } = installation;
  console.log(`
Alles läuft weiter. Mitschnitt beenden: kill ${pid}. Der nächste \`npm run demo\` räumt alles weg.

Mit zwei Softphones auf diesem Rechner (SIP über UDP, Codec G.711 A-law, Server ${asterisk.host}:5060):
  als Anrufer von aussen:  Benutzer ${softphones.outside}, Passwort ${softphones.password}
  als Mitglied der Gruppe: Benutzer ${softphones.member}, Passwort ${softphones.password}
Von aussen ${softphones.member} wählen, die Ansage hören, mit Taste 1 ablehnen oder abwarten.

  Konfiguration   ${configFile}
  Log             ${logFile}
  Aufnahmen       ${delivered} (auf dem FTP-Server ${ftp.host}:${ftp.port})
  Report          ${reportFolder}
  Asterisk        ARI ${asterisk.ariUrl}, AMI ${asterisk.amiHost}:${asterisk.amiPort}

  npx mitschnitt recordings --config ${configFile}
  npx mitschnitt status --config ${configFile}`);
}
