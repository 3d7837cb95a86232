/** What attends to calls, and lives through a change of the configuration; a part of assemble.ts. */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';

import { Alarms } from './alarms/alarms.ts';
import { GrowthWatch } from './alarms/growth-watch.ts';
import { alarmsOf } from './alarms/recording-alarms.ts';
import { catalogueOf } from './assemble-catalogue.ts';
import { toldAccountOf, toldCallsOf, watchLogOf } from './assemble-reconciliation.ts';
import {
  Asterisk,
  type AsteriskSettings,
  type AsteriskWishes,
  type ConnectionLost,
} from './asterisk/asterisk.ts';
import { withTestTelephones } from './call/self-test.ts';
import { alarmsFileOf } from './config/files.ts';
import { policyOf, promptsOf, recipientsOf, type PromptSource } from './config/policy.ts';
import { messageOf, MitschnittError } from './errors.ts';
import { adjustableLog, errorFields, type Log } from './log.ts';
import { Recorder, type RecorderParts } from './recorder.ts';
import type { LastErasure } from './retention/eraser.ts';
import { deliveredFolder, deliveredName } from './recording/naming.ts';
import { promptHint, publishPrompt, publishSilence, silenceIn } from './spool/prompts.ts';
import { Spool } from './spool/spool.ts';
import type { Alarm, AlarmRaised } from './alarms/alarms.ts';
import type { Telephones } from './asterisk/pbx.ts';
import type { Call, Prompt } from './call/call.ts';
import type { Catalogue } from './catalogue/catalogue.ts';
import type { Config } from './config/schema.ts';
import type { ToldCalls } from './reconciliation/told-calls.ts';
import type { WatchLog } from './reconciliation/watch-log.ts';

/** What the calls are told of to others. */
export interface CallAudience {
  /** A recording is ready to be delivered. */
  recorded(): void;
  /** A call is over and listed. */
  closed(): void;
  /** Something happened in a call of the self-test. */
  tested(call: Call): void;
  alarm(alarm: Alarm, state: 'raised' | 'over'): void;
}

/** A recorder that runs, and the telephones by which it can be tried. */
export interface Attending {
  readonly recorder: Recorder;
  readonly telephones: Telephones;
  /** Of Asterisk; undefined: not known yet. */
  readonly version: () => string | undefined;
}

/** Everything without which no call is announced and recorded. */
export interface Calls {
  readonly log: Log;
  readonly catalogue: Catalogue;
  readonly spool: Spool;
  readonly alarms: Alarms;
  /** What Asterisk tells of calls by itself, if that is wanted. */
  readonly told: ToldCalls | undefined;
  /** When calls are watched. */
  readonly watch: WatchLog;
  /** The last erasure: whoever waits for its certificate asks for it also after another configuration. */
  readonly erasure: LastErasure;
  /** Undefined while it starts. */
  readonly attending: () => Attending | undefined;
  /** Opens what the calls are kept in. */
  open(): Promise<void>;
  /** Connects to Asterisk. Resolves when the calls that go on are attended to, or soon. */
  start(): Promise<void>;
  /** Goes on by another configuration of the same Asterisk, catalogue and spool; no call notices. */
  use(config: Config): Promise<void>;
  /** Lets go of all calls; what runs in Asterisk runs on. */
  stop(): Promise<void>;
  close(): Promise<void>;
}

/** For how long all else waits for the calls that go on. Where Asterisk is away, there are none. */
const callsFirstMs = 1_000;

export function callsOf(first: Config, audience: CallAudience): Calls {
  let config = first;
  const log = adjustableLog(config.log);
  const spool = new Spool(config.spool.path);
  const catalogue = catalogueOf(config, false);
  const listeners = [audience.alarm.bind(audience)];
  const alarms = new Alarms({ file: alarmsFileOf(config), log, now: Date.now, listeners });
  const growth = new GrowthWatch({ files: spool, alarms, log, now: steady });
  const watch = watchLogOf(config, { alarms, catalogue, log });
  const told = toldCallsOf(config, watch);
  let asterisk: Asterisk | undefined;
  let recorder: Recorder | undefined;
  const ground = { log, catalogue, spool, alarms };
  const policy = async () => withTestTelephones(policyOf(config, await publishedPrompts(config, alarms)));

  return {
    ...ground,
    told,
    watch,
    erasure: { state: undefined },
    attending: () => asterisk && recorder && attendingBy(asterisk, recorder),
    async open() {
      await catalogue.open();
    },
    async start() {
      if ((await spool.prepare()) === 'created')
        log.warn('the spool was created: Asterisk must be able to write there', {
          hint: spool.installCommand,
        });
      await alarms.start();
      await watch.start();
      asterisk = asteriskOf(config, { alarms, log, told, watch });
      const parts = { ...ground, growth, pbx: asterisk };
      recorder = new Recorder(
        await policy(),
        recorderPartsOf(parts, () => config, audience),
      );
      growth.start();
      await recorder.start();
      // All else would keep the processor from those who talk unrecorded since the last process ended.
      await Promise.race([recorder.attending, pause(callsFirstMs, undefined, { ref: false })]);
    },
    async use(next) {
      config = next;
      log.adjust(next.log);
      alarms.doubt();
      growth.repeat();
      const wanted = await policy();
      // Before the policy: who is in a queue is known by then.
      await asterisk?.adapt(wishesOf(next));
      recorder?.use(wanted);
    },
    async stop() {
      await growth.stop();
      await recorder?.stop();
      await watch.stop();
    },
    async close() {
      await alarms.stop();
      await catalogue.close();
    },
  };
}

