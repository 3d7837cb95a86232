import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Config } from '../config/schema.ts';

/** Opens the catalogue to read beside the running process, and closes it when `use` is done. */
export async function withCatalogue<Result>(
  config: Config,
  use: (catalogue: Catalogue) => Promise<Result>,
): Promise<Result> {
  const { catalogueOf } = await import('../assemble-catalogue.ts');
  const catalogue = catalogueOf(config, true);
  await catalogue.open();
  try {
    return await use(catalogue);
  } finally {
    await catalogue.close();
  }
}
