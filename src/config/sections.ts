/** The sections of the configuration that are about the machine and its surroundings. */
import { z } from 'zod';

import {
  absolutePath,
  complain,
  cron,
  cronProblem,
  duration,
  durationOf,
  emailAddress,
  endpointPattern,
  host,
  matching,
  Misunderstood,
  notYet,
  percentage,
  port,
  rate,
  secret,
  text,
  understood,
  webAddress,
  wholeNumber,
} from './values.ts';

const ari = z
  .strictObject({
    url: webAddress(['http', 'https'])
      .prefault('http://127.0.0.1:8088/ari')
      .describe("Address of Asterisk's REST interface."),
    username: text(80).prefault('mitschnitt').describe('User in ari.conf.'),
    password: secret('Password of that user.').optional(),
    app: matching(/^[A-Za-z0-9_-]{1,64}$/, 'a name of letters, digits, _ and -')
      .prefault('mitschnitt')
      .describe('Name of the Stasis application, as the dialplan calls it.'),
  })
  .prefault({})
  .describe('The connection through which the announcement is played.');

const amiPorts = { plain: 5038, tls: 5039 } as const;

const ami = z
  .strictObject({
    host: host().prefault('127.0.0.1').describe("Host name or IP address of Asterisk's manager interface."),
    port: port().optional().describe('Its port. Default: 5038, with TLS 5039.'),
    username: text(80).prefault('mitschnitt').describe('User in manager.conf.'),
    secret: secret('Secret of that user.').optional(),
    tls: z
      .union([z.boolean(), z.strictObject({ ca: absolutePath().describe('PEM file of the authority.') })], {
        error: 'true, false or { ca: /path/to/authority.pem }',
      })
      .default(false)
      .describe('Whether to encrypt; { ca: FILE } does, and trusts the authority in that PEM file.'),
  })
  .transform((settings) => ({
    ...settings,
    port: settings.port ?? (settings.tls === false ? amiPorts.plain : amiPorts.tls),
  }))
  .prefault({})
  .describe('The connection through which calls are followed and recordings started.');

export const asteriskSchema = z.strictObject({ ari, ami }).prefault({}).describe('How Asterisk is reached.');

