/** docs/json.md: what each verb prints with `--json`, in Markdown. */
import { z } from 'zod';

import * as kept from './kept.ts';
import * as live from './live.ts';

/** What a verb prints. */
interface Printed {
  readonly verbs: readonly string[];
  readonly what: string;
  /** By the case in which it is printed; one without a name where there is only one. */
  readonly forms: Readonly<Record<string, z.ZodType>>;
}

/** In the order of the manual page. */
export const printed: readonly Printed[] = [
  {
    verbs: ['check'],
    what: 'An array: the configuration first, then what it names.',
    forms: { '': live.checked },
  },
  {
    verbs: ['status'],
    what: 'An object. With `--watch` one on each line.',
    forms: {
      'While a process runs': live.status.running,
      'While none runs': live.status.stopped,
    },
  },
  { verbs: ['calls'], what: 'An array of the talks that go on.', forms: { '': live.talk } },
  {
    verbs: ['pause', 'resume', 'stop', 'start'],
    what: 'An object.',
    forms: { '': live.control },
  },
  {
    verbs: ['selftest'],
    what: 'An object; `{ "running": false }` where no process runs, `{ "running": true }` where the test was given up for another configuration.',
    forms: { '': live.selftest },
  },
  { verbs: ['cleanup'], what: 'An object.', forms: { '': live.cleanup } },
  {
    verbs: ['recordings', 'report'],
    what: 'An array, by start: one object for each talk of a member, and for each call in which nobody talked. The sidecar of a recording is such an object without `hold` and `deliveries`.',
    forms: { '': kept.recording },
  },
  { verbs: ['verify'], what: 'An array: one object for each file.', forms: { '': kept.finding } },
  { verbs: ['completeness'], what: 'An object.', forms: { '': kept.statement } },
  { verbs: ['upload'], what: 'An array: one object for each target.', forms: { '': live.uploads } },
  { verbs: ['deliveries'], what: 'An array: what was set aside first.', forms: { '': kept.due } },
  { verbs: ['retry'], what: 'An object.', forms: { '': live.retry } },
  { verbs: ['hold', 'release'], what: 'An object.', forms: { '': live.hold } },
  {
    verbs: ['erase'],
    what: 'An object: the certificate.',
    forms: { 'Once it is erased': kept.certificate, 'With `--dry-run`': kept.found },
  },
  { verbs: ['deletions'], what: 'An array, the newest first.', forms: { '': kept.deletion } },
  { verbs: ['user'], what: 'An array, of `user list`.', forms: { '': kept.user } },
];

const introduction = `# JSON of the command line

What each verb prints with \`--json\`. This page is made from the forms that the compiler holds against the program
(\`test/cli/json/\`). Keys may be added with any version; what is here keeps its name and its meaning.

- A key is always there, and null where its value is not known or does not apply, unless its line says that it may be
  absent. Arrays may be empty.
- **time**: ISO 8601 with an offset, \`2021-04-07T13:34:26.000+02:00\`: in the time zone of the PBX; in \`status\`,
  \`upload\` and \`selftest\` in UTC, \`2021-04-07T11:34:26.000Z\`.
- Durations are in ms where the name ends in \`_ms\` or is \`ms\`; sizes are in bytes.
- Numbers and names come from callers and servers. Control characters in them are escaped (\`\\u001b\`), so a terminal shows
  the JSON as it is.
- The exit code tells what is wrong; warnings and errors are on the standard error output.
`;

/** The page. */
export function page(): string {
  return `${[introduction, ...printed.map(section)].join('\n').trimEnd()}\n`;
}

function section({ verbs, what, forms }: Printed): string {
  const lists = Object.entries(forms).map(([name, form]) =>
    name === '' ? listOf(form) : `### ${name}\n\n${listOf(form)}`,
  );
  return `## ${verbs.join(', ')}\n\n${what}\n\n${lists.join('\n')}`;
}

function listOf(form: z.ZodType): string {
  return `${linesOf(z.toJSONSchema(form) as Node, '').join('\n')}\n`;
}

/** The part of JSON Schema that the forms use. */
interface Node {
  readonly type?: string;
  readonly description?: string;
  readonly like?: string;
  readonly format?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly items?: Node;
  readonly anyOf?: readonly Node[];
}

function linesOf({ properties = {}, required = [] }: Node, path: string): string[] {
  return Object.entries(properties).flatMap(([key, node]) => {
    const name = `${path}${key}`;
    const absent = required.includes(key) ? '' : ', may be absent';
    const meaning = toldOf(node, 'description');
    const place = toldOf(node, 'like');
    const there = place === '' ? '' : ` (see [${place}](#${place.replaceAll(', ', '-')}))`;
    const line = `- \`${name}\`: ${valueOf(node)}${absent}${there}${meaning === '' ? '' : `. ${meaning}`}`;
    if (place !== '') return [line];
    const [inner] = [...(node.anyOf ?? []), node].filter(({ properties, items }) => properties ?? items);
    const elements = inner?.items;
    if (elements?.properties) return [line, ...linesOf(elements, `${name}[].`)];
    return [line, ...linesOf(inner ?? {}, `${name}.`)];
  });
}

function valueOf(node: Node): string {
  if (node.anyOf) return node.anyOf.map(valueOf).join(' or ');
  if (node.const !== undefined) return `\`${JSON.stringify(node.const)}\``;
  if (node.enum) return node.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (node.items) return node.items.properties ? 'array of objects' : `array of ${valueOf(node.items)}`;
  if (node.format === 'date-time') return 'time';
  return (
    { string: 'text', integer: 'whole number', boolean: '`true` or `false`' }[node.type ?? ''] ??
    node.type ??
    ''
  );
}

/** What a node says, or that which is in the place of null. */
function toldOf(node: Node, what: 'description' | 'like'): string {
  return node[what] ?? (node.anyOf ?? []).find((each) => each[what] !== undefined)?.[what] ?? '';
}
