import type { Secret } from '../../config/secret.ts';

/** The section `web.oidc` of the configuration. */
export interface OidcSettings {
  /** As the provider names itself, to the letter. */
  readonly issuer: string;
  /** PEM file of the authority that is trusted instead of the public ones. */
  readonly ca: string | undefined;
  readonly clientId: string;
  readonly clientSecret: Secret;
  /** Of the provider, on the button. */
  readonly name: string;
  readonly scopes: readonly string[];
  readonly rolesClaim: string;
  readonly roles: RoleMap;
}

/** Values of the claim, by what their bearers are. */
export interface RoleMap {
  readonly administrator: readonly string[];
  readonly auditor: readonly string[];
  /** By the name of a group. */
  readonly supervisor: Readonly<Record<string, readonly string[]>>;
}

/** By what a sign-in gives rights, to compare. Nothing secret is in it. */
export function rulesOf({ issuer, clientId, rolesClaim, roles }: OidcSettings): string {
  return JSON.stringify({ issuer, clientId, rolesClaim, roles });
}
