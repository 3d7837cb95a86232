/**
 * The kinds of value that the configuration is made of. By convention the message of an issue says what is allowed, and
 * its `problem` what is wrong, where that is more than 'is not valid': see `faults.ts`.
 */
import { Cron } from 'croner';
import { z } from 'zod';

import { messageOf } from '../errors.ts';
import { Secret } from './secret.ts';

/** Which values of a key are refused because their feature does not exist yet: all, all but some, or some. */
export type NotYet = true | { readonly except: readonly string[] } | { readonly matching: string };

/** Key in JSON Schema under which a schema says that it is {@link NotYet} supported. */
export const notYetKey = 'x-not-yet';

/**
 * Marks a key as understood and not yet supported: giving it is a fault, so that nobody trusts in what does not happen.
 * To enable the feature, delete the mark.
 */
export function notYet(which: NotYet = true): Record<string, NotYet> {
  return { [notYetKey]: which };
}

/** Key in JSON Schema that says what a text is, for forms that take number and unit apart. */
export const kindKey = 'x-kind';

/** What a text in the configuration can be beyond text. */
export type ValueKind = 'duration' | 'size' | 'rate' | 'percentage' | 'cron';

const ofKind = (kind: ValueKind): Record<string, ValueKind> => ({ [kindKey]: kind });

/** Reports something beyond one value's form. `problem`: what is wrong; `allowed`: what would be right. */
export function complain(
  context: z.RefinementCtx,
  path: readonly (string | number)[],
  problem: string,
  allowed: string,
): void {
  context.addIssue({ code: 'custom', path: [...path], message: allowed, params: { problem } });
}

/** Text that a function understands or explains why not. */
export function understood<T>(read: (text: string) => T | Misunderstood, allowed: string) {
  return z.string().transform((text, context): T => {
    const result = read(text);
    if (!(result instanceof Misunderstood)) return result;
    complain(context, [], result.problem, allowed);
    return z.NEVER;
  });
}

/** Why a text was not understood. */
export class Misunderstood {
  readonly problem: string;

  constructor(problem: string) {
    this.problem = problem;
  }
}

export const matching = (pattern: RegExp, allowed: string) => z.string().regex(pattern, allowed);

const millisecondsOf: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  y: 365 * 86_400_000,
};

const durationPattern = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d|y)$/;

/** Milliseconds of `500ms`, `3s`, `5m`, `24h`, `7d`, `10y` (of 365 days); undefined for anything else. */
export function durationOf(text: string): number | undefined {
  const [, amount, unit] = durationPattern.exec(text) ?? [];
  const milliseconds = millisecondsOf[unit ?? ''];
  return amount === undefined || milliseconds === undefined
    ? undefined
    : Math.round(Number(amount) * milliseconds);
}

/** A duration, in ms; from `least` to `most`, both as they are written in the configuration. */
export function duration(least = '0s', most = '3650d') {
  const range = `from ${least} to ${most}`;
  const allowed = `a duration such as 500ms, 3s, 5m, 24h or 7d, ${range}`;
  return matching(durationPattern, allowed)
    .meta(ofKind('duration'))
    .transform((text, context) => {
      const milliseconds = durationOf(text) ?? Number.NaN;
      if (milliseconds >= (durationOf(least) ?? 0) && milliseconds <= (durationOf(most) ?? 0))
        return milliseconds;
      complain(context, [], `is not ${range}`, allowed);
      return z.NEVER;
    });
}

const bytesOf: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

const sizePattern = /^(\d{1,9}(?:\.\d{1,3})?) ?(B|KB|MB|GB|TB|KiB|MiB|GiB|TiB)$/;

/** Bytes of `500KB`, `20MB`, `1GiB`; undefined for anything else. */
function sizeOf(text: string): number | undefined {
  const [, amount, unit] = sizePattern.exec(text) ?? [];
  const bytes = bytesOf[unit ?? ''];
  return amount === undefined || bytes === undefined ? undefined : Math.round(Number(amount) * bytes);
}

/** An amount of data, in bytes. */
export const size = () =>
  matching(sizePattern, 'a size such as 500KB, 20MB or 1GiB')
    .meta(ofKind('size'))
    .transform((text) => sizeOf(text) ?? Number.NaN);

