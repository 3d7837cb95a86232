import { randomUUID } from 'node:crypto';
import { Cron } from 'croner';

import {
  Asterisk,
  checkAmi,
  checkAri,
  type AsteriskSettings,
  type ConnectionLost,
} from './asterisk/asterisk.ts';
import { SqliteCatalogue } from './catalogue/sqlite.ts';
import { catalogueFileOf, controlSocketOf } from './config/files.ts';
import { policyOf, promptsOf, type PromptSource } from './config/policy.ts';
import { ControlSocket } from './control-socket.ts';
import { createTarget, isTargetKind, type TargetKind } from './delivery/targets.ts';
import { Uploader } from './delivery/uploader.ts';
import { messageOf, MitschnittError } from './errors.ts';
import { createLog, type Log } from './log.ts';
import { Recorder } from './recorder.ts';
import { deliveredFolder, deliveredName, type Naming } from './recording/naming.ts';
import { Reporter } from './report/reporter.ts';
import { promptProblem, publishPrompt } from './spool/prompts.ts';
import { Spool } from './spool/spool.ts';
import { statusOf } from './status.ts';
import { ownVersion } from './version.ts';
import type { Policy, Prompt } from './call/call.ts';
import type { Catalogue } from './catalogue/catalogue.ts';
import type { Config } from './config/schema.ts';
import type { UploadEvent, UploadSchedule } from './delivery/courier.ts';
import type { Target } from './delivery/target.ts';

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
    '/status': async () =>
      statusOf({
        version: ownVersion(),
        pid: process.pid,
        startedAt,
        asterisk: recorder?.connectionState ?? { ari: false, ami: false },
        calls: recorder?.liveCalls ?? [],
        spool,
        targets: config.targets,
        backlog: await catalogue.backlog(),
      }),
  });
  return {
    async start() {
      await catalogue.open();
      await control.start();
      if ((await spool.prepare()) === 'created')
        log.warn('the spool was created: Asterisk must be able to write there', {
          hint: spool.installCommand,
        });
      const policy = policyOf(config, await publishedPrompts(config, log));
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
  return new SqliteCatalogue({ path: catalogueFileOf(config), readonly });
}

/** All that has to work before calls are recorded and delivered. */
export function checksOf(config: Config): readonly Check[] {
  const { ari, ami } = asteriskSettings(config);
  return [
    { kind: 'spool', name: config.spool.path, run: () => new Spool(config.spool.path).check() },
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
  const problem = await promptProblem(config.prompts.path, name, language);
  if (problem === undefined) return;
  throw new MitschnittError(`The announcement cannot be played: ${problem}`, {
    code: 'prompt-unusable',
    fault: 'configuration',
    retry: false,
    hint: 'Put a 16-bit mono PCM WAV file there, .wav with 8 kHz and .wav16 with 16 kHz (sounds/make.sh makes some), or set prompts.path.',
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
  return Object.entries(config.targets).map(([name, settings]) => {
    if (isMade(settings)) return createTarget(name, settings);
    throw new RangeError(`refused by the schema: target ${name} of type ${settings.type}`);
  });
}

type TargetConfig = Config['targets'][string];

function isMade(settings: TargetConfig): settings is Extract<TargetConfig, { type: TargetKind }> {
  return isTargetKind(settings.type);
}

function scheduleOf({ upload, pbx }: Config): UploadSchedule {
  const { every } = upload;
  if (every.kind === 'immediately') return 'immediately';
  if (every.kind === 'interval') return { nextRun: (after) => new Date(after.getTime() + every.ms) };
  const cron = new Cron(every.pattern, { timezone: pbx.timezone });
  return { nextRun: (after) => cron.nextRun(after) ?? undefined };
}

/** Announcements that cannot be played are told now, and each call that needs them is not recorded. */
async function publishedPrompts(config: Config, log: Log): Promise<PromptSource> {
  const folders = { prompts: config.prompts.path, spool: config.spool.path };
  const prompts = new Map<string, Prompt>();
  for (const { name, language } of promptsOf(config)) {
    const prompt = await publishPrompt(folders, name, language);
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
  const pbx = new Asterisk(asteriskSettings(config), logOutage(log), (command, error) => {
    log.warn('Asterisk did not accept a command', { command, ...errorFields(error) });
  });
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

/** What says why a connection is missing is told once, not every few seconds for as long as Asterisk is down. */
function logOutage(log: Log): ConnectionLost {
  const told: Partial<Record<'ari' | 'ami', string>> = {};
  return (which, error) => {
    const facts = errorFields(error);
    const reason = facts.code ?? facts.error;
    const level = told[which] === reason ? 'debug' : 'warn';
    told[which] = reason;
    log[level](`${which.toUpperCase()}: not connected, retrying`, facts);
  };
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
      log.error('delivery failed internally', { target: event.target, ...errorFields(event.error) });
  }
}
