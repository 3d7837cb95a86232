/** The report: written on this machine, and brought to the targets; a part of assemble.ts. */
import { Cron } from 'croner';
import { join } from 'node:path';

import type { Alarming } from './assemble-alarms.ts';
import { targetsOf } from './assemble-delivery.ts';
import type { Catalogue } from './catalogue/catalogue.ts';
import type { Config } from './config/schema.ts';
import type { Shifts } from './delivery/shifts.ts';
import { MitschnittError } from './errors.ts';
import { errorFields, type Log } from './log.ts';
import { IssueCourier, type IssueEvent } from './report/issue-courier.ts';
import { ReportIssuer } from './report/issuer.ts';
import { Reporter } from './report/reporter.ts';
import type { ReportActivity } from './uploads.ts';

interface Parts {
  readonly catalogue: Catalogue;
  readonly log: Log;
  readonly alarming: Pick<Alarming, 'alarms' | 'delivery'>;
  readonly shifts: Shifts;
}

/** All that is about the report. */
export interface Reporting {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** A call was closed. */
  wake(): void;
  /** Has the reports delivered now that wait. */
  runNow(): void;
  /** Tries again what was set aside, one or all. Returns how many those are. */
  retry(id: string | undefined): Promise<number>;
  /** What goes on at each target that gets reports. */
  readonly activity: readonly ReportActivity[];
  /**
   * Does something with the report's files while none is written, made or delivered.
   * @throws MitschnittError `report-under-way` where a delivery does not end.
   */
  between<Result>(work: () => Promise<Result>): Promise<Result>;
}

/** How long is waited for a transfer that was told to end; the next one to deliver reports there waits on. */
const usualPatienceMs = 10_000;

/** Undefined: no report is wanted. */
export function reportingOf(
  config: Config,
  parts: Parts,
  patienceMs = usualPatienceMs,
): Reporting | undefined {
  if (!config.report.enabled) return undefined;
  const reporter = reporterOf(config, parts);
  const couriers = config.report.deliver === undefined ? [] : couriersOf(config, parts);
  const issuer = issuerOf(config, parts, () => couriers.forEach((courier) => courier.wake()));
  const delivery = deliveryOf(issuer, couriers, (problem) =>
    parts.log.error('the delivery of reports did not stand still as it should', errorFields(problem)),
  );
  return {
    wake: () => reporter.wake(),
    between: (work) => reporter.between(() => delivery.between(work, patienceMs)),
    async start() {
      await reporter.start();
      await delivery.start();
    },
    async stop() {
      await isOverWithin(delivery.end(), patienceMs);
      await reporter.stop();
    },
    runNow() {
      for (const courier of couriers) courier.runNow();
    },
    async retry(id) {
      const retried = await parts.catalogue.retryIssues(id);
      for (const courier of couriers) courier.wake();
      return retried;
    },
    get activity() {
      return couriers.map(({ name, isAsked, moving }) => ({ target: name, isAsked, file: moving }));
    },
  };
}

interface Delivering {
  start(): Promise<void>;
  /** For good. */
  end(): Promise<void>;
  between<Result>(work: () => Promise<Result>, patienceMs: number): Promise<Result>;
}

function deliveryOf(
  issuer: ReportIssuer | undefined,
  couriers: readonly IssueCourier[],
  onProblem: (problem: unknown) => void,
): Delivering {
  /** Whoever runs: each start is another one. */
  let running: object | undefined;
  let isWanted = false;
  /** Whoever had it stand still for a moment must not begin it again. */
  let isOver = false;
  /** Of those who had it stand still, the last one. */
  let last = 0;
  const start = async (): Promise<void> => {
    if (isOver || running) return;
    const own = (running = {});
    isWanted = true;
    await issuer?.start();
    // Meanwhile it may have been told to stop, or to end.
    if (running !== own) return;
    for (const courier of couriers) courier.start();
  };
  // A running transfer is given up, and begins anew with the next start.
  const stop = () => {
    running = undefined;
    const issued = issuer?.stop() ?? Promise.resolve();
    return { issued, all: Promise.all([issued, ...couriers.map((courier) => courier.stop())]) };
  };
  return {
    start,
    async end() {
      isOver = true;
      await stop().all;
    },
    async between(work, patienceMs) {
      const own = (last += 1);
      const goOn = async (): Promise<void> => {
        if (own === last && isWanted) await start();
      };
      const { issued, all } = stop();
      let stands = false;
      try {
        stands = await isOverWithin(all, patienceMs);
        if (!stands) throw underWay();
        return await work();
      } finally {
        if (stands) await goOn();
        else {
          // All but what hangs: whoever delivers there next waits for it.
          void issued.catch(onProblem).then(goOn).catch(onProblem);
          all.catch(onProblem);
        }
      }
    },
  };
}

