import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sql } from 'kysely';
import { Migrator } from 'kysely/migration';
import { migrations } from '../../src/catalogue/migrations.ts';
import { addRecording } from '../../src/catalogue/recordings.ts';
import { openForWriting } from '../../src/catalogue/sqlite-connection.ts';
import { SqliteCatalogue } from '../../src/catalogue/sqlite.ts';
import { catalogueContract } from './contract.ts';
import { allOf, closedCallOf, sampleCall, sampleRecord, sampleRecording } from './sample.ts';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mitschnitt-catalogue-'));
  path = join(folder, 'lib', 'catalogue.db');
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

catalogueContract('SQLite', () => Promise.resolve(new SqliteCatalogue({ path })));

async function opened(readonly = false): Promise<SqliteCatalogue> {
  const catalogue = new SqliteCatalogue({ path, readonly });
  await catalogue.open();
  return catalogue;
}

const modeOf = async (file: string) => ((await stat(file)).mode & 0o777).toString(8);

describe('the SQLite file', () => {
  test('is for its owner only, with all that SQLite puts beside it', async () => {
    const catalogue = await opened();
    expect(await Promise.all([path, `${path}-wal`, `${path}-shm`].map(modeOf))).toEqual([
      '600',
      '600',
      '600',
    ]);
    await catalogue.close();
  });

  test('is the same catalogue when opened again', async () => {
    const first = await opened();
    await first.saveCall(sampleCall('a'));
    await first.close();
    const second = await opened();
    expect(await second.openCalls()).toEqual([sampleCall('a')]);
    await second.close();
  });

  test('of an earlier version is brought up to date, and counted, by who may write only', async () => {
    const connection = await openForWriting(path);
    const { db } = connection;
    const [first] = Object.entries(migrations);
    const migrator = new Migrator({
      db,
      provider: { getMigrations: () => Promise.resolve(Object.fromEntries(first ? [first] : [])) },
    });
    expect((await migrator.migrateToLatest()).error).toBeUndefined();
    for (const id of ['a', 'b', 'c']) await addRecording(db, sampleRecording(id), ['archiv']);
    await sql`update deliveries set state = 'delivered', delivered_at = 5 where recording = 'b'`.execute(db);
    await connection.close();
    await expect(opened(true)).rejects.toMatchObject({ code: 'catalogue-older' });
    const catalogue = await opened();
    expect(await catalogue.notices('email')).toEqual([]);
    const { bytes } = sampleRecording('a');
    expect(await catalogue.backlog()).toMatchObject([
      { target: 'archiv', pending: 2, pendingBytes: 2 * bytes, delivered: 1, lastSuccessAt: 5 },
    ]);
    await catalogue.close();
  });

  test('can be forced onto the disk right after it was opened', async () => {
    await (await opened()).close();
    const catalogue = await opened();
    await expect(catalogue.sync()).resolves.toBeUndefined();
    await catalogue.close();
  });

  test('has every call of which saveCall returned, whenever the process is killed', async () => {
    const writer = spawn(process.execPath, [fileURLToPath(new URL('./writer.ts', import.meta.url)), path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    writer.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.length > 2000) writer.kill('SIGKILL');
    });
    await once(writer, 'close');
    const saved = said.trimEnd().split('\n').length;
    const catalogue = await opened();
    expect((await catalogue.openCalls()).length).toBeGreaterThanOrEqual(saved);
    await catalogue.close();
  });

  test('is refused when it is no database, and left as it is', async () => {
    path = join(folder, 'notes.txt');
    await writeFile(path, 'x'.repeat(5000));
    await expect(opened()).rejects.toMatchObject({
      code: 'catalogue-not-a-database',
      fault: 'configuration',
    });
    await expect(opened(true)).rejects.toMatchObject({ code: 'catalogue-not-a-database' });
    expect(await readFile(path, 'utf8')).toBe('x'.repeat(5000));
  });

  test('is refused when it is the database of another program', async () => {
    path = join(folder, 'astdb.sqlite3');
    const other = new Database(path);
    other.exec('create table astdb (key text)');
    other.close();
    await expect(opened()).rejects.toMatchObject({ code: 'catalogue-foreign' });
  });

  test('is refused when a later version wrote it', async () => {
    await (await opened()).close();
    const later = new Database(path);
    later.exec("insert into kysely_migration values ('9999-later', '2030-01-01T00:00:00Z')");
    later.close();
    await expect(opened()).rejects.toMatchObject({ code: 'catalogue-newer', fault: 'configuration' });
    await expect(opened(true)).rejects.toMatchObject({ code: 'catalogue-newer' });
  });

  test('is refused when its place cannot be had', async () => {
    await writeFile(join(folder, 'lib'), '');
    await expect(opened()).rejects.toMatchObject({ code: 'catalogue-not-accessible' });
  });
});

describe('reading beside the process that writes', () => {
  test('sees at once what was noted', async () => {
    const writer = await opened();
    const reader = await opened(true);
    const record = sampleRecord('a');
    await writer.closeCall(closedCallOf(record), [record]);
    expect(await allOf(reader.records({}))).toMatchObject([record]);
    await reader.close();
    await writer.close();
  });

  test('works when nobody writes, and changes nothing', async () => {
    const writer = await opened();
    const record = sampleRecord('a');
    await writer.closeCall(closedCallOf(record), [record]);
    await writer.close();
    const before = await readFile(path);
    const reader = await opened(true);
    expect(await allOf(reader.records({}))).toHaveLength(1);
    await expect(reader.saveCall(sampleCall('b'))).rejects.toMatchObject({
      code: 'catalogue-not-accessible',
    });
    await reader.close();
    expect(await readFile(path)).toEqual(before);
  });

  test('does not hold up the writer while it lists', async () => {
    const writer = await opened();
    for (let n = 0; n < 500; n++)
      await writer.closeCall(closedCallOf(sampleRecord(`r${n}`)), [sampleRecord(`r${n}`)]);
    const reader = await opened(true);
    let seen = 0;
    for await (const { id } of reader.records({})) {
      await writer.saveCall(sampleCall(`while-${id}`));
      seen += 1;
    }
    expect(seen).toBe(500);
    await reader.close();
    await writer.close();
  });

  test('says so when there is no catalogue yet', async () => {
    await expect(opened(true)).rejects.toMatchObject({ code: 'catalogue-missing', fault: 'configuration' });
    path = join(folder, 'empty.db');
    await writeFile(path, '');
    await expect(opened(true)).rejects.toMatchObject({ code: 'catalogue-older' });
  });
});
