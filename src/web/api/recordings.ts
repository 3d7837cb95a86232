/** What was recorded and what was not: the list, one of it, its audio. */
import { z } from 'zod';

import { direction, id, maybeTime, name, outcome, problem, time } from './shapes.ts';

/**
 * All conditions must hold. Newest first. There is no total: it would cost more than the page itself; `next` says
 * whether there is more.
 */
export const recordsQuery = z.strictObject({
  /** Start from, until before. */
  from: time.optional(),
  to: time.optional(),
  /** Part of either party's number, at least two characters; spaces and dashes are ignored. */
  number: z.string().min(2).max(40).optional(),
  /**
   * Words of which each must begin one of a note, whatever their case and accents (`beschwerde vertrag`); or the beginning
   * of the file name, as it is written.
   */
  text: z.string().min(2).max(200).optional(),
  group: name.optional(),
  direction: direction.optional(),
  /** One or several, separated by commas. `recorded=false` is all but `recorded`: the page Calls not recorded. */
  outcome: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(outcome).max(12))
    .optional(),
  recorded: z.enum(['true', 'false']).optional(),
  /** The rule that decided, kebab-case; with `outcome`. */
  rule: z.string().max(80).optional(),
  /** Only what has a delivery in this state. */
  delivery: z.enum(['pending', 'set-aside']).optional(),
  /** Only what is on hold. */
  held: z.enum(['true']).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  /** `next` of the page before. */
  after: z.string().max(200).optional(),
});
export type RecordsQuery = z.infer<typeof recordsQuery>;

/** One line: a talk, or a call without any. Numbers and file names come from callers: text, never HTML. */
export const record = z.object({
  id,
  call_id: id,
  group: name,
  direction,
  from: z.string(),
  to: z.string(),
  /** Caller id name of who called; null: none. */
  from_name: z.string().nullable(),
  start: time,
  /** 0 where nobody talked. */
  talk_ms: z.int(),
  outcome,
  /** What decided that, kebab-case. */
  rule: z.string(),
  /** Null where there is no recording. */
  file: z.string().nullable(),
  /** Over all targets; null where there is nothing to deliver. */
  delivery: z.enum(['delivered', 'pending', 'set-aside']).nullable(),
  held: z.boolean(),
  notes: z.int(),
});
export type RecordLine = z.infer<typeof record>;
export const records = z.object({
  records: z.array(record),
  /** For `after`; null: that is all. */
  next: z.string().nullable(),
});
export const recordPath = z.strictObject({ id });

/** What is known of the announcement that one party heard. */
export const consent = z.object({
  group: z.string(),
  direction,
  mode: z.enum(['none', 'notice', 'opt-out', 'opt-in']),
  channel: z.string(),
  number: z.string(),
  prompt: z.string(),
  /** Of the 8 kHz file that was played. */
  sha256: z.string().nullable(),
  language: z.string(),
  /** `early-media`: nobody reports whether the caller's network let it through. */
  place: z.enum(['gate', 'early-media', 'talk']),
  played_from: maybeTime,
  played_to: maybeTime,
  complete: z.boolean(),
  key: z.string().nullable(),
  key_at: maybeTime,
  decision: z.enum(['declined', 'agreed', 'none']),
  /** Why it was not played to its end. */
  problem: z.string().nullable(),
});
export type Consent = z.infer<typeof consent>;

const side = z.enum(['both', 'member', 'other']);

/** What the check at the end of the recording found. Levels are in dB below the loudest there is; null: silence. */
export const media = z.object({
  bytes: z.int(),
  duration_ms: z.int(),
  sha256: z.string(),
  /** The WAV header had been left unfinished and was repaired. */
  repaired: z.boolean(),
  sample_rate: z.int().nullable(),
  /** 2: the member left, the other party right. */
  channels: z.int().nullable(),
  missing_ms: z.number().nullable(),
  silent_sides: z.array(side).nullable(),
  /** Share of clipped samples, from 0 to 1. */
  clipping: z.number().nullable(),
  sides: z.array(
    z.object({
      side,
      peak_db: z.number().nullable(),
      rms_db: z.number().nullable(),
      audible_ms: z.number(),
      longest_silence_ms: z.number(),
      clipped_samples: z.int(),
    }),
  ),
  findings: z.array(z.enum(['repaired', 'audio-missing', 'silent', 'clipped'])),
});

