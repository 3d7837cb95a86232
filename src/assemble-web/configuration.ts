/** The configuration file for the console: the file is the truth, and changes leave the rest of it as it is. */
import { createHash, randomUUID } from 'node:crypto';
import {
  access,
  chmod,
  chown,
  constants,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { dirname } from 'node:path';

import {
  changedText,
  ChangeRefused,
  differences,
  hidden,
  shownText,
  valuesWithSecrets,
  writtenValues,
  type Change,
  type Plain,
} from '../config/changes.ts';
import { ConfigurationError, keyOf, type ConfigFault } from '../config/faults.ts';
import { configurationSchema, nodeAt, type Path } from '../config/json-schema.ts';
import { lineDiff } from '../config/line-diff.ts';
import { loadText, type ConfigWarning } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import type { SecretPlaces } from '../config/secret-places.ts';
import type { Checked, Configuration, ConfigFault as FaultJson, Draft } from '../web/api/configuration.ts';
import { ApiFailure, conflict, notDone } from '../web/failure.ts';
import type { Handlers } from '../web/handlers.ts';
import { timeIn } from './live.ts';
import type { RunningSource } from './running.ts';

type ConfigurationHandlers = Pick<
  Handlers,
  | 'GET /configuration/schema'
  | 'GET /configuration'
  | 'POST /configuration/check'
  | 'PUT /configuration'
  | 'GET /configuration/export'
>;

/** The configuration file, and what becomes of changes. */
export interface ConfigurationFile {
  readonly path: string;
  /** Of the text that runs. */
  readonly runningRevision: () => string;
  /** Why the last configuration was not taken over; undefined: it was. */
  readonly reloadProblem: () => string | undefined;
  /** Has the program run with what is in the file now. Not waited for. */
  reload(): void;
}

/** What a process has open for as long as it lives, or others look for in the same place. */
const restartSections: readonly string[] = ['web', 'catalogue', 'spool'];

export function revisionOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** `saved`: the file has another revision. */
export function configurationHandlers(
  file: ConfigurationFile,
  secrets: SecretPlaces,
  running: RunningSource,
  saved: (revision: string, by: string) => void,
): ConfigurationHandlers {
  const read = () => readFile(file.path, 'utf8');
  const time = (instant: number) => timeIn(running())(instant);
  return {
    'GET /configuration/schema': () => Promise.resolve({ ...configurationSchema() }),
    'GET /configuration': async () => configurationOf(file, await read(), time),
    'POST /configuration/check': async ({ body }) =>
      (await checkedOf(file.path, secrets, await read(), body)).checked,
    'PUT /configuration': async ({ viewer, body, audit }) => {
      const text = await read();
      const { text: next, checked, keys } = await checkedOf(file.path, secrets, text, body);
      audit({ subject: file.path, detail: keys.join(', ') });
      const { takes_effect, restart_keys } = checked;
      if (!checked.ok) throw invalid(checked.faults);
      if (takes_effect !== 'nothing-changes') {
        const why = await whyNotWritable(file.path);
        if (why !== undefined) throw notDone(why, '', 'configuration-not-writable');
        await replace(file.path, next);
        saved(revisionOf(next), viewer.actor);
        if (takes_effect === 'reload') file.reload();
      }
      return { revision: revisionOf(next), takes_effect, restart_keys, at: time(Date.now()) };
    },
    'GET /configuration/export': async () => shownText(await read()),
  };
}

/** The configuration as it would be with changes, to try it. @throws ApiFailure with all that would be wrong */
export async function draftOf(path: string, secrets: SecretPlaces, draft: Draft): Promise<Config> {
  const before = await readFile(path, 'utf8');
  const after = changed(before, draft);
  const misplaced = misplacedSecrets(secrets, before, after, draft);
  if (misplaced.length > 0) throw invalid(misplaced);
  try {
    return (await loadText(after, path)).config;
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    throw invalid(error.faults.map(faultJson));
  }
}

function changed(
  text: string,
  draft: { readonly revision: string; readonly changes: readonly Change[] },
): string {
  if (draft.revision !== revisionOf(text))
    throw conflict(
      'the file was changed meanwhile',
      'Load it again, and make the changes on what is there now.',
      'configuration-changed',
    );
  // What nobody changed stays to the letter.
  if (draft.changes.length === 0) return text;
  try {
    return changedText(text, draft.changes);
  } catch (error) {
    if (!(error instanceof ChangeRefused)) throw error;
    const details = [{ path: keyOf(error.path), message: error.message }];
    throw new ApiFailure(400, 'invalid-request', `${keyOf(error.path)} ${error.message}`, '', { details });
  }
}

async function configurationOf(
  file: ConfigurationFile,
  text: string,
  time: (instant: number) => string,
): Promise<Configuration> {
  const { faults, warnings } = await faultsOf(text, file.path);
  const { values = {}, secrets = [] } = writtenValues(text) ?? {};
  const why = (await whyNotWritable(file.path)) ?? null;
  return {
    ...{ revision: revisionOf(text), path: file.path, writable: why === null, why_not: why },
    changed: time(Math.round((await stat(file.path)).mtimeMs)),
    values,
    secrets: secrets.map(({ path, how, source }) => ({ at: [...path], how, source: source ?? null })),
    ...{ faults: [...faults], warnings: [...warnings] },
    differs_from_running: file.runningRevision() !== revisionOf(text),
    not_taken_over: file.reloadProblem() ?? null,
  };
}

async function faultsOf(
  text: string,
  path: string,
): Promise<{ readonly faults: readonly FaultJson[]; readonly warnings: readonly ConfigWarning[] }> {
  try {
    const { warnings } = await loadText(text, path);
    return { faults: [], warnings };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return { faults: error.faults.map(faultJson), warnings: [] };
  }
}

function faultJson({ place, key, path, message, value, allowed }: ConfigFault): FaultJson {
  const [, line] = /:(\d+):\d+$/.exec(place) ?? [];
  return {
    ...{ at: [...path], key, message, value: value ?? null, allowed: allowed ?? null },
    line: line === undefined ? null : Number(line),
  };
}

/** Nothing is asked of the text as it is: it was written by hand. */
function misplacedSecrets(
  secrets: SecretPlaces,
  before: string,
  after: string,
  { changes }: Draft,
): readonly FaultJson[] {
  if (before === after) return [];
  const found = secrets.misplaced(valuesWithSecrets(before), valuesWithSecrets(after), changes);
  return found.map(({ path, message, allowed }) => ({
    ...{ at: [...path], key: keyOf(path), message, value: null, allowed, line: null },
  }));
}

async function checkedOf(
  path: string,
  secrets: SecretPlaces,
  before: string,
  draft: Draft,
): Promise<{ readonly text: string; readonly checked: Checked; readonly keys: readonly string[] }> {
  const after = changed(before, draft);
  const misplaced = misplacedSecrets(secrets, before, after, draft);
  // Of what has a secret in a wrong place nothing is read and shown: it might be seen there.
  const isShown = misplaced.length === 0;
  const { faults, warnings } = isShown ? await faultsOf(after, path) : { faults: misplaced, warnings: [] };
  const found = differences(valuesWithSecrets(before), valuesWithSecrets(after));
  const sections = [...new Set(found.map(({ path: [section] }) => String(section)))];
  const restart = sections.filter((section) => restartSections.includes(section));
  const isSame = before === after;
  const shown = (at: Path, value: Plain | undefined) =>
    value === undefined ? null : concealed(valuesWithSecrets(after), valuesWithSecrets(before), at, value);
  const checked = {
    ...{ ok: faults.length === 0, faults: [...faults], warnings: [...warnings] },
    differences: (isShown ? found : []).map((each) => ({
      ...{ at: [...each.path], key: keyOf(each.path) },
      ...{ before: shown(each.path, each.before), after: shown(each.path, each.after) },
    })),
    diff: isShown ? lineDiff(shownText(before), shownText(after)) : '',
    takes_effect: isSame ? 'nothing-changes' : restart.length > 0 ? 'restart' : 'reload',
    restart_keys: restart,
  } as const;
  return { text: after, checked, keys: found.map((each) => keyOf(each.path)) };
}

/** A value without the secrets in it; which those are, both texts may tell. */
function concealed(after: Plain, before: Plain, at: Path, value: Plain): Plain {
  if (nodeAt(after, at).hidden || nodeAt(before, at).hidden) return hidden;
  if (Array.isArray(value))
    return (value as readonly Plain[]).map((each, index) => concealed(after, before, [...at, index], each));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, concealed(after, before, [...at, key], each)]),
  );
}

function invalid(faults: readonly FaultJson[]): ApiFailure {
  const count = faults.length === 1 ? 'one fault' : `${faults.length} faults`;
  const hint = 'Nothing was saved. Correct what is marked.';
  return new ApiFailure(422, 'configuration-invalid', `the configuration would have ${count}`, hint, {
    faults,
  });
}

async function whyNotWritable(path: string): Promise<string | undefined> {
  try {
    const file = await realpath(path);
    await access(file, constants.W_OK);
    await access(dirname(file), constants.W_OK);
    return undefined;
  } catch {
    return `${path} and its folder may not be written by this process: have its user own them`;
  }
}

/** Whole or not at all, with the rights that the file has: there are secrets in it. */
async function replace(path: string, text: string): Promise<void> {
  const file = await realpath(path);
  const { mode, uid, gid } = await stat(file);
  const unfinished = `${file}.${randomUUID()}.part`;
  try {
    await writeFile(unfinished, text, { mode: 0o600, flush: true });
    await chmod(unfinished, mode & 0o7777);
    if (process.getuid?.() === 0) await chown(unfinished, uid, gid);
    await rename(unfinished, file);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}
