import type { Alarm } from '../alarms/alarms.ts';
import { controlSocketOf } from '../config/files.ts';
import { loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { MitschnittError } from '../errors.ts';
import { printable } from '../recording/untrusted-text.ts';
import { targetStatuses, type Status, type TargetStatus } from '../status.ts';
import { coloured } from './colour.ts';
import { ask } from './control-client.ts';
import { exitCodes } from './exit-code.ts';
import { toJson, write, writeLines } from './output.ts';
import { bytes, files, rate } from './quantities.ts';
import { statusJson, targetJson } from './status-json.ts';
import { table } from './table.ts';
import { watch } from './watch.ts';
import { withCatalogue } from './with-catalogue.ts';

export interface StatusOptions {
  readonly config: string;
  readonly json?: boolean;
  /** Show it again every so many seconds. */
  readonly watch?: number;
}

const secondMs = 1_000;

/** Tells how the running process is; sets the exit code by what is wrong. */
export async function status(options: StatusOptions): Promise<void> {
  const { config } = await loadConfig(options.config);
  if (options.watch === undefined) await show(config, options);
  else await watch(() => show(config, options), options.watch * secondMs);
}

async function show(config: Config, options: StatusOptions): Promise<void> {
  // Our own process made it, of this version or one before: what is absent is shown as such.
  const answer = (await ask(controlSocketOf(config), '/status')) as Status | undefined;
  if (answer === undefined) await tellStopped(config, options);
  else await tellRunning(answer, options);
}

async function tellRunning(running: Status, options: StatusOptions): Promise<void> {
  process.exitCode = exitCodeOfStatus(running);
  if (options.json === true) {
    await tellJson({ running: true, ...statusJson(running) }, options);
    return;
  }
  const { asterisk, calls, spool } = running;
  const version = asterisk.version === undefined ? '' : `, version ${printable(asterisk.version)}`;
  const connected = (stands: boolean) => coloured(stands ? 'connected' : 'NOT CONNECTED');
  await writeLines(
    `Mitschnitt ${printable(running.version)} runs as process ${running.pid} since ${printable(running.startedAt)}`,
    `Asterisk   ARI ${connected(asterisk.ari)}, AMI ${connected(asterisk.ami)}${version}`,
    `Calls      ${calls.live} live, ${calls.inGate} in the gate, ${calls.recording} recording`,
    `Spool      active: ${files(spool.activeFiles, spool.activeBytes)}; transfer: ${files(spool.transferFiles, spool.transferBytes)}`,
    `Disk       ${disk(spool)}`,
    `Self-test  ${coloured(selfTest(running))}`,
    ...(running.reconciliation ? [`Account    ${account(running.reconciliation)}`] : []),
  );
  await tellTargets(running.targets);
  await tellAlarms(running.alarms ?? []);
}

/** One line each time where it is repeated: a program then knows where each ends. */
async function tellJson(value: unknown, { watch: every }: StatusOptions): Promise<void> {
  await writeLines(toJson(value, every === undefined ? undefined : 0));
}

function selfTest({ selfTest: last }: Status): string {
  if (!last) return 'never done';
  const at = printable(new Date(last.at).toISOString());
  const failed = last.steps.filter(({ state }) => state === 'failed');
  return failed.length === 0
    ? `passed at ${at}`
    : `FAILED at ${at}: ${failed.map(({ name, target = '' }) => printable(`${name} ${target}`.trim())).join(', ')}`;
}

function exitCodeOfStatus({ asterisk, targets, alarms = [] }: Status): number {
  if (!asterisk.ari || !asterisk.ami) return exitCodes.asterisk;
  if (targets.some(isTroubled)) return exitCodes.target;
  return alarms.length > 0 ? exitCodes.wrong : exitCodes.fine;
}

function isTroubled(target: TargetStatus): boolean {
  const { reports } = target;
  const hasReports = reports !== undefined && (reports.setAside > 0 || reports.lastError !== undefined);
  return target.setAside > 0 || hasReports || problemOf(target) !== undefined;
}

/** Without the process there is still the catalogue that it left. */
async function tellStopped(config: Config, options: StatusOptions): Promise<void> {
  process.exitCode = exitCodes.wrong;
  const targets = await backlogOf(config);
  if (options.json === true) {
    await tellJson({ running: false, targets: targets?.map(targetJson) ?? null }, options);
    return;
  }
  await writeLines('Mitschnitt is not running.');
  if (targets === undefined)
    await writeLines('There is no catalogue yet: it has never run with this configuration.');
  else await tellTargets(targets);
}

async function backlogOf(config: Config): Promise<readonly TargetStatus[] | undefined> {
  try {
    return await withCatalogue(config, async (catalogue) =>
      targetStatuses(config.targets, {
        backlog: await catalogue.backlog(),
        activity: [],
        checks: await catalogue.checks(),
        reports: await catalogue.unfinishedIssues(),
      }),
    );
  } catch (thrown) {
    if (thrown instanceof MitschnittError && thrown.code === 'catalogue-missing') return undefined;
    throw thrown;
  }
}

const headings = [
  'target',
  'type',
  'state',
  'check',
  'waiting',
  'set aside',
  'delivered',
  'last success',
  'last error',
];

async function tellTargets(targets: readonly TargetStatus[]): Promise<void> {
  if (targets.length === 0) return;
  const rows = targets.map((target) => [
    target.name,
    target.kind,
    stateOf(target),
    checkOf(target),
    files(target.pending, target.pendingBytes),
    String(target.setAside),
    String(target.delivered),
    target.lastSuccessAt === undefined ? '' : new Date(target.lastSuccessAt).toISOString(),
    problemOf(target)?.message ?? '',
  ]);
  await write(table(headings, rows));
  await writeLines(...hintsOf(targets.map((target) => [target.name, problemOf(target)])));
  await tellReports(targets);
}

/** Where none waits, there is nothing to be told. */
async function tellReports(targets: readonly TargetStatus[]): Promise<void> {
  const waiting = targets.flatMap(({ name, reports }) => (reports ? [{ name, ...reports }] : []));
  if (waiting.length === 0) return;
  const rows = waiting.map(({ name, pending, setAside, lastError }) => [
    ...[name, String(pending), String(setAside)],
    lastError?.message ?? '',
  ]);
  await write(table(['reports to', 'waiting', 'set aside', 'last error'], rows));
  await writeLines(...hintsOf(waiting.map(({ name, lastError }) => [name, lastError])));
}

function hintsOf(problems: readonly (readonly [string, { hint: string } | undefined])[]): readonly string[] {
  return problems.flatMap(([name, problem]) =>
    problem ? [`${printable(name)}: ${printable(problem.hint)}`] : [],
  );
}

/** Of what waits for it, else of its check. */
function problemOf({ lastError, check }: TargetStatus): { message: string; hint: string } | undefined {
  return lastError ?? check?.problem;
}

/** `fine, 35 ms` */
function checkOf({ check }: TargetStatus): string {
  if (!check) return '';
  return check.problem ? 'FAILED' : `fine, ${check.ms} ms`;
}

/** `uploading, 1.2 MB/s` */
function stateOf({ activity }: TargetStatus): string {
  if (!activity) return '';
  const { state, bytesPerSecond, restsUntil } = activity;
  if (state === 'uploading') return `${state}, ${rate(bytesPerSecond)}`;
  if (state === 'resting' && restsUntil !== undefined)
    return `tried again at ${new Date(restsUntil).toISOString()}`;
  return state === 'closed' ? 'outside its windows' : state;
}

async function tellAlarms(alarms: readonly Alarm[]): Promise<void> {
  if (alarms.length === 0) return;
  const rows = alarms.map(({ kind, subject, since, problem }) => [
    kind,
    subject,
    new Date(since).toISOString(),
    problem,
  ]);
  await write(table(['alarm', 'about', 'since', 'problem'], rows));
  const hints = new Set(alarms.map(({ kind, hint }) => `${kind}: ${printable(hint)}`));
  await writeLines(...hints);
}

/** Of what Asterisk notes of calls by itself. */
function account({ readAt, gaps }: NonNullable<Status['reconciliation']>): string {
  if (readAt === undefined) return 'not read yet';
  return `read to ${new Date(readAt).toISOString()}, ${gaps} ${gaps === 1 ? 'call' : 'calls'} missing since the start`;
}

const percent = 100;
const hoursPerDay = 24;

function disk({ freeBytes, used, forecast }: Status['spool']): string {
  if (used === undefined) return `${bytes(freeBytes)} free`;
  const now = `${bytes(freeBytes)} free, ${Math.floor(used * percent)} % used`;
  if (forecast?.hoursLeft === undefined) return now;
  const { bytesPerHour, hoursLeft } = forecast;
  const left =
    hoursLeft < 2 * hoursPerDay
      ? `${Math.floor(hoursLeft)} h`
      : `${Math.floor(hoursLeft / hoursPerDay)} days`;
  return `${now}; ${bytes(bytesPerHour)} more each hour: recording stops in ${left}`;
}
