/** Changes of the configuration file that leave everything else in it as it is: comments, order, variables. */
import {
  isAlias,
  isCollection,
  isMap,
  isNode,
  isScalar,
  isSeq,
  Pair,
  parseDocument,
  Scalar,
  visit,
  YAMLMap,
  YAMLSeq,
} from 'yaml';
import type { Document, Node } from 'yaml';

import { hideVariables, showVariables } from './environment.ts';
import { hideComments } from './comments.ts';
import { childOf, fileKeyOf, nodeAt, type Path } from './json-schema.ts';
import { keepingLayout } from './line-diff.ts';

/** Text, numbers and so on as JSON has them. */
export type Plain = string | number | boolean | null | readonly Plain[] | { readonly [key: string]: Plain };

/** One step of a change. `insert`: before the entry of a list; `move`: of an entry; `rename`: of a key. */
export type Change =
  | { readonly do: 'set' | 'insert'; readonly at: Path; readonly value: Plain }
  | { readonly do: 'remove'; readonly at: Path }
  | { readonly do: 'move'; readonly at: Path; readonly to: number }
  | { readonly do: 'rename'; readonly at: Path; readonly to: string };

/** A change that does not fit to the file. */
export class ChangeRefused extends Error {
  readonly path: Path;

  constructor(path: Path, message: string) {
    super(message);
    this.name = 'ChangeRefused';
    this.path = path;
  }
}

/** How the text of a secret is shown. */
export const hidden = '***';

/** A secret and what it is read from; also what the schema does not know, which may be one. */
export interface SecretSource {
  readonly path: Path;
  readonly how: 'text' | 'variable' | 'file';
  /** Undefined for text. */
  readonly source: string | undefined;
}

/** What stands in the file, as it is written: variables not put in, the text of secrets left out. */
export interface WrittenValues {
  readonly values: Plain;
  readonly secrets: readonly SecretSource[];
}

/** Undefined: it is no YAML. */
export function writtenValues(text: string): WrittenValues | undefined {
  const document = parse(text);
  if (document.errors.length > 0) return undefined;
  const values = plainOf(document);
  const secrets: SecretSource[] = [];
  // Text in the place of the whole.
  if (typeof values !== 'object') return { values: {}, secrets };
  return { values: withoutSecrets(values, values, [], secrets), secrets };
}

/** The text with the changes made. @throws ChangeRefused */
export function changedText(text: string, changes: readonly Change[]): string {
  const document = parse(text);
  const [error] = document.errors;
  if (error) throw new ChangeRefused([], 'the file is no YAML as it is: correct it by hand first');
  for (const change of changes) apply(document, change);
  const changed = textOf(document);
  // Blanks within quotes mean something: then the layout is not what it was.
  const kept = keepingLayout(text, changed);
  const means = (each: string): string => JSON.stringify(plainOf(parse(each)));
  return parse(kept).errors.length === 0 && means(kept) === means(changed) ? kept : changed;
}

/** The text in one layout, so that only what was changed differs, with secrets hidden. */
export function shownText(text: string): string {
  const document = parse(text);
  if (document.errors.length > 0) return '';
  if (!isCollection(document.contents)) return '';
  const secrets = secretsOf(document);
  hideComments(document, {
    keys: new Set(secrets.flatMap(({ path }) => [String(path.at(-1)), fileKeyOf(String(path.at(-1)))])),
    texts: secrets.flatMap(({ path }) => textAt(document, path)),
    hidden,
  });
  for (const { path, how } of secrets) if (how === 'text') hide(document, path);
  return textOf(document);
}

function textAt(document: Document, path: Path): readonly string[] {
  const found = path.reduce<unknown>(childOf, plainOf(document));
  return typeof found === 'string' && !found.startsWith('${') ? [found] : [];
}

