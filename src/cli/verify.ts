import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';

import type { Catalogue, Delivery } from '../catalogue/catalogue.ts';
import { loadConfig } from '../config/load.ts';
import { codeOf, MitschnittError, messageOf } from '../errors.ts';
import { exitCodes } from './exit-code.ts';
import { jsonArray, write } from './output.ts';
import { periodOf, type Period } from './point-in-time.ts';
import { table } from './table.ts';
import { withCatalogue } from './with-catalogue.ts';

export interface VerifyOptions {
  readonly config: string;
  readonly json?: boolean;
  readonly from?: string;
  readonly to?: string;
  readonly target?: string;
  readonly sidecars?: boolean;
}

/** What is found out about one file. */
export interface Finding {
  readonly state: 'intact' | 'altered' | 'unknown' | 'missing';
  /** The id of the recording that it is, or should be. */
  readonly recording: string | undefined;
  /** Where the file is; undefined where it is missing. */
  readonly path: string | undefined;
  /** Its name in the catalogue, or that of the sidecar's recording. */
  readonly name: string | undefined;
  /** SHA-256 of the file, and what it should be. */
  readonly sha256: string | undefined;
  readonly expected: string | undefined;
}

/** Compares recordings with what is known of them. Ends with 1 unless there are some, and all are intact. */
export async function verify(path: string, options: VerifyOptions): Promise<void> {
  if (options.sidecars === true) {
    await tell(bySidecars(path), options);
    return;
  }
  const { config } = await loadConfig(options.config);
  const { from, to, target } = options;
  const hasPeriod = from !== undefined || to !== undefined;
  const period = hasPeriod ? periodOf(from, to, config.pbx.timezone) : undefined;
  await withCatalogue(config, (catalogue) => tell(byCatalogue(path, catalogue, period, target), options));
}

async function* byCatalogue(
  path: string,
  catalogue: Catalogue,
  period: Period | undefined,
  target: string | undefined,
): AsyncIterable<Finding> {
  const found = new Set<string>();
  for await (const file of filesIn(path)) {
    if (!isRecording(file) && file !== path) continue;
    const sha256 = await digest(file);
    const known = await catalogue.identify(sha256, basename(file));
    if (period && known) found.add(known.id);
    yield finding(file, sha256, known);
  }
  if (!period) return;
  for await (const { id, deliveries } of catalogue.records(period)) {
    const delivery = deliveries.find((each) => isToBeFound(each, target));
    if (!delivery || found.has(id)) continue;
    yield { ...nothing, state: 'missing', recording: id, name: delivery.name };
  }
}

/** What was removed on purpose is not missing; what was sent by e-mail is in no folder, unless somebody says so. */
function isToBeFound(delivery: Delivery, target: string | undefined): boolean {
  if (delivery.state !== 'delivered' || delivery.removedAt !== undefined) return false;
  return target === undefined ? delivery.confirmedBy !== 'accepted' : delivery.target === target;
}

const nothing = { path: undefined, name: undefined, sha256: undefined, expected: undefined } as const;

/** What of a sidecar says which recording is beside it. */
const sidecarSchema = z.object({ id: z.string(), sha256: z.string().regex(/^[0-9a-f]{64}$/) });

async function* bySidecars(path: string): AsyncIterable<Finding> {
  for await (const file of filesIn(path)) {
    if (isRecording(file)) {
      const sha256 = await digest(file);
      yield finding(file, sha256, await sidecarOf(file.replace(/\.wav$/i, '.json')));
    } else if (file.toLowerCase().endsWith('.json')) {
      const known = await sidecarOf(file);
      const beside = [file.replace(/\.json$/i, '.wav'), file.replace(/\.json$/i, '.WAV')];
      if (!known || (await Promise.all(beside.map(exists))).includes(true)) continue;
      yield { ...nothing, state: 'missing', recording: known.id, name: basename(beside[0] ?? file) };
    }
  }
}

/** Undefined: there is none, or it is none of ours. */
async function sidecarOf(path: string): Promise<{ id: string; sha256: string } | undefined> {
  try {
    return sidecarSchema.safeParse(JSON.parse(await readFile(path, 'utf8'))).data;
  } catch (error) {
    if (error instanceof SyntaxError || codeOf(error) === 'ENOENT') return undefined;
    throw unreadable(path, error);
  }
}

function finding(
  path: string,
  sha256: string,
  known: { readonly id: string; readonly sha256: string; readonly name?: string } | undefined,
): Finding {
  if (!known) return { ...nothing, state: 'unknown', recording: undefined, path, sha256 };
  const state = known.sha256 === sha256 ? 'intact' : 'altered';
  return { state, recording: known.id, path, name: known.name, sha256, expected: known.sha256 };
}

function isRecording(path: string): boolean {
  return path.toLowerCase().endsWith('.wav');
}

/** The file, or all files below a folder, in the order of their names. What is hidden is under way; links lead elsewhere. */
async function* filesIn(path: string): AsyncIterable<string> {
  const found = await stat(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  if (!found.isDirectory()) {
    yield path;
    return;
  }
  const entries = await readdir(path, { withFileTypes: true }).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  entries.sort((one, other) => (one.name < other.name ? -1 : 1));
  for (const entry of entries) {
    if (entry.name.startsWith('.')) continue;
    const inside = join(path, entry.name);
    if (entry.isDirectory()) yield* filesIn(inside);
    else if (entry.isFile()) yield inside;
  }
}

/** SHA-256, lower-case hex. */
async function digest(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
  } catch (error) {
    throw unreadable(path, error);
  }
  return hash.digest('hex');
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function unreadable(path: string, error: unknown): MitschnittError {
  return new MitschnittError(`${path} cannot be read: ${messageOf(error)}`, {
    code: 'unreadable',
    fault: 'configuration',
    retry: true,
    hint: 'Name a file or folder that is there and that you may read; look whether the share is mounted.',
    cause: error,
  });
}

const headings = ['state', 'recording', 'file'];

async function tell(findings: AsyncIterable<Finding>, { json }: VerifyOptions): Promise<void> {
  const counts: Record<Finding['state'], number> = { intact: 0, altered: 0, unknown: 0, missing: 0 };
  async function* counted<View>(view: (each: Finding) => View): AsyncIterable<View> {
    for await (const each of findings) {
      counts[each.state] += 1;
      yield view(each);
    }
  }
  await write(json === true ? jsonArray(counted(findingJson)) : table(headings, counted(row)));
  const { intact, altered, unknown, missing } = counts;
  const isFine = intact > 0 && altered + unknown + missing === 0;
  process.exitCode = isFine ? exitCodes.fine : exitCodes.wrong;
  process.stderr.write(`${intact} intact, ${altered} altered, ${unknown} unknown, ${missing} missing\n`);
}

function row({ state, recording, path, name }: Finding): string[] {
  return [state, recording ?? '', path ?? name ?? ''];
}

/** What is not known is null. */
export function findingJson({ state, recording, path, name, sha256, expected }: Finding) {
  return {
    state,
    recording: recording ?? null,
    path: path ?? null,
    name: name ?? null,
    sha256: sha256 ?? null,
    expected_sha256: expected ?? null,
  };
}