function attendingBy(asterisk: Asterisk, recorder: Recorder): Attending {
  return { recorder, telephones: asterisk.telephones, version: () => asterisk.version };
}

function asteriskOf(
  config: Config,
  {
    alarms,
    log,
    told,
    watch,
  }: Pick<Calls, 'alarms' | 'log' | 'told'> & {
    readonly watch: WatchLog;
  },
): Asterisk {
  const outage = logOutage(log, alarms);
  const lost: ConnectionLost = (which, error) => {
    watch.connection(which, error === undefined);
    outage(which, error);
  };
  const troubled = (command: string, error: unknown): void => {
    log.warn('Asterisk did not accept a command', { command, ...errorFields(error) });
  };
  const account = toldAccountOf(config, told);
  return new Asterisk(asteriskSettings(config), lost, troubled, watch, account);
}

/** `config`: the one in force. */
function recorderPartsOf(
  parts: Pick<Calls, 'alarms' | 'catalogue' | 'log' | 'spool'> & {
    readonly growth: GrowthWatch;
    readonly pbx: Asterisk;
  },
  config: () => Config,
  audience: CallAudience,
): RecorderParts {
  const { alarms, growth, spool: files, ...rest } = parts;
  return {
    ...{ ...rest, alarms, files, now: Date.now, steady, newId: randomUUID },
    nameOf(recording) {
      const { naming, pbx } = config();
      const form = { name: naming.file, folder: naming.folder, timeZone: pbx.timezone };
      return { folder: deliveredFolder(recording, form), name: deliveredName(recording, form) };
    },
    recipientsOf: (group, former) => recipientsOf(config(), group, former),
    recorded: () => audience.recorded(),
    followed: (call) => growth.follow(call),
    closed(call) {
      for (const alarm of alarmsOf(call)) alarms.raise(alarm);
      audience.closed();
    },
    tested: (call) => audience.tested(call),
  };
}

/** Whether two configurations are of the same Asterisk, catalogue and spool: all else can change while calls go on. */
export function haveSameGround(one: Config, other: Config): boolean {
  return isDeepStrictEqual(groundOf(one), groundOf(other));
}

function groundOf(config: Config) {
  const { ari, ami } = asteriskSettings(config);
  const { cdr, cel } = config.reconciliation;
  // Listened to from the login on.
  const account = cel || cdr?.ami === true ? { cel, timeZone: config.pbx.timezone } : undefined;
  return { ari, ami, account, catalogue: config.catalogue, spool: config.spool };
}

/** ms by a clock that nobody sets. */
function steady(): number {
  return performance.now();
}

/** Where Asterisk is, and what a configuration wants of it. */
export function asteriskSettings(config: Config): AsteriskSettings {
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
    silence: silenceIn(config.spool.path),
    ...wishesOf(config),
  };
}

function wishesOf(config: Config): AsteriskWishes {
  return {
    queues: config.groups.some(({ members }) => members.some(({ kind }) => kind === 'queue')),
    announces: promptsOf(config).length > 0,
  };
}

/** Announcements that cannot be played are told now, and each call that needs them is not recorded. */
async function publishedPrompts(config: Config, alarms: Alarms): Promise<PromptSource> {
  const prompts = new Map<string, Prompt>();
  const wanted = promptsOf(config);
  await publishSilence(config.spool.path).catch((error: unknown) => {
    if (wanted.length > 0) alarms.raise(silenceUnplayable(error));
  });
  for (const { name, language } of wanted) {
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

/** Without it a party that may decline hears at once that it is not recorded, and then is not. */
function silenceUnplayable(error: unknown): AlarmRaised {
  return {
    kind: 'announcement-unplayable',
    subject: 'silence',
    problem: `the silence after the announcements cannot be published: ${messageOf(error)}`,
    fault: 'configuration',
    hint: 'Calls with opt-out may stay unrecorded. Look at the disk and the rights of the spool.',
  };
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