async function isOverWithin(work: Promise<unknown>, ms: number): Promise<boolean> {
  let patience: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => (patience = setTimeout(() => resolve(false), ms)));
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    clearTimeout(patience);
  }
}

/** Of a folder on a server that does not answer, say: what is read of it cannot be taken back. */
function underWay(): MitschnittError {
  return new MitschnittError('a report is being delivered, and that does not end', {
    ...{ code: 'report-under-way', fault: 'destination', retry: true },
    hint: 'Look whether the targets answer that get reports (mitschnitt status), and repeat it.',
  });
}

function formatOf({ report, pbx }: Config) {
  const { language, columns } = report;
  return { language, columns, timeZone: pbx.timezone };
}

/** The report is tried again with every call, its delivery every minute: it works when nothing was told for so long. */
const reportTroubleMs = 3_600_000;

function troubleOf(config: Config, { log, alarming }: Parts): (problem: unknown) => void {
  return (problem) => {
    const facts = errorFields(problem);
    log.error('the report cannot be written yet', facts);
    alarming.alarms.raise({
      kind: 'report-unwritable',
      subject: config.report.path,
      problem: facts.error,
      fault: 'configuration',
      hint: facts.hint ?? 'Look at the disk and the rights of the folder of the report.',
      lastsMs: reportTroubleMs,
    });
  };
}

function reporterOf(config: Config, parts: Parts): Reporter {
  const { path: folder, files } = config.report;
  return new Reporter({ folder, files, ...formatOf(config) }, parts.catalogue, troubleOf(config, parts));
}

/** Reports on their way to the targets. */
export function outgoingOf({ report }: Config): string {
  return join(report.path, 'outgoing');
}

const runsAt = { daily: '0 0 * * *', monthly: '0 0 1 * *' } as const;

function issuerOf(config: Config, parts: Parts, onIssued: () => void): ReportIssuer | undefined {
  const { deliver, files } = config.report;
  if (deliver === undefined) return undefined;
  const pattern = deliver === 'daily' || deliver === 'monthly' ? runsAt[deliver] : deliver;
  const cron = new Cron(pattern, { timezone: config.pbx.timezone });
  return new ReportIssuer({
    ...{ ledger: parts.catalogue, files, format: formatOf(config), folder: outgoingOf(config) },
    recipients: recipientsOf(config),
    lastRun: (before) => cron.previousRuns(1, before).at(0),
    onIssued,
    onProblem: troubleOf(config, parts),
  });
}

/** A target is told of the groups that deliver to it, and of no others. */
function recipientsOf({ groups, targets }: Config) {
  return Object.keys(targets)
    .map((name) => ({
      name,
      groups: groups.filter((group) => group.deliver_to.includes(name)).map((group) => group.name),
    }))
    .filter((recipient) => recipient.groups.length > 0);
}

function couriersOf(config: Config, { catalogue, log, alarming, shifts }: Parts): readonly IssueCourier[] {
  const names = new Set(recipientsOf(config).map(({ name }) => name));
  const told = targetsOf(config).filter(({ name }) => names.has(name));
  return told.map(
    ({ name, create }) =>
      new IssueCourier({
        ...{ ledger: catalogue, name, create, folder: outgoingOf(config), language: config.report.language },
        shifts,
        windows: { windows: config.upload.windows, timeZone: config.pbx.timezone },
        report: (event) => {
          logIssue(log, event);
          if (event.type === 'trouble') return;
          const { issue, ...rest } = event;
          const { id: recording, target, attempts } = issue;
          alarming.delivery({
            ...rest,
            delivery: { recording, target, attempts, what: `report ${issue.name}` },
          });
        },
      }),
  );
}

function logIssue(log: Log, event: IssueEvent): void {
  if (event.type === 'trouble') {
    log.error('delivery of a report failed internally', {
      target: event.target,
      ...errorFields(event.error),
    });
    return;
  }
  const { name, target, attempts, dueAt } = event.issue;
  if (event.type === 'delivered') log.info('report delivered', { report: name, target });
  else if (event.type === 'postponed') {
    const again = new Date(dueAt).toISOString();
    log.warn('report not delivered yet', {
      report: name,
      target,
      attempts,
      again,
      ...errorFields(event.error),
    });
  } else
    log.error('report set aside: no retry can deliver it', {
      report: name,
      target,
      ...errorFields(event.error),
    });
}
