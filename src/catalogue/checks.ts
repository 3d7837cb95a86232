import type { Kysely } from 'kysely';
import type { ConnectionCheck } from './catalogue.ts';
import type { Tables } from './tables.ts';

export async function saveCheck(db: Kysely<Tables>, check: ConnectionCheck): Promise<void> {
  const { target, at, ms, problem } = check;
  const { code = null, message = null, fault = null, hint = null } = problem ?? {};
  const told = { at, ms, code, message, fault, hint };
  await db
    .insertInto('connection_checks')
    .values({ target, ...told })
    .onConflict((conflict) => conflict.column('target').doUpdateSet(told))
    .execute();
}

export async function checks(db: Kysely<Tables>): Promise<readonly ConnectionCheck[]> {
  const rows = await db.selectFrom('connection_checks').selectAll().orderBy('target').execute();
  return rows.map(({ target, at, ms, code, message, fault, hint }) => ({
    ...{ target, at, ms },
    problem:
      code === null
        ? undefined
        : { code, message: message ?? '', fault: fault ?? 'defect', hint: hint ?? '' },
  }));
}
