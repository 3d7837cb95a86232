/** What the forms read of the JSON Schema of the configuration. */
import type { Change } from '../../api.ts';
import { listAt, sectionAt, textAt, valueAt, type Path, type Value } from './changes.ts';

export interface SchemaNode {
  readonly description?: string;
  readonly type?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly allOf?: readonly { readonly oneOf?: readonly { readonly required?: readonly string[] }[] }[];
  readonly additionalProperties?: boolean | SchemaNode;
  readonly items?: SchemaNode;
  readonly oneOf?: readonly SchemaNode[];
  readonly anyOf?: readonly SchemaNode[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly writeOnly?: boolean;
  readonly 'x-not-yet'?: unknown;
  readonly 'x-kind'?: 'duration' | 'size' | 'rate' | 'percentage' | 'cron';
}

export type Control =
  'section' | 'forms' | 'switch' | 'choice' | 'list' | 'pairs' | 'by-group' | 'secret' | 'amount' | 'text';

function branchesOf(node: SchemaNode): readonly SchemaNode[] {
  return node.oneOf ?? node.anyOf ?? [node];
}

/** The key by which the forms of a section are told, and its values: `mode`. */
export function discriminatorOf(
  node: SchemaNode,
): { readonly key: string; readonly values: readonly string[] } | undefined {
  if (!node.oneOf) return undefined;
  const usable = node.oneOf.filter((branch) => branch['x-not-yet'] === undefined);
  const [key] =
    Object.entries(usable[0]?.properties ?? {}).find(([, { const: value }]) => value !== undefined) ?? [];
  return key === undefined
    ? undefined
    : { key, values: usable.map(({ properties }) => String(properties?.[key]?.const)) };
}

/** The form that a section has as it is. */
export function formOf(node: SchemaNode | undefined, value: Value | undefined): SchemaNode | undefined {
  if (!node) return undefined;
  const told = discriminatorOf(node);
  if (told)
    return node.oneOf?.find(({ properties }) => properties?.[told.key]?.const === textAt(value, [told.key]));
  return branchesOf(node).find((branch) => branch.properties ?? branch.additionalProperties);
}

export function nodeAt(schema: SchemaNode, values: Value, path: Path): SchemaNode | undefined {
  let node: SchemaNode | undefined = schema;
  path.forEach((part, index) => {
    if (typeof part === 'number') {
      node = node && branchesOf(node).find(({ items }) => items)?.items;
      return;
    }
    const form = formOf(node, valueAt(values, path.slice(0, index)));
    const other = form?.additionalProperties;
    node = form?.properties?.[part] ?? (typeof other === 'object' ? other : undefined);
  });
  return node;
}

export function isRequired(schema: SchemaNode, values: Value, path: Path): boolean {
  const above = path.slice(0, -1);
  const form = formOf(nodeAt(schema, values, above), sectionAt(values, above));
  const key = String(path.at(-1));
  const alternatives = (form?.allOf ?? []).flatMap(({ oneOf = [] }) => oneOf);
  return (
    form?.required?.includes(key) === true || alternatives.some(({ required = [] }) => required.includes(key))
  );
}

/**
 * Takes an entry out of a list. A list that is needed has to be there, if only to say that there is nothing; of any other,
 * the last entry goes with the list: it has its default again.
 */
export function entryRemoval(schema: SchemaNode, values: Value, path: Path, index: number): Change {
  if (listAt(values, path).length > 1) return { do: 'remove', at: [...path, index] };
  if (isRequired(schema, values, path)) return { do: 'set', at: [...path], value: [] };
  return { do: 'remove', at: [...path] };
}

/** What may be chosen; undefined: anything may be written. */
export function choicesOf(node: SchemaNode): readonly string[] | undefined {
  if (node.enum) return node.enum.map(String);
  if (node.type === 'boolean') return ['true', 'false'];
  const branches = node.anyOf;
  if (!branches?.every((each) => each.enum ?? each.const ?? (each.type === 'boolean' || undefined)))
    return undefined;
  return branches.flatMap((each) =>
    each.const === undefined ? (choicesOf(each) ?? []) : [String(each.const as string | number)],
  );
}

/** What holds where nothing is given, as text. */
export function presetOf({ default: preset }: SchemaNode): string | undefined {
  const isPlain = typeof preset === 'string' || typeof preset === 'number' || typeof preset === 'boolean';
  return isPlain ? String(preset) : undefined;
}

export function controlOf(node: SchemaNode): Control {
  if (node.writeOnly) return 'secret';
  if (discriminatorOf(node)) return 'forms';
  if (node.items) return 'list';
  if (node.properties ?? node.anyOf?.some(({ properties }) => properties)) return 'section';
  if (typeof node.additionalProperties === 'object')
    return node.additionalProperties.items ? 'by-group' : 'pairs';
  if (node.type === 'boolean' && node.default !== undefined) return 'switch';
  if (choicesOf(node)) return 'choice';
  if (node['x-kind'] !== undefined && node['x-kind'] !== 'cron') return 'amount';
  return 'text';
}

/** The keys of a section that are fields of their own; the files of secrets belong to the secrets. */
export function keysOf(form: SchemaNode): readonly string[] {
  const properties = form.properties ?? {};
  return Object.keys(properties).filter(
    (key) => !(key.endsWith('_file') && properties[key.slice(0, -'_file'.length)]?.writeOnly === true),
  );
}