/** The least rate: below it a small recording would take minutes. */
const leastRate = 1_000;

/** A rate of transfer, in bytes per second. */
export const rate = () => {
  const allowed = 'a size per second such as 500KB/s or 10MB/s, at least 1KB/s';
  return understood((written) => {
    const bytes = sizeOf(written.replace(/ ?\/ ?s$/, ''));
    if (bytes === undefined) return new Misunderstood('is no rate');
    return bytes >= leastRate ? bytes : new Misunderstood('is less than 1KB/s');
  }, allowed).meta(ofKind('rate'));
};

/** A share, as a fraction from 0 to 1. */
export const percentage = () =>
  matching(/^(100(\.0+)?|\d{1,2}(\.\d{1,3})?)%$/, 'a percentage from 0% to 100%')
    .meta(ofKind('percentage'))
    .transform((text) => Number(text.slice(0, -1)) / 100);

/** A password or the like. The key with `_file` behind its name is understood as well: see `json-schema.ts`. */
export const secret = (description: string) =>
  z
    .string()
    .min(1, 'text that is not empty')
    .transform((text) => new Secret(text))
    .meta({ description, writeOnly: true });

export const text = (longest = 255) =>
  // Control characters have no place in any of these and could break log lines, headers and protocols.
  matching(
    new RegExp(`^\\P{Cc}{1,${String(longest)}}$`, 'u'),
    `text of 1 to ${String(longest)} characters in one line`,
  );

export const wholeNumber = (least: number, most: number) => {
  const allowed = `a whole number from ${String(least)} to ${String(most)}`;
  return z.int(allowed).min(least, allowed).max(most, allowed);
};

export const port = () => wholeNumber(1, 65_535);

export const host = () =>
  matching(
    /^[A-Za-z0-9_]([A-Za-z0-9._-]{0,252}[A-Za-z0-9_])?$|^[0-9A-Fa-f:.]{2,45}$/,
    'a host name or IP address',
  );

/** A path of this machine. */
export const absolutePath = () => matching(/^\/\P{Cc}{0,1000}$/u, 'an absolute path, beginning with /');

/** A folder on a server, below what the login shows. */
export const remotePath = () => matching(/^\P{Cc}{0,1000}$/u, 'a folder on the server').prefault('');

/** A web address without a user or password in it. */
export const webAddress = (schemes: readonly string[]) => {
  const allowed = `an address that begins with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`;
  return understood((written) => {
    const url = URL.canParse(written) ? new URL(written) : undefined;
    if (!url || !schemes.includes(url.protocol.slice(0, -1))) return new Misunderstood('is no such address');
    if (url.username !== '' || url.password !== '')
      return new Misunderstood('contains a user name or password');
    return written.replace(/\/+$/, '');
  }, `${allowed}, without user name and password`);
};

export const emailAddress = () =>
  matching(/^[^\s@<>,;"]{1,64}@[^\s@<>,;"]{1,255}$/, 'an e-mail address such as pbx@example.com');

/** A name that is also that of a file: of a prompt. */
export const fileName = () =>
  matching(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
    'a name of letters, digits, . _ and -, beginning with a letter or digit',
  );

/** Minute, hour, day, month and weekday: no seconds, no names such as `@daily`. */
const cronFields = 5;

/** Why text is no cron expression; undefined when it is one. */
export function cronProblem(written: string): string | undefined {
  if (written.trim().split(/\s+/).length !== cronFields) return 'it has not five fields';
  try {
    new Cron(written, { paused: true });
    return undefined;
  } catch (thrown) {
    return messageOf(thrown).replace(/^CronPattern: /, '');
  }
}

/** A cron expression of five fields, in the time zone of the PBX. */
export const cron = () =>
  understood((written) => {
    const problem = cronProblem(written);
    return problem === undefined ? written : new Misunderstood(`is no cron expression (${problem})`);
  }, 'a cron expression such as "0 3 * * *" (minute hour day month weekday)').meta(ofKind('cron'));

/** `Technology/name`, as Asterisk names an endpoint. */
export const endpointPattern = /^[A-Za-z][A-Za-z0-9]{0,19}\/[^\s,;:&|/()'"\\]{1,80}$/;
