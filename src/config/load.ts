import { readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';

import { codeOf } from '../errors.ts';
import { escapedJson } from '../recording/untrusted-text.ts';
import { readDocument, type ReadDocument, type ReadingFault, type SecretFile } from './document.ts';
import { ConfigurationError, keyOf, type ConfigFault } from './faults.ts';
import { childOf, configurationSchema, fileKeyOf, nodeAt, type Path } from './json-schema.ts';
import type { Config } from './schema.ts';
import { validate, type Finding } from './validate.ts';

/** What is not wrong and yet unwise. */
export interface ConfigWarning {
  readonly code: 'no-groups' | 'secret-readable';
  /** What it is about: a key, or a file. */
  readonly subject: string;
  /** As a sentence for the administrator. */
  readonly message: string;
}

/** A configuration that can be used. */
export interface LoadedConfig {
  readonly config: Config;
  readonly warnings: readonly ConfigWarning[];
}

/**
 * Reads the configuration file, and the files of secrets that it names.
 * @throws ConfigurationError with all that is wrong, each with its place.
 */
export async function loadConfig(
  file: string,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<LoadedConfig> {
  return await loadText(await readText(file), file, environment);
}

/** As {@link loadConfig}, of a text that is to stand in the file. */
export async function loadText(
  text: string,
  file: string,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<LoadedConfig> {
  const document = readDocument(text, file, configurationSchema(), environment);
  const secrets = await readSecrets(document, path.dirname(file));
  const reading = [...document.faults, ...secrets.faults];
  const { config, findings } = document.value === undefined ? nothing(reading) : validate(document.value);

  const located = [
    ...reading.map((fault) => ({ offset: fault.offset, fault: faultOfReading(fault, document) })),
    ...findings.filter((finding) => !isTold(finding, reading)).map((finding) => locate(finding, document)),
  ];
  if (config === undefined || located.length > 0) {
    const inOrder = located.sort((a, b) => a.offset - b.offset);
    throw new ConfigurationError(
      file,
      inOrder.map(({ fault }) => fault),
    );
  }
  const idle = config.groups.length === 0 ? [withoutGroups] : [];
  return { config, warnings: [...(await warnOfFile(file, document)), ...secrets.warnings, ...idle] };
}

const withoutGroups: ConfigWarning = {
  ...{ code: 'no-groups', subject: 'groups' },
  message: 'groups: there is none, so that no call is recorded',
};

async function readText(file: string): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file));
  } catch (thrown) {
    const fault = { place: file, key: '', path: [], message: whyUnreadable(thrown) };
    throw new ConfigurationError(file, [fault], thrown);
  }
}

const unreadable: Readonly<Record<string, string>> = {
  ENOENT: 'the file does not exist',
  ENOTDIR: 'the file does not exist',
  EACCES: 'the file may not be read by this user',
  EISDIR: 'is a folder, not a file',
  ERR_ENCODING_INVALID_ENCODED_DATA: 'the file is not text in UTF-8',
};

function whyUnreadable(thrown: unknown): string {
  const code = codeOf(thrown);
  return unreadable[code] ?? `the file cannot be read (${code || 'unknown error'})`;
}

/** An empty file has nothing to validate; neither has one that is no YAML, and that was told. */
function nothing(reading: readonly ReadingFault[]): { config: undefined; findings: readonly Finding[] } {
  const empty: Finding = { path: [], message: 'the file is empty', about: 'key' };
  return { config: undefined, findings: reading.length === 0 ? [empty] : [] };
}

const secretFile = 'a file that contains the secret';
const largestSecret = 64 * 1024;

/**
 * A secret is a small file. Below /proc is what this process itself has in memory, among it its environment; a device or a
 * pipe may never end.
 */
async function whyNoSecret(file: string): Promise<string | undefined> {
  if ([file, await realpath(file)].some((each) => /^\/proc(\/|$)/.test(each)))
    return 'the file is below /proc, where no secret is';
  const found = await stat(file);
  if (found.isDirectory()) return unreadable.EISDIR;
  if (!found.isFile()) return 'is a device or a pipe, not a file';
  return found.size > largestSecret ? 'the file is larger than 64 KB' : undefined;
}

