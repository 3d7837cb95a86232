import { randomUUID } from 'node:crypto';

import { Asterisk, type AsteriskSettings, type ConnectionLost } from './asterisk/asterisk.ts';
import { checkAmi, checkAri, checkCdr, checkModule } from './asterisk/checks.ts';
import { alarmChecksOf, alarmingOf, type Alarming } from './assemble-alarms.ts';
import { catalogueOf } from './assemble-catalogue.ts';
import { cleaningOf } from './assemble-cleanup.ts';
import { reportingOf } from './assemble-report.ts';
import { connectionChecksOf, targetsOf, uploadAnswers, uploaderOf } from './assemble-delivery.ts';
import { scheduleSelfTest, selfTestAnswers, selfTestOf } from './assemble-selftest.ts';
import { retentionPartsOf, type Deleting } from './assemble-retention.ts';
import {
  accountChecksOf,
  reconcilerOf,
  toldAccountOf,
  toldCallsOf,
  watchLogOf,
} from './assemble-reconciliation.ts';
import { GrowthWatch } from './alarms/growth-watch.ts';
import { watchGroups } from './alarms/group-watch.ts';
import { alarmsOf } from './alarms/recording-alarms.ts';
import { StorageWatch } from './alarms/storage-watch.ts';
import { controlSocketOf } from './config/files.ts';
import { hasAccount } from './config/reconciliation.ts';
import { policyOf, promptsOf, type PromptSource } from './config/policy.ts';
import { ControlSocket, type Answers } from './control-socket.ts';
import { controlRequestOf, liveTalks, type ControlAnswer } from './controls.ts';
import { MitschnittError } from './errors.ts';
import { createLog, errorFields, type Log } from './log.ts';
import { Recorder } from './recorder.ts';
import { deliveredFolder, deliveredName, type Naming } from './recording/naming.ts';
import { promptProblem, publishPrompt } from './spool/prompts.ts';
import { Spool } from './spool/spool.ts';
import { statusOf } from './status.ts';
import { ownVersion } from './version.ts';
import type { Alarms } from './alarms/alarms.ts';
import { withTestTelephones } from './call/self-test.ts';
import type { Policy, Prompt } from './call/call.ts';
import type { Catalogue } from './catalogue/catalogue.ts';
import type { Config } from './config/schema.ts';
import type { ToldCalls } from './reconciliation/told-calls.ts';
import type { WatchLog } from './reconciliation/watch-log.ts';
import type { ConnectionChecks } from './delivery/connection-checks.ts';
import type { Target } from './delivery/target.ts';
import type { Uploader } from './delivery/uploader.ts';
import type { SelfTest } from './selftest/self-test.ts';
import type { Reporting } from './assemble-report.ts';
import type { Running } from './assemble-web/running.ts';

/** The running program: everything that is open, from the first call to the last delivery. */
export interface Program {
  start(): Promise<void>;
  /** Finishes or hands back all work. */
  stop(): Promise<void>;
  /** What the console shows and controls. */
  readonly running: Running;
}

/** One thing that `mitschnitt check` tries. */
export interface Check {
  readonly kind: 'spool' | 'prompt' | 'asterisk' | 'account' | 'target' | 'alarms';
  readonly name: string;
  /** Throws what stands in the way. */
  run(): Promise<void>;
}

/**
 * Makes the whole program of a configuration. Nothing is opened before `start`. `hadGroups`: the program before it, in the
 * same process, recorded calls.
 */
export function assemble(config: Config, { hadGroups = false } = {}): Program {
  const parts = partsOf(config);
  const { alarming, alarms, catalogue, checks, deleting, growth, log } = parts;
  const { reporting, selfTest, spool, uploader } = parts;
  let endSchedule: (() => void) | undefined;
  let recorder: Recorder | undefined;
  const storage = storageWatchOf(config, parts, (isFull) => recorder?.storage(isFull));
  const cleaning = cleaningOf(config, parts);
  const watch = watchLogOf(config, parts);
  const told = toldCallsOf(config, watch);
  const reconciler = reconcilerOf(config, { ...parts, told }, () => recorder?.settledPolicy);
  const startedAt = new Date();
  const all = { ...parts, reconciler, startedAt };
  const control = controlOf(config, all, () => recorder, cleaning.answers);
  return {
    running: { ...all, config, cleaning, recorder: () => recorder },
    async start() {
      await catalogue.open();
      await control.start();
      if ((await spool.prepare()) === 'created')
        log.warn('the spool was created: Asterisk must be able to write there', {
          hint: spool.installCommand,
        });
      await alarming.start();
      await watchGroups({ groups: config.groups.length, hadGroups, alarms, lines: catalogue });
      const policy = policyOf(config, await publishedPrompts(config, alarms));
      await watch.start();
      recorder = recorderOf(config, policy, { ...parts, watch, told });
      growth.start();
      await storage.start();
      await reporting?.start();
      uploader.start();
      checks.start(await catalogue.checks());
      await selfTest.start();
      deleting.retention.start();
      await recorder.start();
      endSchedule = scheduleSelfTest(config, selfTest);
      cleaning.start(recorder);
      await reconciler.start();
      log.info('started', { pid: process.pid, groups: config.groups.length });
    },
    async stop() {
      endSchedule?.();
      await reconciler.stop();
      await selfTest.stop();
      await growth.stop();
      await storage.stop();
      await cleaning.stop();
      await recorder?.stop();
      await watch.stop();
      await checks.stop();
      await deleting.stop();
      await uploader.stop();
      await reporting?.stop();
      await control.stop();
      await alarming.stop();
      await catalogue.close();
      log.info('stopped');
    },
  };
}

