import type { Alarms } from './alarms/alarms.ts';
import { targetsOf } from './assemble-delivery.ts';
import { outgoingOf, type Reporting } from './assemble-report.ts';
import { comparable } from './call/numbers.ts';
import type { Catalogue } from './catalogue/catalogue.ts';
import { retentionOf } from './config/policy.ts';
import type { Config } from './config/schema.ts';
import type { Answers } from './control-socket.ts';
import { systemClock } from './delivery/clock.ts';
import type { Uploader } from './delivery/uploader.ts';
import type { Log } from './log.ts';
import { eraseRequestOf, Eraser, type LastErasure } from './retention/eraser.ts';
import { holdAnswers } from './retention/hold-requests.ts';
import { Remover } from './retention/remover.ts';
import { Retention } from './retention/retention.ts';
import type { Spool } from './spool/spool.ts';
import { ownVersion } from './version.ts';

/** All that deletes, but for local files whose delivery is over. */
export interface Deleting {
  readonly retention: Retention;
  readonly answers: Answers;
  stop(): Promise<void>;
}

/** Removes what has been kept for long enough, and what somebody demands to be erased. */
export function retentionPartsOf(
  config: Config,
  parts: {
    readonly catalogue: Catalogue;
    readonly spool: Pick<Spool, 'transferFile' | 'sidecarFile'>;
    readonly log: Log;
    readonly alarms: Pick<Alarms, 'raise' | 'clear'>;
    readonly uploader: Pick<Uploader, 'settled'>;
    readonly reporter: Pick<Reporting, 'between'> | undefined;
    readonly last: LastErasure;
  },
): Deleting {
  const { catalogue: ledger, spool, log, alarms, uploader, reporter, last } = parts;
  const clock = systemClock;
  const targets = new Map(targetsOf(config).map(({ name, create }) => [name, create]));
  const remover = new Remover({
    ...{ ledger, clock, alarms, log },
    targetOf: (name) => targets.get(name)?.(),
    pathsOf: (recording) => [spool.transferFile(recording), spool.sidecarFile(recording)],
    settled: (recording) => uploader.settled(recording),
  });
  const keeping = Object.entries(config.targets).flatMap(([name, { type }]) =>
    type === 'email' ? [name] : [],
  );
  const retention = new Retention({
    ...{ ledger, remover, clock, log, keeping },
    periodsOf: (group) => retentionOf(config, group),
  });
  const eraser = new Eraser({
    ...{ ledger, remover, log, last },
    now: () => clock.now(),
    version: ownVersion(),
    timeZone: config.pbx.timezone,
    reports: config.report.path,
    outgoing: outgoingOf(config),
    betweenReports: (work) => (reporter ? reporter.between(work) : work()),
    reportCopies: reportCopiesOf(config),
    memberOf: (number) => memberOf(config, number),
    placeOf: (target) => placeOf(config, target),
  });
  return {
    retention,
    answers: {
      'POST /erase': (body) => Promise.resolve(eraser.begin(eraseRequestOf(body))),
      'GET /erase': () => Promise.resolve(eraser.state ?? null),
      ...holdAnswers(ledger, () => clock.now()),
    },
    async stop() {
      await retention.stop();
      await eraser.stop();
    },
  };
}

/** Where the report is delivered, if it is. */
function reportCopiesOf({ report, groups }: Config): readonly string[] {
  return report.deliver === undefined ? [] : [...new Set(groups.flatMap(({ deliver_to }) => deliver_to))];
}

/** The group of which this is a member's extension. */
function memberOf({ groups }: Config, number: string): string | undefined {
  const found = groups.find(({ members }) =>
    members.some(
      (member) =>
        member.kind === 'extension' &&
        comparable(member.first) <= number &&
        number <= comparable(member.last) &&
        member.first.length === number.length,
    ),
  );
  return found?.name;
}

function placeOf({ targets }: Config, name: string): string {
  const target = targets[name];
  return target?.type === 'email' ? `${name} (e-mail to ${target.to.join(', ')})` : name;
}