/** In place, also behind an alias: otherwise it would be seen at its anchor. */
function hide(document: Document, path: Path): void {
  const follow = (node: unknown): unknown => (isAlias(node) ? node.resolve(document) : node);
  const node = path.reduce<unknown>((above, part) => {
    const section = follow(above);
    return isCollection(section) ? section.get(part, true) : undefined;
  }, document.contents);
  const found = follow(node);
  if (!isNode(found)) return;
  visit(found, {
    Scalar: (key, scalar) => {
      if (key !== 'key') scalar.value = hidden;
    },
  });
}

function secretsOf(document: Document): readonly SecretSource[] {
  const values = plainOf(document);
  const secrets: SecretSource[] = [];
  withoutSecrets(values, values, [], secrets);
  return secrets;
}

function parse(text: string): Document {
  return parseDocument(hideVariables(text), { schema: 'failsafe', prettyErrors: false, stringKeys: true });
}

function textOf(document: Document): string {
  // No line is broken: the reader of a diff looks for what was changed.
  return showVariables(document.toString({ lineWidth: 0 }));
}

function plainOf(document: Document): Plain {
  return JSON.parse(
    showVariables(JSON.stringify(document.toJS({ maxAliasCount: mostAliases }) ?? {})),
  ) as Plain;
}

/** Aliases within aliases could make a small file fill the memory. */
const mostAliases = 100;

/** Replaces the text of secrets by nothing, and notes them. `all`: the whole configuration, by which forms are told. */
function withoutSecrets(all: Plain, value: Plain, path: Path, secrets: SecretSource[]): Plain {
  if (Array.isArray(value))
    return (value as readonly Plain[]).map((each, index) => {
      const at = [...path, index];
      if (!nodeAt(all, at).hidden) return withoutSecrets(all, each, at, secrets);
      secrets.push({ path: at, how: 'text', source: undefined });
      // The others keep their places.
      return hidden;
    });
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).flatMap(([key, each]): [string, Plain][] => {
    const at = [...path, key];
    const file = /^(.+)_file$/.exec(key)?.[1];
    const isFile = file !== undefined && fileKeyOf(file) === key && nodeAt(all, [...path, file]).secret;
    if (isFile && typeof each === 'string')
      secrets.push({ path: [...path, file], how: 'file', source: each });
    if (!nodeAt(all, at).hidden) return [[key, withoutSecrets(all, each, at, secrets)]];
    const isVariable = typeof each === 'string' && /^\$\{[^{}]+\}$/.test(each);
    secrets.push({
      path: at,
      how: isVariable ? 'variable' : 'text',
      source: isVariable ? each : undefined,
    });
    return [];
  });
  return Object.fromEntries(entries);
}

function apply(document: Document, change: Change): void {
  const { at } = change;
  const last = at.at(-1);
  if (last === undefined) throw new ChangeRefused(at, 'names no place');
  switch (change.do) {
    case 'set':
      set(document, at, nodeOf(change.value));
      return;
    case 'remove':
      if (!document.hasIn(at)) throw new ChangeRefused(at, 'is not in the file');
      document.deleteIn(at);
      return;
    case 'insert':
      insert(document, at, nodeOf(change.value));
      return;
    case 'move':
      move(document, at, change.to);
      return;
    case 'rename':
      rename(document, at, change.to);
  }
}

/** What stands beside a value stays: its comment, and how it is quoted. */
function set(document: Document, at: Path, node: Node): void {
  walkable(document, at);
  const former: unknown = document.getIn(at, true);
  if (isScalar(former) && isScalar(node)) {
    former.value = node.value;
    if ((former.type ?? Scalar.PLAIN) === Scalar.PLAIN) former.type = node.type ?? Scalar.PLAIN;
    return;
  }
  document.setIn(at, node);
}

/** Sections on the way are made; what is no section is in the way, and an alias would change other places as well. */
function walkable(document: Document, at: Path): void {
  for (let length = 0; length < at.length; length += 1) {
    const path = at.slice(0, length);
    const node: unknown = length === 0 ? document.contents : document.getIn(path, true);
    if (
      node === undefined ||
      node === null ||
      (isScalar(node) && (node.value === null || node.value === ''))
    ) {
      document.setIn(path, document.createNode(typeof at[length] === 'number' ? [] : {}));
      continue;
    }
    if (isCollection(node)) continue;
    throw new ChangeRefused(path, 'is no section, or is the alias of another place: change it by hand');
  }
}

