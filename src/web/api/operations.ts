/** Announcements, tests, clean-up, audit. */
import { z } from 'zod';

import { draft } from './configuration.ts';
import { fault, id, maybeTime, problem, time } from './shapes.ts';

/** Name of an announcement, and its language (`de`, `de-ch`): also names of files. */
export const promptName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/);
export const promptLanguage = z.string().regex(/^[A-Za-z]{2,8}([_-][A-Za-z0-9]{1,8}){0,3}$/);

export const announcement = z.object({
  name: z.string(),
  language: z.string(),
  /** The file can be played. */
  ok: z.boolean(),
  problem: z.string().nullable(),
  duration_ms: z.int().nullable(),
  /** Of the 8 kHz file, as it is kept with each consent. */
  sha256: z.string().nullable(),
  /** There is a version for wideband calls. */
  wideband: z.boolean(),
  changed: maybeTime,
  /** One's own, or that of the package, played where `prompts.path` is not set; null: there is none. */
  origin: z.enum(['own', 'built-in']).nullable(),
  /** The package has one of this name and language: it is played again when one's own is removed. */
  has_built_in: z.boolean(),
  /** Where the configuration uses it. Empty: nowhere. */
  used_by: z.array(
    z.object({
      group: z.string(),
      direction: z.enum(['incoming', 'outgoing', 'internal']),
      as: z.enum(['prompt', 'confirmation']),
    }),
  ),
});
export type AnnouncementFile = z.infer<typeof announcement>;
export const announcements = z.object({
  announcements: z.array(announcement),
  /** False: this process may not write there; files of the package itself are never changed. */
  writable: z.boolean(),
  why_not: z.string().nullable(),
  path: z.string(),
});
export const announcementPath = z.strictObject({ language: promptLanguage, name: promptName });
/**
 * `PUT /announcements/:language/:name` takes a WAV file as body (`content-type: audio/wav`, at most 10 MB): PCM, mono,
 * 16 bit, 16 kHz or 8 kHz. Of 16 kHz the 8 kHz version is made. Heard from the next call on.
 */
export const uploaded = z.object({ announcement });

export const connectionResult = z.object({
  ok: z.boolean(),
  ms: z.int(),
  problem: problem.extend({ fault }).nullable(),
});
/**
 * Tests are made with the configuration that runs, or with `draft`: as it would be with these changes, before they are
 * saved. Secrets that are not among them are those of the file. 422 with faults where it would not be right.
 */
export const targetCheck = z.strictObject({ draft: draft.optional() });
export const channelTest = z.strictObject({
  channel: z.enum(['email', 'webhook']),
  draft: draft.optional(),
});

export const selfTestStep = z.object({
  /** `prompt`, `asterisk`, `call`, `announcement`, `key`, `recording`, `file`, `delivery`, `read-back`, `removal` */
  name: z.string(),
  group: z.string().nullable(),
  target: z.string().nullable(),
  prompt: z.string().nullable(),
  state: z.enum(['ok', 'failed', 'skipped']),
  ms: z.int(),
  problem: problem.extend({ fault }).nullable(),
  /** Why it was left out. */
  reason: z.string().nullable(),
});
export const selfTest = z.object({
  running: z.boolean(),
  /** Of the running one what was done so far; null: there was none yet. */
  result: z.object({ at: time, ms: z.int(), ok: z.boolean(), steps: z.array(selfTestStep) }).nullable(),
});
export type SelfTest = z.infer<typeof selfTest>;

/** Before `all` is confirmed: what it would end. */
export const cleanupPreview = z.object({ live_calls: z.int(), running: z.int() });
/** `all` demands that the number of live calls that was shown is sent back: 409 `conflict` when it is another. */
export const cleanupRequest = z.discriminatedUnion('mode', [
  z.strictObject({ mode: z.literal('stuck') }),
  z.strictObject({ mode: z.literal('all'), live_calls: z.int().min(0) }),
]);
export const cleanupReport = z.object({
  mode: z.enum(['stuck', 'all']),
  live_calls: z.int(),
  ended: z.int(),
  moved: z.int(),
  orphans: z.int(),
  discarded: z.int(),
  recordings: z.array(
    z.object({
      id,
      call_id: id,
      from: z.string(),
      to: z.string(),
      start: time,
      why: z.enum(['max-duration', 'all', 'not-closed', 'orphan', 'call-over']),
      became: z.enum(['moved', 'discarded']),
    }),
  ),
  left: z.array(z.object({ file: z.string(), reason: z.string() })),
});

/** Everything that was done by a person or an API token, through the console, and each sign-in that was refused. */
export const auditEntry = z.object({
  id: z.int(),
  at: time,
  /** `web:anna`, `oidc:anna`, `token:backup`, `cli:root`. A refused sign-in: the name that was tried, whoever it was. */
  actor: z.string(),
  /**
   * `sign-in`, `sign-in-refused`, `sign-out`, `playback`, `download`, `control`, `note`, `note-delete`, `hold`, `release`,
   * `configuration`, `configuration-export`, `announcement`, `announcement-delete`, `user`, `user-delete`, `user-link`, `password`,
   * `token`, `token-delete`, `clean-up`, `self-test`, `test`, `upload`, `retry`, `verify`
   */
  action: z.string(),
  /** What it was done to: an id, a name. */
  subject: z.string(),
  /** Of the recording that it was done to. */
  group: z.string().nullable(),
  detail: z.string().nullable(),
  /** Address that it came from. */
  address: z.string(),
  ok: z.boolean(),
});
export type AuditEntry = z.infer<typeof auditEntry>;
export const auditQuery = z.strictObject({
  from: time.optional(),
  to: time.optional(),
  actor: z.string().max(80).optional(),
  /** Beginning of the name of a person or token, whatever its case: `anna` finds `web:anna`, `oidc:anna` and `cli:Annabelle`. */
  person: z.string().max(64).optional(),
  action: z.string().max(40).optional(),
  subject: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  after: z.coerce.number().int().min(1).optional(),
});
export const audit = z.object({ entries: z.array(auditEntry), next: z.int().nullable() });

/** How many deliveries wait; they are tried at once, whatever schedule and windows say. */
export const uploadBegun = z.object({ pending: z.int() });
