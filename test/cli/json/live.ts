/** The forms of what the running process tells. */
import { z } from 'zod';

import { count, errorOrNull, fault, flag, like, number, oneOf, orNull, problemAt } from './words.ts';
import { text, time } from './words.ts';

const alarm = z.strictObject({
  kind: oneOf(
    [
      ...(['recording-failed', 'recording-not-growing', 'recording-finding', 'recording-stuck'] as const),
      'recording-astray',
      ...(['no-groups', 'asterisk-disconnected', 'announcement-unplayable', 'spool-unusable'] as const),
      ...(['storage-nearly-full', 'storage-full', 'catalogue-unwritable', 'report-unwritable'] as const),
      ...(['delivery-failing', 'delivery-set-aside', 'target-unreachable', 'removal-failing'] as const),
      ...(['target-check-failed', 'selftest-failed', 'call-missing', 'account-unreadable'] as const),
      ...(['calls-unwatched', 'notices-unsent'] as const),
    ],
    'What stands in the way.',
  ),
  subject: text('What it is about: a target, a group, `AMI`, a path.'),
  since: time('When it began.'),
  problem: text('What is the matter.'),
  fault: oneOf(fault, 'Who has to act.'),
  hint: text('What to do about it.'),
});

export const selftest = z.strictObject({
  at: time('When it began.'),
  ms: count('How long it took, in ms.'),
  ok: flag('No step failed.'),
  steps: z.array(
    z.strictObject({
      name: oneOf(
        [
          ...(['prompt', 'asterisk', 'call', 'announcement', 'key', 'recording', 'file'] as const),
          ...(['delivery', 'read-back', 'removal'] as const),
        ],
        'What was tried.',
      ),
      group: orNull(text('Whose call it was; null of `prompt` and `asterisk`.')),
      target: orNull(text('Where; null but of `delivery`, `read-back` and `removal`.')),
      prompt: orNull(text('Language and name; null but of `prompt`.')),
      state: oneOf(['ok', 'failed', 'skipped'], 'How it ended.'),
      ms: count('How long it took, in ms.'),
      ...errorOrNull,
      reason: orNull(text('Why it was skipped.')),
    }),
  ),
});

export const target = z.strictObject({
  name: text('As in the configuration.'),
  kind: text(
    'Its `type`; `not configured` where something waits for one that was taken out of the configuration.',
  ),
  pending: count('Recordings that wait for it.'),
  pending_bytes: count('Their size.'),
  set_aside: count('Recordings that no retry can deliver.'),
  delivered: count('Recordings that it got.'),
  state: orNull(
    oneOf(
      ['idle', 'uploading', 'resting', 'closed'],
      '`resting`: after a failure; `closed`: outside its windows; null: no process runs.',
    ),
  ),
  next_attempt: orNull(time('When it is tried again; null unless it rests.')),
  bytes_per_second: orNull(number('Over the last 10 s; null: no process runs.')),
  last_success: orNull(time('When the last recording arrived; null before the first.')),
  check: orNull(
    z
      .strictObject({
        at: time('When it began.'),
        ms: count('How long it took, in ms.'),
        ok: flag('A file could be written, read back and removed.'),
        ...errorOrNull,
      })
      .describe('The last connection check; null before the first.'),
  ),
  last_error: problemAt('The last one of what is pending or set aside.'),
  reports_pending: count('Reports that wait for it.'),
  reports_set_aside: count('Reports that no retry can deliver.'),
  reports_last_error: problemAt('The last one of these reports.'),
});

const runningStatus = z.strictObject({
  running: z.literal(true).describe('A process runs with this configuration.'),
  version: text('Of the running process.'),
  pid: count('Its process id.'),
  started_at: time('When it started.'),
  asterisk: z.strictObject({
    ari: flag('The connection for announcements stands.'),
    ami: flag('The connection for calls and recordings stands.'),
    version: orNull(text('Of Asterisk; null until it told.')),
  }),
  calls: z.strictObject({
    live: count('Calls of members that go on.'),
    in_gate: count('Of these: before they are connected, at the announcement.'),
    recording: count('Of these: being recorded.'),
  }),
  spool: z.strictObject({
    active_files: count('Files that Asterisk writes.'),
    active_bytes: count('Their size.'),
    transfer_files: count('Files that wait for delivery.'),
    transfer_bytes: count('Their size.'),
    free_bytes: count('Free on the disk of the spool.'),
    used: orNull(number('Share of that disk that is used, from 0 to 1; null: the spool is gone.')),
    bytes_per_hour: orNull(
      number('How fast it fills; less than 0: it empties. Null until an hour was measured.'),
    ),
    hours_left: orNull(number('Until no recording begins any more; null while it does not fill.')),
  }),
  targets: z
    .array(target)
    .describe('The targets of the configuration, then those for which something waits.'),
  reconciliation: orNull(
    z
      .strictObject({
        account_read_to: orNull(time('Up to when the CDR of Asterisk was read; null: not yet.')),
        gaps: count('Calls that were found missing since the start.'),
      })
      .describe('Null without `reconciliation.cdr`.'),
  ),
  alarms: z.array(alarm).describe('What stands in the way, in the order in which it began.'),
  selftest: orNull(like(selftest, 'selftest', 'The last one; null before the first.')),
});

