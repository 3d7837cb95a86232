import { z } from 'zod';

import { configSchema } from './schema.ts';
import { kindKey, notYetKey, type NotYet, type ValueKind } from './values.ts';

/** The part of JSON Schema (draft 2020-12) that the configuration's schema uses. */
export interface SchemaNode {
  readonly $schema?: string;
  readonly title?: string;
  readonly description?: string;
  readonly type?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | SchemaNode;
  readonly propertyNames?: SchemaNode;
  readonly items?: SchemaNode;
  readonly minItems?: number;
  readonly oneOf?: readonly SchemaNode[];
  readonly anyOf?: readonly SchemaNode[];
  readonly allOf?: readonly SchemaNode[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  /** JSON Schema's own mark of a secret. */
  readonly writeOnly?: boolean;
  readonly [notYetKey]?: NotYet;
  readonly [kindKey]?: ValueKind;
}

export type Path = readonly (string | number)[];

let made: SchemaNode | undefined;

/** The schema of the configuration file, as `mitschnitt config schema` prints it. */
export function configurationSchema(): SchemaNode {
  made ??= finish(finished(z.toJSONSchema(configSchema, { io: 'input' }) as SchemaNode));
  return made;
}

/**
 * A file without groups may lack what the first group needs: it is still being written, in the console. Whoever writes
 * the whole file is told of it by the schema, and that of a finished file is what is documented.
 */
function finished(schema: SchemaNode): SchemaNode {
  const demanded: readonly (readonly [path: readonly string[], required: readonly string[]])[] = [
    [[], ['asterisk', 'pbx', 'groups']],
    [['asterisk'], ['ari', 'ami']],
    [['asterisk', 'ari'], ['password']],
    [['asterisk', 'ami'], ['secret']],
    [['pbx'], ['trunks']],
  ];
  return demanded.reduce((whole, [path, required]) => demanding(whole, path, required), schema);
}

function demanding(node: SchemaNode, path: readonly string[], required: readonly string[]): SchemaNode {
  const [key, ...rest] = path;
  if (key === undefined) return { ...node, required: [...(node.required ?? []), ...required] };
  const properties = node.properties ?? {};
  return { ...node, properties: { ...properties, [key]: demanding(properties[key] ?? {}, rest, required) } };
}

/** The key that takes a file in the place of a secret's text. */
export const fileKeyOf = (key: string): string => `${key}_file`;

/** Says in words what the marks mean, and adds the `_file` keys of secrets; on this node and all below. */
function finish(node: SchemaNode): SchemaNode {
  const {
    default: preset,
    description,
    properties,
    items,
    additionalProperties,
    oneOf,
    anyOf,
    required,
    ...rest
  } = node;
  const remark = remarkOf(node[notYetKey]);
  return {
    ...rest,
    ...(description === undefined ? {} : { description: description + remark }),
    // A section whose keys all have defaults is given as {}: no news for a reader.
    ...(preset === undefined || isEmptyObject(preset) ? {} : { default: preset }),
    ...(properties === undefined ? {} : finishProperties(properties, required ?? [])),
    ...(items === undefined ? {} : { items: finish(items) }),
    ...(typeof additionalProperties === 'object'
      ? { additionalProperties: finish(additionalProperties) }
      : additionalProperties === undefined
        ? {}
        : { additionalProperties }),
    ...(oneOf === undefined ? {} : { oneOf: oneOf.map(finish) }),
    ...(anyOf === undefined ? {} : { anyOf: anyOf.map(finish) }),
  };
}

function isEmptyObject(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0
  );
}

function remarkOf(mark: NotYet | undefined): string {
  if (mark === undefined) return '';
  if (mark === true) return ' Not supported yet.';
  if ('except' in mark) return ` Only ${mark.except.at(-1) ?? ''} is supported yet.`;
  return ` Not supported yet: ${mark.matching.replace('^', '')}...`;
}

function finishProperties(properties: Readonly<Record<string, SchemaNode>>, required: readonly string[]) {
  const entries = Object.entries(properties).flatMap(([key, node]): [string, SchemaNode][] => {
    if (node.writeOnly !== true) return [[key, finish(node)]];
    const description = `File that contains ${key}, in its place. Relative to the folder of the configuration file.`;
    return [
      [key, finish(node)],
      [fileKeyOf(key), { type: 'string', description }],
    ];
  });
  const demanded = required.filter((key) => properties[key]?.writeOnly !== true);
  const secrets = required.filter((key) => properties[key]?.writeOnly === true);
  return {
    properties: Object.fromEntries(entries),
    ...(demanded.length === 0 ? {} : { required: demanded }),
    ...(secrets.length === 0
      ? {}
      : { allOf: secrets.map((key) => ({ oneOf: [{ required: [key] }, { required: [fileKeyOf(key)] }] })) }),
  };
}

