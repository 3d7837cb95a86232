import type { Role } from './api/shapes.ts';

/** Who asks. */
export interface Viewer {
  /** As it is kept with what is done: `web:anna`, `oidc:anna`, `token:backup`. */
  readonly actor: string;
  readonly name: string;
  /** The user who asks; of a token, who made it. Undefined: nobody knows. */
  readonly person: string | undefined;
  readonly role: Role;
  /** The groups that may be seen; undefined: all. */
  readonly groups: readonly string[] | undefined;
  readonly by: 'session' | 'token';
  /** Of the session or token: what ends with it is told apart by it. */
  readonly key: string;
  /** Ms since 1970. */
  readonly expiresAt: number | undefined;
}

/** Whether something of a group may be shown; what belongs to none, only to whom all is shown. */
export function maySee({ groups }: Pick<Viewer, 'groups'>, group: string | undefined | null): boolean {
  return groups === undefined || (typeof group === 'string' && groups.includes(group));
}

/** The groups of a list that somebody asked for, as far as they may be seen. */
export function groupsFor(
  { groups }: Pick<Viewer, 'groups'>,
  asked: string | undefined,
): readonly string[] | undefined {
  if (asked === undefined) return groups;
  return groups === undefined || groups.includes(asked) ? [asked] : [];
}