/** Puts the secrets that are in files in their places, without the line break at their end. */
async function readSecrets(document: ReadDocument, folder: string) {
  const faults: ReadingFault[] = [];
  const warnings: ConfigWarning[] = [];
  for (const secret of document.secretFiles) {
    const file = path.resolve(folder, secret.file);
    const key = [...secret.path.slice(0, -1), fileKeyOf(String(secret.path.at(-1)))];
    try {
      const unfit = await whyNoSecret(file);
      if (unfit !== undefined) {
        faults.push({ path: key, offset: secret.offset, message: `${unfit}: ${file}`, allowed: secretFile });
        continue;
      }
      putIn(document.value, secret, (await readFile(file, 'utf8')).replace(/\r?\n$/, ''));
      const warning = await warnIfOpen(file, `${keyOf(key)}: the file ${file}`);
      warnings.push(...warning);
    } catch (thrown) {
      const message = `${whyUnreadable(thrown)}: ${file}`;
      faults.push({ path: key, offset: secret.offset, message, allowed: secretFile });
    }
  }
  return { faults, warnings };
}

function putIn(configuration: unknown, secret: SecretFile, text: string): void {
  const section = secret.path.slice(0, -1).reduce(childOf, configuration);
  if (typeof section === 'object' && section !== null) {
    (section as Record<string, unknown>)[String(secret.path.at(-1))] = text;
  }
}

/** Permission of everybody to read. */
const readableByAll = 0o004;

async function warnIfOpen(file: string, subject: string): Promise<ConfigWarning[]> {
  const { mode } = await stat(file);
  if ((mode & readableByAll) === 0) return [];
  const message = `${subject} contains a secret and every user may read it: chmod o-r ${file}`;
  return [{ code: 'secret-readable', subject: file, message }];
}

async function warnOfFile(file: string, document: ReadDocument): Promise<ConfigWarning[]> {
  return document.containsSecrets ? warnIfOpen(file, file) : [];
}

/** Whether reading the value failed already: then it is no news that it is missing or wrong. */
function isTold(finding: Finding, reading: readonly ReadingFault[]): boolean {
  const key = keyOf(finding.path);
  return reading.some(({ path: told }) => told.length > 0 && [key, fileKeyOf(key)].includes(keyOf(told)));
}

function faultOfReading(
  { path: at, offset, message, allowed }: ReadingFault,
  document: ReadDocument,
): ConfigFault {
  return { place: document.placeOf(offset), key: keyOf(at), path: at, message, allowed };
}

function locate(finding: Finding, document: ReadDocument): { offset: number; fault: ConfigFault } {
  const offset = document.offsetOf(finding.path, finding.about);
  const { allowed } = finding;
  const isVariable = document.writtenAt(finding.path)?.includes('${') === true;
  // What stands in brackets may quote the value, and with it what a variable contains.
  const message = isVariable ? finding.message.replace(/ \(.*\)$/s, '') : finding.message;
  const value = finding.about === 'value' ? displayed(finding.path, document) : undefined;
  return {
    offset,
    fault: {
      place: document.placeOf(offset),
      key: keyOf(finding.path),
      ...{ path: finding.path, message, value, allowed },
    },
  };
}

const longestDisplayed = 60;

/** The value as it is written, in quotes and on one line; nothing for a secret, nor for the secret part of an address. */
function displayed(at: Path, document: ReadDocument): string | undefined {
  const written = document.writtenAt(at);
  if (written === undefined || nodeAt(document.value, at).hidden) return undefined;
  const open = written.replace(/\/\/[^/]*@/, '//***@').replace(/(:\/\/[^?]*\?).*/s, '$1***');
  const short = open.length > longestDisplayed ? `${open.slice(0, longestDisplayed)}...` : open;
  return escapedJson(JSON.stringify(short));
}
