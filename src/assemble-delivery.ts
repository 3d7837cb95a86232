import { Cron } from 'croner';

import type { Config } from './config/schema.ts';
import type { Catalogue, CheckLedger } from './catalogue/catalogue.ts';
import { retentionOf } from './config/policy.ts';
import type { Answers } from './control-socket.ts';
import { systemClock } from './delivery/clock.ts';
import { ConnectionChecks, type CheckedTarget } from './delivery/connection-checks.ts';
import type { UploadSchedule } from './delivery/courier-options.ts';
import type { MailLanguage } from './delivery/email-message.ts';
import type { Shifts } from './delivery/shifts.ts';
import type { Target } from './delivery/target.ts';
import { createTarget } from './delivery/targets.ts';
import type { UploadEvent } from './delivery/upload-events.ts';
import { Uploader, type UploadTarget } from './delivery/uploader.ts';
import type { Alarming } from './assemble-alarms.ts';
import type { Reporting } from './assemble-report.ts';
import { errorFields, type Log } from './log.ts';
import type { Spool } from './spool/spool.ts';
import { retryRequestOf, uploadsOf, type RetryAnswer, type Uploads } from './uploads.ts';

/** The targets of a configuration. None connects before it is used. */
export function targetsOf(config: Config): readonly (UploadTarget & CheckedTarget)[] {
  return Object.entries(config.targets).map(([name, settings]) => {
    const { connections, sidecar, bandwidth, check_every: checkEveryMs } = settings;
    const create = (): Target =>
      settings.type === 'email'
        ? createTarget(name, { ...settings, ...mailSettings(config) })
        : createTarget(name, settings);
    return { name, create, connections, sidecar, bandwidth, checkEveryMs };
  });
}

/** What an e-mail target needs besides its own settings. */
function mailSettings({ smtp, pbx, groups, report }: Config) {
  if (!smtp) throw new RangeError('refused by the schema: no mail server');
  const languageOf = (group: string): MailLanguage => {
    const [language] = groups.find(({ name }) => name === group)?.language.split(/[-_]/) ?? [];
    return language === 'de' || language === 'en' ? language : report.language;
  };
  return { smtp, languageOf, timeZone: pbx.timezone };
}

function scheduleOf({ upload, pbx }: Config): UploadSchedule {
  const { every } = upload;
  if (every.kind === 'immediately') return 'immediately';
  if (every.kind === 'interval') return { nextRun: (after) => new Date(after.getTime() + every.ms) };
  const cron = new Cron(every.pattern, { timezone: pbx.timezone });
  return { nextRun: (after) => cron.nextRun(after) ?? undefined };
}

/** Brings recordings to the targets of a configuration. */
export function uploaderOf(
  config: Config,
  parts: {
    readonly catalogue: Catalogue;
    readonly spool: Spool;
    readonly log: Log;
    readonly alarming: Pick<Alarming, 'delivery'>;
    readonly shifts: Shifts;
  },
): Uploader {
  const { alarming, catalogue, spool, log, shifts } = parts;
  return new Uploader({
    ...{ ledger: catalogue, shifts },
    targets: targetsOf(config),
    schedule: scheduleOf(config),
    windows: config.upload.windows,
    timeZone: config.pbx.timezone,
    bandwidth: config.upload.bandwidth,
    retentionMs: config.retention.local,
    retentionByGroup: new Map(config.groups.map(({ name }) => [name, retentionOf(config, name).local])),
    localFile: (recording) => spool.transferFile(recording),
    localSidecar: (recording) => spool.sidecarFile(recording),
    report: (event) => {
      logUpload(log, event);
      alarming.delivery(event);
    },
  });
}

/**
 * Looks every so often whether the targets of a configuration would take a recording. The uploader learns of it when
 * one does again.
 */
export function connectionChecksOf(
  config: Config,
  parts: {
    readonly catalogue: CheckLedger;
    readonly uploader: Pick<Uploader, 'recovered'>;
    readonly log: Log;
    readonly alarming: Pick<Alarming, 'checked'>;
  },
): ConnectionChecks {
  const { alarming, catalogue, log, uploader } = parts;
  return new ConnectionChecks({
    targets: targetsOf(config),
    clock: systemClock,
    report: async (check) => {
      const { target, ms, problem } = check;
      if (problem) log.warn('the check of a target failed', { target, ms, ...problem });
      else log.debug('target checked', { target, ms });
      alarming.checked(check);
      if (!problem) uploader.recovered(target);
      await catalogue
        .saveCheck(check)
        .catch((error: unknown) =>
          log.error('the check of a target was not noted', { target, ...errorFields(error) }),
        );
    },
  });
}

/** What the running process answers about deliveries; those of reports are hurried along with the recordings. */
export function uploadAnswers(
  uploader: Uploader,
  catalogue: Catalogue,
  reports?: Pick<Reporting, 'runNow' | 'retry' | 'activity'>,
): Answers {
  const activity = () => ({ activity: uploader.activity, reporting: reports?.activity ?? [] });
  const kept = async () => ({
    backlog: await catalogue.backlog(),
    unfinished: await catalogue.unfinishedIssues(),
    deliveredReports: await catalogue.deliveredIssues(),
  });
  return {
    'GET /uploads': async (): Promise<Uploads> => {
      // First: what is over by now is in the catalogue.
      const now = activity();
      return uploadsOf({ ...now, ...(await kept()) });
    },
    'POST /upload': async (): Promise<Uploads> => {
      // Before anything of this run is delivered.
      const before = await kept();
      // Not waited for: a backlog may take hours. Whoever asked looks at the progress.
      void uploader.runNow();
      reports?.runNow();
      return uploadsOf({ ...activity(), ...before });
    },
    'POST /retry': async (body): Promise<RetryAnswer> => {
      const { id } = retryRequestOf(body);
      const reported = await reports?.retry(id);
      return { retried: (await uploader.retry(id)) + (reported ?? 0) };
    },
  };
}

function logUpload(log: Log, event: UploadEvent): void {
  switch (event.type) {
    case 'started':
    case 'progress':
      return;
    case 'sidecar-waits': {
      const { recording, target, name, confirmedBy } = event.delivery;
      log.info('delivered, the sidecar follows when the call is over', {
        recording,
        target,
        name,
        confirmedBy,
      });
      return;
    }
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
