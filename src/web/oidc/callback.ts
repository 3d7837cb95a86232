import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import { errorFields, type Log } from '../../log.ts';
import type { AuditEntry, AuditLedger, User } from '../../catalogue/console-ledger.ts';
import { failureOf } from '../failure.ts';
import { clearPendingCookie, pendingCookieOf, setCookie } from '../gatekeeper.ts';
import type { SignIn } from '../sign-in.ts';
import { callbackPath, type OidcSignIn } from './oidc-sign-in.ts';
import { OidcRefusal } from './refusal.ts';

interface CallbackParts {
  readonly oidc: OidcSignIn;
  readonly signIn: SignIn;
  readonly ledger: () => AuditLedger;
  readonly now: () => number;
  readonly log: Log;
}

const seeOther = 303;

/**
 * Where browsers come back to from the provider. They are sent on at once, so that the code is in no history, and never
 * anywhere but to the console: the page has the words for why somebody is not signed in, of which it is told the name
 * only.
 */
export function addCallback(app: FastifyInstance, parts: CallbackParts): void {
  app.get(callbackPath, async (request, reply) => {
    reply.header('cache-control', 'no-store');
    try {
      await enter(request, reply, parts);
      return await reply.redirect('/', seeOther);
    } catch (error) {
      const code = await told(error, request, parts);
      return await reply.redirect(`/#/refused/${code}`, seeOther);
    }
  });
}

async function enter(request: FastifyRequest, reply: FastifyReply, parts: CallbackParts): Promise<void> {
  const { oidc, signIn } = parts;
  const query = new URLSearchParams(request.url.split('?').slice(1).join('?'));
  const pending = oidc.take(pendingCookieOf(request) ?? '', query);
  if (!pending) throw new OidcRefusal('oidc-expired');
  clearPendingCookie(request, reply);
  const user = await oidc.finish(pending, query, request.ip);
  const { secret } = await signIn.begin(user);
  await keep(parts, entryOf(user, request, parts));
  setCookie(request, reply, secret);
}

async function told(error: unknown, request: FastifyRequest, parts: CallbackParts): Promise<string> {
  if (error instanceof OidcRefusal) {
    const { account, code } = error;
    // Whom nobody vouched for would only fill the log.
    if (account !== undefined) {
      const entry = { ...entryOf({ name: account }, request, parts), action: 'sign-in-refused', ok: false };
      await keep(parts, { ...entry, detail: code });
    }
    return code;
  }
  const failure = failureOf(error);
  if (failure) return failure.code;
  parts.log.error('a sign-in by OpenID Connect could not be finished', errorFields(error));
  return 'defect';
}

function entryOf(
  { name }: Pick<User, 'name'>,
  { ip }: FastifyRequest,
  { now }: Pick<CallbackParts, 'now'>,
): AuditEntry {
  return {
    ...{ at: now(), actor: name, action: 'sign-in', subject: name, group: undefined },
    ...{ detail: undefined, address: ip, ok: true },
  };
}

async function keep({ ledger, log }: CallbackParts, entry: AuditEntry): Promise<void> {
  try {
    await ledger().addAudit(entry);
  } catch (error) {
    log.error('a line of the audit log could not be kept', { ...entry, ...errorFields(error) });
  }
}