export const segment = z.object({
  id,
  group: z.string(),
  direction,
  from: z.string(),
  to: z.string(),
  /** Caller id name of who called; null: none. */
  from_name: z.string().nullable(),
  start: maybeTime,
  end: maybeTime,
  /** False: nobody watched the end, it is taken from the file. */
  end_observed: z.boolean(),
  /** How much earlier the talk may have begun, unwatched. */
  gap_ms: z.number(),
  member_channel: z.string(),
  other_channel: z.string(),
  outcome,
  rule: z.string(),
  /** The entries of the group's lists that the other party's number matches. */
  number_patterns: z.object({
    never_record: z.string().nullable(),
    always_record: z.string().nullable(),
    skip_announcement: z.string().nullable(),
  }),
  /** Pauses and so on, in their order. */
  controls: z.array(
    z.object({
      control: z.enum(['pause', 'resume', 'stop', 'start']),
      at: maybeTime,
      /** `web:anna`, `cli:root`, `telephone:PJSIP/200`, `pause-limit`, `asterisk` (somebody else's StopMixMonitor). */
      actor: z.string(),
      problem: z.string().nullable(),
    }),
  ),
  recording: z
    .object({
      state: z.enum(['starting', 'running', 'ending', 'finished', 'failed', 'too-short', 'lost']),
      bytes: z.int().nullable(),
      duration_ms: z.int().nullable(),
      sha256: z.string().nullable(),
      repaired: z.boolean().nullable(),
      problem: z.string().nullable(),
    })
    .nullable(),
});
export type Segment = z.infer<typeof segment>;

export const hold = z.object({
  /** The id, or the number as it is compared. */
  on: z.string(),
  kind: z.enum(['id', 'number']),
  since: time,
  by: z.string(),
  reason: z.string().nullable(),
});

export const delivery = z.object({
  target: z.string(),
  state: z.enum(['pending', 'delivered', 'set-aside']),
  attempts: z.int(),
  /** File name at this target. */
  name: z.string(),
  /** When it is tried next; null unless pending. */
  due: maybeTime,
  delivered: maybeTime,
  /** When its file was removed there. */
  removed: maybeTime,
  /** What was compared when it arrived. */
  confirmed_by: z.enum(['size', 'sha256', 'accepted']).nullable(),
  problem: problem.extend({ at: maybeTime }).nullable(),
  /** Every attempt that is known, oldest first; of those before this feature only the number is. */
  tries: z.array(z.object({ at: time, ok: z.boolean(), problem: problem.nullable() })),
});
export type Delivery = z.infer<typeof delivery>;

export const note = z.object({ id: z.int(), at: time, by: z.string(), text: z.string() });
export type Note = z.infer<typeof note>;

/** One line with all that is known of it and of its call. */
export const recordDetail = record.extend({
  linked_id: z.string(),
  gap_ms: z.number(),
  media: media.nullable(),
  /** What counted for this talk. */
  consent: consent.nullable(),
  call: z.object({
    start: maybeTime,
    end: maybeTime,
    destination: z.string().nullable(),
    outcome: outcome.nullable(),
    rule: z.string().nullable(),
  }),
  /** All of the call; a supervisor sees those of other groups nowhere. */
  consents: z.array(consent),
  segments: z.array(segment),
  hold: hold.nullable(),
  deliveries: z.array(delivery),
  notes_list: z.array(note),
  /** Where the audio is to be had: on this machine (at once), at targets only (fetched when asked for), nowhere. */
  audio: z.enum(['local', 'remote', 'none']),
});
export type RecordDetail = z.infer<typeof recordDetail>;

/**
 * `GET /records/:id/audio` answers audio/wav, with `Range` (206, `accept-ranges: bytes`), an ETag of its SHA-256, and
 * `content-disposition: attachment` with `?download=true`. Verified against the SHA-256 before the first byte; a copy
 * that was altered is 422 `altered`. 404 `not-found` without a recording, 503 `not-ready` where no target can be
 * reached. The first request for it is noted as a playback or a download, its ranges are not again.
 */
export const audioQuery = z.strictObject({ download: z.enum(['true', 'false']).optional() });

/** The waveform: of each channel `points` pairs of the least and the greatest sample, from -1 to 1. */
export const peaks = z.object({
  duration_ms: z.int(),
  sample_rate: z.int(),
  sides: z.array(z.object({ side, peaks: z.array(z.number()) })),
  /** Stretches in which nobody is heard, in ms: for skipping them. At least 700 ms each. */
  silences: z.array(z.object({ from_ms: z.int(), to_ms: z.int() })),
});
export type Peaks = z.infer<typeof peaks>;

export const newNote = z.strictObject({ text: z.string().trim().min(1).max(4_000) });
export const notePath = z.strictObject({ id, note: z.coerce.number().int().min(1) });
export const newHold = z.strictObject({ reason: z.string().trim().max(500).default('') });
/** How many deliveries that were set aside are pending again. */
export const retried = z.object({ retried: z.int() });
/** Its files agree with the SHA-256, here and at each target that can be asked. */
export const verified = z.object({
  copies: z.array(
    z.object({
      place: z.string(),
      result: z.enum(['intact', 'altered', 'missing', 'unreachable']),
      problem: z.string().nullable(),
      /** Of the problem, for words in other languages, and what to do about it. */
      ...{ code: z.string().nullable(), hint: z.string().nullable() },
    }),
  ),
});

/** Why calls were not recorded, by rule, in a span of at most 62 days. */
export const reasons = z.object({
  from: time,
  to: time,
  reasons: z.array(z.object({ outcome, rule: z.string(), group: name, calls: z.int(), last: time })),
});
export const reasonsQuery = z.strictObject({
  from: time.optional(),
  to: time.optional(),
  group: name.optional(),
});
