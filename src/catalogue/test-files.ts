import type { Kysely } from 'kysely';
import type { TestFile } from './self-test-ledger.ts';
import type { Tables } from './tables.ts';

export async function addTestFile(db: Kysely<Tables>, file: TestFile): Promise<void> {
  const { recording, target, folder, name, sha256, at } = file;
  const told = { folder, name, sha256, at };
  await db
    .insertInto('selftest_files')
    .values({ recording, target, ...told })
    .onConflict((conflict) => conflict.columns(['recording', 'target']).doUpdateSet(told))
    .execute();
}

export async function testFiles(db: Kysely<Tables>): Promise<readonly TestFile[]> {
  return await db.selectFrom('selftest_files').selectAll().orderBy('at').orderBy('target').execute();
}

export async function forgetTestFile(
  db: Kysely<Tables>,
  { recording, target }: Pick<TestFile, 'recording' | 'target'>,
): Promise<void> {
  await db
    .deleteFrom('selftest_files')
    .where('recording', '=', recording)
    .where('target', '=', target)
    .execute();
}
