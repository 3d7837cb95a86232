/** Clean-up of a configuration, by hand and by schedule; a part of assemble.ts. */
import { randomUUID } from 'node:crypto';
import { Cron } from 'croner';

import { Cleanup } from './cleanup.ts';
import {
  cleanupRequestOf,
  type CleanupAnswer,
  type CleanupPreview,
  type CleanupRequest,
} from './cleanup-report.ts';
import { errorFields, type Log } from './log.ts';
import type { Alarms } from './alarms/alarms.ts';
import type { Catalogue } from './catalogue/catalogue.ts';
import type { Config } from './config/schema.ts';
import type { Answers } from './control-socket.ts';
import type { Recorder } from './recorder.ts';
import type { Spool } from './spool/spool.ts';

export interface Cleaning {
  readonly answers: Answers;
  /** What a clean-up would meet now. */
  readonly preview: () => CleanupPreview;
  readonly run: (request: CleanupRequest) => Promise<CleanupAnswer>;
  /** With the recorder, as soon as that runs. */
  start(recorder: Recorder): void;
  stop(): Promise<void>;
}

export function cleaningOf(
  config: Config,
  parts: {
    readonly catalogue: Catalogue;
    readonly spool: Spool;
    readonly alarms: Alarms;
    readonly log: Log;
  },
): Cleaning {
  const { log, spool: files } = parts;
  const { max_duration: maxDurationMs } = config.cleanup;
  let cleanup: Cleanup | undefined;
  let schedule: Cron | undefined;
  let isOver = false;
  const run = (request: CleanupRequest): Promise<CleanupAnswer> =>
    isOver
      ? Promise.resolve({ problem: 'Mitschnitt takes over another configuration: try again in a moment.' })
      : (cleanup?.run(request) ?? Promise.resolve({ problem: 'Mitschnitt is about to start.' }));
  const preview = () => cleanup?.preview ?? nothing;
  return {
    ...{ preview, run },
    answers: {
      'GET /cleanup': () => Promise.resolve(preview()),
      'POST /cleanup': (body) => run(cleanupRequestOf(body)),
    },
    start(recorder) {
      cleanup = new Cleanup({ ...parts, recorder, files, maxDurationMs, now: Date.now, newId: randomUUID });
      cleanup.start();
      schedule = scheduleOf(config, run, log);
    },
    async stop() {
      isOver = true;
      schedule?.stop();
      await cleanup?.stop();
    },
  };
}

const nothing: CleanupPreview = { liveCalls: 0, running: 0 };

/** At the times of `cleanup.schedule`, on the clock of the PBX. */
export function scheduleOf(
  { cleanup, pbx }: Pick<Config, 'cleanup' | 'pbx'>,
  run: (request: CleanupRequest) => Promise<CleanupAnswer>,
  log: Log,
): Cron | undefined {
  const { mode, schedule } = cleanup;
  if (schedule === undefined) return undefined;
  return new Cron(schedule, { timezone: pbx.timezone }, async () => {
    try {
      const answer = await run({ mode, actor: 'schedule' });
      if ('problem' in answer) log.error('clean-up was not done', { problem: answer.problem });
    } catch (error) {
      log.error('clean-up failed', errorFields(error));
    }
  });
}
