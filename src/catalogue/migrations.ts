import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import { createConsole } from './migration-console.ts';
import { keepMakers } from './migration-makers.ts';
import { keepCallerNames } from './migration-caller-names.ts';
import { identifyUsers, inviteUsers } from './migration-users.ts';
import { createRetention, indexRemovals } from './migration-retention.ts';
import type { Tables } from './tables.ts';

/**
 * Every state that the schema of the SQLite catalogue went through, by name, in order. What was released is never
 * changed: add the next one.
 */
export const migrations: Readonly<Record<string, Migration>> = {
  '0001-calls-recordings-deliveries-report': { up: firstSchema },
  '0002-storage-samples': { up: createStorageSamples },
  '0003-alarm-notices': { up: createAlarmNotices },
  '0004-backlogs': { up: countBacklogs },
  '0005-connection-checks': { up: createConnectionChecks },
  '0006-retention': { up: createRetention },
  '0007-call-account': { up: createCallAccount },
  '0008-report-issues': { up: createReportIssues },
  '0009-identify-files': { up: indexFiles },
  '0010-account-by-group': { up: indexAccountByGroup },
  '0011-console': { up: createConsole },
  '0012-selftest-files': { up: createSelfTestFiles },
  '0013-account-holes': { up: createAccountHoles },
  '0014-alarm-code': { up: addAlarmCode },
  '0015-users': { up: inviteUsers },
  '0016-identities': { up: identifyUsers },
  '0017-makers': { up: keepMakers },
  '0018-removals-by-target': { up: indexRemovals },
  // It reads all lines: whoever is ended meanwhile begins anew.
  '0019-caller-names': { up: (db: Kysely<Tables>) => db.transaction().execute(keepCallerNames) },
};

async function addAlarmCode(db: Kysely<Tables>): Promise<void> {
  await db.schema.alterTable('alarm_notices').addColumn('code', 'text').execute();
}

async function createAccountHoles(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('account_holes')
    .addColumn('from_at', 'integer', (column) => column.primaryKey().notNull())
    .addColumn('to_at', 'integer', (column) => column.notNull())
    .execute();
}