function partsOf(config: Config): Parts {
  const log = createLog(config.log);
  const spool = new Spool(config.spool.path);
  const catalogue = catalogueOf(config, false);
  const alarming = alarmingOf(config, catalogue, log);
  const { alarms } = alarming;
  const growth = new GrowthWatch({ files: spool, alarms, log, now: Date.now });
  const uploader = uploaderOf(config, { catalogue, spool, log, alarming });
  const reporting = reportingOf(config, { catalogue, log, alarming });
  const deleting = retentionPartsOf(config, { catalogue, spool, log, alarms, uploader, reporter: reporting });
  const checks = connectionChecksOf(config, { catalogue, uploader, log, alarming });
  const checkSound = (name: string, language: string) => checkPrompt(config, name, language);
  const selfTest = selfTestOf(config, { alarms, catalogue, spool, log, checkPrompt: checkSound });
  return {
    ...{ catalogue, spool, log, alarming, alarms },
    ...{ growth, uploader, checks, reporting, selfTest, deleting },
  };
}

function storageWatchOf(config: Config, parts: Parts, full: (isFull: boolean) => void): StorageWatch {
  const { alarms, catalogue: history, log, spool } = parts;
  const { path } = config.spool;
  const disk = () => spool.disk();
  return new StorageWatch({ disk, limits: config.storage, path, full, history, alarms, log, now: Date.now });
}

/** What the command line asks the running process. */
function controlOf(
  config: Config,
  parts: Parts & Pick<Running, 'reconciler' | 'startedAt'>,
  running: () => Recorder | undefined,
  more: Answers,
): ControlSocket {
  const { alarms, catalogue, checks, deleting, reconciler, reporting, selfTest, spool, startedAt, uploader } =
    parts;
  return new ControlSocket(controlSocketOf(config), {
    'GET /calls': () => Promise.resolve(liveTalks(running()?.liveCalls ?? [])),
    'POST /control': async (body) => {
      const recorder = running();
      if (recorder) return recorder.control(controlRequestOf(body));
      return { talk: undefined, problem: 'Mitschnitt is about to start' } satisfies ControlAnswer;
    },
    'GET /status': async () =>
      statusOf({
        version: ownVersion(),
        pid: process.pid,
        startedAt,
        asterisk: running()?.connectionState ?? { ari: false, ami: false },
        calls: running()?.liveCalls ?? [],
        spool,
        targets: config.targets,
        backlog: await catalogue.backlog(),
        reports: await catalogue.unfinishedIssues(),
        activity: uploader.activity,
        checks: checks.latest,
        alarms: alarms.standing,
        selfTest: selfTest.last,
        storage: config.storage,
        reconciliation: hasAccount(config.reconciliation) ? reconciler.latest : undefined,
        samples: await catalogue.storageSamples(Date.now() - forecastFromMs),
      }),
    ...uploadAnswers(uploader, catalogue, reporting),
    ...selfTestAnswers(selfTest),
    ...more,
    ...deleting.answers,
  });
}

/** What the disk is to be expected to do follows from the last day. */
const forecastFromMs = 24 * 3_600_000;

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
    ...modulesOf(config).map((module) => ({
      kind: 'asterisk' as const,
      name: module,
      run: () => checkModule(ari, module),
    })),
    ...accountChecksOf(config, () => checkCdr(ami)),
    ...targetsOf(config).map((target) => ({
      kind: 'target' as const,
      name: target.name,
      run: () => checkTarget(target.create()),
    })),
    ...alarmChecksOf(config),
  ];
}

