/** What happens now. */
import { z } from 'zod';

import { direction, fault, id, maybeTime, name, outcome, problem, time } from './shapes.ts';

/**
 * Where a talk stands.
 * - `gate`: the announcement, or the wait for a key;
 * - `ringing`: past the gate, nobody talks yet;
 * - `not-recorded`: they talk, `rule` says why it is not recorded;
 * - `recording`, `paused`: as they say; `starting`, `pausing`, `resuming`: Asterisk has not confirmed it yet;
 * - `stopped`, `failed`: they talk on, the recording is over.
 */
export const talkState = z.enum([
  'gate',
  'ringing',
  'not-recorded',
  'starting',
  'recording',
  'pausing',
  'paused',
  'resuming',
  'stopped',
  'failed',
]);

/** Pause and resume: silence in the file. Stop: the recording ends, the call goes on. Start: on demand. */
export const control = z.enum(['pause', 'resume', 'stop', 'start']);

/** One talk that goes on now, or a call in which nobody talks yet. Numbers are what a caller sent: text, never HTML. */
export const liveCall = z.object({
  /** Of this entry: the recording's id, the call's as long as no member talks. Changes when the talk begins. */
  key: id,
  call_id: id,
  /** Of the recording: what controls take. Null as long as no member talks. */
  id: id.nullable(),
  group: name.nullable(),
  direction: direction.nullable(),
  from: z.string(),
  to: z.string(),
  start: time,
  state: talkState,
  /** The rule that decided whether it is recorded, kebab-case. */
  rule: z.string().nullable(),
  /** What this person may ask for now: buttons that are not in it are not shown. */
  controls: z.array(control),
});
export type LiveCall = z.infer<typeof liveCall>;
export const liveCalls = z.object({ calls: z.array(liveCall) });

export const controlRequest = z.strictObject({ control });
export const talkPath = z.strictObject({ id });
/** Answered when Asterisk has confirmed it; otherwise 422 `not-done` with the reason. */
export const controlled = z.object({ call: liveCall });

export const asterisk = z.object({
  /** The connection for announcements, and the one by which calls are followed and recordings started. */
  ari: z.boolean(),
  ami: z.boolean(),
  version: z.string().nullable(),
});

/** Something that stands in the way, from its beginning on. */
export const alarm = z.object({
  /** Kebab-case, such as `target-unreachable`. */
  kind: z.string(),
  /** What it is about: the name of a group or target, `AMI`, a path. */
  subject: z.string(),
  since: time,
  problem: z.string(),
  fault,
  hint: z.string(),
  /** The same in the language of the request (`?language=`, else `Accept-Language`; de or en) for laymen. */
  title: z.string(),
  meaning: z.string(),
  remedy: z.string(),
});
export type Alarm = z.infer<typeof alarm>;

/** What came of asking a target whether recordings would get there, by writing, reading back and removing a file. */
export const connectionCheck = z.object({
  at: time,
  ms: z.int(),
  ok: z.boolean(),
  /** Null where nothing stood in the way. */
  problem: problem.extend({ fault }).nullable(),
});

export const targetState = z.object({
  name,
  /** `smb`, `ftp`, ...; `not configured` where recordings wait for one that was taken out of the configuration. */
  kind: z.string(),
  pending: z.int(),
  pending_bytes: z.int(),
  set_aside: z.int(),
  delivered: z.int(),
  last_success: maybeTime,
  /** What goes on: null where the process does not deliver there. */
  state: z.enum(['idle', 'uploading', 'resting', 'closed']).nullable(),
  /** Of one that rests after a failure. */
  next_attempt: maybeTime,
  bytes_per_second: z.number().nullable(),
  /** Files on their way now. */
  files: z.array(z.object({ recording: id, name: z.string(), bytes: z.int(), sent: z.int(), since: time })),
  /** Of the deliveries that have not got there yet. */
  last_error: problem.extend({ at: time }).nullable(),
  /** Null before the first. Green: `check.ok` and no `last_error` younger than it. */
  check: connectionCheck.nullable(),
});
export type TargetState = z.infer<typeof targetState>;
export const targets = z.object({ targets: z.array(targetState) });
export const targetPath = z.strictObject({ name });