function isTimezone(name: string): boolean {
  // `Intl` takes `+01:00`, too, which knows nothing of summer time.
  if (/^[+-]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

export const pbxSchema = z
  .strictObject({
    trunks: z
      .array(matching(endpointPattern, 'an endpoint such as PJSIP/trunk'))
      .optional()
      .describe(
        'Endpoints (Technology/name) behind which external parties are. [] if all calls are internal.',
      ),
    timezone: understood(
      (name) => (isTimezone(name) ? name : new Misunderstood('is no time zone')),
      'a name of the IANA database such as Europe/Zurich',
    )
      .optional()
      .describe("Time zone of file names, report and schedules. Default: the machine's."),
  })
  .prefault({})
  .describe('What has to be known of the PBX.');

export const spoolSchema = z
  .strictObject({
    // The path becomes part of an AMI action that Asterisk splits at commas and expands variables in.
    path: matching(
      /^(\/(?!\.{1,2}(\/|$))[A-Za-z0-9._-]+)+$/,
      'an absolute path of letters, digits, / . _ and -',
    )
      .prefault('/var/spool/asterisk/mitschnitt')
      .describe(
        'Folder on a local disk that Asterisk and Mitschnitt both see under this name and may write to.',
      ),
  })
  .prefault({})
  .describe('Where recordings are until they are delivered.');

export const promptsSchema = z
  .strictObject({
    path: absolutePath()
      .optional()
      .describe(
        'Folder with all prompts, as <language>/<name>.wav. Default: the prompts of the package, and in the place of those your own, which are in the folder prompts beside the catalogue.',
      ),
  })
  .prefault({})
  .describe('The announcements.');

export const audioSchema = z
  .strictObject({
    min_duration: duration('0s', '1h')
      .prefault('500ms')
      .describe('A recording with less audio is not kept (outcome too-short); a duration.'),
  })
  .prefault({})
  .describe('What holds for the audio of all groups.');

/** When finished recordings are delivered. */
type ScheduleSetting =
  | { readonly kind: 'immediately' }
  | { readonly kind: 'interval'; readonly ms: number }
  | { readonly kind: 'cron'; readonly pattern: string };

function readSchedule(written: string): ScheduleSetting | Misunderstood {
  if (written === 'immediately') return { kind: 'immediately' };
  const ms = durationOf(written);
  if (ms !== undefined)
    return ms >= 1_000 ? { kind: 'interval', ms } : new Misunderstood('is shorter than a second');
  const problem = cronProblem(written);
  return problem === undefined
    ? { kind: 'cron', pattern: written }
    : new Misunderstood(`is no schedule (${problem})`);
}

const clockTimePattern = /^([01]\d|2[0-3]):([0-5]\d)$|^(24):(00)$/;
const minutesPerHour = 60;

/** Minutes since midnight. */
function clockTime(written: string): number | undefined {
  const [, hours, minutes, lastHours, lastMinutes] = clockTimePattern.exec(written) ?? [];
  const hour = hours ?? lastHours;
  return hour === undefined ? undefined : Number(hour) * minutesPerHour + Number(minutes ?? lastMinutes);
}

/** A stretch of every day, in minutes since midnight on the clock on the wall; over midnight where `to` is earlier. */
function readWindow(written: string): { readonly from: number; readonly to: number } | Misunderstood {
  const [from, to, ...more] = written.split('-').map((part) => clockTime(part.trim()));
  if (from === undefined || to === undefined || more.length > 0)
    return new Misunderstood('is no stretch of the day');
  return from === to ? new Misunderstood('begins when it ends') : { from, to };
}

export const uploadSchema = z
  .strictObject({
    every: understood(
      readSchedule,
      'immediately, a duration of at least 1s such as 5m, or a cron expression such as "0 * * * *"',
    )
      .prefault('5m')
      .describe(
        'When finished recordings are delivered: immediately, at an interval (a duration), or by a cron expression of five fields in the time zone of the PBX.',
      ),
    windows: z
      .array(understood(readWindow, 'a stretch of the day such as 22:00-06:00'))
      .default([])
      .describe(
        'Stretches of the day, in the time zone of the PBX, in which deliveries may begin, such as 22:00-06:00; what has begun is finished. Empty: always.',
      ),
    bandwidth: rate()
      .optional()
      .describe('The most that is sent to all targets together; a size per second such as 10MB/s.'),
  })
  .prefault({})
  .describe('When and how fast recordings are delivered.');

/** Port of SMTP with TLS from the first byte (RFC 8314, 3.3). */
const implicitTlsPort = 465;

export const smtpSchema = z
  .strictObject({
    host: host().describe('Host name or IP address of the mail server.'),
    port: port().optional().describe('Its port. Default: 587, with tls: implicit 465.'),
    tls: z
      .enum(['implicit', 'required', 'optional', 'none'])
      .optional()
      .describe(
        'Encryption: implicit (from the first byte), required (by STARTTLS, or nothing is sent), optional (by STARTTLS if the server offers it; whoever is between can prevent that), or none: password and audio can then be read on the way. Default: implicit with port 465, required with a username, otherwise optional.',
      ),
    ca: absolutePath()
      .optional()
      .describe(
        'PEM file of the authority that signed the certificate of the server, if it is no public one.',
      ),
    username: text().optional().describe('Name to log in with, if the server wants it.'),
    password: secret('Password to log in with.').optional(),
    from: emailAddress().describe('Sender of the messages.'),
  })
  .check(
    z.superRefine(({ username, password }, context) => {
      if ((username === undefined) === (password === undefined)) return;
      const missing = username === undefined ? 'username' : 'password';
      complain(context, [], `has no ${missing} to log in with`, 'username and password, or neither');
    }),
  )
  .transform((settings) => {
    const usual = settings.username === undefined ? 'optional' : 'required';
    const tls = settings.tls ?? (settings.port === implicitTlsPort ? 'implicit' : usual);
    return { ...settings, tls, port: settings.port ?? (tls === 'implicit' ? implicitTlsPort : 587) };
  })
  .optional()
  .describe('The mail server for alarms and e-mail targets.');

const failingAfter = z
  .union(
    [
      wholeNumber(1, 1_000_000).transform((attempts) => ({ attempts })),
      duration('1s').transform((ms) => ({ ms })),
    ],
    { error: 'a number of attempts such as 3, or a duration such as 10m' },
  )
  .prefault(3)
  .describe(
    'From when on deliveries that fail are an alarm: so many attempts in a row, or failing for so long (a duration).',
  );

export const alarmsSchema = z
  .strictObject({
    email: z.array(emailAddress()).default([]).describe('Who is told by e-mail.'),
    webhook: webAddress(['https', 'http'])
      .optional()
      .describe('Address that is told by an HTTP request with JSON, signed with webhook_secret.'),
    webhook_secret: secret(
      'Key of the signature (HMAC-SHA256) by which the receiver knows that a request is of Mitschnitt; after whsec_ it is Base64.',
    ).optional(),
    language: z
      .enum(['de', 'en'])
      .optional()
      .describe('Language in which people are told. Default: that of the report.'),
    after: failingAfter,
    remind_every: duration('1m').prefault('24h').describe('Time from one reminder to the next; a duration.'),
  })
  .check(
    z.superRefine(({ webhook, webhook_secret }, context) => {
      if (webhook !== undefined && webhook_secret === undefined)
        complain(
          context,
          ['webhook'],
          'has no key to sign with',
          'webhook_secret or webhook_secret_file beside it',
        );
    }),
  )
  .prefault({})
  .describe('Who is told when something stands in the way. status and the log tell it in any case.');

export const cleanupSchema = z
  .strictObject({
    schedule: cron()
      .optional()
      .describe(
        'When to clean up by itself: a cron expression of five fields, on the clock of the PBX. Without it only by hand.',
      ),
    mode: z
      .enum(['stuck', 'all'])
      .default('stuck')
      .describe(
        'What the schedule does. stuck: finish recordings whose call is over or that exceed max_duration; all: end every running recording.',
      ),
    max_duration: duration('1m')
      .prefault('8h')
      .describe(
        'A recording that runs longer counts as stuck; a duration. It is ended with the next clean-up, and its call goes on unrecorded.',
      ),
  })
  .prefault({})
  .describe('Taking recordings out of the spool that Asterisk still holds open.');

export const selftestSchema = z
  .strictObject({
    schedule: cron()
      .optional()
      .describe(
        'When to test by itself: a cron expression of five fields in the time zone of the PBX. Default: only by hand.',
      ),
    email: z
      .boolean()
      .default(false)
      .describe('Whether e-mail targets are tried as well: each test then sends a message, which stays.'),
  })
  .prefault({})
  .describe('The self-test: a call of its own through announcement, recording and delivery.');

export const storageSchema = z
  .strictObject({
    warn: percentage()
      .prefault('80%')
      .describe('Use of the disk of the spool that raises an alarm; a percentage.'),
    stop: percentage()
      .prefault('95%')
      .describe('Use of the disk of the spool at which no new recording starts; a percentage.'),
  })
  .check(
    z.superRefine((storage, context) => {
      if (storage.warn > storage.stop)
        complain(context, ['warn'], 'is above storage.stop', 'at most storage.stop');
    }),
  )
  .prefault({})
  .describe('What happens when the disk of the spool fills up.');

const sqlite = z
  .strictObject({
    type: z.literal('sqlite').describe('A file of this machine.'),
    path: absolutePath()
      .prefault('/var/lib/mitschnitt/catalogue.db')
      .describe('The database file; an absolute path.'),
  })
  .describe('A file of this machine.');

const postgres = z
  .strictObject({
    type: z.literal('postgres').describe('A PostgreSQL database.'),
    url: secret('Address of the database: postgres://user:password@host/database.'),
  })
  .meta({ description: 'A PostgreSQL database.', ...notYet() });

export const catalogueSchema = z
  .discriminatedUnion('type', [sqlite, postgres])
  .prefault({ type: 'sqlite' })
  .describe('The database of calls, recordings and deliveries.');

export const logSchema = z
  .strictObject({
    level: z.enum(['error', 'warn', 'info', 'debug']).default('info').describe('The least that is logged.'),
    format: z
      .enum(['text', 'json'])
      .default('text')
      .describe('One line of text, or one JSON object, per entry.'),
  })
  .prefault({})
  .describe('The log on standard output.');
