import type { SchemaNode } from '../../src/config/json-schema.ts';

/** What an editor would underline: the part of JSON Schema that our schema uses, by its own rules. */
export function violations(node: SchemaNode, value: unknown, path = ''): string[] {
  const found = [...alternatives(node, value, path), ...scalar(node, value, path)];
  if (Array.isArray(value)) {
    if (value.length < (node.minItems ?? 0)) found.push(`${path}: too few`);
    const { items } = node;
    return items
      ? [...found, ...value.flatMap((item, at) => violations(items, item, `${path}[${at}]`))]
      : found;
  }
  if (typeof value !== 'object' || value === null) return found;
  const missing = (node.required ?? [])
    .filter((key) => !(key in value))
    .map((key) => `${path}.${key}: missing`);
  const inside = Object.entries(value).flatMap(([key, child]) =>
    property(node, key, child, `${path}.${key}`),
  );
  return [...found, ...missing, ...inside];
}

function property(node: SchemaNode, key: string, value: unknown, path: string): string[] {
  const own = node.properties?.[key];
  if (own) return violations(own, value, path);
  if (node.additionalProperties === false) return [`${path}: unknown`];
  return typeof node.additionalProperties === 'object'
    ? violations(node.additionalProperties, value, path)
    : [];
}

function alternatives(node: SchemaNode, value: unknown, path: string): string[] {
  const fitting = (branches: readonly SchemaNode[]) =>
    branches.filter((branch) => violations(branch, value).length === 0).length;
  return [
    ...(node.oneOf && fitting(node.oneOf) !== 1 ? [`${path}: not exactly one`] : []),
    ...(node.anyOf && fitting(node.anyOf) === 0 ? [`${path}: none`] : []),
    ...(node.allOf ?? []).flatMap((branch) => violations(branch, value, path)),
  ];
}

const isOf: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  integer: (value) => Number.isInteger(value),
  number: (value) => typeof value === 'number',
  boolean: (value) => typeof value === 'boolean',
  array: (value) => Array.isArray(value),
  object: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
};

function scalar(node: SchemaNode, value: unknown, path: string): string[] {
  if (node.type !== undefined && isOf[node.type]?.(value) !== true)
    return [`${path}: not of type ${node.type}`];
  const { pattern, minimum = -Infinity, maximum = Infinity } = node;
  return [
    ...(node.const !== undefined && node.const !== value ? [`${path}: not the constant`] : []),
    ...(node.enum && !node.enum.includes(value) ? [`${path}: not in the enumeration`] : []),
    ...(pattern !== undefined && typeof value === 'string' && !new RegExp(pattern, 'u').test(value)
      ? [`${path}: ${pattern}`]
      : []),
    ...(typeof value === 'number' && (value < minimum || value > maximum) ? [`${path}: out of range`] : []),
  ];
}
