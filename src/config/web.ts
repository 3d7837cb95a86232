/** The console: where it listens, and who signs in there with an account of elsewhere. */
import { z } from 'zod';

import { absolutePath, complain, matching, Misunderstood, secret, text, understood } from './values.ts';

/** Machines that nobody is between. */
const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

const longestIssuer = 500;

/** As the provider calls itself, to the letter: with or without a slash at the end. */
const issuer = understood((written) => {
  const url = URL.canParse(written) ? new URL(written) : undefined;
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && loopback.test(url.hostname));
  if (!url || !isSafe || written.length > longestIssuer) return new Misunderstood('is no such address');
  if (url.username !== '' || url.password !== '')
    return new Misunderstood('contains a user name or password');
  if (/[?#]/.test(written)) return new Misunderstood('has something behind its path');
  return written;
}, 'an address that begins with https:// (on this machine also http://), as the provider names itself');

/** RFC 6749, 3.3. */
const scope = matching(/^[\x21\x23-\x5B\x5D-\x7E]{1,100}$/, 'a scope such as profile');

const claimValues = (role: string) =>
  z.array(text()).default([]).describe(`Values of the claim whose bearers are ${role}.`);

const roles = z
  .strictObject({
    administrator: claimValues('administrators'),
    auditor: claimValues('auditors'),
    supervisor: z
      .record(z.string(), z.array(text()))
      .default({})
      .describe('By the name of a group, the values of the claim whose bearers are its supervisors.'),
  })
  .check(
    z.superRefine(({ administrator, auditor, supervisor }, context) => {
      const values = [...administrator, ...auditor, ...Object.values(supervisor).flat()];
      if (values.length === 0)
        complain(context, [], 'gives nobody a role', 'at least one value of the claim for one role');
    }),
  )
  .describe(
    'Who is what in the console, by the values of that claim. Whoever has several roles is administrator, else auditor, else supervisor of all groups that are given; whoever has none is refused.',
  );

const oidcSchema = z
  .strictObject({
    issuer: issuer.describe(
      'Issuer of the provider, as its /.well-known/openid-configuration has it; https, on this machine also http.',
    ),
    ca: absolutePath()
      .optional()
      .describe(
        'PEM file of the authority that signed the certificate of the provider, if it is no public one.',
      ),
    client_id: text().describe('Name under which Mitschnitt is registered there.'),
    client_secret: secret('Secret of that registration.'),
    name: text(60)
      .prefault('OpenID Connect')
      .describe('Name of the provider on the button of the sign-in page.'),
    scopes: z
      .array(scope)
      .default(['openid', 'profile', 'email'])
      .describe('What is asked for; openid is needed, others as the provider wants them for the claims.'),
    roles_claim: text()
      .prefault('groups')
      .describe(
        'Claim that tells the roles: a text, a list of texts, or a section whose keys count, in the ID token or at the userinfo endpoint. Dots lead into it: realm_access.roles.',
      ),
    roles,
  })
  .check(
    z.superRefine(({ scopes }, context) => {
      if (!scopes.includes('openid'))
        complain(context, ['scopes'], 'does not ask who somebody is', 'openid among them');
    }),
  )
  .optional()
  .describe(
    'Sign-in with an account of an OpenID Connect provider, beside the users of the console. Register <address of the console>/oidc/callback there.',
  );

export const webSchema = z
  .strictObject({
    listen: matching(
      /^(\[[0-9A-Fa-f:]{2,45}\]|[A-Za-z0-9._-]{1,255}):\d{1,5}$/,
      'an address and a port such as 127.0.0.1:8484',
    )
      .prefault('127.0.0.1:8484')
      .describe(
        'Address and port of the console. Beyond this machine only with tls, or behind a proxy that encrypts.',
      ),
    tls: z
      .strictObject({
        certificate: absolutePath().describe(
          'PEM file of the certificate, with those between it and the authority.',
        ),
        key: absolutePath().describe('PEM file of its private key.'),
      })
      .optional()
      .describe(
        'Encrypts by itself. Without it the console speaks plain HTTP: for this machine, or to a proxy.',
      ),
    proxies: z
      .array(
        matching(
          /^[0-9A-Fa-f.:]{2,45}(\/\d{1,3})?$/,
          'an IP address or network such as 127.0.0.1 or 10.0.0.0/8',
        ),
      )
      .default([])
      .describe(
        'Addresses of reverse proxies in front of the console: their X-Forwarded-For, -Proto and -Host are believed.',
      ),
    oidc: oidcSchema,
    open_metrics: z
      .boolean()
      .default(false)
      .describe(
        'Whether anybody may read /metrics. Otherwise it takes an API token, as Prometheus can send one.',
      ),
  })
  .transform(({ listen, ...settings }) => {
    const colon = listen.lastIndexOf(':');
    const host = listen.slice(0, colon).replace(/^\[|\]$/g, '');
    return { ...settings, host, port: Number(listen.slice(colon + 1)) };
  })
  .optional()
  .describe(
    'The console in the browser, and the API. Without this section there is none; web: {} is enough for one.',
  );
