import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Cron } from 'croner';

import { Asterisk, checkAmi, checkAri, type AsteriskSettings } from './asterisk/asterisk.ts';
import { SqliteCatalogue } from './catalogue/sqlite.ts';
import { policyOf, promptsOf } from './config/policy.ts';
import { ControlSocket } from './control.ts';
import { createTarget } from './delivery/targets.ts';
import { Uploader } from './delivery/uploader.ts';
import { messageOf, MitschnittError } from './errors.ts';
import { createLog, type Log } from './log.ts';
import { Recorder } from './recorder.ts';
import { deliveredFolder, deliveredName, type Naming } from './recording/naming.ts';
import { Reporter } from './report/reporter.ts';
import { publishPrompt } from './spool/prompts.ts';
import { Spool } from './spool/spool.ts';
import type { Policy, Prompt } from './call/call.ts';
import type { Catalogue, TargetBacklog } from './catalogue/catalogue.ts';
import type { Config } from './config/schema.ts';
import type { UploadEvent, UploadSchedule } from './delivery/courier.ts';
import type { Target } from './delivery/target.ts';
import type { Status } from './cli/status-view.ts';

/** The running program: everything that is open, from the first call to the last delivery. */
export interface Program {
  start(): Promise<void>;
  /** Finishes or hands back all work. */
  stop(): Promise<void>;
}

/** One thing that `mitschnitt check` tries. */
export interface Check {
  readonly kind: 'spool' | 'prompt' | 'asterisk' | 'target';
  readonly name: string;
  /** Throws what stands in the way. */
  run(): Promise<void>;
}

/** Makes the whole program of a configuration. Nothing is opened before `start`. */
export function assemble(config: Config): Program {
  const log = createLog(config.log);
  const spool = new Spool(config.spool.path);
  const catalogue = catalogueOf(config, false);
  const uploader = new Uploader({
    ledger: catalogue,
    targets: targetsOf(config),
    schedule: scheduleOf(config),
    localFile: (recording) => spool.transferFile(recording),
    report: (event) => {
      logUpload(log, event);
    },
  });
  const reporter = reporterOf(config, catalogue, log);
  let recorder: Recorder | undefined;
  const startedAt = new Date();
  const control = new ControlSocket(controlSocketOf(config), {
    '/status': () => statusOf(config, { catalogue, spool, recorder, startedAt }),
  });
  return {
    async start() {
      await catalogue.open();
      await control.start();
      await spool.prepare();
      const policy = policyOf(config, await publishedPrompts(config, log), new Set());
      recorder = recorderOf(config, policy, { catalogue, spool, log, uploader, reporter });
      await reporter?.start();
      uploader.start();
      await recorder.start();
      log.info('started', { pid: process.pid, groups: config.groups.length });
    },
    async stop() {
      await recorder?.stop();
      await uploader.stop();
      await reporter?.stop();
      await control.stop();
      await catalogue.close();
      log.info('stopped');
    },
  };
}

/** The catalogue; `readonly` for the command line beside a running process. */
export function catalogueOf(config: Config, readonly: boolean): Catalogue {
  if (config.catalogue.type !== 'sqlite') throw new RangeError('refused by the schema');
  return new SqliteCatalogue({ path: config.catalogue.path, readonly });
}

/** Where the running process answers the command line. */
export function controlSocketOf(config: Config): string {
  if (config.catalogue.type !== 'sqlite') throw new RangeError('refused by the schema');
  return join(dirname(config.catalogue.path), 'mitschnitt.sock');
}

/** All that has to work before calls are recorded and delivered. */
export function checksOf(config: Config): readonly Check[] {
  const { ari, ami } = asteriskSettings(config);
  return [
    { kind: 'spool', name: config.spool.path, run: () => new Spool(config.spool.path).prepare() },
    ...promptsOf(config).map(({ name, language }) => ({
      kind: 'prompt' as const,
      name: `${language}/${name}`,
      run: () => checkPrompt(config, name, language),
    })),
    { kind: 'asterisk', name: 'ARI', run: () => checkAri(ari) },
    { kind: 'asterisk', name: 'AMI', run: () => checkAmi(ami) },
    ...targetsOf(config).map((target) => ({
      kind: 'target' as const,
      name: target.name,
      run: () => checkTarget(target),
    })),
  ];
}

