import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import type { Tables } from './tables.ts';

/** Holds, what is to be removed, and the log of what was. */
export async function createRetention(db: Kysely<Tables>): Promise<void> {
  await createHolds(db);
  await createRemovals(db);
  await createDeletions(db);
  await db.schema.alterTable('recordings').addColumn('remote_ordered_at', 'integer').execute();
  await db.schema
    .alterTable('recordings')
    .addColumn('erased', 'integer', (column) => column.notNull().defaultTo(0))
    .execute();
  await db.schema.alterTable('deliveries').addColumn('removed_at', 'integer').execute();
  // Each group may keep its files for another time.
  await db.schema.dropIndex('recordings_deletable').execute();
  await db.schema
    .createIndex('recordings_deletable')
    .on('recordings')
    .columns(['group_name', 'ended_at'])
    .where(sql.ref('all_delivered'), '=', sql.lit(1))
    .where(sql.ref('local_deleted_at'), 'is', null)
    .execute();
  await db.schema
    .createIndex('recordings_expiring')
    .on('recordings')
    .columns(['group_name', 'ended_at', 'id'])
    .where(sql.ref('remote_ordered_at'), 'is', null)
    .execute();
  await db.schema.createIndex('recordings_call').on('recordings').column('call_id').execute();
  // What was delivered stays counted: the figure says how many ever were.
  await sql`create trigger deliveries_leave before delete on deliveries when old.state <> 'delivered' begin
    update backlogs
    set files = files - 1, bytes = bytes - (select bytes from recordings where id = old.recording)
    where target = old.target and state = old.state; end`.execute(db);
}

/** Of each target what is due: what waits at one that is down is not read. */
export async function indexRemovals(db: Kysely<Tables>): Promise<void> {
  await db.schema.createIndex('removals_due').on('removals').columns(['target', 'due_at']).execute();
}

async function createHolds(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('holds')
    .addColumn('seq', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('subject', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('placed_at', 'integer', (column) => column.notNull())
    .addColumn('placed_by', 'text', (column) => column.notNull())
    .addColumn('reason', 'text')
    .addColumn('released_at', 'integer')
    .addColumn('released_by', 'text')
    .execute();
  await db.schema
    .createIndex('holds_standing')
    .on('holds')
    .columns(['subject', 'kind'])
    .unique()
    .where(sql.ref('released_at'), 'is', null)
    .execute();
}

async function createRemovals(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('removals')
    .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('recording', 'text', (column) => column.notNull())
    .addColumn('target', 'text')
    .addColumn('folder', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('reason', 'text', (column) => column.notNull())
    .addColumn('erasure', 'text')
    .addColumn('actor', 'text', (column) => column.notNull())
    .addColumn('ordered_at', 'integer', (column) => column.notNull())
    .addColumn('attempts', 'integer', (column) => column.notNull())
    .addColumn('due_at', 'integer', (column) => column.notNull())
    .addColumn('problem', 'text')
    .execute();
  await db.schema.createIndex('removals_recording').on('removals').column('recording').execute();
}

async function createDeletions(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('deletions')
    .addColumn('seq', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('at', 'integer', (column) => column.notNull())
    .addColumn('subject', 'text', (column) => column.notNull())
    .addColumn('what', 'text', (column) => column.notNull())
    .addColumn('target', 'text')
    .addColumn('reason', 'text', (column) => column.notNull())
    .addColumn('erasure', 'text')
    .addColumn('actor', 'text', (column) => column.notNull())
    .addColumn('result', 'text', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('deletions_erasure').on('deletions').columns(['erasure', 'seq']).execute();
  await db.schema
    .createTable('erasures')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('actor', 'text', (column) => column.notNull())
    .addColumn('begun_at', 'integer', (column) => column.notNull())
    .addColumn('ended_at', 'integer')
    .addColumn('certificate', 'text')
    .execute();
}
