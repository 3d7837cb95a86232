/**
 * Every route of `/api/v1`, in one table: what it takes, what it answers and who may ask. The server is made of it (a
 * request that the table does not let through reaches no handler), the OpenAPI description, and the types of the
 * console:
 *
 *     type Line = ResponseOf<'GET /records'>['records'][number];
 *
 * Requests and answers are JSON unless said otherwise. POST, PUT and PATCH have `content-type: application/json` (`{}`
 * where nothing is to be sent; announcements `audio/wav`), and the browser's `Origin` must be the console's own: no
 * other site can send them. Sessions are by a cookie that scripts cannot read (`fetch` with its default credentials);
 * API tokens by `Authorization: Bearer`. Every failure has the body `failure` of shapes.ts.
 */
import { z } from 'zod';

import * as configuration from './configuration.ts';
import * as operations from './operations.ts';
import * as overview from './overview.ts';
import * as recordings from './recordings.ts';
import * as session from './session.ts';
import { done, type Role } from './shapes.ts';

/** Who may ask: `anyone`, everybody who is signed in, or these roles. */
export type Access = 'anyone' | 'signed-in' | readonly Role[];

/** What is answered where that is no JSON. */
export type Media = 'audio/wav' | 'text/event-stream' | 'application/yaml';

export interface Route {
  readonly summary: string;
  readonly access: Access;
  /**
   * That what is asked for belongs to groups: a `list` has only what is of one's own groups; the `record` or live `talk`
   * with the id of the path is `not-found` if it is another group's, as if there were none.
   */
  readonly byGroup?: 'list' | 'record' | 'talk';
  readonly params?: z.ZodType;
  readonly query?: z.ZodType;
  /** Of JSON. */
  readonly body?: z.ZodType;
  /** A body that is no JSON, and how long it may be, in bytes. */
  readonly upload?: { readonly type: 'audio/wav'; readonly limit: number };
  readonly response: z.ZodType | Media;
}

const administrators: readonly Role[] = ['administrator'];
const overseers: readonly Role[] = ['administrator', 'auditor'];
const operators: readonly Role[] = ['administrator', 'supervisor'];

/** Of one announcement: five minutes at 16 kHz. */
const longestAnnouncement = 10_000_000;

