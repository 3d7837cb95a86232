import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import type { Tables } from './tables.ts';

/** What callers were called, searched by words: each name once, since there are far fewer names than calls. */
export async function keepCallerNames(db: Kysely<Tables>): Promise<void> {
  // The process may have ended when all was done, and before that was noted.
  const done = await sql`select 1 from pragma_table_info('records') where name = 'from_name'`.execute(db);
  if (done.rows.length > 0) return;
  await db.schema.alterTable('records').addColumn('from_name', 'text').execute();
  await sql`create index records_from_name on records (from_name, started_at, seq)
    where from_name is not null`.execute(db);
  await db.schema
    .createTable('names')
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull().unique())
    .addColumn('lines', 'integer', (column) => column.notNull())
    .execute();
  await sql`create virtual table name_words using fts5(
    name, content = 'names', content_rowid = 'id', prefix = '2 3', tokenize = 'unicode61 remove_diacritics 2')`.execute(
    db,
  );
  // As with notes: a name is about somebody who has a right to erasure.
  await sql`insert into name_words (name_words, rank) values ('secure-delete', 1)`.execute(db);
  await sql`create trigger names_enter after insert on names begin
    insert into name_words (rowid, name) values (new.id, new.name); end`.execute(db);
  await sql`create trigger names_leave after delete on names begin
    insert into name_words (name_words, rowid, name) values ('delete', old.id, old.name); end`.execute(db);
  await countNamesOfLines(db);
}

async function countNamesOfLines(db: Kysely<Tables>): Promise<void> {
  const enter = sql`insert into names (name, lines) select new.from_name, 1 where new.from_name is not null
    on conflict (name) do update set lines = lines + 1;`;
  const leave = sql`update names set lines = lines - 1 where name = old.from_name;
    delete from names where name = old.from_name and lines <= 0;`;
  await sql`create trigger records_enter_name after insert on records when new.from_name is not null begin
    ${enter} end`.execute(db);
  await sql`create trigger records_leave_name after delete on records when old.from_name is not null begin
    ${leave} end`.execute(db);
  await sql`create trigger records_erase_name after update of from_name on records
    when new.from_name is not old.from_name begin ${enter} ${leave} end`.execute(db);
}
