import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import type { Tables } from './tables.ts';

/** Users, what they did, what they note, and what makes millions of lines searchable. */
export async function createConsole(db: Kysely<Tables>): Promise<void> {
  await createUsers(db);
  await createAuditLog(db);
  await createNotes(db);
  await createTries(db);
  await createNumbers(db);
  await indexLines(db);
}

async function createUsers(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('users')
    .addColumn('key', 'text', (column) => column.primaryKey().notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('role', 'text', (column) => column.notNull())
    .addColumn('groups', 'text', (column) => column.notNull())
    .addColumn('password', 'text', (column) => column.notNull())
    .addColumn('created_at', 'integer', (column) => column.notNull())
    .addColumn('last_sign_in_at', 'integer')
    .execute();
  await db.schema
    .createTable('sessions')
    .addColumn('hash', 'text', (column) => column.primaryKey().notNull())
    .addColumn('user', 'text', (column) => column.notNull().references('users.key').onDelete('cascade'))
    .addColumn('created_at', 'integer', (column) => column.notNull())
    .addColumn('seen_at', 'integer', (column) => column.notNull())
    .addColumn('expires_at', 'integer', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('sessions_user').on('sessions').column('user').execute();
  await db.schema
    .createTable('api_tokens')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('role', 'text', (column) => column.notNull())
    .addColumn('groups', 'text', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull().unique())
    .addColumn('created_at', 'integer', (column) => column.notNull())
    .addColumn('created_by', 'text', (column) => column.notNull())
    .addColumn('last_used_at', 'integer')
    .addColumn('expires_at', 'integer')
    .execute();
}

async function createAuditLog(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('audit_log')
    .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('at', 'integer', (column) => column.notNull())
    .addColumn('actor', 'text', (column) => column.notNull())
    .addColumn('action', 'text', (column) => column.notNull())
    .addColumn('subject', 'text', (column) => column.notNull())
    .addColumn('group_name', 'text')
    .addColumn('detail', 'text')
    .addColumn('address', 'text', (column) => column.notNull())
    .addColumn('ok', 'integer', (column) => column.notNull())
    .execute();
  for (const column of ['actor', 'action', 'subject'] as const)
    await db.schema.createIndex(`audit_log_${column}`).on('audit_log').columns([column, 'id']).execute();
}

async function createNotes(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('notes')
    .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('record', 'text', (column) => column.notNull())
    .addColumn('at', 'integer', (column) => column.notNull())
    .addColumn('actor', 'text', (column) => column.notNull())
    .addColumn('text', 'text', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('notes_record').on('notes').column('record').execute();
  await db.schema
    .createTable('peaks')
    .addColumn('recording', 'text', (column) => column.primaryKey().notNull())
    .addColumn('content', 'text', (column) => column.notNull())
    .execute();
  await sql`create virtual table note_words using fts5(
    text, content = 'notes', content_rowid = 'id', prefix = '2 3', tokenize = 'unicode61 remove_diacritics 2')`.execute(
    db,
  );
  // What is deleted is gone, not only marked: a note may be about somebody who has a right to erasure.
  await sql`insert into note_words (note_words, rank) values ('secure-delete', 1)`.execute(db);
  await sql`create trigger notes_enter after insert on notes begin
    insert into note_words (rowid, text) values (new.id, new.text); end`.execute(db);
  await sql`create trigger notes_leave after delete on notes begin
    insert into note_words (note_words, rowid, text) values ('delete', old.id, old.text); end`.execute(db);
}

/** Whatever changes a delivery, each attempt of it leaves its line in the same transaction. */
async function createTries(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('delivery_tries')
    .addColumn('recording', 'text', (column) => column.notNull())
    .addColumn('target', 'text', (column) => column.notNull())
    .addColumn('at', 'integer', (column) => column.notNull())
    .addColumn('ok', 'integer', (column) => column.notNull())
    .addColumn('code', 'text')
    .addColumn('message', 'text')
    .addColumn('hint', 'text')
    .execute();
  await db.schema
    .createIndex('delivery_tries_recording')
    .on('delivery_tries')
    .columns(['recording', 'target'])
    .execute();
  await db.schema.createIndex('delivery_tries_time').on('delivery_tries').columns(['target', 'at']).execute();
  await sql`create trigger deliveries_arrive after update of state on deliveries
    when new.state = 'delivered' and old.state <> 'delivered' begin
    insert into delivery_tries (recording, target, at, ok)
    values (new.recording, new.target, new.delivered_at, 1); end`.execute(db);
  await sql`create trigger deliveries_fail after update of problem_at on deliveries
    when new.problem_at is not null and new.problem_at is not old.problem_at begin
    insert into delivery_tries (recording, target, at, ok, code, message, hint)
    values (new.recording, new.target, new.problem_at, 0, new.problem_code, new.problem_message, new.problem_hint);
    end`.execute(db);
  await sql`create trigger deliveries_forget after delete on deliveries begin
    delete from delivery_tries where recording = old.recording and target = old.target; end`.execute(db);
}

/** Every number that is in a line once, and how many lines have it: there are far fewer numbers than calls. */
async function createNumbers(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('numbers')
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .addColumn('number', 'text', (column) => column.notNull().unique())
    .addColumn('lines', 'integer', (column) => column.notNull())
    .execute();
  await sql`insert into numbers (number, lines)
    select number, count(*) from (select from_number as number from records union all select to_number from records)
    where number <> '' group by number`.execute(db);
  await sql`create virtual table number_parts using fts5(
    number, content = 'numbers', content_rowid = 'id', tokenize = 'trigram')`.execute(db);
  await sql`insert into number_parts (number_parts, rank) values ('secure-delete', 1)`.execute(db);
  await sql`insert into number_parts (rowid, number) select id, number from numbers`.execute(db);
  await sql`create trigger numbers_enter after insert on numbers begin
    insert into number_parts (rowid, number) values (new.id, new.number); end`.execute(db);
  await sql`create trigger numbers_leave after delete on numbers begin
    insert into number_parts (number_parts, rowid, number) values ('delete', old.id, old.number); end`.execute(
    db,
  );
  await countNumbersOfLines(db);
}

async function countNumbersOfLines(db: Kysely<Tables>): Promise<void> {
  const enter = (number: string) => sql`
    insert into numbers (number, lines) select ${sql.raw(number)}, 1 where ${sql.raw(number)} <> ''
    on conflict (number) do update set lines = lines + 1;`;
  const leave = (number: string) => sql`
    update numbers set lines = lines - 1 where number = ${sql.raw(number)};
    delete from numbers where number = ${sql.raw(number)} and lines <= 0;`;
  // Notes and waveforms are about who talked: they go with the numbers.
  const forget = sql`
    delete from notes where record = old.id;
    delete from peaks where recording = old.id;`;
  await sql`create trigger records_enter after insert on records begin
    ${enter('new.from_number')} ${enter('new.to_number')} end`.execute(db);
  await sql`create trigger records_leave after delete on records begin
    ${leave('old.from_number')} ${leave('old.to_number')} ${forget} end`.execute(db);
  await sql`create trigger records_erase after update of from_number, to_number on records
    when new.from_number <> old.from_number or new.to_number <> old.to_number begin
    ${enter('new.from_number')} ${enter('new.to_number')}
    ${leave('old.from_number')} ${leave('old.to_number')} ${forget} end`.execute(db);
  await sql`create trigger recordings_erase after update of erased on recordings when new.erased = 1 begin
    delete from delivery_tries where recording = new.id;
    delete from peaks where recording = new.id; end`.execute(db);
  await sql`create trigger recordings_leave after delete on recordings begin
    delete from peaks where recording = old.id; end`.execute(db);
}

async function indexLines(db: Kysely<Tables>): Promise<void> {
  for (const column of ['from_number', 'to_number'] as const)
    await db.schema
      .createIndex(`records_${column}`)
      .on('records')
      .columns([column, 'started_at', 'seq'])
      .execute();
  // A rare outcome of one group, and that of all groups one by one.
  await db.schema
    .createIndex('records_group_outcome')
    .on('records')
    .columns(['group_name', 'outcome', 'started_at', 'seq'])
    .execute();
}
