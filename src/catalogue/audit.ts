import { sql, type Kysely } from 'kysely';
import type { AuditEntry, AuditFilter } from './console-ledger.ts';
import type { Tables } from './tables.ts';

const kindsOfActor = ['web', 'oidc', 'token', 'cli'] as const;

export async function addAudit(db: Kysely<Tables>, entry: AuditEntry): Promise<void> {
  const { at, actor, action, subject, group, detail, address, ok } = entry;
  await db
    .insertInto('audit_log')
    .values({
      ...{ at, actor, action, subject, address },
      group_name: group ?? null,
      detail: detail ?? null,
      ok: ok ? 1 : 0,
    })
    .execute();
}

export async function audit(
  db: Kysely<Tables>,
  { from, to, actor, person, action, subject, limit, before }: AuditFilter,
): Promise<readonly (AuditEntry & { readonly id: number })[]> {
  let query = db.selectFrom('audit_log').selectAll().orderBy('id', 'desc').limit(limit);
  if (from !== undefined) query = query.where('at', '>=', from);
  if (to !== undefined) query = query.where('at', '<', to);
  if (actor !== undefined) query = query.where('actor', '=', actor);
  if (person !== undefined) {
    // What LIKE would take for anything at all is taken as it is.
    const name = person.replaceAll(/[\\%_]/g, String.raw`\$&`);
    query = query.where((eb) =>
      eb.or(kindsOfActor.map((kind) => sql<boolean>`actor like ${`${kind}:${name}%`} escape '\\'`)),
    );
  }
  if (action !== undefined) query = query.where('action', '=', action);
  if (subject !== undefined) query = query.where('subject', '=', subject);
  if (before !== undefined) query = query.where('id', '<', before);
  const rows = await query.execute();
  return rows.map((row) => ({
    ...{ id: row.id, at: row.at, actor: row.actor, action: row.action, subject: row.subject },
    group: row.group_name ?? undefined,
    detail: row.detail ?? undefined,
    address: row.address,
    ok: row.ok === 1,
  }));
}
