import { mkdir, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import SqliteFile from 'better-sqlite3';
import { CompiledQuery, Kysely, SqliteDialect, SqliteDriver } from 'kysely';
import { comparable } from '../call/numbers.ts';
import { hasWords } from './name-words.ts';
import { codeOf, MitschnittError, messageOf } from '../errors.ts';
import type {
  DatabaseConnection,
  Driver,
  SqliteDatabase,
  SqliteDialectConfig,
  SqliteStatement,
} from 'kysely';
import type { Tables } from './tables.ts';

/**
 * How long a statement waits for another process that writes. The command line writes for microseconds; all of
 * Mitschnitt stands still meanwhile, calls in the gate included.
 */
const busyTimeoutMs = 250;
/** Prepared statements that are kept. All but the lists of ids, which come in any length, are below 40. */
const mostStatements = 200;
/** A long listing lets the write-ahead log grow; afterwards it is cut back to this. */
const keptLogBytes = 64 * 1024 * 1024;

/** A SQLite file that is open. */
export interface SqliteConnection {
  readonly db: Kysely<Tables>;
  /** Closes the file. */
  close(): Promise<void>;
}

/**
 * Opens the file, which is created (mode 0600) with its folder where it does not exist.
 *
 * @throws {MitschnittError} that says why it cannot be opened.
 */
export async function openForWriting(path: string): Promise<SqliteConnection> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    // Made before SQLite sees it, which would take the umask; -wal and -shm get the mode of this file.
    await (await open(path, 'a', 0o600)).close();
  } catch (error) {
    throw notAccessible(path, error);
  }
  return connect(path, false);
}

