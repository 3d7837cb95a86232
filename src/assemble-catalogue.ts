/** The catalogue of a configuration, alone: what only reads it need not load the whole program. */
import { SqliteCatalogue } from './catalogue/sqlite.ts';
import { catalogueFileOf } from './config/files.ts';
import type { Catalogue } from './catalogue/catalogue.ts';
import type { Config } from './config/schema.ts';

/** The catalogue; `readonly` for the command line beside a running process. */
export function catalogueOf(config: Config, readonly: boolean): Catalogue {
  return new SqliteCatalogue({ path: catalogueFileOf(config), readonly });
}
