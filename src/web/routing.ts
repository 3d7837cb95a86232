import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';

import { errorFields, type Log } from '../log.ts';
import { routes, type Route, type RouteName } from './api/routes.ts';
import { auditedAs, Playbacks } from './audit-trail.ts';
import { sendAudio } from './audio-reply.ts';
import { sendEvents } from './event-reply.ts';
import { ApiFailure, notFound } from './failure.ts';
import { clearCookie, setCookie, setPendingCookie, type Gatekeeper } from './gatekeeper.ts';
import { refuseForeign } from './origin.ts';
import { maySee, type Viewer } from './viewer.ts';
import type { AuditEntry, ConsoleLedger } from '../catalogue/console-ledger.ts';
import type { Asked, AudioContent, Handlers } from './handlers.ts';
import type { Door, peopleHandlers } from './people.ts';
import type { EventHub } from './event-hub.ts';
import type { LiveSource } from './live.ts';

export interface RoutingParts {
  readonly ledger: () => ConsoleLedger;
  readonly live: () => LiveSource;
  readonly handlers: Handlers;
  readonly people: ReturnType<typeof peopleHandlers>;
  readonly gatekeeper: Gatekeeper;
  readonly hub: EventHub;
  readonly now: () => number;
  /** How long whoever gets audio may take none of it. */
  readonly stillMs: number;
  readonly log: Log;
}

type AnyHandler = (asked: Asked<RouteName>, door: Door) => Promise<unknown>;
type AuditFacts = Parameters<Asked<RouteName>['audit']>[0];

const audioTypes = ['audio/wav', 'audio/x-wav', 'audio/wave'];

/** Every route of the table, each with all that the table says. */
export function addRoutes(app: FastifyInstance, parts: RoutingParts): void {
  takeBodies(app);
  const playbacks = new Playbacks(parts.now);
  for (const [name, route] of Object.entries<Route>(routes)) {
    const [method = '', path = ''] = name.split(' ');
    app.route({
      method,
      url: `/api/v1${path}`,
      ...(route.upload ? { bodyLimit: route.upload.limit } : {}),
      // Before the body is read: who may not ask sends nothing that is looked at.
      onRequest: async (request) => {
        if (method !== 'GET') refuseForeign(request);
        admitted.set(request, await parts.gatekeeper.admit(request, route.access));
      },
      handler: (request, reply) =>
        answer({ name: name as RouteName, route, request, reply, parts, playbacks }),
    });
  }
}

const admitted = new WeakMap<FastifyRequest, Viewer>();

