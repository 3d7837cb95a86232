/** Signing in and out, users, API tokens. */
import { z } from 'zod';

import { maybeTime, name, role, time } from './shapes.ts';

export const userName = z.string().regex(/^[\p{L}\p{N}][\p{L}\p{N}._@-]{0,63}$/u);

/** Long enough to be none that is guessed; the upper limit keeps hashing cheap. */
export const password = z.string().min(10).max(200);

/** Who asks, and what the page needs to begin with. */
export const me = z.object({
  name: z.string(),
  role,
  /** The groups that this person sees; null: all. Never empty for a supervisor who may see something. */
  groups: z.array(name).nullable(),
  /** How this request was authenticated. */
  by: z.enum(['session', 'token']),
  /** When the session ends by itself; null for a token. */
  expires: maybeTime,
  /** All groups and targets that this person may see, in the order of the configuration: for filters. */
  known_groups: z.array(name),
  known_targets: z.array(name),
  /** IANA name of the time zone of the PBX: in it all times are shown. */
  time_zone: z.string(),
  version: z.string(),
  /** Signs in by a password of Mitschnitt, which can be changed here. */
  has_password: z.boolean(),
});
export type Me = z.infer<typeof me>;

export const signIn = z.strictObject({ name: z.string().max(64), password: z.string().max(200) });

/**
 * A one-time link is `<console>/#/welcome/<token>`: the page reads the token out of the fragment (which is in no log of
 * any proxy), asks for a name and a password, and sends this. The user becomes administrator and is signed in.
 */
export const welcome = z.strictObject({
  token: z.string().regex(/^[A-Za-z0-9_-]{20,100}$/),
  name: userName,
  password,
});

/** Before signing in: what the page has to show. */
export const greeting = z.object({
  version: z.string(),
  /** There is no administrator with a password yet: the one-time link in the log, or `mitschnitt user add`, makes one. */
  first_use: z.boolean(),
  /** The provider by which one may sign in as well; null: there is none. */
  oidc: z.object({ name: z.string() }).nullable(),
});

export const noContent = z.strictObject({});
/** Where the browser goes to sign in, within ten minutes; it comes back to `/oidc/callback`. */
export const oidcBegun = z.object({ url: z.url() });

/** `provider`: where whoever came by OpenID Connect may sign out as well; null: nowhere. */
export const signedOut = z.object({
  ok: z.literal(true),
  provider: z.object({ name: z.string(), url: z.url() }).nullable(),
});

export const changePassword = z.strictObject({ current: z.string().max(200), password });

export const user = z.object({
  name: z.string(),
  role,
  /** Of a supervisor; empty for the others. */
  groups: z.array(name),
  created: time,
  last_sign_in: maybeTime,
  /** How many are signed in with it now. */
  sessions: z.int(),
  /** By which: of whom a provider vouches for, the name begins with `oidc:`, and role and groups are its word. */
  sign_in: z.enum(['password', 'oidc']),
  /** May not sign in. */
  disabled: z.boolean(),
  /** False: nobody chose one yet. */
  has_password: z.boolean(),
  /** Until when the one-time link is good that was made last; null: there is none, or it was used. */
  link_expires: maybeTime,
});
export type User = z.infer<typeof user>;
export const users = z.object({ users: z.array(user) });

export const newUser = z.strictObject({
  name: userName,
  role,
  /** For a supervisor at least one; for others none. */
  groups: z.array(name).max(200).default([]),
  /** Left out: nobody signs in until one was chosen by a one-time link. */
  password: password.optional(),
});
/**
 * What is left out stays. A new password, or being disabled, signs the user out everywhere. With somebody who is disabled
 * or no administrator any more, tokens and unused links end that were made by that person.
 */
export const changedUser = z.strictObject({
  role: role.optional(),
  groups: z.array(name).max(200).optional(),
  password: password.optional(),
  disabled: z.boolean().optional(),
});
/**
 * A one-time link is `<console>/#/link/<name>/<token>`, good until `expires`; a former one is void. The password that the
 * user had is good until another one was chosen.
 */
export const madeLink = z.object({ token: z.string(), expires: time });
export const takenLink = z.strictObject({
  name: z.string().max(64),
  token: z.string().regex(/^[A-Za-z0-9_-]{20,100}$/),
  password,
});
export const userPath = z.strictObject({ name: z.string().min(1).max(64) });

export const apiToken = z.object({
  id: z.string(),
  /** What it is for. */
  name: z.string(),
  role,
  groups: z.array(name),
  created: time,
  created_by: z.string(),
  /** Rounded down to the minute. */
  last_used: maybeTime,
  expires: maybeTime,
});
export type ApiToken = z.infer<typeof apiToken>;
export const tokens = z.object({ tokens: z.array(apiToken) });
export const newToken = z.strictObject({
  name: z.string().regex(/^\P{Cc}{1,80}$/u),
  role,
  groups: z.array(name).max(200).default([]),
  /** From 1 to 3650; null: it does not expire. */
  days: z.int().min(1).max(3650).nullable().default(null),
});
/** `secret` is shown this once: sent as `Authorization: Bearer <secret>`. Only its hash is kept. */
export const madeToken = z.object({ token: apiToken, secret: z.string() });
export const tokenPath = z.strictObject({ id: z.uuid() });
