/** Sign-in by OpenID Connect; a part of assemble.ts. */
import type { Config } from './config/schema.ts';
import { Provider } from './web/oidc/provider.ts';
import type { OidcSettings } from './web/oidc/settings.ts';

export function oidcOf(section: NonNullable<Config['web']>['oidc']): OidcSettings | undefined {
  if (!section) return undefined;
  const { issuer, ca, name, scopes, roles } = section;
  const registered = { clientId: section.client_id, clientSecret: section.client_secret };
  return { issuer, ca, name, scopes, roles, ...registered, rolesClaim: section.roles_claim };
}

/** Of its answer, as at a sign-in. */
const askMs = 5_000;

/** What `mitschnitt check` tries: whether there is such a provider. What is registered there only a sign-in shows. */
export function oidcChecksOf({ web }: Config) {
  const settings = oidcOf(web?.oidc);
  if (!settings) return [];
  const run = () => new Provider(settings, askMs, Date.now).check();
  return [{ kind: 'sign-in' as const, name: settings.issuer, run }];
}
