/** From what stands in a configuration file to `Config`, or to all that is wrong with it. */
import type { z } from 'zod';

import { keyOf } from './faults.ts';
import {
  branchesOf,
  childOf,
  configurationSchema,
  discriminatorsOf,
  fileKeyOf,
  formOf,
  nodeAt,
  propertyOf,
  type Path,
  type SchemaNode,
} from './json-schema.ts';
import { configSchema, type Config } from './schema.ts';
import { didYouMean } from './suggestion.ts';
import { notYetKey, type NotYet } from './values.ts';

/** One thing that is wrong with a configuration, wherever it came from. */
export interface Finding {
  readonly path: Path;
  readonly message: string;
  readonly allowed?: string | undefined;
  /** Whether it is the value that is wrong, not that the key is there or is not. */
  readonly about: 'key' | 'value';
}

export interface Validated {
  /** Undefined when there are findings. */
  readonly config: Config | undefined;
  readonly findings: readonly Finding[];
}

/** Checks a configuration against the schema and for features that do not exist yet. */
export function validate(configuration: unknown): Validated {
  const result = configSchema.safeParse(configuration, { error: (issue) => allowedFor(issue) });
  const invalid = (result.error?.issues ?? []).flatMap((issue) => findingsOf(issue, configuration));
  const known = new Set(invalid.map(({ path }) => keyOf(path)));
  const findings = [
    ...invalid,
    ...unsupported(configurationSchema(), configuration, []).filter(({ path }) => !known.has(keyOf(path))),
  ];
  return { config: findings.length === 0 ? result.data : undefined, findings };
}

const kinds: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a section of keys and values',
  record: 'a section of keys and values',
};

/** What is allowed, where the schema does not say it itself. */
function allowedFor(issue: z.core.$ZodRawIssue): string {
  if (issue.code === 'invalid_type') return kinds[issue.expected] ?? issue.expected;
  if (issue.code === 'invalid_value') return oneOf(issue.values.map(String));
  return 'another value';
}

function oneOf(values: readonly string[]): string {
  return values.length === 1
    ? (values[0] ?? '')
    : `${values.slice(0, -1).join(', ')} or ${values.at(-1) ?? ''}`;
}

function findingsOf(issue: z.core.$ZodIssue, configuration: unknown, above: Path = []): Finding[] {
  const path = [...above, ...issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))];
  const value = valueAt(configuration, path);
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => unknownKey(path, key, configuration));
  if (issue.code === 'custom') {
    const problem: unknown = issue.params?.['problem'];
    return [
      {
        path,
        message: typeof problem === 'string' ? problem : 'is not valid',
        allowed: issue.message,
        about: 'value',
      },
    ];
  }
  if (value === undefined) return [missing(path, configuration)];
  if (issue.code === 'invalid_union') {
    if (issue.discriminator !== undefined) {
      return [
        {
          path,
          message: 'is not valid',
          allowed: oneOf(discriminatorValues(path, configuration)),
          about: 'value',
        },
      ];
    }
    // The form that was meant is the one whose kind of value it is: a section, a number.
    const fitting = issue.errors.find((branch) => !branch.some(isOfOtherKind));
    if (fitting) return fitting.flatMap((nested) => findingsOf(nested, configuration, path));
  }
  const allowed = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message;
  return [{ path, message: value === '' ? 'is empty' : 'is not valid', allowed, about: 'value' }];
}

function isOfOtherKind({ code, path }: z.core.$ZodIssue): boolean {
  return path.length === 0 && (code === 'invalid_type' || code === 'invalid_value');
}

function valueAt(configuration: unknown, path: Path): unknown {
  return path.reduce(childOf, configuration);
}

