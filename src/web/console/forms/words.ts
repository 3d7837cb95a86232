import { use } from 'react';

import { useSpeech, type Language } from '../language/language.tsx';
import type { ConfigurationWords } from '../language/en/configuration.ts';
import type { ConfigFault } from '../../api.ts';
import type { FieldWords } from '../language/en/fields.ts';
import { textAt, type Path, type Value } from './changes.ts';
import { loadedOnce } from './loaded-once.ts';
import type { SchemaNode } from './schema.ts';

interface FormWords {
  readonly fields: FieldWords;
  readonly values: Readonly<Record<string, string>>;
  readonly absent: Readonly<Record<string, string>>;
  readonly sayings: Readonly<Record<string, string>>;
  readonly page: ConfigurationWords;
}

/** Only who opens these pages needs their words. */
const wordsOf = loadedOnce(load);

async function load(language: Language): Promise<FormWords> {
  if (language === 'en') {
    const [fields, { configuration }] = await Promise.all([
      import('../language/en/fields.ts'),
      import('../language/en/configuration.ts'),
    ]);
    // The server itself speaks English.
    return { ...fields, sayings: {}, page: configuration };
  }
  const [fields, { sayings }, { configuration }] = await Promise.all([
    import('../language/de/fields.ts'),
    import('../language/de/sayings.ts'),
    import('../language/de/configuration.ts'),
  ]);
  return { ...fields, sayings, page: configuration };
}

export function usePageWords(): ConfigurationWords {
  return use(wordsOf(useSpeech().language)).page;
}

/** The names by which words are found, the most precise first: `smb.path`, `path`. */
export function namesOf(path: Path, values: Value): readonly string[] {
  const [section, target, ...rest] = path;
  const parts =
    section === 'targets' && rest.length > 0
      ? ['targets', textAt(values, ['targets', String(target), 'type']), ...rest]
      : path;
  const keys = parts.filter((part) => typeof part === 'string');
  const all = keys.map((_, index) => keys.slice(index).join('.'));
  return section === 'targets' && rest[0] === 'type' ? ['targets.type', ...all] : all;
}

function found<Each>(words: Readonly<Record<string, Each>>, names: readonly string[]): Each | undefined {
  const name = names.find((each) => Object.hasOwn(words, each));
  return name === undefined ? undefined : words[name];
}

export interface Wording {
  readonly label: (path: Path, values: Value) => string | undefined;
  readonly help: (path: Path, values: Value, node: SchemaNode) => string;
  readonly choice: (path: Path, values: Value, value: string) => string;
  readonly absent: (path: Path, values: Value) => string | undefined;
  readonly fault: (fault: ConfigFault) => string;
  /** What the server says, in the reader's language if there are words for it. */
  readonly said: (text: string) => string;
}

export function useWording(): Wording {
  const words = use(wordsOf(useSpeech().language));
  const { fields, values: names, absent, sayings, page } = words;
  const say = (text: string): string => {
    if (Object.hasOwn(sayings, text)) return sayings[text] ?? text;
    for (const [pattern, saying] of page.sayings)
      if (pattern.test(text)) return text.replace(pattern, saying);
    return text;
  };
  const label = (path: Path, values: Value): string | undefined => {
    const name = found(fields, namesOf(path, values))?.[0];
    const secret = /^(.+)_file$/.exec(String(path.at(-1)))?.[1];
    if (name !== undefined || secret === undefined) return name;
    const of = found(fields, namesOf([...path.slice(0, -1), secret], values))?.[0];
    return of && `${of} (${page.secretFile})`;
  };
  return {
    label,
    help: (path, values, node) => found(fields, namesOf(path, values))?.[1] ?? node.description ?? '',
    choice: (path, values, value) =>
      found(names, [
        ...namesOf(path, values).map((name) => `${name}.${value}`),
        `${String(path.at(-2))}.${value}`,
        value,
      ]) ?? value,
    said: say,
    absent: (path, values) => found(absent, namesOf(path, values)),
    fault: ({ message, allowed }) => {
      const what = say(message);
      const told = what.charAt(0).toUpperCase() + what.slice(1);
      const right = message === 'is missing' || allowed === null ? '' : say(allowed);
      return right === '' ? told : `${told}: ${right}`;
    },
  };
}
