import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Config } from '../config/schema.ts';

/** Opens the catalogue to read beside the running process, and closes it when `use` is done. */
export function withCatalogue<Result>(
  config: Config,
  use: (catalogue: Catalogue) => Promise<Result>,
): Promise<Result> {
  return opened(config, true, use);
}

/** The same to change it, made where it is missing; also beside a running process: SQLite has one wait for the other. */
export function withWritableCatalogue<Result>(
  config: Config,
  use: (catalogue: Catalogue) => Promise<Result>,
): Promise<Result> {
  return opened(config, false, use);
}

async function opened<Result>(
  config: Config,
  readonly: boolean,
  use: (catalogue: Catalogue) => Promise<Result>,
): Promise<Result> {
  const { catalogueOf } = await import('../assemble-catalogue.ts');
  const catalogue = catalogueOf(config, readonly);
  await catalogue.open();
  try {
    return await use(catalogue);
  } finally {
    await catalogue.close();
  }
}
