/** What a provider says of somebody, as far as it is believed. All of it is chosen by others. */
import { printable } from '../../recording/untrusted-text.ts';
import type { User } from '../../catalogue/console-ledger.ts';
import type { OidcSettings } from './settings.ts';

export type Claims = Readonly<Record<string, unknown>>;

/** No name that is given to a user here has a colon in it: neither kind of account can pass for the other. */
export const accountPrefix = 'oidc:';

/** With the prefix and a number behind it, it is as long as any name. */
const longestName = 54;

/** What nobody can be named here: see `userName` of the API. */
const foreign = /[^\p{L}\p{N}._@-]+/gu;

/** The name of an account, made of what its bearer is called by the provider. */
export function accountNameOf(claims: Claims): string {
  const [called = ''] = ['preferred_username', 'email', 'sub']
    .map((claim) => textOf(claims, claim).normalize('NFC').toWellFormed())
    .map((text) => text.replace(foreign, '-').replace(/^[._@-]+|[._@-]+$/g, ''))
    .filter((text) => text !== '');
  return `${accountPrefix}${called === '' ? 'user' : shortened(called)}`;
}

/** For the audit log, of whom there is no account here: no account can be called so, whatever its bearer is called. */
export function unknownNameOf(claims: Claims): string {
  return `${accountNameOf(claims)} (${printable(textOf(claims, 'sub').toWellFormed())})`;
}

/** Whole characters only. */
function shortened(text: string): string {
  let short = '';
  for (const character of text)
    if (short.length + character.length <= longestName) short += character;
    else break;
  return short;
}

function textOf(claims: Claims, name: string): string {
  const value = Object.hasOwn(claims, name) ? claims[name] : undefined;
  return typeof value === 'string' ? value.slice(0, longestRead) : '';
}

const longestRead = 255;

/** What somebody may do by his claims; undefined: he has no role. */
export function rightsOf(
  claims: Claims,
  { roles, rolesClaim }: Pick<OidcSettings, 'roles' | 'rolesClaim'>,
): Pick<User, 'role' | 'groups'> | undefined {
  const values = new Set(valuesOf(claimAt(claims, rolesClaim)));
  const has = (wanted: readonly string[]): boolean => wanted.some((value) => values.has(value));
  if (has(roles.administrator)) return { role: 'administrator', groups: [] };
  if (has(roles.auditor)) return { role: 'auditor', groups: [] };
  const groups = Object.entries(roles.supervisor).flatMap(([group, wanted]) => (has(wanted) ? [group] : []));
  return groups.length > 0 ? { role: 'supervisor', groups } : undefined;
}

/** By its name, which may have dots in it; else by the way that these lead. */
export function claimAt(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  return name.split('.').reduce<unknown>(below, claims);
}

function below(value: unknown, part: string): unknown {
  const isSection = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isSection && Object.hasOwn(value, part) ? (value as Record<string, unknown>)[part] : undefined;
}

function valuesOf(claim: unknown): readonly string[] {
  if (typeof claim === 'string') return [claim];
  if (Array.isArray(claim)) return claim.filter((value) => typeof value === 'string');
  return typeof claim === 'object' && claim !== null ? Object.keys(claim) : [];
}
