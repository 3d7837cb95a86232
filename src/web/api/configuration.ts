/**
 * The configuration: the YAML file is the truth. The console sends changes, not the whole, so that comments, order and
 * what it does not know stay as they are, and no secret ever comes to the browser.
 */
import { z } from 'zod';

import { maybeTime, time } from './shapes.ts';

/** `["groups", 0, "announcement", "incoming", "key"]` */
export const place = z.array(z.union([z.string().max(255), z.int().min(0).max(10_000)])).max(12);

/** As in the file: a number or boolean may also be given as text. */
type Written = string | number | boolean | null | readonly Written[] | { readonly [key: string]: Written };
export const written: z.ZodType<Written> = z.json();

/**
 * One step of a change, done in order.
 * - `set`: the value at the place; sections on the way are made. A secret is set as text; as `<key>_file` or `${NAME}`
 *   only as the file has it at this address.
 * - `remove`: the key or the entry of a list; what is not given has its default again.
 * - `insert`: into a list, before the entry that the place names.
 * - `move`: an entry of a list to another index.
 * - `rename`: the name of a target; its value and comments stay.
 */
export const change = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('set'), at: place.min(1), value: written }),
  z.strictObject({ do: z.literal('remove'), at: place.min(1) }),
  z.strictObject({ do: z.literal('insert'), at: place.min(1), value: written }),
  z.strictObject({ do: z.literal('move'), at: place.min(1), to: z.int().min(0).max(10_000) }),
  z.strictObject({ do: z.literal('rename'), at: place.min(1), to: z.string().min(1).max(255) }),
]);
export type Change = z.infer<typeof change>;

export const draft = z.strictObject({
  /** Of the file that the changes were made on; 409 `conflict` when it is another by now. */
  revision: z.string().max(80),
  changes: z.array(change).max(500),
});
export type Draft = z.infer<typeof draft>;

/** How a secret is given. Its text is never sent; `variable` and `file` name what it is read from. */
export const secretState = z.object({
  /** Of the secret itself (`[..., "password"]`). */
  at: place,
  how: z.enum(['text', 'variable', 'file']),
  /** `${ARI_PASSWORD}`, or the path of the file; null for text. */
  source: z.string().nullable(),
});

export const configFault = z.object({
  at: place,
  /** `groups[0].deliver_to[1]`; empty for the file as a whole. */
  key: z.string(),
  message: z.string(),
  /** As it is written; never that of a secret. */
  value: z.string().nullable(),
  allowed: z.string().nullable(),
  /** In the file as it would be. */
  line: z.int().nullable(),
});
export type ConfigFault = z.infer<typeof configFault>;

/** What is not wrong and yet unwise. */
export const configWarning = z.object({
  code: z.enum(['no-groups', 'secret-readable']),
  /** A key, or the path of a file. */
  subject: z.string(),
  message: z.string(),
});
export type ConfigWarning = z.infer<typeof configWarning>;

export const configuration = z.object({
  /** Of the file's content. */
  revision: z.string(),
  path: z.string(),
  /** False: this process may not write it; `why_not` says why. */
  writable: z.boolean(),
  why_not: z.string().nullable(),
  changed: maybeTime,
  /** What is written in the file, `${NAME}` as such; without the text of secrets: see `secrets`. */
  values: written,
  secrets: z.array(secretState),
  /** What is wrong with it as it is now: a running process can outlive a broken file. */
  faults: z.array(configFault),
  warnings: z.array(configWarning),
  /** The file is another than the one that runs: somebody edited it, or a restart is needed. */
  differs_from_running: z.boolean(),
  /** Why the last one that was to be taken over was not: the former one goes on. Null where nothing stood in the way. */
  not_taken_over: z.string().nullable(),
});
export type Configuration = z.infer<typeof configuration>;

/** One value that differs. Secrets are `***` on both sides. */
export const difference = z.object({
  at: place,
  key: z.string(),
  before: written.nullable(),
  after: written.nullable(),
});

/**
 * What of a change is in force how.
 * - `reload`: within seconds, by the process itself; running recordings and calls go on, new calls wait for nothing;
 * - `restart`: only when the process is started anew (`restart_keys` says because of what).
 */
export const checked = z.object({
  ok: z.boolean(),
  faults: z.array(configFault),
  warnings: z.array(configWarning),
  differences: z.array(difference),
  /** The lines of the file that change, as a unified diff, secrets as `***`. */
  diff: z.string(),
  takes_effect: z.enum(['nothing-changes', 'reload', 'restart']),
  restart_keys: z.array(z.string()),
});
export type Checked = z.infer<typeof checked>;

export const saved = z.object({
  revision: z.string(),
  takes_effect: z.enum(['nothing-changes', 'reload', 'restart']),
  restart_keys: z.array(z.string()),
  at: time,
});
export type Saved = z.infer<typeof saved>;

/**
 * JSON Schema (2020-12) of the file: `description` is the help text and names the unit, `default`, `enum`, `pattern`,
 * `minimum`; `writeOnly` marks a secret (which may also be given by `<key>_file`); `x-not-yet` what cannot be used yet;
 * `x-kind` what a text is: `duration`, `size`, `rate` (a size per second), `percentage` or `cron`.
 */
export const configurationSchema = z.looseObject({});