function listOf(document: Document, at: Path): { items: unknown[]; index: number } {
  walkable(document, at);
  const list: unknown = document.getIn(at.slice(0, -1), true);
  const index = at.at(-1);
  if (!isSeq(list) || typeof index !== 'number') throw new ChangeRefused(at, 'is not in a list');
  return { items: list.items, index };
}

function insert(document: Document, at: Path, node: Node): void {
  const { items, index } = listOf(document, at);
  items.splice(index, 0, node);
}

function move(document: Document, at: Path, to: number): void {
  const { items, index } = listOf(document, at);
  if (index >= items.length || to >= items.length) throw new ChangeRefused(at, 'is not in the list');
  items.splice(to, 0, ...items.splice(index, 1));
}

/** Nothing else has a name: another key would be another meaning, such as of a secret one that is shown. */
function rename(document: Document, at: Path, to: string): void {
  if (at.length !== 2 || at[0] !== 'targets') throw new ChangeRefused(at, 'is not the name of a target');
  const section: unknown = document.get('targets', true);
  if (!isMap(section)) throw new ChangeRefused(at, 'is not in a section');
  if (section.has(to)) throw new ChangeRefused(at, `there is ${to} already`);
  const pair = section.items.find(({ key }: Pair) => String(isScalar(key) ? key.value : key) === at.at(-1));
  if (!pair) throw new ChangeRefused(at, 'is not in the file');
  if (isScalar(pair.key)) pair.key.value = hideVariables(to);
  else pair.key = document.createNode(to);
}

/** All scalars are text in the file: numbers and words such as `yes` are quoted where they are meant as text. */
function nodeOf(value: Plain): Node {
  if (Array.isArray(value)) {
    const list = new YAMLSeq<Node>();
    for (const each of value as readonly Plain[]) list.items.push(nodeOf(each));
    return list;
  }
  if (typeof value === 'object' && value !== null) {
    const section = new YAMLMap<Node, Node>();
    for (const [key, each] of Object.entries(value))
      section.items.push(new Pair(new Scalar(hideVariables(key)) as Node, nodeOf(each)));
    return section;
  }
  const scalar = new Scalar(value === null ? '' : hideVariables(String(value)));
  const isMistakable =
    typeof value === 'string' && /^([-+.\d].*|true|false|yes|no|on|off|null|~|)$/i.test(value);
  scalar.type =
    isMistakable && !/^\d+(\.\d+)?(ms|s|m|h|d|y|%|[KMGT]i?B(\/s)?)$/.test(value)
      ? Scalar.QUOTE_DOUBLE
      : Scalar.PLAIN;
  return scalar;
}

/** Every value that differs, by its place. */
export function differences(
  before: Plain,
  after: Plain,
  path: Path = [],
): readonly { readonly path: Path; readonly before: Plain | undefined; readonly after: Plain | undefined }[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  const isBranch = (value: Plain | undefined): boolean => typeof value === 'object' && value !== null;
  if (!isBranch(before) || !isBranch(after) || Array.isArray(before) !== Array.isArray(after))
    return [{ path, before, after }];
  const keys = new Set([...Object.keys(before as object), ...Object.keys(after as object)]);
  return [...keys].flatMap((key) => {
    const part = Array.isArray(before) ? Number(key) : key;
    const [was, is] = [childOf(before, key), childOf(after, key)] as [Plain | undefined, Plain | undefined];
    if (was === undefined || is === undefined)
      return was === is ? [] : [{ path: [...path, part], before: was, after: is }];
    return differences(was, is, [...path, part]);
  });
}

/** The values with the text of secrets, to tell whether one is another than before. Never shown. */
export function valuesWithSecrets(text: string): Plain {
  return plainOf(parse(text));
}