/** What went to a target, what failed and what came to wait, by the hour: delivery rate, and when it stood still. */
export const targetHistory = z.object({
  hours: z.array(
    z.object({
      ...{ start: time, delivered: z.int(), delivered_bytes: z.int(), failed: z.int() },
      /** Recordings of talks that ended in this hour. */
      queued: z.int(),
    }),
  ),
});
export const targetHistoryQuery = z.strictObject({
  hours: z.coerce.number().int().min(1).max(744).default(24),
});

/**
 * How long the gate took to do the first thing with a channel that came in: to begin the announcement or to lead it on,
 * confirmed by Asterisk. Since the start of the process, at most the last 24 hours; hours without calls are left out.
 */
export const gateTimes = z.object({
  hours: z.array(z.object({ start: time, calls: z.int(), median_ms: z.number(), p99_ms: z.number() })),
});

export const storageNow = z.object({
  active_files: z.int(),
  active_bytes: z.int(),
  transfer_files: z.int(),
  transfer_bytes: z.int(),
  free_bytes: z.int(),
  total_bytes: z.int().nullable(),
  /** From 0 to 1; null when the spool is gone. */
  used: z.number().nullable(),
  /** From 0 to 1: an alarm; no new recording starts. */
  warn: z.number(),
  stop: z.number(),
  /** Used up in an hour; less than 0 where it becomes emptier; null until an hour was measured. */
  bytes_per_hour: z.number().nullable(),
  /** Until `stop`; null while the disk does not fill, or it is not known yet. */
  hours_left: z.number().nullable(),
});
export type StorageNow = z.infer<typeof storageNow>;

/** Oldest first, at most some 500 points whatever the span. */
export const storageHistory = z.object({
  now: storageNow,
  samples: z.array(z.object({ at: time, free_bytes: z.int(), total_bytes: z.int() })),
});
export const storageQuery = z.strictObject({ hours: z.coerce.number().int().min(1).max(8_760).default(24) });

/** Lines of the list (talks, and calls without any) by the hour of their start and by outcome. */
export const outcomes = z.object({
  from: time,
  to: time,
  /** Every hour of the span that has a line, in order. */
  hours: z.array(z.object({ start: time, counts: z.partialRecord(outcome, z.int()) })),
  totals: z.partialRecord(outcome, z.int()),
});
/** At most 62 days. Without: today on the clock of the PBX. */
export const outcomesQuery = z.strictObject({
  from: time.optional(),
  to: time.optional(),
  group: name.optional(),
});

/** How today's recordings agree with what was to be recorded. */
export const completeness = z.object({
  from: time,
  to: time,
  /** True: nothing is missing. Null: not known, as nobody compared it yet. */
  complete: z.boolean().nullable(),
  to_record: z.int(),
  recorded: z.int(),
  recorded_in_part: z.int(),
  not_recorded: z.int(),
  gaps: z.array(
    z.object({
      /** The rule that made it one, kebab-case. */
      name: z.string(),
      start: time,
      end: maybeTime,
      group: z.string(),
      direction: direction.nullable(),
      from: z.string(),
      to: z.string(),
      /** Of the line in the list; null where only Asterisk's account has it. */
      id: id.nullable(),
    }),
  ),
  /** Stretches in which nobody watched the calls. */
  unwatched: z.array(z.object({ from: time, to: maybeTime, reason: z.string() })),
  /** Asterisk's own account of calls is compared with ours (`reconciliation`). */
  has_account: z.boolean(),
});
export const completenessQuery = z.strictObject({ from: time.optional(), to: time.optional() });

/**
 * The page Overview, whole. Supervisors get `calls`, `today` and `alarms` of their groups, `asterisk`, and null for
 * `storage` and `targets`.
 */
export const overview = z.object({
  version: z.string(),
  started: time,
  now: time,
  asterisk,
  calls: z.array(liveCall),
  today: outcomes,
  storage: storageNow.nullable(),
  targets: z.array(targetState).nullable(),
  alarms: z.array(alarm),
  /** The last self-test: null before the first, and for supervisors. */
  selftest: z.object({ at: time, ok: z.boolean(), problem: z.string().nullable() }).nullable(),
});
export type Overview = z.infer<typeof overview>;