/** Only JSON and audio: what a form of another site can send is neither. */
function takeBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    try {
      done(null, body === '' ? {} : (JSON.parse(body as string) as unknown));
    } catch {
      done(new ApiFailure(400, 'invalid-request', 'the body is no JSON'));
    }
  });
  app.addContentTypeParser(audioTypes, { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
}

interface Exchange {
  readonly name: RouteName;
  readonly route: Route;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly parts: RoutingParts;
  readonly playbacks: Playbacks;
}

async function answer(exchange: Exchange): Promise<unknown> {
  const { name, route, request, reply, parts } = exchange;
  const viewer = admitted.get(request);
  if (!viewer) throw notFound();
  const language = languageOf(request);
  if (name === 'GET /events') return sendEvents(reply, (sink) => parts.hub.join(viewer, language, sink));
  const facts: { current: AuditFacts } = { current: {} };
  const audit = (more: AuditFacts) => void (facts.current = { ...facts.current, ...more });
  const done = await handled(exchange, { viewer, language, audit }).catch(async (error: unknown) => {
    // What is stopped before it was tried would only fill the log, and so would what strangers send that asks nothing.
    const status = error instanceof ApiFailure ? error.status : undefined;
    const isStopped = status === tooMany || (status === notUnderstood && route.access === 'anyone');
    if (!isStopped) await keep(exchange, viewer, facts.current, false);
    throw error;
  });
  if (route.response === 'audio/wav')
    return await playback(exchange, { viewer, audio: done.result as AudioContent, asked: done.asked });
  await keep(exchange, viewer, facts.current, true);
  reply.header('cache-control', 'no-store');
  return route.response === 'application/yaml' ? download(reply, done.result) : reply.send(done.result);
}

async function handled(
  { name, route, request, reply, parts }: Exchange,
  by: Pick<Asked<RouteName>, 'viewer' | 'language' | 'audit'>,
): Promise<{ readonly asked: Asked<RouteName>; readonly result: unknown }> {
  const given = givenOf(route, request);
  await mayReach(route, parts, by.viewer, given.params);
  const asked = { ...by, ...given } as unknown as Asked<RouteName>;
  const handler = { ...parts.handlers, ...parts.people }[name as keyof Handlers] as unknown as AnyHandler;
  return { asked, result: await handler(asked, doorOf(request, reply)) };
}

const tooMany = 429;
const notUnderstood = 400;

function download(reply: FastifyReply, text: unknown): FastifyReply {
  return reply
    .type('application/yaml; charset=utf-8')
    .header('content-disposition', 'attachment; filename="mitschnitt.yaml"')
    .send(text);
}

/** The parts of a request as the table describes them. */
function givenOf({ params, query, body, upload }: Route, request: FastifyRequest) {
  if (upload && !Buffer.isBuffer(request.body))
    throw new ApiFailure(415, 'wrong-content-type', `the body must be ${upload.type}`);
  return {
    params: params && parsed(params, request.params, 'path'),
    query: query && parsed(query, withoutLanguage(request.query), 'query'),
    body: body && parsed(body, request.body ?? {}, 'body'),
    upload: upload ? request.body : undefined,
  };
}

/** Any request may name its language. */
function withoutLanguage(query: unknown): unknown {
  const rest = { ...(query as Record<string, unknown>) };
  delete rest.language;
  return rest;
}

function parsed(schema: z.ZodType, given: unknown, where: string): unknown {
  const { success, data, error } = schema.safeParse(given);
  if (success) return data;
  const details = error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
  const [first] = details;
  const message = first
    ? `${[where, first.path].filter((part) => part !== '').join(' ')}: ${first.message}`
    : where;
  throw new ApiFailure(400, 'invalid-request', message, '', { details });
}

/** What is of a group that somebody does not see is not there for him. */
async function mayReach(route: Route, parts: RoutingParts, viewer: Viewer, params: unknown): Promise<void> {
  if (viewer.groups === undefined || (route.byGroup !== 'record' && route.byGroup !== 'talk')) return;
  const { id } = params as { readonly id: string };
  const group =
    route.byGroup === 'record'
      ? await parts.ledger().groupOfRecord(id)
      : parts
          .live()
          .calls()
          .find((call) => call.id === id)?.group;
  if (!maySee(viewer, group)) throw notFound();
}

function languageOf({ query, headers }: FastifyRequest): 'de' | 'en' {
  const { language } = query as { readonly language?: unknown };
  if (language === 'de' || language === 'en') return language;
  const [first] = /\b(de|en)\b/.exec(headers['accept-language'] ?? '') ?? [];
  return first === 'de' ? 'de' : 'en';
}

function doorOf(request: FastifyRequest, reply: FastifyReply): Door {
  return {
    address: request.ip,
    setCookie: (secret) => setCookie(request, reply, secret),
    clearCookie: () => clearCookie(request, reply),
    origin: `${request.protocol}://${request.host}`,
    setPendingCookie: (secret) => setPendingCookie(request, reply, secret),
  };
}

/** Noted before anything is heard: what cannot be noted is not played. */
async function playback(
  exchange: Exchange,
  { viewer, audio, asked }: { viewer: Viewer; audio: AudioContent; asked: Asked<RouteName> },
): Promise<unknown> {
  const { name, request, reply, parts, playbacks } = exchange;
  // Otherwise whoever takes nothing would keep his place among those who listen for ever.
  reply.raw.setTimeout(parts.stillMs, () => reply.raw.destroy());
  if (name !== 'GET /records/:id/audio') return sendAudio(request, reply, audio, false);
  const { id } = asked.params as { readonly id: string };
  const isDownload = (asked.query as { readonly download?: string }).download === 'true';
  const action = isDownload ? 'download' : 'playback';
  const what = `${action} ${viewer.key} ${id}`;
  // Whoever saves it gets it whole with each request; a player, and a download that is taken up again, in parts.
  const isWhole = isDownload && request.headers.range === undefined;
  if (isWhole || playbacks.isNew(what)) {
    const group = await parts.ledger().groupOfRecord(id);
    await parts.ledger().addAudit(entryOf(exchange, viewer, { action, subject: id, group, ok: true }));
    playbacks.noted(what);
  }
  return sendAudio(request, reply, audio, isDownload);
}

/** The line of the audit log, if the route has one. */
async function keep(exchange: Exchange, viewer: Viewer, facts: AuditFacts, ok: boolean): Promise<void> {
  const { name, request, parts } = exchange;
  const known = auditedAs[name];
  if (known === undefined) return;
  const isSignIn = known === 'sign-in';
  const params = request.params as Readonly<Record<string, string | undefined>>;
  const subject = facts.subject ?? params.id ?? [params.language, params.name].filter(Boolean).join('/');
  const { group, detail } = facts;
  const action = isSignIn && !ok ? 'sign-in-refused' : known;
  const actor = isSignIn ? `web:${facts.subject ?? ''}` : viewer.actor;
  const entry = { ...entryOf(exchange, viewer, { action, subject, group, ok }), actor, detail };
  try {
    await parts.ledger().addAudit(entry);
  } catch (error) {
    parts.log.error('a line of the audit log could not be kept', { ...entry, ...errorFields(error) });
  }
}

function entryOf(
  { request, parts }: Exchange,
  viewer: Viewer,
  facts: Pick<AuditEntry, 'action' | 'subject' | 'group' | 'ok'>,
): AuditEntry {
  return { at: parts.now(), actor: viewer.actor, detail: undefined, address: request.ip, ...facts };
}
