import { sql } from 'kysely';
import { Migrator } from 'kysely/migration';
import { MitschnittError, messageOf } from '../errors.ts';
import { migrations } from './migrations.ts';
import type { Kysely } from 'kysely';
import type { Tables } from './tables.ts';

/** Where Kysely notes the migrations that a database has had. */
const migrationTable = 'kysely_migration';

/**
 * Brings the schema up to date; an empty database gets all of it.
 *
 * @throws {MitschnittError} when the database is another program's, or of a later version of this one.
 */
export async function bringUpToDate(db: Kysely<Tables>, path: string): Promise<void> {
  refuseForeign(await versionOf(db), path);
  const migrator = new Migrator({
    db,
    provider: { getMigrations: () => Promise.resolve({ ...migrations }) },
    migrationTableName: migrationTable,
  });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error instanceof Error ? error : new Error(messageOf(error));
}

/** Refuses a schema that is not exactly this version's: who only reads cannot change it. */
export async function demandUpToDate(db: Kysely<Tables>, path: string): Promise<void> {
  const version = await versionOf(db);
  refuseForeign(version, path);
  if (version.applied.length === Object.keys(migrations).length) return;
  throw fault(
    'catalogue-older',
    `catalogue ${path}: it is of an earlier version of Mitschnitt, or not set up yet`,
    {
      hint: 'Start "mitschnitt run" of this version once: it brings the catalogue up to date.',
    },
  );
}

interface Version {
  readonly applied: readonly string[];
  /** It has tables, and nothing says that they are Mitschnitt's. */
  readonly foreign: boolean;
}

async function versionOf(db: Kysely<Tables>): Promise<Version> {
  const { rows: tables } = await sql<{
    name: string;
  }>`select name from sqlite_master where type = 'table'`.execute(db);
  if (tables.every(({ name }) => name !== migrationTable)) return { applied: [], foreign: tables.length > 0 };
  const { rows } = await sql<{
    name: string;
  }>`select name from ${sql.table(migrationTable)} order by name`.execute(db);
  return { applied: rows.map(({ name }) => name), foreign: false };
}

function refuseForeign({ applied, foreign }: Version, path: string): void {
  if (foreign) {
    throw fault('catalogue-foreign', `catalogue ${path}: this is the database of another program`, {
      hint: 'Set catalogue.path to a file of its own; Mitschnitt creates it.',
    });
  }
  const unknown = applied.find((name) => !Object.hasOwn(migrations, name));
  if (unknown === undefined) return;
  throw fault('catalogue-newer', `catalogue ${path}: it is of a later version of Mitschnitt (${unknown})`, {
    hint: 'Install that version again, or restore the catalogue from a backup made before the update.',
  });
}

function fault(code: string, message: string, { hint }: { readonly hint: string }): MitschnittError {
  return new MitschnittError(message, { code, fault: 'configuration', retry: false, hint });
}
