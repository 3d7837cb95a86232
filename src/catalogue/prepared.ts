import { CompiledQuery } from 'kysely';
import type { Compilable, Kysely } from 'kysely';
import type { Tables } from './tables.ts';

/** Stands in the text of a statement for a value that comes later. */
class Parameter {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/**
 * A statement of which Kysely makes the text once: making it takes twice as long as SQLite takes to run it, and these
 * run at every step of a call. The values must have the same keys each time; none may decide what is built.
 */
export function prepared<Values extends object, Row>(
  build: (db: Kysely<Tables>, values: Values) => Compilable<Row>,
): (db: Kysely<Tables>, values: Values) => Promise<readonly Row[]> {
  let made: CompiledQuery | undefined;
  return async (db, values) => {
    made ??= build(db, placeholders(values)).compile();
    const given = new Map<string, unknown>(Object.entries(values));
    const parameters = made.parameters.map((each) =>
      each instanceof Parameter ? given.get(each.name) : each,
    );
    const { rows } = await db.executeQuery<Row>(CompiledQuery.raw(made.sql, parameters));
    return rows;
  };
}

function placeholders<Values extends object>(values: Values): Values {
  return Object.fromEntries(Object.keys(values).map((key) => [key, new Parameter(key)])) as Values;
}