async function createSelfTestFiles(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('selftest_files')
    .addColumn('recording', 'text', (column) => column.notNull())
    .addColumn('target', 'text', (column) => column.notNull())
    .addColumn('folder', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('sha256', 'text', (column) => column.notNull())
    .addColumn('at', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('selftest_files_key', ['recording', 'target'])
    .execute();
}

/** For retention, which each group may have of its own. */
async function indexAccountByGroup(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createIndex('accounted_calls_group')
    .on('accounted_calls')
    .columns(['group_name', 'ended_at', 'id'])
    .execute();
}

async function indexFiles(db: Kysely<Tables>): Promise<void> {
  await db.schema.createIndex('recordings_sha256').on('recordings').column('sha256').execute();
  await db.schema.createIndex('recordings_name').on('recordings').column('name').execute();
}

async function createReportIssues(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('report_marks')
    .addColumn('target', 'text', (column) => column.primaryKey().notNull())
    .addColumn('seq', 'integer', (column) => column.notNull())
    .addColumn('until', 'integer', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('report_issues')
    .addColumn('number', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('id', 'text', (column) => column.notNull().unique())
    .addColumn('target', 'text', (column) => column.notNull())
    .addColumn('period', 'text', (column) => column.notNull())
    .addColumn('is_closed', 'integer', (column) => column.notNull())
    .addColumn('last_seq', 'integer', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('bytes', 'integer', (column) => column.notNull())
    .addColumn('sha256', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('attempts', 'integer', (column) => column.notNull())
    .addColumn('due_at', 'integer', (column) => column.notNull())
    .addColumn('delivered_at', 'integer')
    .addColumn('problem_at', 'integer')
    .addColumn('problem_code', 'text')
    .addColumn('problem_message', 'text')
    .addColumn('problem_hint', 'text')
    .execute();
  await db.schema
    .createIndex('report_issues_period')
    .on('report_issues')
    .columns(['target', 'period', 'number'])
    .execute();
  await db.schema
    .createIndex('report_issues_pending')
    .on('report_issues')
    .columns(['target', 'due_at'])
    .where(sql.ref('state'), '=', sql.lit('pending'))
    .execute();
}

async function createAlarmNotices(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('alarm_notices')
    .addColumn('channel', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('subject', 'text', (column) => column.notNull())
    .addColumn('problem', 'text', (column) => column.notNull())
    .addColumn('fault', 'text', (column) => column.notNull())
    .addColumn('hint', 'text', (column) => column.notNull())
    .addColumn('since', 'integer', (column) => column.notNull())
    .addColumn('begun_at', 'integer', (column) => column.notNull())
    .addColumn('ended_at', 'integer')
    .addColumn('times', 'integer', (column) => column.notNull())
    .addColumn('told_at', 'integer')
    .addColumn('reminders', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('alarm_notices_key', ['channel', 'kind', 'subject'])
    .execute();
}

async function firstSchema(db: Kysely<Tables>): Promise<void> {
  await createCalls(db);
  await createRecordings(db);
  await createDeliveries(db);
  await createRecords(db);
  await db.schema
    .createTable('report_appends')
    .addColumn('id', 'integer', (column) => column.primaryKey().check(sql`id = 1`))
    .addColumn('file', 'text', (column) => column.notNull())
    .addColumn('byte_offset', 'integer', (column) => column.notNull())
    .addColumn('text', 'text', (column) => column.notNull())
    .addColumn('records', 'text', (column) => column.notNull())
    .execute();
}

async function createCalls(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('calls')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('linked_id', 'text', (column) => column.notNull())
    .addColumn('started_at', 'integer', (column) => column.notNull())
    .addColumn('ended_at', 'integer')
    .addColumn('group_name', 'text')
    .addColumn('direction', 'text')
    .addColumn('outcome', 'text')
    .addColumn('rule', 'text')
    .addColumn('state', 'text', (column) => column.notNull())
    .execute();
  // Holds the live calls only: a restart finds them at once among millions.
  await db.schema
    .createIndex('calls_open')
    .on('calls')
    .column('started_at')
    .where(sql.ref('outcome'), 'is', null)
    .execute();
}

async function createRecordings(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('recordings')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    // No reference: the call of an orphan found in the spool may be unknown.
    .addColumn('call_id', 'text', (column) => column.notNull())
    .addColumn('group_name', 'text', (column) => column.notNull())
    .addColumn('direction', 'text', (column) => column.notNull())
    .addColumn('from_number', 'text', (column) => column.notNull())
    .addColumn('to_number', 'text', (column) => column.notNull())
    .addColumn('started_at', 'integer', (column) => column.notNull())
    .addColumn('ended_at', 'integer', (column) => column.notNull())
    .addColumn('bytes', 'integer', (column) => column.notNull())
    .addColumn('duration_ms', 'integer', (column) => column.notNull())
    .addColumn('sha256', 'text', (column) => column.notNull())
    .addColumn('folder', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('path_key', 'text', (column) => column.notNull().unique())
    .addColumn('all_delivered', 'integer', (column) => column.notNull())
    .addColumn('local_deleted_at', 'integer')
    .execute();
  // Empty but for the files that are about to go.
  await db.schema
    .createIndex('recordings_deletable')
    .on('recordings')
    .column('started_at')
    .where(sql.ref('all_delivered'), '=', sql.lit(1))
    .where(sql.ref('local_deleted_at'), 'is', null)
    .execute();
}

async function createDeliveries(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('deliveries')
    .addColumn('recording', 'text', (column) => column.notNull().references('recordings.id'))
    .addColumn('target', 'text', (column) => column.notNull())
    .addColumn('started_at', 'integer', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('attempts', 'integer', (column) => column.notNull())
    .addColumn('due_at', 'integer', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('delivered_at', 'integer')
    .addColumn('confirmed_by', 'text')
    .addColumn('problem_at', 'integer')
    .addColumn('problem_code', 'text')
    .addColumn('problem_message', 'text')
    .addColumn('problem_hint', 'text')
    .addPrimaryKeyConstraint('deliveries_key', ['recording', 'target'])
    .execute();
  // The oldest recording first, told from the index alone which are due: a backlog may have 100,000.
  await db.schema
    .createIndex('deliveries_pending')
    .on('deliveries')
    .columns(['target', 'started_at', 'recording', 'due_at'])
    .where(sql.ref('state'), '=', sql.lit('pending'))
    .execute();
  await db.schema
    .createIndex('deliveries_next')
    .on('deliveries')
    .columns(['target', 'due_at'])
    .where(sql.ref('state'), '=', sql.lit('pending'))
    .execute();
  await db.schema.createIndex('deliveries_count').on('deliveries').columns(['target', 'state']).execute();
  await db.schema
    .createIndex('deliveries_problems')
    .on('deliveries')
    .columns(['target', 'problem_at'])
    .where(sql.ref('state'), '<>', sql.lit('delivered'))
    .where(sql.ref('problem_at'), 'is not', null)
    .execute();
}

async function createRecords(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('records')
    .addColumn('seq', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('id', 'text', (column) => column.notNull().unique())
    .addColumn('call_id', 'text', (column) => column.notNull().references('calls.id'))
    .addColumn('linked_id', 'text', (column) => column.notNull())
    .addColumn('group_name', 'text', (column) => column.notNull())
    .addColumn('direction', 'text', (column) => column.notNull())
    .addColumn('from_number', 'text', (column) => column.notNull())
    .addColumn('to_number', 'text', (column) => column.notNull())
    .addColumn('started_at', 'integer', (column) => column.notNull())
    .addColumn('talk_ms', 'integer', (column) => column.notNull())
    .addColumn('outcome', 'text', (column) => column.notNull())
    .addColumn('rule', 'text', (column) => column.notNull())
    .addColumn('file', 'text')
    .addColumn('report_file', 'text')
    .execute();
  // Listings go by start; seq makes the place between two pages exact.
  await db.schema.createIndex('records_start').on('records').columns(['started_at', 'seq']).execute();
  await db.schema
    .createIndex('records_group')
    .on('records')
    .columns(['group_name', 'started_at', 'seq'])
    .execute();
  await db.schema
    .createIndex('records_outcome')
    .on('records')
    .columns(['outcome', 'started_at', 'seq'])
    .execute();
  await db.schema.createIndex('records_call').on('records').column('call_id').execute();
  await db.schema
    .createIndex('records_unreported')
    .on('records')
    .column('seq')
    .where(sql.ref('report_file'), 'is', null)
    .execute();
}

async function createStorageSamples(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('storage_samples')
    .addColumn('at', 'integer', (column) => column.primaryKey().notNull())
    .addColumn('free_bytes', 'integer', (column) => column.notNull())
    .addColumn('total_bytes', 'integer', (column) => column.notNull())
    .execute();
}

async function countBacklogs(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('backlogs')
    .addColumn('target', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('files', 'integer', (column) => column.notNull())
    .addColumn('bytes', 'integer', (column) => column.notNull())
    .addColumn('last_at', 'integer')
    .addPrimaryKeyConstraint('backlogs_key', ['target', 'state'])
    .execute();
  await sql`
    insert into backlogs (target, state, files, bytes, last_at)
    select target, state, count(*), sum(bytes), max(delivered_at)
    from deliveries join recordings on recordings.id = deliveries.recording
    group by target, state`.execute(db);
  const enter = sql`
    insert into backlogs (target, state, files, bytes, last_at)
    values (new.target, new.state, 1, (select bytes from recordings where id = new.recording), new.delivered_at)
    on conflict (target, state) do update
    set files = files + 1, bytes = bytes + excluded.bytes, last_at = coalesce(excluded.last_at, last_at);`;
  const leave = sql`
    update backlogs
    set files = files - 1, bytes = bytes - (select bytes from recordings where id = old.recording)
    where target = old.target and state = old.state;`;
  await sql`create trigger deliveries_enter after insert on deliveries begin ${enter} end`.execute(db);
  await sql`create trigger deliveries_move after update of state on deliveries
    when old.state <> new.state begin ${leave} ${enter} end`.execute(db);
  // It only served to count.
  await db.schema.dropIndex('deliveries_count').execute();
  await db.schema
    .createIndex('deliveries_set_aside')
    .on('deliveries')
    .columns(['target', 'started_at', 'recording'])
    .where(sql.ref('state'), '=', sql.lit('set-aside'))
    .execute();
  // How long a local file stays is counted from the end of the call.
  await db.schema.dropIndex('recordings_deletable').execute();
  await db.schema
    .createIndex('recordings_deletable')
    .on('recordings')
    .column('ended_at')
    .where(sql.ref('all_delivered'), '=', sql.lit(1))
    .where(sql.ref('local_deleted_at'), 'is', null)
    .execute();
}

async function createConnectionChecks(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('connection_checks')
    .addColumn('target', 'text', (column) => column.primaryKey().notNull())
    .addColumn('at', 'integer', (column) => column.notNull())
    .addColumn('ms', 'integer', (column) => column.notNull())
    .addColumn('code', 'text')
    .addColumn('message', 'text')
    .addColumn('fault', 'text')
    .addColumn('hint', 'text')
    .execute();
}

async function createCallAccount(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable('accounted_calls')
    .addColumn('id', 'text', (column) => column.primaryKey().notNull())
    .addColumn('channel', 'text', (column) => column.notNull())
    .addColumn('linked_id', 'text')
    .addColumn('caller_name', 'text', (column) => column.notNull())
    .addColumn('called_name', 'text', (column) => column.notNull())
    .addColumn('from_number', 'text', (column) => column.notNull())
    .addColumn('to_number', 'text', (column) => column.notNull())
    .addColumn('started_at', 'integer', (column) => column.notNull())
    .addColumn('answered_at', 'integer')
    .addColumn('ended_at', 'integer', (column) => column.notNull())
    .addColumn('group_name', 'text', (column) => column.notNull())
    .addColumn('match', 'text')
    .addColumn('rule', 'text')
    .addColumn('records', 'text', (column) => column.notNull())
    .addColumn('judged_at', 'integer')
    .execute();
  await db.schema
    .createIndex('accounted_calls_end')
    .on('accounted_calls')
    .columns(['ended_at', 'started_at'])
    .execute();
  // Nearly empty: what is judged is out of it, but for the gaps.
  await db.schema
    .createIndex('accounted_calls_open')
    .on('accounted_calls')
    .columns(['match', 'ended_at'])
    .where(sql<boolean>`"match" is null or "match" = 'gap'`)
    .execute();
  await db.schema
    .createTable('account_progress')
    .addColumn('id', 'integer', (column) => column.primaryKey().check(sql`id = 1`))
    .addColumn('since', 'integer', (column) => column.notNull())
    .addColumn('inode', 'integer')
    .addColumn('byte_offset', 'integer')
    .addColumn('read_at', 'integer')
    .addColumn('unreadable', 'integer', (column) => column.notNull())
    .addColumn('unreadable_at', 'integer')
    .addColumn('stated_to', 'integer', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('unwatched')
    .addColumn('reason', 'text', (column) => column.notNull())
    .addColumn('from_at', 'integer', (column) => column.notNull())
    .addColumn('to_at', 'integer')
    .addPrimaryKeyConstraint('unwatched_key', ['from_at', 'reason'])
    .execute();
  // By what Asterisk's account names a call, and by when it went on.
  await db.schema.createIndex('calls_linked').on('calls').column('linked_id').execute();
  await db.schema.createIndex('calls_end').on('calls').column('ended_at').execute();
}