function missing(path: Path, configuration: unknown): Finding {
  const { node } = nodeAt(configuration, path);
  const key = String(path.at(-1));
  const description = node?.description?.replace(/\.$/, '') ?? 'a value';
  const constants = node?.const === undefined ? discriminatorValues(path, configuration) : [];
  const allowed =
    node?.writeOnly === true
      ? `${key} or ${fileKeyOf(key)}: ${description}`
      : constants.length > 0
        ? oneOf(constants)
        : description;
  return { path, message: 'is missing', allowed, about: 'key' };
}

/** The values that a key may have that tells the form of its section. */
function discriminatorValues(path: Path, configuration: unknown): string[] {
  const { node } = nodeAt(configuration, path.slice(0, -1));
  const key = path.at(-1);
  return (node ? branchesOf(node) : []).flatMap((branch) =>
    discriminatorsOf(branch).flatMap(([name, value]) => (name === key ? [value] : [])),
  );
}

function unknownKey(section: Path, key: string, configuration: unknown): Finding {
  const { node } = nodeAt(configuration, section);
  const here = valueAt(configuration, section);
  const form = formOf(node, (name) => childOf(here, name));
  const names = Object.keys(form?.properties ?? {});
  const finding = { path: [...section, key], about: 'key' as const };

  const elsewhere = (node ? branchesOf(node) : []).filter((branch) => branch.properties?.[key] !== undefined);
  if (form && elsewhere.length > 0) {
    const [own] = discriminatorsOf(form);
    const others = elsewhere.flatMap((branch) =>
      discriminatorsOf(branch).map(([name, value]) => `${name}: ${value}`),
    );
    return {
      ...finding,
      message: `has no meaning with ${own?.join(': ') ?? 'this form'}`,
      allowed: `only with ${oneOf(others)}`,
    };
  }
  const near = didYouMean(key, names);
  const allowed = near === undefined ? oneOf(names) : `did you mean ${near}?`;
  return { ...finding, message: 'is not a known key', allowed };
}

/** Values that are understood and whose feature does not exist yet; nobody shall trust in what does not happen. */
function unsupported(node: SchemaNode | undefined, value: unknown, path: Path): Finding[] {
  if (node === undefined || value === undefined) return [];
  const mark = node[notYetKey];
  if (mark !== undefined) return isUnsupported(mark, value) ? [notSupported(path, mark)] : [];
  if (Array.isArray(value)) {
    const item = branchesOf(node).find((branch) => branch.items)?.items;
    return value.flatMap((entry: unknown, index) => unsupported(item, entry, [...path, index]));
  }
  if (typeof value !== 'object' || value === null) return [];
  const form = formOf(node, (key) => childOf(value, key));
  const formMark = form === node ? undefined : form?.[notYetKey];
  if (form && formMark !== undefined) return [unsupportedForm(node, form, path)];
  return Object.entries(value).flatMap(([key, child]) =>
    unsupported(propertyOf(form, key), child, [...path, key]),
  );
}

function isUnsupported(mark: NotYet, value: unknown): boolean {
  if (mark === true) return !(Array.isArray(value) && value.length === 0);
  if ('except' in mark) return !mark.except.includes(String(value));
  return typeof value === 'string' && new RegExp(mark.matching).test(value);
}

const notSupportedYet = 'is not supported yet';

function notSupported(path: Path, mark: NotYet): Finding {
  if (mark === true)
    return { path, message: notSupportedYet, allowed: `leave ${keyOf(path)} out`, about: 'key' };
  const allowed = 'except' in mark ? `${mark.except.at(-1) ?? ''} or nothing` : 'leave it out';
  return { path, message: notSupportedYet, allowed, about: 'value' };
}

function unsupportedForm(node: SchemaNode, form: SchemaNode, path: Path): Finding {
  const supported = branchesOf(node).filter((branch) => branch[notYetKey] === undefined);
  const allowed = oneOf(supported.flatMap((branch) => discriminatorsOf(branch).map(([, value]) => value)));
  const key = discriminatorsOf(form)[0]?.[0] ?? '';
  return { path: [...path, key], message: notSupportedYet, allowed, about: 'value' };
}
