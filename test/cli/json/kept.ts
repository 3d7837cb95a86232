/** The forms of what the catalogue keeps. */
import { z } from 'zod';

import {
  count,
  direction,
  flag,
  like,
  number,
  oneOf,
  orNull,
  outcome,
  problemAt,
  text,
  time,
} from './words.ts';

const consent = z.strictObject({
  group: text('Whose rules asked for it.'),
  direction: oneOf(direction, 'Seen from the member.'),
  mode: oneOf(['none', 'notice', 'opt-out', 'opt-in'], 'As in the configuration.'),
  channel: text('`Uniqueid` of the channel that heard the announcement.'),
  number: text('Its number.'),
  prompt: text('Name of the announcement.'),
  sha256: orNull(text('Of its file with 8 kHz.')),
  language: text('Its language.'),
  place: oneOf(
    ['gate', 'early-media', 'talk'],
    '`early-media`: before the call was answered; `talk`: announced again during the talk.',
  ),
  played_from: orNull(time('When the playback began.')),
  played_to: orNull(time('When it ended.')),
  complete: flag('It was played to its end.'),
  key: orNull(text('The key that was pressed.')),
  key_at: orNull(time('When.')),
  decision: oneOf(['declined', 'agreed', 'none'], '`none`: no key was pressed that counts.'),
  problem: orNull(text('What kept it from being played to its end.')),
});

const segment = z.strictObject({
  id: text('Id of the talk and of its recording.'),
  group: text('Whose member talks.'),
  direction: oneOf(direction, 'Seen from the member.'),
  from: text('Number of who called; empty when unknown.'),
  to: text('Number of who was called.'),
  from_name: orNull(text('Caller id name of who called; null: none.')),
  start: time('When the two were connected.'),
  end: orNull(time('Null while it goes on.')),
  end_observed: flag('The process saw the end; else it is the latest time that it can have been.'),
  gap_ms: count('How much earlier it may have begun, in ms: nobody watched.'),
  member_channel: text('`Uniqueid` of the channel that is recorded.'),
  other_channel: text('`Uniqueid` of the other party.'),
  outcome: oneOf(outcome, 'Why it was, or was not, recorded.'),
  rule: text('What decided the outcome.'),
  number_patterns: z.strictObject({
    never_record: orNull(text('The entry that the number matches.')),
    always_record: orNull(text('The entry that the number matches.')),
    skip_announcement: orNull(text('The entry that the number matches.')),
  }),
  controls: z.array(
    z.strictObject({
      control: oneOf(['pause', 'resume', 'stop', 'start'], 'What was asked for.'),
      at: time('When.'),
      actor: text(
        'By whom: `cli:root`, `telephone:PJSIP/200`, `pause-limit`; where somebody else stopped MixMonitor, `asterisk`, and `mitschnitt` that began again.',
      ),
      problem: orNull(text('Why it was not done.')),
    }),
  ),
  recording: orNull(
    z
      .strictObject({
        state: oneOf(
          ['starting', 'running', 'ending', 'finished', 'failed', 'too-short', 'lost'],
          'What became of it.',
        ),
        bytes: orNull(count('Size of the file; null until it is finished.')),
        duration_ms: orNull(number('Length of the audio, in ms.')),
        sha256: orNull(text('Of the file.')),
        repaired: orNull(flag('Asterisk had not closed the file.')),
        problem: orNull(text('Why there is none.')),
      })
      .describe('Null: nobody ordered it.'),
  ),
});

const media = z.strictObject({
  bytes: count('Size of the file.'),
  duration_ms: number('Length of the audio, in ms.'),
  sha256: text('Of the file.'),
  repaired: flag('Asterisk had not closed the file.'),
  sample_rate: orNull(count('Samples per second.')),
  channels: orNull(count('1, or 2: the member is on the left.')),
  missing_ms: orNull(number('How much shorter than the talk, in ms; null: nobody saw its end.')),
  silent_sides: orNull(
    z.array(z.enum(['both', 'member', 'other'])).describe('Sides on which nobody is heard.'),
  ),
  clipping: orNull(number('Share of the samples that are as loud as can be, from 0 to 1.')),
  sides: z.array(
    z.strictObject({
      side: oneOf(['both', 'member', 'other'], 'Whose; `both` in mono.'),
      peak_db: orNull(number('Loudest sample, in dB below full scale; null: digital silence.')),
      rms_db: orNull(number('Mean loudness, likewise.')),
      audible_ms: number('Time in which anything is heard.'),
      longest_silence_ms: number('Longest time in which nothing is.'),
      clipped_samples: count('Samples that are as loud as can be.'),
    }),
  ),
  findings: z
    .array(z.enum(['repaired', 'audio-missing', 'silent', 'clipped']))
    .describe('What is not as it should be.'),
});

