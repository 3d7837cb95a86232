import { clientId, clientSecret } from './identity-provider.ts';

/** The section `web.oidc` of a console for which a provider vouches. */
export function oidcSection(issuer: string): string {
  return `{ issuer: "${issuer}", client_id: ${clientId}, client_secret: "${clientSecret}", name: Firmenkonto,
    roles: { administrator: [mit-admins], auditor: [mit-auditors],
      supervisor: { Verkauf: [sales-leads], Support: [support-leads] } } }`;
}
