/**
 * Where secrets go. Whoever edits the configuration in the console is shown none, and must not get one by having it sent
 * to a server of his own, or in the open: a secret that is in the file stays with its address, and with that by which its
 * server is known, unless it is given anew.
 */
import { dirname, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

import type { Change, Plain } from './changes.ts';
import { hideVariables, substitute } from './environment.ts';
import { childOf, fileKeyOf, nodeAt, type Path } from './json-schema.ts';

/** A secret that would go elsewhere, or be seen. */
export interface Misplaced {
  readonly path: Path;
  readonly message: string;
  readonly allowed: string;
}

/** Where a secret goes. */
interface Place {
  /** The server. */
  readonly where: string;
  /** Undefined: whatever it is, nobody logs in by it. */
  readonly trust: Trust | undefined;
}

/** By what is known that it is that server, and whether others can read what is sent to it. */
interface Trust {
  /** 0: everybody on the way can; 1: whoever is on the way can bring it about; 2: nobody. */
  readonly encrypted: 0 | 1 | 2;
  /** Whom it must have a certificate of, or the key that it must have. */
  readonly known: string;
}

/** One text of the configuration. */
interface Leaf {
  readonly path: Path;
  readonly text: string;
  readonly is: 'secret' | 'file of a secret' | 'open';
}

const elsewhere = { message: 'belongs to another address', allowed: 'give it anew, as text' };
const byHand = {
  message: 'is read from what the file does not name here',
  allowed: 'text; or write the file or variable into the configuration file by hand',
};
const shown = { message: 'would show a secret', allowed: 'what is no secret' };
const unknown = {
  message: 'contains a variable that the file does not name in the open',
  allowed: 'text; or write the variable into the configuration file by hand',
};
const seen = { message: 'contains the variable of a secret', allowed: 'what is no secret' };

/**
 * Remembers the variables and files that secrets were read from, for as long as the process lives: otherwise it would do
 * to take one out of the file first, and to put it in at another address afterwards.
 */
export class SecretPlaces {
  /** Where each goes that anybody could name without knowing it. */
  readonly #named = new Map<string, Place[]>();
  /** Files and variables as they are written in the place of secrets, each with where it goes. */
  readonly #sources = new Map<string, Place[]>();
  /** Variables that are put in where everybody sees it. */
  readonly #open = new Set<string>();
  readonly #folder: string;

  constructor(file: string) {
    this.#folder = dirname(file);
  }

  /** What is in the file is where its owner put it. */
  learn(values: Plain): void {
    const leaves = leavesOf(values);
    const variables = new Set([...this.#variables(), ...leaves.flatMap(variablesOfSecret)]);
    for (const leaf of leaves) {
      const place = placeOf(values, leaf);
      for (const name of this.#namesIn(leaf, variables)) add(this.#named, name, place);
      if (leaf.is === 'open') for (const name of variablesIn(leaf.text)) this.#open.add(name);
      else add(this.#sources, sourceOf(leaf), place);
    }
  }

  /** What changes would do to secrets. `before` is in the file; `changes` make `after` of it. */
  misplaced(before: Plain, after: Plain, changes: readonly Change[]): readonly Misplaced[] {
    this.learn(before);
    const typed = new Set(changes.flatMap(typedBy));
    const texts = new Set([...typed].map((each) => (JSON.parse(each) as [unknown, string])[1]));
    const kept = new Map<string, Place[]>();
    for (const leaf of leavesOf(before)) {
      if (leaf.is === 'secret') add(kept, leaf.text, placeOf(before, leaf));
      // What is shown already is known, also where it is a secret elsewhere.
      if (leaf.is === 'open') texts.add(leaf.text);
    }
    const variables = new Set(this.#variables());
    return leavesOf(after).flatMap((leaf): Misplaced[] => {
      const place = placeOf(after, leaf);
      const isElsewhere = (known: readonly Place[] | undefined) =>
        known !== undefined && !known.some((each) => isAsSafe(place, each));
      const names = this.#namesIn(leaf, variables);
      const isNamed = names.some((name) => isElsewhere(this.#named.get(name)));
      const fault = (words: typeof elsewhere): Misplaced[] => [{ path: secretOf(leaf), ...words }];
      const isShown = leaf.is !== 'secret' && kept.has(leaf.text) && !texts.has(leaf.text);
      if (isShown) return fault(shown);
      if (leaf.is === 'open') {
        if (isNamed) return fault(seen);
        return variablesIn(leaf.text).every((name) => this.#open.has(name)) ? [] : fault(unknown);
      }
      const isKnown = names.length > 0 || !typed.has(keyed(leaf.path, leaf.text));
      const isKept = leaf.is === 'secret' && isKnown && isElsewhere(kept.get(leaf.text));
      if (isNamed || isKept) return fault(elsewhere);
      const isRead = leaf.is === 'file of a secret' || variablesIn(leaf.text).length > 0;
      return isRead && !this.#sources.get(sourceOf(leaf))?.some((each) => isAsSafe(place, each))
        ? fault(byHand)
        : [];
    });
  }

  #variables(): readonly string[] {
    return [...this.#named.keys()].filter((name) => name.startsWith('$'));
  }

  #namesIn(leaf: Leaf, variables: ReadonlySet<string>): readonly string[] {
    if (leaf.is !== 'file of a secret') return variablesIn(leaf.text).filter((name) => variables.has(name));
    const { text } = substitute(hideVariables(leaf.text), process.env);
    return [resolve(this.#folder, text)];
  }
}

function leavesOf(all: Plain, value: Plain = all, path: Path = []): readonly Leaf[] {
  if (typeof value !== 'object' || value === null) {
    const text = value === null ? '' : String(value);
    return text === '' ? [] : [{ path, text, is: kindOf(all, path) }];
  }
  return Object.entries(value).flatMap(([key, each]: [string, Plain]) =>
    leavesOf(all, each, [...path, Array.isArray(value) ? Number(key) : key]),
  );
}

function kindOf(all: Plain, path: Path): Leaf['is'] {
  // What the schema does not know may be a secret under a wrong key.
  if (nodeAt(all, path).hidden) return 'secret';
  const key = String(path.at(-1));
  const secret = /^(.+)_file$/.exec(key)?.[1];
  const isFile =
    secret !== undefined && fileKeyOf(secret) === key && nodeAt(all, [...path.slice(0, -1), secret]).secret;
  return isFile ? 'file of a secret' : 'open';
}

/** Forms show a secret and its file in one place. */
function secretOf({ path, is }: Leaf): Path {
  return is !== 'file of a secret' ? path : [...path.slice(0, -1), String(path.at(-1)).replace(/_file$/, '')];
}

/** As it is written: another way to write a file is another file, whatever links there are. */
function sourceOf({ is, text }: Leaf): string {
  return JSON.stringify([is, text]);
}

function add(all: Map<string, Place[]>, key: string, place: Place): void {
  const known = all.get(key) ?? [];
  const isKnown = known.some((each) => isDeepStrictEqual(each, place));
  if (!isKnown) all.set(key, [...known, place]);
}

/** What was sent in the open may be sent to whoever is there; else to the one whom it was sent to, not less safely. */
function isAsSafe(place: Place, before: Place): boolean {
  if (place.where !== before.where) return false;
  const [now, then] = [place.trust, before.trust];
  if (!now || !then || then.encrypted === 0) return true;
  return now.encrypted >= then.encrypted && now.known === then.known;
}

function variablesIn(text: string): readonly string[] {
  return [...text.matchAll(/(?<!\$)\$\{[^{}]*\}/g)].map(([name]) => name);
}

function variablesOfSecret({ is, text }: Leaf): readonly string[] {
  return is === 'secret' ? variablesIn(text) : [];
}

function keyed(path: Path, text: string): string {
  return JSON.stringify([path.at(-1), text]);
}

/** What somebody wrote as text, and with that knows. */
function typedBy(change: Change): readonly string[] {
  if (change.do !== 'set' && change.do !== 'insert') return [];
  const texts = (path: Path, value: Plain): readonly string[] =>
    typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([key, each]: [string, Plain]) => texts([...path, key], each))
      : [keyed(path, value === null ? '' : String(value))];
  return texts(change.at, change.value);
}

/** Of what is no secret, the key counts as well: there it is shown. */
function placeOf(all: Plain, { path, is }: Leaf): Place {
  const [first, second] = path;
  // Of the sections of `web`, each has a server of its own to log in at.
  const length = first === 'targets' || first === 'asterisk' || first === 'web' ? 2 : 1;
  const section = path.slice(0, length);
  const address = addressOf(all, section);
  const key = path
    .slice(1)
    .filter((part, index) => typeof part === 'string' && (first !== 'targets' || index > 0));
  const kind = first === 'targets' ? first : section.join('.');
  if (is === 'open' || second === undefined)
    return { where: JSON.stringify([kind, key, address]), trust: undefined };
  return { where: JSON.stringify([kind, address]), trust: trustOf(all, section) };
}

function trustOf(all: Plain, section: Path): Trust {
  const value = section.reduce<unknown>(childOf, all);
  const tls = putIn(childOf(value, 'tls'));
  const type = section[0] === 'targets' ? String(childOf(value, 'type')) : String(section.at(-1));
  const known = [childOf(value, 'ca') ?? childOf(tls, 'ca'), childOf(value, 'host_key')];
  return { encrypted: encryptionOf(type, tls), known: JSON.stringify(known.map((each) => each ?? null)) };
}

/** Of those that have `tls`; addresses of the others say it themselves. */
function encryptionOf(type: string, tls: unknown): Trust['encrypted'] {
  if (type === 'ami') return tls === undefined || tls === false || tls === 'false' ? 0 : 2;
  if (tls === 'optional') return 1;
  return tls === 'none' ? 0 : 2;
}

/** All by which it is decided who gets the secrets of a section; empty where nobody does. */
function addressOf(all: Plain, section: Path): readonly string[] {
  const value = section.reduce<unknown>(childOf, all);
  const of = (key: string): string => {
    const given = putIn(childOf(value, key) ?? nodeAt(all, [...section, key]).node?.default);
    return typeof given === 'string' || typeof given === 'number' ? String(given) : '';
  };
  const type = section[0] === 'targets' ? of('type') : String(section.at(-1));
  const tls = putIn(childOf(value, 'tls')) ?? 'false';
  const port = of('port') || usualPort(type, typeof tls === 'string' ? tls : 'true');
  const server = originOf(of('endpoint')) || (type === 's3' ? of('region') : '');
  return [type, of('host').toLowerCase(), port, originOf(of('url')), server, of('webhook'), of('issuer')];
}

/** With its variables: they may end the name of a server, or say that nothing is encrypted. */
function putIn(value: unknown): unknown {
  return typeof value === 'string' ? substitute(hideVariables(value), process.env).text : value;
}

/** Another path is the same server. What is no address yet stays as it is. */
function originOf(address: string): string {
  return URL.canParse(address) ? new URL(address).origin : address;
}

function usualPort(type: string, tls: string): string {
  if (type === 'ftp') return tls === 'implicit' ? '990' : '21';
  if (type === 'smtp') return tls === 'implicit' ? '465' : '587';
  if (type === 'ami') return tls === 'false' ? '5038' : '5039';
  return '';
}