const delivery = {
  target: text('As in the configuration.'),
  state: oneOf(['pending', 'delivered', 'set-aside'], '`set-aside`: no retry can deliver it.'),
  attempts: count('How often it was tried.'),
  name: text('File name at the target.'),
  due: orNull(time('Not tried before; null unless it is pending.')),
  delivered: orNull(time('When it had arrived.')),
  removed: orNull(time('When it was removed there: retention or erasure.')),
  confirmed_by: orNull(
    oneOf(
      ['size', 'sha256', 'accepted'],
      'What was compared when it arrived; `accepted`: a mail server took it.',
    ),
  ),
  problem: problemAt('Why the last attempt failed.'),
};

export const recording = z.strictObject({
  id: text('Id of the talk and its recording; of the call where nobody talked.'),
  call_id: text('Id of the call.'),
  linked_id: text('`Linkedid` of Asterisk.'),
  group: text('Whose member it was.'),
  direction: oneOf(direction, 'Seen from the member.'),
  from: text('Number of who called; empty when unknown; `erased` after an erasure.'),
  to: text('Number of who was called, likewise.'),
  from_name: orNull(
    text(
      'Caller id name of who called: whatever they sent, of one line and 80 characters at most; null: none, or after an erasure.',
    ),
  ),
  start: time('When the talk, or else the call, began.'),
  talk_ms: count('How long was talked, in ms; 0 where nobody did.'),
  gap_ms: count('How much longer the talk may have been, in ms: nobody watched its beginning.'),
  outcome: oneOf(outcome, 'Why it was, or was not, recorded.'),
  rule: text('What decided the outcome.'),
  file: orNull(text('File name of the recording; null: there is none.')),
  media: orNull(media.describe('What the check at the end found; null: there is no file.')),
  consent: orNull(consent.describe('What counted in this talk; null: nothing was announced.')),
  call: z.strictObject({
    start: time('When the call began.'),
    end: orNull(time('When it ended.')),
    destination: orNull(text('What the caller dialled.')),
    outcome: orNull(oneOf(outcome, 'Of the call as a whole.')),
    rule: orNull(text('What decided it.')),
  }),
  consents: like(
    z.array(consent),
    'recordings, report',
    'Everything that was announced in the call: each as `consent`.',
  ),
  segments: z.array(segment).describe('All talks of the call.'),
  hold: orNull(
    z
      .strictObject({
        on: text('The id or number that is on hold.'),
        kind: oneOf(['id', 'number'], 'What that is.'),
        since: time('When.'),
        by: text('By whom: `cli:root`.'),
        reason: orNull(text('Why.')),
      })
      .describe('What forbids that it is deleted; null: nothing.'),
  ),
  deliveries: z.array(z.strictObject(delivery)).describe('What became of the file at each target.'),
});

export const due = z.strictObject({
  what: oneOf(['recording', 'report'], 'What is to be delivered.'),
  recording: text('Its id, as `retry` takes it.'),
  call_id: text('Id of the call; empty of a report.'),
  group: text('Whose member it was; empty of a report.'),
  folder: text('Folder at the target; empty for none.'),
  bytes: count('Size of the file.'),
  ...delivery,
  recording_arrived: flag('The recording is there; only its sidecar is missing.'),
});

export const finding = z.strictObject({
  state: oneOf(['intact', 'altered', 'unknown', 'missing'], 'What was found.'),
  recording: orNull(text('Id of the recording that it is, or should be.')),
  path: orNull(text('Where the file is; null where it is missing.')),
  name: orNull(text('Its name in the catalogue or the sidecar.')),
  sha256: orNull(text('Of the file.')),
  expected_sha256: orNull(text('What it should be.')),
});

export const statement = z.strictObject({
  from: time('Begin of the period.'),
  to: time('Its end, not in it.'),
  complete: flag(
    'Nothing is missing, and the account of Asterisk proves that nothing can be missing that nobody knows of.',
  ),
  to_record: count('Talks that policy says to record.'),
  recorded: count('Of these: recorded.'),
  recorded_in_part: count('Of these: the beginning is missing, because nobody watched.'),
  not_recorded: z
    .partialRecord(z.enum(outcome), z.int().nonnegative())
    .describe('How many were not to be recorded, by their outcome; absent: none.'),
  gaps: z.array(
    z.strictObject({
      name: text('Outcome and rule, or what reconciliation calls it.'),
      start: time('When it began.'),
      end: orNull(time('When it ended; null: not known.')),
      group: text('Whose member it was.'),
      direction: orNull(oneOf(direction, 'Null: only Asterisk knows of the call.')),
      from: text('Number of who called.'),
      to: text('Number of who was called.'),
      asterisk_id: text('`Uniqueid` or `Linkedid` of Asterisk.'),
      id: orNull(text('Id in `recordings`; null: it has none.')),
      unwatched: flag('Nobody watched at some time of it.'),
    }),
  ),
  unwatched: z.array(
    z.strictObject({
      from: time('Since when nobody watched.'),
      to: orNull(time('Until when; null: it goes on, or the process ended meanwhile.')),
      reason: oneOf(['not-running', 'stood-still', 'ami-disconnected', 'ari-disconnected'], 'Why.'),
      accounted: flag('The account of Asterisk covers it: no call can be missing without being told.'),
    }),
  ),
  account: orNull(
    z
      .strictObject({
        since: time('Since when it is compared.'),
        read_to: orNull(time('Up to when it was read.')),
        calls: count('Calls of members that Asterisk tells of.'),
        matched: count('Of these: the catalogue tells what became of it.'),
        clock: count('As well, but at another time.'),
        no_talk: count('The two never talked.'),
        outside_policy: count('Was not to be recorded.'),
        gaps: count('Was to be recorded, and is not in the catalogue.'),
        pending: count('Not compared yet.'),
        only_in_catalogue: count('Talks of which Asterisk does not tell.'),
        unreadable: count('Lines and events that could not be read.'),
        holes: z.array(
          z.strictObject({
            from: time('Since when nobody listened.'),
            to: time('Until when: calls that ended in between are not in the account.'),
          }),
        ),
      })
      .describe("Asterisk's own account (CDR or CEL) against the catalogue; null without `reconciliation`."),
  ),
});