async function checkPrompt(config: Config, name: string, language: string): Promise<void> {
  const { problem } = await publishPrompt(
    { prompts: config.prompts.path, spool: config.spool.path },
    name,
    language,
  );
  if (problem === undefined) return;
  throw new MitschnittError(`The announcement cannot be played: ${problem}`, {
    code: 'prompt-unusable',
    fault: 'configuration',
    retry: false,
    hint: 'Put a 16-bit PCM WAV file there (sounds/make.sh makes some), or set prompts.path.',
  });
}

/** Checking a target writes, reads back and removes a small file. */
const targetCheckMs = 30_000;

async function checkTarget(target: Target): Promise<void> {
  try {
    await target.check(AbortSignal.timeout(targetCheckMs));
  } finally {
    await target.close();
  }
}

function asteriskSettings({ asterisk: { ari, ami }, groups }: Config): AsteriskSettings {
  const caFile = typeof ami.tls === 'object' ? ami.tls.ca : undefined;
  return {
    ari: { url: ari.url, username: ari.username, password: ari.password.reveal(), app: ari.app },
    ami: {
      host: ami.host,
      port: ami.port,
      username: ami.username,
      secret: ami.secret.reveal(),
      tls: ami.tls === false ? undefined : { caFile },
    },
    queues: groups.some(({ members }) => members.some(({ kind }) => kind === 'queue')),
  };
}

function targetsOf(config: Config): readonly Target[] {
  return Object.entries(config.targets).flatMap(([name, settings]) =>
    settings.type === 'folder' || settings.type === 'ftp' ? [createTarget(name, settings)] : [],
  );
}

function scheduleOf({ upload, pbx }: Config): UploadSchedule {
  const { every } = upload;
  if (every.kind === 'immediately') return 'immediately';
  if (every.kind === 'interval') return { nextRun: (after) => new Date(after.getTime() + every.ms) };
  const cron = new Cron(every.pattern, { timezone: pbx.timezone });
  return { nextRun: (after) => cron.nextRun(after) ?? undefined };
}

/** Announcements that cannot be played are told now, and each call that needs them is not recorded. */
async function publishedPrompts(
  config: Config,
  log: Log,
): Promise<(name: string, language: string) => Prompt> {
  const prompts = new Map<string, Prompt>();
  for (const { name, language } of promptsOf(config)) {
    const prompt = await publishPrompt(
      { prompts: config.prompts.path, spool: config.spool.path },
      name,
      language,
    );
    if (prompt.problem !== undefined)
      log.error('an announcement cannot be played', { problem: prompt.problem });
    prompts.set(`${language}/${name}`, prompt);
  }
  return (name, language) => {
    const prompt = prompts.get(`${language}/${name}`);
    if (!prompt) throw new RangeError(`prompt ${language}/${name} is not in promptsOf()`);
    return prompt;
  };
}

interface Parts {
  readonly catalogue: Catalogue;
  readonly spool: Spool;
  readonly log: Log;
  readonly uploader: Uploader;
  readonly reporter: Reporter | undefined;
}

