import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, Scalar } from 'yaml';
import type { Alias, Document, ParsedNode } from 'yaml';

import { hideVariables, showVariables, substitute } from './environment.ts';
import { branchesOf, fileKeyOf, formOf, propertyOf, type Path, type SchemaNode } from './json-schema.ts';

/** A fault found while reading, with its place in the file. */
export interface ReadingFault {
  readonly path: Path;
  /** Offset in the text. */
  readonly offset: number;
  readonly message: string;
  readonly allowed?: string;
}

/** A secret that is to be read from a file. */
export interface SecretFile {
  /** Path of the secret itself (`.../password`), not of the key that names the file. */
  readonly path: Path;
  readonly offset: number;
  readonly file: string;
}

/** What stands in a configuration file, before it is validated. */
export interface ReadDocument {
  /** Strings, numbers, booleans, arrays and plain objects; keys without a value are left out. */
  readonly value: unknown;
  readonly faults: readonly ReadingFault[];
  readonly secretFiles: readonly SecretFile[];
  /** Whether the text of a secret stands in the file itself. */
  readonly containsSecrets: boolean;
  /** `file:line:column` of an offset. */
  readonly placeOf: (offset: number) => string;
  /** Offset of a value (or of its key), or of what it should be in. */
  readonly offsetOf: (path: Path, what: 'key' | 'value') => number;
  /** A scalar as it is written in the file, variables not put in. */
  readonly writtenAt: (path: Path) => string | undefined;
}

/**
 * Parses a configuration. All scalars are text in YAML's sense; the schema says which of them are numbers or booleans,
 * so that `key: 1`, `members: [0123]` and a password of digits mean what is written.
 */
