/** What works on recordings behind the calls, for one configuration; a part of assemble.ts. */
import { StorageWatch } from './alarms/storage-watch.ts';
import { alarmingOf, type Alarming } from './assemble-alarms.ts';
import { auditedAnswers } from './assemble-audit.ts';
import { checkPrompt } from './assemble-checks.ts';
import { cleaningOf } from './assemble-cleanup.ts';
import { connectionChecksOf, uploadAnswers, uploaderOf } from './assemble-delivery.ts';
import { reconcilerOf } from './assemble-reconciliation.ts';
import { reportingOf, type Reporting } from './assemble-report.ts';
import { retentionPartsOf } from './assemble-retention.ts';
import { scheduleSelfTest, selfTestAnswers, selfTestOf } from './assemble-selftest.ts';
import { hasAccount } from './config/reconciliation.ts';
import { controlRequestOf, liveTalks, type ControlAnswer } from './controls.ts';
import { MitschnittError } from './errors.ts';
import { statusOf } from './status.ts';
import { ownVersion } from './version.ts';
import type { Attending, Calls } from './assemble-calls.ts';
import type { Deleting } from './assemble-retention.ts';
import type { Running } from './assemble-web/running.ts';
import type { Config } from './config/schema.ts';
import type { Answers } from './control-socket.ts';
import type { AllShifts } from './delivery/shifts.ts';
import type { TestedRecorder } from './selftest/self-test.ts';

/** Delivery, report, clean-up and all else that may stand still for a moment without any call noticing. */
export interface Office {
  readonly running: Running;
  readonly alarming: Alarming;
  /** What the command line is answered. */
  readonly answers: Answers;
  /** With a recorder that runs. */
  start(): Promise<void>;
  /** Finishes or hands back all work. Can be repeated. */
  stop(): Promise<void>;
}

function departmentsOf(config: Config, calls: Calls, shifts: AllShifts) {
  const { alarms, catalogue, log, spool } = calls;
  const alarming = alarmingOf(config, calls);
  const uploader = uploaderOf(config, { catalogue, spool, log, alarming, shifts: shifts.recordings });
  const reporting = reportingOf(config, { catalogue, log, alarming, shifts: shifts.reports });
  const parts = { catalogue, spool, log, alarms, uploader };
  const selfTest = selfTestOf(config, {
    ...{ alarms, catalogue, spool, log },
    checkPrompt: (name, language) => checkPrompt(config, name, language),
  });
  return {
    ...{ alarming, uploader, reporting, selfTest },
    deleting: retentionPartsOf(config, { ...parts, reporter: reporting, last: calls.erasure }),
    checks: connectionChecksOf(config, { catalogue, uploader, log, alarming }),
    storage: storageWatchOf(config, calls),
    cleaning: cleaningOf(config, parts),
    reconciler: reconcilerOf(
      config,
      { ...parts, told: calls.told, watch: calls.watch },
      () => calls.attending()?.recorder.settledPolicy,
      () => (calls.attending()?.recorder.liveCalls ?? []).map(({ startedAt }) => startedAt),
    ),
  };
}

export function officeOf(config: Config, calls: Calls, startedAt: Date, shifts: AllShifts): Office {
  const { alarms, catalogue, log, spool } = calls;
  const recorder = () => calls.attending()?.recorder;
  const departments = departmentsOf(config, calls, shifts);
  const { alarming, checks, cleaning, deleting, reconciler, reporting, selfTest, storage, uploader } =
    departments;
  const unwatchedNow = () => calls.watch.unwatchedNow;
  const running = {
    ...{ alarms, catalogue, log, spool, unwatchedNow },
    ...departments,
    ...{ config, startedAt, recorder },
    asteriskVersion: () => calls.attending()?.version(),
  };
  let endSchedule = (): void => undefined;
  let stopping: Promise<void> | undefined;

  async function stop(): Promise<void> {
    endSchedule();
    // First: what removes waits for the end of what is being sent, and that may be a long file or a slow server.
    await uploader.stop();
    await reconciler.stop();
    await selfTest.stop();
    await cleaning.stop();
    await checks.stop();
    await deleting.stop();
    await reporting?.stop();
    await alarming.stop();
    // Last: new recordings begin meanwhile, and what is awaited above may take its time.
    await storage.stop();
  }

  return {
    running,
    alarming,
    answers: whileOpen(
      auditedAnswers({ ...answersOf(running, deleting), ...cleaning.answers }, { catalogue, log }),
      () => stopping === undefined,
    ),
    async start() {
      const attending = attendingOf(calls);
      await storage.start();
      await alarming.start();
      await reporting?.start();
      uploader.start();
      checks.start(await catalogue.checks());
      await selfTest.start();
      selfTest.use(testedBy(attending));
      deleting.retention.start();
      endSchedule = scheduleSelfTest(config, selfTest);
      cleaning.start(attending.recorder);
      await reconciler.start();
    },
    stop() {
      stopping ??= stop();
      return stopping;
    },
  };
}

/** What is begun by an office that stops would go on beside the next one. The calls have nothing to do with that. */
function whileOpen(answers: Answers, isOpen: () => boolean): Answers {
  const begins = (asked: string) => asked.startsWith('POST ') && asked !== 'POST /control';
  return Object.fromEntries(
    Object.entries(answers).map(([asked, answer]) => [
      asked,
      (body: unknown) => (isOpen() || !begins(asked) ? answer(body) : Promise.reject(stopping())),
    ]),
  );
}

function stopping(): MitschnittError {
  return new MitschnittError('Mitschnitt takes over another configuration, or ends', {
    code: 'stopping',
    fault: 'configuration',
    retry: true,
    hint: 'Try again in a moment.',
  });
}

function attendingOf({ attending }: Calls): Attending {
  const found = attending();
  if (!found) throw new RangeError('the office is opened after the calls');
  return found;
}

function testedBy({ recorder, telephones }: Attending): TestedRecorder {
  return {
    telephones,
    groups: recorder.policy.groups,
    connections: () => recorder.connectionState,
    control: (request) => recorder.control(request),
  };
}

function storageWatchOf(
  config: Config,
  { alarms, attending, catalogue: history, log, spool }: Calls,
): StorageWatch {
  const { path } = config.spool;
  const disk = () => spool.disk();
  const full = (isFull: boolean) => attending()?.recorder.storage(isFull);
  return new StorageWatch({ disk, limits: config.storage, path, full, history, alarms, log, now: Date.now });
}

/** What the command line asks the running process. */
function answersOf(
  running: Running & { readonly reporting: Reporting | undefined },
  deleting: Deleting,
): Answers {
  const { alarms, catalogue, checks, config, reconciler, recorder, reporting, selfTest, spool } = running;
  const { startedAt, uploader } = running;
  return {
    'GET /calls': () => Promise.resolve(liveTalks(recorder()?.liveCalls ?? [])),
    'POST /control': async (body) => {
      const attending = recorder();
      if (attending) return attending.control(controlRequestOf(body));
      return { talk: undefined, problem: 'Mitschnitt is about to start' } satisfies ControlAnswer;
    },
    'GET /status': async () =>
      statusOf({
        version: ownVersion(),
        pid: process.pid,
        startedAt,
        asterisk: recorder()?.connectionState ?? { ari: false, ami: false },
        calls: recorder()?.liveCalls ?? [],
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
    ...deleting.answers,
  };
}

/** What the disk is to be expected to do follows from the last day. */
const forecastFromMs = 24 * 3_600_000;