/** Modules of Asterisk that not every one has loaded, and without which recordings would be missing or narrow. */
function modulesOf({ groups, reconciliation }: Config): readonly string[] {
  return [
    ...(reconciliation.cdr?.ami === true ? ['cdr_manager'] : []),
    ...(reconciliation.cel ? ['cel_manager'] : []),
    ...(groups.some(({ beep }) => beep !== undefined) ? ['func_periodic_hook'] : []),
    ...(groups.some(({ audio }) => audio.sample_rate === 'auto') ? ['func_channel'] : []),
  ];
}

async function checkPrompt(config: Config, name: string, language: string): Promise<void> {
  const problem = await promptProblem(config.prompts, name, language);
  if (problem === undefined) return;
  throw new MitschnittError(`The announcement cannot be played: ${problem}`, {
    code: 'prompt-unusable',
    fault: 'configuration',
    retry: false,
    hint: promptHint,
  });
}

const promptHint =
  'Put a 16-bit mono PCM WAV file there, .wav with 8 kHz and .wav16 with 16 kHz (sounds/make.sh makes some), or set prompts.path.';

/** Checking a target writes, reads back and removes a small file. */
const targetCheckMs = 30_000;

async function checkTarget(target: Target): Promise<void> {
  try {
    await target.check(AbortSignal.timeout(targetCheckMs));
  } finally {
    await target.close();
  }
}

function asteriskSettings(config: Config): AsteriskSettings {
  const { ari, ami } = config.asterisk;
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
    queues: config.groups.some(({ members }) => members.some(({ kind }) => kind === 'queue')),
    announces: promptsOf(config).length > 0,
  };
}

/** Announcements that cannot be played are told now, and each call that needs them is not recorded. */
async function publishedPrompts(config: Config, alarms: Alarms): Promise<PromptSource> {
  const prompts = new Map<string, Prompt>();
  for (const { name, language } of promptsOf(config)) {
    const prompt = await publishPrompt(config.prompts, config.spool.path, name, language);
    if (prompt.problem !== undefined)
      alarms.raise({
        kind: 'announcement-unplayable',
        subject: `${language}/${name}`,
        problem: prompt.problem,
        fault: 'configuration',
        hint: `Calls that need it are not recorded. ${promptHint}`,
      });
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
  readonly alarming: Alarming;
  readonly alarms: Alarms;
  readonly growth: GrowthWatch;
  readonly uploader: Uploader;
  readonly checks: ConnectionChecks;
  readonly reporting: Reporting | undefined;
  readonly selfTest: SelfTest;
  readonly deleting: Deleting;
}

function recorderOf(
  config: Config,
  policy: Policy,
  parts: Parts & { readonly watch: WatchLog; readonly told: ToldCalls | undefined },
): Recorder {
  const { catalogue, spool, log, alarms, growth, uploader, reporting, selfTest, watch } = parts;
  const outage = logOutage(log, alarms);
  const lost: ConnectionLost = (which, error) => {
    watch.connection(which, error === undefined);
    outage(which, error);
  };
  const troubled = (command: string, error: unknown): void => {
    log.warn('Asterisk did not accept a command', { command, ...errorFields(error) });
  };
  const account = toldAccountOf(config, parts.told);
  const pbx = new Asterisk(asteriskSettings(config), lost, troubled, watch, account);
  const naming: Naming = {
    name: config.naming.file,
    folder: config.naming.folder,
    timeZone: config.pbx.timezone,
  };
  const recorder = new Recorder(withTestTelephones(policy), {
    pbx,
    catalogue,
    files: spool,
    log,
    alarms,
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
    followed: (call) => {
      growth.follow(call);
    },
    closed: (call) => {
      for (const alarm of alarmsOf(call)) alarms.raise(alarm);
      reporting?.wake();
    },
    tested: (call) => {
      selfTest.tell(call);
    },
  });
  selfTest.use({
    telephones: pbx.telephones,
    groups: policy.groups,
    connections: () => recorder.connectionState,
    control: (request) => recorder.control(request),
  });
  return recorder;
}

/** What says why a connection is missing is told once, not every few seconds for as long as Asterisk is down. */
function logOutage(log: Log, alarms: Alarms): ConnectionLost {
  const told = new Map<'ari' | 'ami', string>();
  return (which, error) => {
    const subject = which.toUpperCase();
    if (error === undefined) {
      told.delete(which);
      alarms.clear('asterisk-disconnected', subject);
      return;
    }
    const facts = errorFields(error);
    const { error: problem, hint = '' } = facts;
    const fault = error instanceof MitschnittError ? error.fault : 'asterisk';
    alarms.raise({ kind: 'asterisk-disconnected', subject, problem, fault, hint, code: facts.code });
    const reason = facts.code ?? facts.error;
    const level = told.get(which) === reason ? 'debug' : 'warn';
    told.set(which, reason);
    log[level](`${which.toUpperCase()}: not connected, retrying`, facts);
  };
}