function recorderOf(config: Config, policy: Policy, parts: Parts): Recorder {
  const { catalogue, spool, log, uploader, reporter } = parts;
  const pbx = new Asterisk(
    asteriskSettings(config),
    (which, error) => {
      log.warn(`${which.toUpperCase()} is not connected; trying on`, errorFields(error));
    },
    (order, error) => {
      log.warn('Asterisk did not take an order', { order, ...errorFields(error) });
    },
  );
  const naming: Naming = {
    name: config.naming.file,
    folder: config.naming.folder,
    timeZone: config.pbx.timezone,
  };
  return new Recorder(policy, {
    pbx,
    catalogue,
    files: spool,
    log,
    now: Date.now,
    newId: randomUUID,
    nameOf: (recording) => ({
      folder: deliveredFolder(recording, naming),
      name: deliveredName(recording, naming),
    }),
    targetsOf: (group) => config.groups.find(({ name }) => name === group)?.deliver_to ?? [],
    recorded: () => {
      uploader.wake();
    },
    closed: () => {
      void reporter?.reportNow();
    },
  });
}

function reporterOf(config: Config, catalogue: Catalogue, log: Log): Reporter | undefined {
  const { enabled, path, language, columns } = config.report;
  if (!enabled) return undefined;
  return new Reporter(
    { folder: path, language, columns, timeZone: config.pbx.timezone },
    catalogue,
    (problem) => {
      log.error('the report cannot be written yet', errorFields(problem));
    },
  );
}

/** An error as facts of a log line. */
function errorFields(error: unknown): { error: string; code?: string; hint?: string } {
  if (!(error instanceof MitschnittError)) return { error: messageOf(error) };
  return { error: error.message, code: error.code, hint: error.hint };
}

function logUpload(log: Log, event: UploadEvent): void {
  switch (event.type) {
    case 'delivered': {
      const { recording, target, name, confirmedBy } = event.delivery;
      log.info('delivered', { recording, target, name, confirmedBy, ms: event.ms });
      return;
    }
    case 'postponed': {
      const { recording, target, attempts, dueAt } = event.delivery;
      const again = new Date(dueAt).toISOString();
      log.warn('not delivered yet', { recording, target, attempts, again, ...errorFields(event.error) });
      return;
    }
    case 'set-aside': {
      const { recording, target } = event.delivery;
      log.error('set aside: no retry can deliver it', { recording, target, ...errorFields(event.error) });
      return;
    }
    case 'local-file-deleted':
      log.debug('local file deleted: all targets have it', { recording: event.recording.id });
      return;
    case 'trouble':
      log.error('delivery is in trouble', { target: event.target, ...errorFields(event.error) });
  }
}

interface StatusParts {
  readonly catalogue: Catalogue;
  readonly spool: Spool;
  readonly recorder: Recorder | undefined;
  readonly startedAt: Date;
}

async function statusOf(config: Config, parts: StatusParts): Promise<Status> {
  const { catalogue, spool, recorder, startedAt } = parts;
  const [active, transfer, freeBytes] = await Promise.all([
    spool.usage('active'),
    spool.usage('transfer'),
    spool.freeBytes(),
  ]);
  const backlog = await catalogue.backlog();
  const calls = recorder?.liveCalls ?? [];
  return {
    version: await ownVersion(),
    pid: process.pid,
    startedAt: startedAt.toISOString(),
    asterisk: recorder?.connectionState ?? { ari: false, ami: false },
    calls: {
      live: calls.length,
      inGate: calls.filter(({ gate }) => gate !== undefined).length,
      recording: calls.filter(({ segments }) =>
        segments.some(({ recording }) => recording?.state === 'running'),
      ).length,
    },
    spool: {
      activeFiles: active.files,
      activeBytes: active.bytes,
      transferFiles: transfer.files,
      transferBytes: transfer.bytes,
      freeBytes,
    },
    targets: Object.entries(config.targets).map(([name, { type }]) => ({
      ...waiting(backlog.find(({ target }) => target === name)),
      name,
      kind: type,
    })),
  };
}

function waiting(of: TargetBacklog | undefined): Omit<TargetBacklog, 'target'> {
  const { pending = 0, pendingBytes = 0, setAside = 0, delivered = 0, lastError } = of ?? {};
  return { pending, pendingBytes, setAside, delivered, lastError };
}

async function ownVersion(): Promise<string> {
  const text = await readFile(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
