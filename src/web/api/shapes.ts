/** What all of the API is made of. Times are ISO 8601 with the offset of the PBX; what is not known is null. */
import { z } from 'zod';

/** `2021-04-07T13:34:26+02:00` */
export const time = z.iso.datetime({ offset: true });
export const maybeTime = time.nullable();

/** Of a recording, a call or a line of the list: a UUID, unless another program wrote it. */
export const id = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,79}$/);

/** A name from the configuration, of a group or target. */
export const name = z.string().min(1).max(255);

export const direction = z.enum(['incoming', 'outgoing', 'internal']);

export const outcome = z.enum([
  'recorded',
  'declined',
  'not-agreed',
  'not-announced',
  'announcement-failed',
  'excepted',
  'direction-off',
  'not-answered',
  'too-short',
  'start-failed',
  'disk-full',
  'lost',
]);

/**
 * Who somebody is to the console.
 * - `administrator`: may do all;
 * - `supervisor`: sees, hears and controls the calls of the groups that were given, and nothing of any other;
 * - `auditor`: sees and hears all and changes nothing, but may put recordings on hold.
 */
export const role = z.enum(['administrator', 'supervisor', 'auditor']);
export type Role = z.infer<typeof role>;

/** Whose fault something is, and so who has to act. */
export const fault = z.enum(['configuration', 'destination', 'asterisk', 'defect']);

/** What stands in the way, for people. Text, never HTML: it may contain what a caller or a server sent. */
export const problem = z.object({
  /** Stable and machine-readable: `login-refused`. */
  code: z.string(),
  message: z.string(),
  /** What to do about it. */
  hint: z.string(),
});

/**
 * The body of every answer that is none of 2xx. `code` is the part for programs:
 * 400 `invalid-request` (with `details`), 401 `not-signed-in` or `sign-in-refused`, 403 `not-allowed` or `wrong-origin`,
 * 404 `not-found` (also what one may not see), 409 `conflict`, 413 `too-large`, 415 `wrong-content-type`,
 * 422 `not-done` or `configuration-invalid` (with `faults`), 429 `too-many-attempts` or `too-busy` (header
 * `retry-after`, s), 503 `not-ready`, 500 `defect`.
 */
export const failure = z.object({
  error: problem.extend({
    /** Which field of the request is wrong, and what is allowed. */
    details: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
    /** More exact than the code, kebab-case: `live-calls-changed`. */
    reason: z.string().optional(),
  }),
});
export type Failure = z.infer<typeof failure>;

/** What has nothing to tell but that it was done. */
export const done = z.object({ ok: z.literal(true) });
