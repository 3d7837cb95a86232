/**
 * Secrets that are in the file. Their text never comes here: a mark stands in its place, so that it goes where its
 * section goes, and is gone when that is.
 */
import type { Change, Configuration } from '../../api.ts';
import { replayed, valueAt, withChange, withoutChanges, type Path, type Value } from './changes.ts';

type How = Configuration['secrets'][number]['how'];

/** How a secret is given, as it would be. */
export type SecretState =
  /** `typed`: not saved yet. */
  | { readonly is: 'typed'; readonly text: string }
  | { readonly is: 'stored'; readonly how: How; readonly source: string }
  | { readonly is: 'none' };

/** The key beside a secret that names its file. */
function fileKeyAt(path: Path): Path {
  return [...path.slice(0, -1), `${String(path.at(-1))}_file`];
}

function markOf(how: How, source: string | null): Value {
  return { stored: how, source: source ?? '' };
}

/** What is in the file, with a mark for each secret. */
export function withStoredSecrets(values: Value, secrets: Configuration['secrets']): Value {
  return replayed(
    values,
    secrets.map(({ at, how, source }) => ({
      do: 'set',
      at: [...(how === 'file' ? fileKeyAt(at) : at)],
      value: markOf(how, source),
    })),
  );
}

function storedAt(values: Value, path: Path): Extract<SecretState, { is: 'stored' }> | undefined {
  const found = valueAt(values, path);
  if (typeof found !== 'object' || found === null || !('stored' in found)) return undefined;
  const { stored, source } = found as { readonly stored: How; readonly source: string };
  return { is: 'stored', how: stored, source };
}

export function secretAt(values: Value, path: Path): SecretState {
  const text = valueAt(values, path);
  if (typeof text === 'string') return { is: 'typed', text };
  return storedAt(values, path) ?? storedAt(values, fileKeyAt(path)) ?? { is: 'none' };
}

/** Typed in the place of whatever was; nothing typed leaves what is stored. */
export function secretTyped(
  base: Value,
  changes: readonly Change[],
  path: Path,
  text: string,
): readonly Change[] {
  const untouched = secretKept(changes, path);
  if (text === '') return untouched;
  const alone = withChange(base, untouched, { do: 'remove', at: [...fileKeyAt(path)] });
  return withChange(base, alone, { do: 'set', at: [...path], value: text });
}

/** Whether there is one to go back to. */
export function isSecretBehind(file: Configuration, changes: readonly Change[], path: Path): boolean {
  const base = withStoredSecrets(file.values, file.secrets);
  return secretAt(replayed(base, secretKept(changes, path)), path).is === 'stored';
}

/** As it is stored. */
export function secretKept(changes: readonly Change[], path: Path): readonly Change[] {
  return withoutChanges(withoutChanges(changes, path), fileKeyAt(path));
}

export function secretRemoved(base: Value, changes: readonly Change[], path: Path): readonly Change[] {
  return [path, fileKeyAt(path)].reduce(
    (all, at) => withChange(base, all, { do: 'remove', at: [...at] }),
    secretKept(changes, path),
  );
}
