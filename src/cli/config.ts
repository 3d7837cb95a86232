import { configurationSchema } from '../config/json-schema.ts';
import { reference } from '../config/reference.ts';
import { toJson, write, writeLines } from './output.ts';

/** Prints the JSON Schema of the configuration file. */
export async function configSchema(): Promise<void> {
  await writeLines(toJson(configurationSchema()));
}

/** Prints the reference of all keys, in Markdown. */
export async function configReference(): Promise<void> {
  await write([reference()]);
}
