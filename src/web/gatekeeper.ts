import type { FastifyReply, FastifyRequest } from 'fastify';

import type { Access } from './api/routes.ts';
import { ApiFailure } from './failure.ts';
import { pendingMs } from './oidc/pending.ts';
import type { SignIn } from './sign-in.ts';
import type { Viewer } from './viewer.ts';

/** Tells who asks and whether he may: nothing else decides that. */
export class Gatekeeper {
  readonly #signIn: SignIn;

  constructor(signIn: SignIn) {
    this.#signIn = signIn;
  }

  /** @throws ApiFailure `not-signed-in` */
  async viewerOf(request: FastifyRequest): Promise<Viewer> {
    const viewer = await this.#known(request);
    if (viewer) return viewer;
    throw new ApiFailure(401, 'not-signed-in', 'sign in first');
  }

  /** Who asks for a route; nobody where everybody may. @throws ApiFailure */
  async admit(request: FastifyRequest, access: Access): Promise<Viewer> {
    if (access === 'anyone') return nobody;
    const viewer = await this.viewerOf(request);
    if (access === 'signed-in' || access.includes(viewer.role)) return viewer;
    throw new ApiFailure(403, 'not-allowed', `this is for ${access.join(' and ')} only`);
  }

  async #known(request: FastifyRequest): Promise<Viewer | undefined> {
    const [, token] = /^Bearer ([\w-]{10,200})$/.exec(request.headers.authorization ?? '') ?? [];
    if (token !== undefined) return await this.#signIn.byToken(token);
    const secret = request.cookies[cookieName(request)];
    return secret === undefined || secret === '' ? undefined : await this.#signIn.bySession(secret);
  }
}

/** The prefix makes browsers refuse it from anywhere but here, and without encryption. */
function cookieName({ protocol }: FastifyRequest): string {
  return protocol === 'https' ? '__Host-mitschnitt' : 'mitschnitt';
}

export function setCookie(request: FastifyRequest, reply: FastifyReply, secret: string): void {
  const secure = request.protocol === 'https';
  reply.setCookie(cookieName(request), secret, { path: '/', httpOnly: true, sameSite: 'strict', secure });
}

export function clearCookie(request: FastifyRequest, reply: FastifyReply): void {
  const secure = request.protocol === 'https';
  reply.clearCookie(cookieName(request), { path: '/', httpOnly: true, sameSite: 'strict', secure });
}

/** Of a sign-in that a provider finishes: it must come along when that sends the browser back, and then only. */
function pendingCookieName({ protocol }: FastifyRequest): string {
  return protocol === 'https' ? '__Host-mitschnitt-oidc' : 'mitschnitt-oidc';
}

function pendingCookie({ protocol }: FastifyRequest) {
  return { path: '/', httpOnly: true, sameSite: 'lax', secure: protocol === 'https' } as const;
}

export function pendingCookieOf(request: FastifyRequest): string | undefined {
  return request.cookies[pendingCookieName(request)];
}

export function setPendingCookie(request: FastifyRequest, reply: FastifyReply, secret: string): void {
  const maxAge = pendingMs / msPerSecond;
  reply.setCookie(pendingCookieName(request), secret, { ...pendingCookie(request), maxAge });
}

export function clearPendingCookie(request: FastifyRequest, reply: FastifyReply): void {
  reply.clearCookie(pendingCookieName(request), pendingCookie(request));
}

const msPerSecond = 1_000;

/** Sees nothing. */
const nobody: Viewer = {
  ...{ actor: 'nobody', name: '', role: 'supervisor', groups: [], by: 'session', key: '' },
  person: undefined,
  expiresAt: undefined,
};
