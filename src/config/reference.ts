import {
  branchesOf,
  configurationSchema,
  discriminatorsOf,
  fileKeyOf,
  type SchemaNode,
} from './json-schema.ts';

const introduction = `# Configuration

One YAML file, by default \`/etc/mitschnitt/mitschnitt.yaml\`. This page is made from the schema that also checks the
file (\`mitschnitt config reference\`); \`mitschnitt config schema\` prints it as JSON Schema for editors, and
\`mitschnitt check\` checks a file and everything it names.

- **Durations** are a number and a unit: \`500ms\`, \`3s\`, \`5m\`, \`24h\`, \`7d\`. **Sizes** likewise: \`500KB\`, \`20MB\` (powers
  of ten), \`1GiB\` (powers of two). **Percentages** end in \`%\`.
- \`\${NAME}\` takes the environment variable NAME, which must be set. \`$\${NAME}\` is the literal text \`\${NAME}\`.
- Every secret can be given by a file instead, by \`_file\` behind its key: \`password_file: /run/secrets/nas\`. A line break
  at its end is not part of the secret. It has at most 64 KB, and is not below \`/proc\`. Neither that file nor this one
  should be readable by everybody.
- A key without a value counts as not given. A key that is unknown, given twice or *not supported yet* is a fault, and
  nothing runs before all faults are corrected.
`;

/** The reference of all keys, in Markdown: `docs/configuration.md`. */
export function reference(): string {
  const sections = Object.entries(configurationSchema().properties ?? {}).map(
    ([key, node]) => `## ${key}\n\n${describe(node)}\n${tables(node, key)}`,
  );
  return `${[introduction, ...sections].join('\n').trimEnd()}\n`;
}

function describe(node: SchemaNode): string {
  return `${inMarkdown(node.description ?? '')}\n`;
}

/** What would be formatting, or a tag, is meant as it stands. */
function inMarkdown(text: string): string {
  return text
    .replaceAll(/[|<>*]/g, (character) => `\\${character}`)
    .replaceAll('Not supported yet.', '*Not supported yet.*');
}

/** The tables of a section and of those in it. */
function tables(node: SchemaNode, path: string): string {
  if (node.items?.properties) return tables(node.items, `${path}[]`);
  if (typeof node.additionalProperties === 'object') return tables(node.additionalProperties, `${path}.NAME`);
  if (hasForms(node))
    return branchesOf(node)
      .map((form) => formTable(form, path))
      .join('\n');
  return node.properties ? [table(node), ...nested(node.properties, path)].join('\n') : '';
}

/** Whether a section has one of several forms, told by the value of a key. */
function hasForms(node: SchemaNode): boolean {
  return (
    branchesOf(node).length > 1 && branchesOf(node).every((branch) => discriminatorsOf(branch).length > 0)
  );
}

function formTable(form: SchemaNode, path: string): string {
  const told = discriminatorsOf(form).map(([key, value]) => `${key}: ${value}`);
  return `### ${path} with ${told.join(', ')}\n\n${describe(form)}\n${table(form)}`;
}

/** Sections of the same forms are shown once, under all their names. */
function nested(properties: Readonly<Record<string, SchemaNode>>, path: string): string[] {
  const sections = Object.entries(properties).filter(([key, child]) => tables(child, key) !== '');
  const alike = Map.groupBy(sections, ([key, child]) =>
    hasForms(child) ? JSON.stringify(child.oneOf) : key,
  );
  return [...alike.values()].map((group) => {
    const name = `${path}.${group.map(([key]) => key).join(', ')}`;
    const [[, child] = ['', {}]] = group;
    return hasForms(child)
      ? tables(child, name)
      : `### ${name}\n\n${describe(child)}\n${tables(child, name)}`;
  });
}

function table(node: SchemaNode): string {
  const rows = Object.entries(node.properties ?? {}).map(([key, child]) => {
    const meaning = [child.description, child.items?.description]
      .filter((text) => text !== undefined)
      .join(' ');
    return `| \`${key}\` | ${valuesOf(child)} | ${defaultOf(node, key)} | ${inMarkdown(meaning)} |`;
  });
  return `| key | value | default | meaning |\n|---|---|---|---|\n${rows.join('\n')}\n`;
}

function defaultOf(section: SchemaNode, key: string): string {
  const alternatives = (section.allOf ?? []).flatMap(({ oneOf }) =>
    (oneOf ?? []).flatMap(({ required }) => required ?? []),
  );
  if (section.properties?.[fileKeyOf(key)] && alternatives.includes(key))
    return `this or \`${fileKeyOf(key)}\``;
  if (section.required?.includes(key) === true) return 'required';
  const preset = section.properties?.[key]?.default;
  return preset === undefined || preset === '' ? '' : `\`${JSON.stringify(preset).replaceAll('"', '')}\``;
}

const types: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'whole number',
  number: 'number',
  boolean: '`true` or `false`',
  array: 'list',
  object: 'section',
};

function valuesOf(node: SchemaNode): string {
  if (node.const !== undefined) return `\`${JSON.stringify(node.const).replaceAll('"', '')}\``;
  if (node.enum) return node.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (node.items) return `list of ${valuesOf(node.items)}`;
  const branches = branchesOf(node);
  if (branches.length > 1) return [...new Set(branches.map(valuesOf))].join(' or ');
  return types[node.type ?? ''] ?? '';
}
