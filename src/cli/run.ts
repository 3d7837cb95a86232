import { loadConfig } from '../config/load.ts';
import { tellWarnings } from './output.ts';

/** Runs the recorder until it is told to stop. */
export async function run(options: { readonly config: string }): Promise<void> {
  const { config, warnings } = await loadConfig(options.config);
  tellWarnings(warnings);
  // Loaded late: no other verb needs the adapters, and each has to answer at once.
  const recorder = await import('../main.ts');
  await recorder.run(config, options.config);
}