export const routes = {
  // Signing in
  'GET /greeting': {
    summary: 'What there is to know before signing in',
    access: 'anyone',
    response: session.greeting,
  },
  'POST /session': {
    summary: 'Signs in by name and password, and sets the cookie',
    access: 'anyone',
    body: session.signIn,
    response: session.me,
  },
  'POST /oidc': {
    summary: 'Begins a sign-in by OpenID Connect and sets a cookie; the browser goes where it is told',
    access: 'anyone',
    body: session.noContent,
    response: session.oidcBegun,
  },
  'POST /welcome': {
    summary: 'Makes the first administrator, by the one-time link of the log, and signs in',
    access: 'anyone',
    body: session.welcome,
    response: session.me,
  },
  'POST /link': {
    summary: 'Keeps the password that was chosen by a one-time link; signs in, and out everywhere else',
    access: 'anyone',
    body: session.takenLink,
    response: session.me,
  },
  'GET /session': { summary: 'Who asks', access: 'signed-in', response: session.me },
  'DELETE /session': { summary: 'Signs out', access: 'signed-in', response: session.signedOut },
  'PUT /password': {
    summary: 'Changes one’s own password; signs out everywhere else',
    access: 'signed-in',
    body: session.changePassword,
    response: done,
  },

  // What happens now
  'GET /events': {
    summary: 'What changes, as server-sent events (see events.ts)',
    access: 'signed-in',
    byGroup: 'list',
    response: 'text/event-stream',
  },
  'GET /overview': {
    summary: 'All of the page Overview',
    access: 'signed-in',
    byGroup: 'list',
    response: overview.overview,
  },
  'GET /calls': { summary: 'Live calls', access: 'signed-in', byGroup: 'list', response: overview.liveCalls },
  'POST /calls/:id/control': {
    summary: 'Pauses, resumes, stops or starts a recording during the talk',
    access: operators,
    byGroup: 'talk',
    params: overview.talkPath,
    body: overview.controlRequest,
    response: overview.controlled,
  },
  'GET /outcomes': {
    summary: 'Lines by hour and outcome',
    access: 'signed-in',
    byGroup: 'list',
    query: overview.outcomesQuery,
    response: overview.outcomes,
  },
  'GET /completeness': {
    summary: 'Whether recordings are missing; at most 31 days',
    access: 'signed-in',
    byGroup: 'list',
    query: overview.completenessQuery,
    response: overview.completeness,
  },
  'GET /storage': {
    summary: 'Use of the disk of the spool over time',
    access: overseers,
    query: overview.storageQuery,
    response: overview.storageHistory,
  },
  'GET /gate': {
    summary: 'How long the gate took, by the hour',
    access: overseers,
    response: overview.gateTimes,
  },
  'GET /targets': { summary: 'All targets and what goes on', access: overseers, response: overview.targets },
  'GET /targets/:name/history': {
    summary: 'Deliveries by hour',
    access: overseers,
    params: overview.targetPath,
    query: overview.targetHistoryQuery,
    response: overview.targetHistory,
  },

  // Recordings, and calls that were not recorded
  'GET /records': {
    summary: 'The list, newest first',
    access: 'signed-in',
    byGroup: 'list',
    query: recordings.recordsQuery,
    response: recordings.records,
  },
  'GET /reasons': {
    summary: 'Why calls were not recorded, by rule',
    access: 'signed-in',
    byGroup: 'list',
    query: recordings.reasonsQuery,
    response: recordings.reasons,
  },
  'GET /records/:id': {
    summary: 'All that is known of one line',
    access: 'signed-in',
    byGroup: 'record',
    params: recordings.recordPath,
    response: recordings.recordDetail,
  },
  'GET /records/:id/audio': {
    summary: 'Its audio, also in parts (Range)',
    access: 'signed-in',
    byGroup: 'record',
    params: recordings.recordPath,
    query: recordings.audioQuery,
    response: 'audio/wav',
  },
  'GET /records/:id/peaks': {
    summary: 'Its waveform and silences',
    access: 'signed-in',
    byGroup: 'record',
    params: recordings.recordPath,
    response: recordings.peaks,
  },
  'POST /records/:id/notes': {
    summary: 'Adds a note',
    access: operators,
    byGroup: 'record',
    params: recordings.recordPath,
    body: recordings.newNote,
    response: recordings.note,
  },
  'DELETE /records/:id/notes/:note': {
    summary: 'Removes a note: one’s own, or any as administrator',
    access: operators,
    byGroup: 'record',
    params: recordings.notePath,
    response: done,
  },
  'PUT /records/:id/hold': {
    summary: 'Forbids that it be deleted',
    access: 'signed-in',
    byGroup: 'record',
    params: recordings.recordPath,
    body: recordings.newHold,
    response: recordings.hold,
  },
  'DELETE /records/:id/hold': {
    summary: 'Allows it again; an administrator’s decision',
    access: administrators,
    params: recordings.recordPath,
    response: done,
  },
  'POST /records/:id/retry': {
    summary: 'Tries again what was set aside of it',
    access: administrators,
    params: recordings.recordPath,
    response: recordings.retried,
  },
  'POST /records/:id/verify': {
    summary: 'Compares every copy with the SHA-256 of when it was recorded',
    access: overseers,
    params: recordings.recordPath,
    response: recordings.verified,
  },

  // Configuration
  'GET /configuration/schema': {
    summary: 'JSON Schema of the file, with help texts, units and defaults: the forms are made of it',
    access: overseers,
    response: configuration.configurationSchema,
  },
  'GET /configuration': {
    summary: 'What is in the file, without secrets',
    access: overseers,
    response: configuration.configuration,
  },
  'POST /configuration/check': {
    summary: 'Whether the file would be right with these changes, and what they do; nothing is written',
    access: administrators,
    body: configuration.draft,
    response: configuration.checked,
  },
  'PUT /configuration': {
    summary: 'Changes the file, if it is right then (else 422 with faults); comments stay',
    access: administrators,
    body: configuration.draft,
    response: configuration.saved,
  },
  'GET /configuration/export': {
    summary: 'The file as it is, the text of secrets as ***',
    access: administrators,
    response: 'application/yaml',
  },

  // Announcements
  'GET /announcements': {
    summary: 'All announcements, also those that are missing',
    access: overseers,
    response: operations.announcements,
  },
  'GET /announcements/:language/:name/audio': {
    summary: 'To listen: the best version there is',
    access: overseers,
    params: operations.announcementPath,
    response: 'audio/wav',
  },
  'PUT /announcements/:language/:name': {
    summary: 'Puts an announcement in its place, from the next call on',
    access: administrators,
    params: operations.announcementPath,
    upload: { type: 'audio/wav', limit: longestAnnouncement },
    response: operations.uploaded,
  },
  'DELETE /announcements/:language/:name': {
    summary: 'Removes one’s own; that of the package is played again, else nothing may use it (409)',
    access: administrators,
    params: operations.announcementPath,
    response: done,
  },

  // Buttons
  'POST /targets/:name/check': {
    summary: 'Asks a target whether recordings would get there; takes up to 30 s',
    access: administrators,
    params: overview.targetPath,
    body: operations.targetCheck,
    response: operations.connectionResult,
  },
  'POST /upload': {
    summary: 'Delivers now what is pending',
    access: administrators,
    response: operations.uploadBegun,
  },
  'POST /retry': {
    summary: 'Tries again everything that was set aside',
    access: administrators,
    response: recordings.retried,
  },
  'POST /alarms/test': {
    summary: 'Sends a message that is marked as a test',
    access: administrators,
    body: operations.channelTest,
    response: operations.connectionResult,
  },
  'GET /selftest': {
    summary: 'The last self-test, or the one that goes on',
    access: overseers,
    response: operations.selfTest,
  },
  'POST /selftest': {
    summary: 'Begins a self-test; its steps come as events',
    access: administrators,
    response: operations.selfTest,
  },
  'GET /cleanup': {
    summary: 'What a clean-up would meet now',
    access: administrators,
    response: operations.cleanupPreview,
  },
  'POST /cleanup': {
    summary: 'Takes recordings out of active/ that Asterisk still holds open',
    access: administrators,
    body: operations.cleanupRequest,
    response: operations.cleanupReport,
  },

  // People
  'GET /audit': {
    summary: 'Who did what, newest first',
    access: overseers,
    query: operations.auditQuery,
    response: operations.audit,
  },
  'GET /users': { summary: 'All users', access: administrators, response: session.users },
  'POST /users': {
    summary: 'Adds a user',
    access: administrators,
    body: session.newUser,
    response: session.user,
  },
  'PATCH /users/:name': {
    summary: 'Changes a user; 409 for the last administrator who can sign in',
    access: administrators,
    params: session.userPath,
    body: session.changedUser,
    response: session.user,
  },
  'DELETE /users/:name': {
    summary: 'Removes a user and signs him out; 409 for the last administrator',
    access: administrators,
    params: session.userPath,
    response: done,
  },
  'POST /users/:name/link': {
    summary: 'Makes a one-time link by which a user chooses a password; its token is told this once',
    access: administrators,
    params: session.userPath,
    response: session.madeLink,
  },
  'GET /tokens': { summary: 'All API tokens', access: administrators, response: session.tokens },
  'POST /tokens': {
    summary: 'Makes an API token; its secret is told this once',
    access: administrators,
    body: session.newToken,
    response: session.madeToken,
  },
  'DELETE /tokens/:id': {
    summary: 'Ends an API token',
    access: administrators,
    params: session.tokenPath,
    response: done,
  },
} as const satisfies Readonly<Record<`${'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'} /${string}`, Route>>;

export type RouteName = keyof typeof routes;
type Part<Name extends RouteName, Key extends string> =
  (typeof routes)[Name] extends Record<Key, infer Schema> ? Schema : never;

/** What a route answers in JSON; never where it answers something else. */
export type ResponseOf<Name extends RouteName> =
  Part<Name, 'response'> extends z.ZodType<infer Value> ? Value : never;
/** What is sent to a route, as the server has it after checking; `...Given` as it is sent. */
export type ParamsOf<Name extends RouteName> =
  Part<Name, 'params'> extends z.ZodType<infer Value> ? Value : undefined;
export type QueryOf<Name extends RouteName> =
  Part<Name, 'query'> extends z.ZodType<infer Value> ? Value : undefined;
export type BodyOf<Name extends RouteName> =
  Part<Name, 'body'> extends z.ZodType<infer Value> ? Value : undefined;
export type QueryGiven<Name extends RouteName> =
  Part<Name, 'query'> extends z.ZodType ? z.input<Part<Name, 'query'>> : undefined;
export type BodyGiven<Name extends RouteName> =
  Part<Name, 'body'> extends z.ZodType ? z.input<Part<Name, 'body'>> : undefined;