/** The forms that a value may have. */
export function branchesOf(node: SchemaNode): readonly SchemaNode[] {
  return node.oneOf ?? node.anyOf ?? [node];
}

/** The keys by whose value a section's form is told, each with that value: `type` with `ftp`. */
export function discriminatorsOf(branch: SchemaNode): readonly [key: string, value: string][] {
  return Object.entries(branch.properties ?? {}).flatMap(([key, { const: value }]): [string, string][] =>
    typeof value === 'string' ? [[key, value]] : [],
  );
}

/** The form that a section has; undefined when none or several fit. */
export function formOf(node: SchemaNode | undefined, at: (key: string) => unknown): SchemaNode | undefined {
  if (node === undefined) return undefined;
  const forms = branchesOf(node).filter(
    (branch) =>
      branch.type === 'object' && discriminatorsOf(branch).every(([key, value]) => at(key) === value),
  );
  return forms.length === 1 ? forms[0] : undefined;
}

/** The schema of a section's key. */
export function propertyOf(form: SchemaNode | undefined, key: string): SchemaNode | undefined {
  if (form?.properties && Object.hasOwn(form.properties, key)) return form.properties[key];
  return typeof form?.additionalProperties === 'object' ? form.additionalProperties : undefined;
}

/** What is at a path in a configuration. */
export interface Place {
  readonly node: SchemaNode | undefined;
  /** Whether it is a secret by the schema, or in one. */
  readonly secret: boolean;
  /** Whether it is never shown: secrets, and what the schema does not know, which may be a secret in a wrong place. */
  readonly hidden: boolean;
}

/** The schema at a path in a configuration, and whether what is there may be seen. */
export function nodeAt(configuration: unknown, path: Path): Place {
  let node: SchemaNode | undefined = configurationSchema();
  let value = configuration;
  let [secret, hidden] = [false, false];
  for (const part of path) {
    const above: SchemaNode | undefined = node;
    const here: unknown = value;
    const form: SchemaNode | undefined =
      typeof part === 'number' ? undefined : formOf(above, (key) => childOf(here, key));
    node =
      typeof part === 'number'
        ? above && branchesOf(above).find((branch) => branch.items)?.items
        : propertyOf(form, part);
    value = childOf(here, part);
    secret ||= node?.writeOnly === true;
    const isKnown = node ? fits(node, value) : form === undefined && isOpenKey(above, part, value);
    hidden ||= secret || (!isNothing(value) && !isKnown);
  }
  return { node, secret, hidden };
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null || ['', '~', 'null'].includes(value as string);
}

/** Text in the place of a section may be its secret: `smtp: password:...`, a blank forgotten. */
function fits(node: SchemaNode, value: unknown): boolean {
  const isText = ({ type }: SchemaNode): boolean => type !== 'object' && type !== 'array';
  return typeof value === 'object' || branchesOf(node).some(isText) || secretKeysOf(node).length === 0;
}

/** Where no form fits a section, as with a `type` that does not exist: whether the key is of no secret in any form. */
function isOpenKey(section: SchemaNode | undefined, key: string | number, value: unknown): boolean {
  if (section === undefined || typeof key === 'number' || typeof value === 'object') return false;
  secretKeys ??= new Set(secretKeysOf(configurationSchema()));
  return !secretKeys.has(key) && branchesOf(section).some((branch) => propertyOf(branch, key) !== undefined);
}

let secretKeys: ReadonlySet<string> | undefined;

/** The keys that are a secret anywhere. */
function secretKeysOf(node: SchemaNode): readonly string[] {
  const { properties = {}, additionalProperties, items, oneOf = [], anyOf = [] } = node;
  const own = Object.entries(properties).flatMap(([key, { writeOnly }]) => (writeOnly === true ? [key] : []));
  const below = [...Object.values(properties), ...oneOf, ...anyOf, ...(items ? [items] : [])];
  const more = typeof additionalProperties === 'object' ? [additionalProperties] : [];
  return [...own, ...[...below, ...more].flatMap(secretKeysOf)];
}

export function childOf(value: unknown, part: string | number): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
  return (value as Record<string | number, unknown>)[part];
}
