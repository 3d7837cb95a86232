import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import type { Tables } from './tables.ts';

/** Users who are disabled, or who choose their password by a one-time link; finds in the audit log what a person did. */
export async function inviteUsers(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .alterTable('users')
    .addColumn('disabled', 'integer', (column) => column.notNull().defaultTo(0))
    .execute();
  await db.schema.alterTable('users').addColumn('link_hash', 'text').execute();
  await db.schema.alterTable('users').addColumn('link_expires_at', 'integer').execute();
  await sql`create index audit_log_person on audit_log (actor collate nocase, id)`.execute(db);
}

/** Users who sign in by OpenID Connect: each is one account of its provider. */
export async function identifyUsers(db: Kysely<Tables>): Promise<void> {
  await db.schema.alterTable('users').addColumn('issuer', 'text').execute();
  await db.schema.alterTable('users').addColumn('subject', 'text').execute();
  await db.schema
    .createIndex('users_identity')
    .unique()
    .on('users')
    .columns(['issuer', 'subject'])
    .where('issuer', 'is not', null)
    .execute();
}
