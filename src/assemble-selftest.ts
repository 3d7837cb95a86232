/** The self-test of a configuration, and when it is done; a part of assemble.ts. */
import { Cron } from 'croner';

import type { Alarms } from './alarms/alarms.ts';
import type { Catalogue } from './catalogue/catalogue.ts';
import { targetsOf } from './assemble-delivery.ts';
import { selfTestFileOf, testRecordingsFileOf } from './config/files.ts';
import { promptsOf } from './config/policy.ts';
import type { Config } from './config/schema.ts';
import type { Answers } from './control-socket.ts';
import type { Log } from './log.ts';
import { deliveredFolder, deliveredName } from './recording/naming.ts';
import { SelfTest, type TestedTarget } from './selftest/self-test.ts';
import type { Spool } from './spool/spool.ts';

/** So that everybody who finds such a file knows what it is. */
const nameTemplate = 'Selbsttest_{date}_{time}_{group}';

export function selfTestOf(
  config: Config,
  parts: {
    readonly alarms: Alarms;
    readonly catalogue: Catalogue;
    readonly spool: Spool;
    readonly log: Log;
    readonly checkPrompt: (name: string, language: string) => Promise<void>;
  },
): SelfTest {
  const { alarms, catalogue, spool, log, checkPrompt } = parts;
  const naming = { name: nameTemplate, folder: config.naming.folder, timeZone: config.pbx.timezone };
  return new SelfTest({
    file: selfTestFileOf(config),
    ledger: catalogue,
    recordingsFile: testRecordingsFileOf(config),
    targets: targetsOf(config).map(({ name, create }) => ({ name, create, leftOut: leftOut(config, name) })),
    targetsOf: (group) => config.groups.find(({ name }) => name === group)?.deliver_to ?? [],
    prompts: promptsOf(config).map(({ name, language }) => ({
      name: `${language}/${name}`,
      check: () => checkPrompt(name, language),
    })),
    nameOf: (talk, callId) => ({
      folder: deliveredFolder({ ...talk, callId }, naming),
      name: deliveredName({ ...talk, callId }, naming),
    }),
    files: spool,
    minDurationMs: config.audio.min_duration,
    alarms,
    log,
    now: Date.now,
  });
}

function leftOut({ targets, selftest }: Config, name: string): TestedTarget['leftOut'] {
  if (targets[name]?.type !== 'email' || selftest.email) return undefined;
  return 'a message cannot be taken back (selftest.email: true sends one each time)';
}

/** What the running process answers about it. */
export function selfTestAnswers(selfTest: SelfTest): Answers {
  const state = () => Promise.resolve(selfTest.state);
  return {
    'GET /selftest': state,
    'POST /selftest': () => {
      // Not waited for: it takes seconds. Whoever asked looks at the progress.
      selfTest.begin();
      return state();
    },
  };
}

/** Begins a self-test by the schedule of the configuration. Returns what ends that. */
export function scheduleSelfTest({ selftest, pbx }: Config, selfTest: SelfTest): () => void {
  if (selftest.schedule === undefined) return () => undefined;
  const cron = new Cron(selftest.schedule, { timezone: pbx.timezone }, () => {
    selfTest.begin();
  });
  return () => {
    cron.stop();
  };
}