const stoppedStatus = z.strictObject({
  running: z.literal(false).describe('No process runs with this configuration.'),
  targets: orNull(
    like(
      z.array(target),
      'status',
      'What waits, as far as the catalogue tells; null: there is no catalogue.',
    ),
  ),
});

export const status = { running: runningStatus, stopped: stoppedStatus };

export const talk = z.strictObject({
  id: orNull(text('Id of the recording; null as long as no member talks.')),
  call_id: text('Id of the call.'),
  group: orNull(text('Null until it is known.')),
  direction: orNull(text('`incoming`, `outgoing`, `internal`; null until it is known.')),
  from: text('Number of who called; empty when unknown.'),
  to: text('Number of who is called.'),
  start: time('When the talk, or else the call, began.'),
  state: oneOf(
    [
      ...(['gate', 'ringing', 'not-recorded', 'starting', 'recording', 'pausing', 'paused'] as const),
      ...(['resuming', 'stopped', 'failed'] as const),
    ],
    'What goes on.',
  ),
  rule: orNull(text('What decided whether it is recorded; null as long as no member talks.')),
});

export const control = z.strictObject({
  done: flag('It was done.'),
  problem: orNull(text('Why it was not.')),
  talk: orNull(like(talk, 'calls', 'The talk as it is now; null: there is none.')),
});

const onItsWay = z.strictObject({
  recording: text('Id of the recording; of a report its own.'),
  name: text('Its name there.'),
  bytes: count('Its size.'),
  sent: count('How much of it was handed over.'),
  started: time('When the transfer began.'),
});

export const uploads = z.strictObject({
  target: text('As in the configuration.'),
  state: oneOf(['idle', 'uploading', 'resting', 'closed'], 'As in `status`.'),
  next_attempt: orNull(time('When it is tried again; null unless it rests.')),
  bytes_per_second: number('Over the last 10 s.'),
  pending: count('Recordings that wait for it.'),
  pending_bytes: count('Their size.'),
  set_aside: count('Recordings that no retry can deliver.'),
  delivered: count('Recordings that it got.'),
  last_success: orNull(time('When the last recording arrived; null before the first.')),
  last_error: problemAt('The last one of what is pending or set aside.'),
  files: z.array(onItsWay).describe('Recordings that are on their way.'),
  reports_pending: count('Reports that wait for it.'),
  reports_pending_bytes: count('Their size.'),
  reports_set_aside: count('Reports that no retry can deliver.'),
  reports_delivered: count('Reports that it got.'),
  reports_last_error: problemAt('The last one of what is pending or set aside of these reports.'),
  report: orNull(onItsWay.describe('The report that is on its way; null: none is.')),
});

export const cleanup = z.strictObject({
  mode: oneOf(['stuck', 'all'], 'What was asked for.'),
  live_calls: count('Calls of members that went on when it began, and still do.'),
  ended: count('Recordings that Asterisk was told to end.'),
  moved: count('Recordings that came to `transfer/` with their call.'),
  orphans: count('Recordings that came there without a known call.'),
  discarded: count('Files without audio.'),
  recordings: z.array(
    z.strictObject({
      id: text('Id of the recording.'),
      call_id: text('Id of the call.'),
      from: text('Number of who called; empty when unknown.'),
      to: text('Number of who was called; empty when unknown.'),
      start: time('When the recording began.'),
      why: oneOf(
        ['max-duration', 'all', 'not-closed', 'orphan', 'call-over'],
        'Why it was ended; `call-over`: its call ended meanwhile.',
      ),
      became: oneOf(['moved', 'discarded'], '`discarded`: there was no audio in it.'),
    }),
  ),
  left: z
    .array(z.strictObject({ file: text('Its name in `active/`.'), reason: text('Why.') }))
    .describe('Files that stayed in `active/`.'),
});

export const retry = z.strictObject({
  retried: count('Deliveries that are tried again, those of reports included.'),
});

export const hold = z.strictObject({
  subject: text('The id, or the number.'),
  result: oneOf(
    ['placed', 'already-held', 'unknown', 'released', 'not-held'],
    'What came of it; `unknown`: there is no such recording or call.',
  ),
});

export const checked = z.strictObject({
  name: text('The file, path, announcement, connection or target.'),
  kind: oneOf(
    ['configuration', 'spool', 'prompt', 'asterisk', 'account', 'target', 'alarms', 'sign-in'],
    'What it is.',
  ),
  ok: flag('Nothing is wrong with it.'),
  ms: count('How long it took, in ms.'),
  problem: z
    .strictObject({
      code: text('Stable, for programs: `login-refused`.'),
      fault: oneOf(fault, 'Who has to act.'),
      message: text('What is wrong.'),
      hint: text('What to do about it.'),
      faults: z
        .array(
          z.strictObject({
            place: text('`file:line:column`.'),
            key: text('`groups[0].deliver_to[1]`; empty for the file as a whole.'),
            message: text('What is wrong.'),
            value: text('As it is in the file; absent of secrets.').optional(),
            allowed: text('What would be right.').optional(),
          }),
        )
        .describe('All that is wrong with the file; only of `configuration`.')
        .optional(),
    })
    .describe('Absent where nothing is wrong.')
    .optional(),
});