export function readDocument(
  text: string,
  file: string,
  schema: SchemaNode,
  environment: NodeJS.ProcessEnv,
): ReadDocument {
  const lines = new LineCounter();
  const document = parseDocument(hideVariables(text), {
    schema: 'failsafe',
    prettyErrors: false,
    stringKeys: true,
    lineCounter: lines,
  });
  const reader = new Reader(document, environment);
  const broken = document.errors.some((error) => error.code !== 'DUPLICATE_KEY');
  const value = broken || document.contents === null ? undefined : reader.read(document.contents, schema, []);
  for (const error of [...document.errors, ...document.warnings]) {
    const offset = error.pos[0];
    if (error.code === 'DUPLICATE_KEY') {
      reader.faults.push({
        path: reader.pathOf(offset),
        offset,
        message: 'is given twice',
        allowed: 'each key once',
      });
    } else {
      // What is quoted from the file after a colon may be a secret.
      const message = showVariables(error.message.replace(/: ".*$/s, ''));
      reader.faults.push({ path: [], offset, message: `is not valid YAML: ${message}` });
    }
  }
  return {
    value,
    faults: reader.faults,
    secretFiles: reader.secretFiles,
    containsSecrets: reader.containsSecrets,
    placeOf: (offset) => {
      const { line, col } = lines.linePos(offset);
      return `${file}:${line}:${col}`;
    },
    offsetOf: (path, what) => reader.offsetOf(path, what),
    writtenAt: (path) => reader.written.get(JSON.stringify(path)),
  };
}

/** Aliases within aliases could make a small file fill the memory. */
const mostAliases = 100;

/** Whether nothing was written where a value could be. */
function isNothing(node: unknown): boolean {
  if (node === null || node === undefined) return true;
  return isScalar(node) && node.type === Scalar.PLAIN && ['', '~', 'null'].includes(node.source ?? '');
}

/** The text of a scalar as the type that the schema has at this place. */
function typed(text: string, schema: SchemaNode | undefined): unknown {
  const types = schema ? branchesOf(schema).map((branch) => branch.type) : [];
  if (types.includes('boolean') && /^(true|false)$/.test(text)) return text === 'true';
  const numeric = types.includes('integer') || types.includes('number');
  return numeric && /^-?\d{1,15}(\.\d+)?$/.test(text) ? Number(text) : text;
}

/** One line of a section. */
interface Pair {
  readonly name: string;
  /** Of the name, in the text. */
  readonly offset: number;
  readonly value: unknown;
  /** The value where it is a scalar. */
  readonly text: unknown;
}

function pairOf({ key, value }: { readonly key: unknown; readonly value: unknown }): Pair {
  return {
    name: showVariables(String(isScalar(key) ? key.value : key)),
    offset: (key as ParsedNode).range[0],
    value,
    text: isScalar(value) ? value.value : undefined,
  };
}

function isNamed(name: string, form: SchemaNode | undefined): boolean {
  return form?.properties !== undefined && Object.hasOwn(form.properties, name);
}

/** The secret whose file a key names: `password` for `password_file`. */
function secretOf(name: string, form: SchemaNode | undefined): string | undefined {
  return Object.entries(form?.properties ?? {}).find(
    ([key, node]) => node.writeOnly === true && fileKeyOf(key) === name,
  )?.[0];
}

class Reader {
  readonly faults: ReadingFault[] = [];
  readonly secretFiles: SecretFile[] = [];
  readonly written = new Map<string, string>();
  containsSecrets = false;
  readonly #document: Document;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #offsets = new Map<string, { key: number; value: number }>();
  /** Nodes that are being read: to meet one again is to go in a circle. */
  readonly #open = new Set<unknown>();
  #aliases = 0;

  constructor(document: Document, environment: NodeJS.ProcessEnv) {
    this.#document = document;
    this.#environment = environment;
  }

  offsetOf(path: Path, what: 'key' | 'value'): number {
    for (let length = path.length; length >= 0; length -= 1) {
      const found = this.#offsets.get(JSON.stringify(path.slice(0, length)));
      // What is missing is told at the key of the section in which it should be.
      if (found) return length === path.length ? found[what] : found.key;
    }
    return 0;
  }

  /** Of the key that stands at an offset in the text. */
  pathOf(offset: number): Path {
    const found = [...this.#offsets].find(([, { key }]) => key === offset);
    return found ? (JSON.parse(found[0]) as Path) : [];
  }

  read(node: unknown, schema: SchemaNode | undefined, path: Path, keyOffset?: number): unknown {
    const start = isNode(node) ? (node.range?.[0] ?? 0) : (keyOffset ?? 0);
    this.#offsets.set(JSON.stringify(path), { key: keyOffset ?? start, value: start });
    if (isAlias(node)) return this.#alias(node, start, schema, path);
    if (isScalar(node)) return this.#scalar(String(node.value), schema, path, start);
    if (this.#open.has(node)) {
      this.faults.push({ path, offset: start, message: 'contains itself through an alias' });
      return undefined;
    }
    this.#open.add(node);
    const value = isMap(node)
      ? this.#map(node.items.map(pairOf), schema, path)
      : isSeq(node)
        ? this.#list(node.items, schema, path)
        : undefined;
    this.#open.delete(node);
    return value;
  }

  #alias(alias: Alias, offset: number, schema: SchemaNode | undefined, path: Path): unknown {
    const anchored = alias.resolve(this.#document);
    this.#aliases += 1;
    if (anchored && this.#aliases <= mostAliases) return this.read(anchored, schema, path, offset);
    const message = anchored
      ? `repeats anchors more than ${mostAliases} times`
      : `the anchor &${alias.source} does not exist`;
    this.faults.push({ path, offset, message });
    return undefined;
  }

  #scalar(hidden: string, schema: SchemaNode | undefined, path: Path, offset: number): unknown {
    const { text, problems, variables } = substitute(hidden, this.#environment);
    const allowed = 'a variable that is set; for a literal ${ write $${';
    for (const message of problems) this.faults.push({ path, offset, message, allowed });
    if (schema?.writeOnly === true && !variables) this.containsSecrets = true;
    this.written.set(JSON.stringify(path), showVariables(hidden));
    return typed(text, schema);
  }

  #list(items: readonly unknown[], schema: SchemaNode | undefined, path: Path): unknown[] {
    const item = schema && branchesOf(schema).find((branch) => branch.items)?.items;
    return items.map((node, index) => this.read(node, item, [...path, index]));
  }

  #map(pairs: readonly Pair[], schema: SchemaNode | undefined, path: Path): object {
    const form = formOf(schema, (name) => pairs.find((pair) => pair.name === name)?.text);
    const entries = pairs.flatMap((pair): [string, unknown][] => {
      const { name, offset } = pair;
      const at = [...path, name];
      if (isNothing(pair.value)) {
        this.#offsets.set(JSON.stringify(at), { key: offset, value: offset });
        // An unknown key is told even without a value.
        return isNamed(name, form) ? [] : [[name, null]];
      }
      const value = this.read(pair.value, propertyOf(form, name), at, offset);
      const secret = secretOf(name, form);
      if (secret === undefined) return [[name, value]];
      const given = pairs.some((other) => other.name === secret && !isNothing(other.value));
      this.#secretFile([...path, secret], at, value, given);
      return [];
    });
    return Object.fromEntries(entries);
  }

  #secretFile(path: Path, at: Path, file: unknown, given: boolean): void {
    const offset = this.offsetOf(at, 'key');
    if (given) {
      const [name, fileName] = [path.at(-1), at.at(-1)];
      const message = `is given beside ${name ?? ''}`;
      this.faults.push({ path: at, offset, message, allowed: `either ${name ?? ''} or ${fileName ?? ''}` });
    } else if (typeof file === 'string' && file !== '') {
      this.secretFiles.push({ path, offset, file });
    } else {
      this.faults.push({ path: at, offset, message: 'is not valid', allowed: 'the path of a file' });
    }
  }
}
