/** What the console is given of the running program. */
import type { Alarms } from '../alarms/alarms.ts';
import type { Cleaning } from '../assemble-cleanup.ts';
import type { Reporting } from '../assemble-report.ts';
import type { Unwatched } from '../call/account.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Config } from '../config/schema.ts';
import type { ConnectionChecks } from '../delivery/connection-checks.ts';
import type { Uploader } from '../delivery/uploader.ts';
import type { Log } from '../log.ts';
import type { Reconciler } from '../reconciliation/reconciler.ts';
import type { Recorder } from '../recorder.ts';
import type { SelfTest } from '../selftest/self-test.ts';
import type { Spool } from '../spool/spool.ts';

/** All that is open. */
export interface Running {
  readonly config: Config;
  readonly startedAt: Date;
  readonly log: Log;
  readonly catalogue: Catalogue;
  readonly spool: Spool;
  readonly alarms: Alarms;
  readonly uploader: Uploader;
  readonly checks: ConnectionChecks;
  readonly reporting: Reporting | undefined;
  readonly selfTest: SelfTest;
  readonly reconciler: Reconciler;
  readonly cleaning: Cleaning;
  /** When nobody watches calls now. */
  readonly unwatchedNow: () => readonly Unwatched[];
  /** Undefined while it starts. */
  readonly recorder: () => Recorder | undefined;
  /** Undefined: not known yet. */
  readonly asteriskVersion: () => string | undefined;
}

/** Throws `not-ready` while there is none. */
export type RunningSource = () => Running;
