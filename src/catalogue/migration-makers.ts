import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import type { Tables } from './tables.ts';

/** Who made a token or a one-time link, by key: with him goes what he made. Empty: nobody knows. */
export async function keepMakers(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .alterTable('api_tokens')
    .addColumn('maker', 'text', (column) => column.notNull().defaultTo(''))
    .execute();
  await db.schema
    .alterTable('users')
    .addColumn('link_maker', 'text', (column) => column.notNull().defaultTo(''))
    .execute();
  // SQLite's lower() knows ASCII alone: the key is that of the user, whose name is kept as it was typed.
  await sql`update api_tokens set maker = coalesce(
    (select key from users where 'web:' || users.name = api_tokens.created_by),
    case when created_by like 'web:%' then lower(substr(created_by, 5)) else '' end)`.execute(db);
}