export const deletion = z.strictObject({
  at: time('When.'),
  id: text('Id of the recording or call; `Uniqueid` of Asterisk where it is what its CDR told of a call.'),
  what: oneOf(['local-file', 'remote-file', 'rows', 'anonymised'], 'What was deleted.'),
  target: orNull(text('Where; null: on this machine.')),
  result: text('`removed`, `absent`, or the code of what makes it impossible.'),
  reason: text('`retention.local`, `retention.remote`, `retention.catalogue`, `erasure`.'),
  by: text('By whom: `cli:root`, `mitschnitt`.'),
  erasure: orNull(text('Id of the erasure.')),
});

export const user = z.strictObject({
  name: text('With which it signs in.'),
  role: oneOf(['administrator', 'supervisor', 'auditor'], 'What it may do.'),
  groups: z.array(z.string()).describe('Whose calls a supervisor sees; empty of other roles.'),
  last_sign_in: orNull(time('When it signed in last, in UTC; null: never.')),
  disabled: flag('May not sign in.'),
  sign_in: oneOf(
    ['password', 'oidc'],
    'By what: a password of Mitschnitt, or the word of the OpenID Connect provider.',
  ),
});

const counts = z.strictObject({
  calls: count('Calls of the number.'),
  talks: count('Talks in them.'),
  recordings: count('Recordings of these.'),
  from: orNull(time('When the first began; null: there is none.')),
  to: orNull(time('When the last began.')),
  targets: z.array(z.string()).describe('Targets that have recordings, or were to get them.'),
});

export const found = z.strictObject({
  number: text('As it was asked for.'),
  counts,
  member: text('The group whose member has this number; absent: none.').optional(),
  held: z.array(z.string()).describe('Ids of calls that stay: on hold.'),
  live: z.array(z.string()).describe('Ids of calls that go on.'),
});

const erasedFile = (meaning: string) =>
  z
    .array(
      z.strictObject({
        recording: text('Id of the recording.'),
        place: text('The target; `local`: this machine.'),
        at: orNull(time('When.')),
        result: text('`removed`, `absent`, or why not.'),
      }),
    )
    .describe(meaning);

export const certificate = z.strictObject({
  content: z.strictObject({
    product: text('`Mitschnitt`.'),
    version: text('Its version.'),
    erasure: text('Id of the erasure.'),
    number: text('The number, as it was compared.'),
    asked_by: text('`cli:root`.'),
    begun: time('When it began.'),
    ended: time('When it ended.'),
    found: like(counts, 'erase', 'What there was: as `counts` with `--dry-run`.'),
    anonymised_calls: z.array(z.string()).describe('Ids of calls without the number now.'),
    removed: erasedFile('Files that are gone.'),
    outstanding: erasedFile('Files that are tried again until they are gone.'),
    not_possible: erasedFile('Files that cannot be removed.'),
    on_hold: z
      .array(
        z.strictObject({
          call: text('Id of the call.'),
          since: time('When.'),
          reason: orNull(text('Why.')),
        }),
      )
      .describe('What stays because it is on hold.'),
    live_calls: z.array(z.string()).describe('Ids of calls that went on, and were not touched.'),
    reports: z
      .array(
        z.strictObject({
          file: text('Its name.'),
          lines: count('Lines that were changed.'),
          problem: orNull(text('Why it could not be changed.')),
        }),
      )
      .describe('Reports on this machine.'),
    outgoing_reports: z
      .array(
        z.strictObject({
          file: text('Its name.'),
          place: text('The target that it waits for.'),
          lines: count('Lines that were changed.'),
          problem: orNull(text('Why it could not be changed.')),
        }),
      )
      .describe('Reports that are still to be delivered: they arrive without the number.'),
    report_copies: z
      .array(z.string())
      .describe('Targets that have copies of the report, which stay as they are.'),
  }),
  sha256: text('SHA-256 of `content` as JSON without blanks.'),
});