/** Opens an existing file beside the process that writes it. */
export async function openForReading(path: string): Promise<SqliteConnection> {
  try {
    await stat(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') throw missing(path, error);
    throw notAccessible(path, error);
  }
  return connect(path, true);
}

async function connect(path: string, readonly: boolean): Promise<SqliteConnection> {
  try {
    const database = new CachedStatements(openFile(path, readonly), path);
    const db = new Kysely<Tables>({ dialect: new ImmediateDialect({ database }) });
    // Kysely closes only what it has used; a file that is no database shows it here.
    await db.executeQuery(CompiledQuery.raw('select count(*) from sqlite_master'));
    return { db, close: () => db.destroy() };
  } catch (error) {
    throw explained(error, path);
  }
}

/** Opens the file with the settings that the catalogue relies on. */
function openFile(path: string, readonly: boolean): SqliteFile.Database {
  const file = new SqliteFile(path, { readonly, fileMustExist: true, timeout: busyTimeoutMs });
  try {
    file.pragma('foreign_keys = on');
    // Numbers are compared in statements as everywhere else.
    file.function('comparable', { deterministic: true }, (number) => comparable(String(number)));
    file.function('has_words', { deterministic: true }, (name, wanted) =>
      Number(typeof name === 'string' && hasWords(name, String(wanted))),
    );
    if (readonly) return file;
    if (file.pragma('journal_mode = wal', { simple: true }) !== 'wal') throw withoutLog(path);
    // A commit is in the file when it returns, so that a killed process loses nothing; the disk is waited for only in
    // sync() and when SQLite moves the log into the database. FULL would wait for the disk at every step of a call.
    file.pragma('synchronous = normal');
    // What is overwritten in a page is zeros then, at no more writing: a number that was erased is not found in it.
    file.pragma('secure_delete = fast');
    file.pragma(`journal_size_limit = ${keptLogBytes}`);
    return file;
  } catch (error) {
    file.close();
    throw error;
  }
}

/** Compiling a statement takes longer than running it, and Kysely would do so at every query. */
class CachedStatements implements SqliteDatabase {
  readonly #file: SqliteFile.Database;
  readonly #path: string;
  readonly #statements = new Map<string, SqliteStatement>();

  constructor(file: SqliteFile.Database, path: string) {
    this.#file = file;
    this.#path = path;
  }

  prepare(sql: string): SqliteStatement {
    const known = this.#statements.get(sql);
    if (known) return known;
    if (this.#statements.size >= mostStatements) this.#statements.clear();
    const statement = this.#explained(() => this.#file.prepare(sql));
    const made: SqliteStatement = {
      reader: statement.reader,
      all: (parameters) => this.#explained(() => statement.all(parameters)),
      run: (parameters) => this.#explained(() => statement.run(parameters)),
      iterate: (parameters) => this.#explained(() => statement.iterate(parameters)),
    };
    this.#statements.set(sql, made);
    return made;
  }

  close(): void {
    this.#statements.clear();
    this.#file.close();
  }

  #explained<Result>(action: () => Result): Result {
    try {
      return action();
    } catch (error) {
      throw explained(error, this.#path);
    }
  }
}

/**
 * Every transaction asks for the right to write when it begins. SQLite's default asks at the first write, and is then
 * refused at once, whatever the timeout, if another process wrote since the first read.
 */
class ImmediateDialect extends SqliteDialect {
  readonly #config: SqliteDialectConfig;

  constructor(config: SqliteDialectConfig) {
    super(config);
    this.#config = config;
  }

  override createDriver(): Driver {
    return new ImmediateDriver(this.#config);
  }
}

class ImmediateDriver extends SqliteDriver {
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'));
  }
}

/** What an error of SQLite means to the administrator, by its code. */
function explained(error: unknown, path: string): unknown {
  if (!(error instanceof SqliteFile.SqliteError)) return error;
  const found = meanings.find(({ codes }) => codes.test(error.code));
  if (!found) return error;
  const { code, message, hint, retry } = found;
  return new MitschnittError(`catalogue ${path}: ${message} (${error.code})`, {
    code,
    fault: 'configuration',
    retry,
    hint,
    cause: error,
  });
}

const meanings = [
  {
    codes: /^SQLITE_NOTADB/,
    code: 'catalogue-not-a-database',
    message: 'this file is not a SQLite database',
    hint: 'Set catalogue.path to a file of its own; Mitschnitt creates it.',
    retry: false,
  },
  {
    codes: /^SQLITE_CORRUPT/,
    code: 'catalogue-damaged',
    message: 'the database is damaged',
    hint: 'Stop Mitschnitt and restore the file from a backup, or repair it with "sqlite3 FILE .recover".',
    retry: false,
  },
  {
    codes: /^SQLITE_FULL/,
    code: 'catalogue-disk-full',
    message: 'no space left on its disk',
    hint: 'Make room on the disk of catalogue.path.',
    retry: true,
  },
  {
    codes: /^SQLITE_(BUSY|LOCKED)/,
    code: 'catalogue-locked',
    message: 'another process keeps it locked',
    hint: 'Find out which other program has the file open, and end it: "fuser FILE".',
    retry: true,
  },
  {
    codes: /^SQLITE_(CANTOPEN|READONLY|PERM|AUTH)/,
    code: 'catalogue-not-accessible',
    message: 'it cannot be opened',
    hint: 'Run as the user that owns the file; its folder must be writable as well.',
    retry: false,
  },
  {
    codes: /^SQLITE_IOERR/,
    code: 'catalogue-disk-error',
    message: 'its disk reports an error',
    hint: "Look into the system's log for the disk of catalogue.path.",
    retry: true,
  },
];

function notAccessible(path: string, error: unknown): MitschnittError {
  return new MitschnittError(`catalogue ${path}: ${messageOf(error)}`, {
    code: 'catalogue-not-accessible',
    fault: 'configuration',
    retry: false,
    hint: 'Set catalogue.path to a file that the user of Mitschnitt can create and write.',
    cause: error,
  });
}

function missing(path: string, error: unknown): MitschnittError {
  return new MitschnittError(`catalogue ${path}: there is no such file`, {
    code: 'catalogue-missing',
    fault: 'configuration',
    retry: false,
    hint: '"mitschnitt run" creates it when it starts for the first time; or catalogue.path names another place.',
    cause: error,
  });
}

function withoutLog(path: string): MitschnittError {
  return new MitschnittError(
    `catalogue ${path}: its file system has no shared memory for a write-ahead log`,
    {
      code: 'catalogue-without-log',
      fault: 'configuration',
      retry: false,
      hint: 'Put it on a local disk; network file systems cannot hold it.',
    },
  );
}
