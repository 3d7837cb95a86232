import type { FastifyReply, FastifyRequest } from 'fastify';

import { ApiFailure } from './failure.ts';

/**
 * Nothing from elsewhere, nothing that is written into the page. Styles may be: charts and waveforms set them from
 * their own code.
 */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "media-src 'self' blob:",
  "connect-src 'self'",
  "worker-src 'self' blob:",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

const halfAYear = 'max-age=15552000';

export function setSecurityHeaders(reply: FastifyReply, isEncrypted: boolean): void {
  reply.headers({
    'content-security-policy': policy,
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'permissions-policy': 'microphone=(self), camera=(), geolocation=(), payment=()',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
  });
  if (isEncrypted) reply.header('strict-transport-security', halfAYear);
}

/**
 * Refuses what another site made a browser send. Browsers say where it comes from, and no script can change that; what
 * says nothing is no browser.
 */
export function refuseForeign(request: FastifyRequest): void {
  const { origin, 'sec-fetch-site': site } = request.headers;
  const isForeign =
    (site !== undefined && site !== 'same-origin') ||
    (origin !== undefined && origin !== `${request.protocol}://${request.host}`);
  if (!isForeign) return;
  throw new ApiFailure(
    403,
    'wrong-origin',
    'this was sent by another site',
    'Behind a proxy, set web.proxies to its address, and have it send X-Forwarded-Proto and X-Forwarded-Host.',
  );
}
